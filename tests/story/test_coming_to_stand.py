"""A vehicle that comes to stand: its first box was taken while it still moved, and is not where it stands."""

from __future__ import annotations

from ingest.observation import Frame
from tests.story.test_parking import empty, fold, phases
from tests.support.stories import box, frame


def standing(start: float, end: float, y: float = 0.7, high: float = 0.1) -> list[Frame]:
    return [frame("cam-1", n / 2, box(0.5, y, 0.1, high)) for n in range(int(start * 2), int(end * 2))]


def test_a_car_that_pulled_in_behind_another_is_the_same_when_that_one_leaves() -> None:
    """It rolls the last third of its width, stands with its wheels hidden, and shows them when the other drives off."""
    rolling = [frame("cam-1", 10.0 + n / 2, box(0.534 - 0.0085 * n, 0.69, 0.1, 0.09)) for n in range(4)]
    found = fold(empty(0, 10) + rolling + standing(12, 100, y=0.69, high=0.09) + standing(100, 300, y=0.705))
    assert phases(found) == [("raised", 190.0)]


def test_what_goes_on_rolling_does_not_stand() -> None:
    """It creeps through the zone, a sixth of its width each second: no place of it is one where it stands."""
    frames = [frame("cam-1", n / 2, box(0.25 + 0.008 * (n % 60), 0.7, 0.1, 0.1)) for n in range(800)]
    assert fold(frames) == []
