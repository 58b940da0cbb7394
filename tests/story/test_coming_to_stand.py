"""A vehicle that comes to stand: its first box was taken while it still moved, and is not where it stands."""

from __future__ import annotations

from dataclasses import replace

from detectors.picture import overlap
from ingest.city import TimeWindow, Zone, ZoneKind
from ingest.observation import Frame
from tests.story import test_stalls as stalls
from tests.story.test_parking import empty, fold, phases
from tests.support.stories import box, frame, second_of


def standing(start: float, end: float, y: float = 0.7, high: float = 0.1) -> list[Frame]:
    return [frame("cam-1", n / 2, box(0.5, y, 0.1, high)) for n in range(int(start * 2), int(end * 2))]


def test_a_car_that_pulled_in_behind_another_is_the_same_when_that_one_leaves() -> None:
    """It rolls the last third of its width, stands with its wheels hidden, and shows them when the other drives off."""
    rolling = [frame("cam-1", 10.0 + n / 2, box(0.534 - 0.0085 * n, 0.69, 0.1, 0.09)) for n in range(4)]
    found = fold(empty(0, 10) + rolling + standing(12, 100, y=0.69, high=0.09) + standing(100, 300, y=0.705))
    assert phases(found) == [("raised", 190.0)]


def test_a_car_whose_first_box_was_taken_while_it_rolled_behind_another_stands_where_it_stands() -> None:
    """Its boxes are smaller than the first and reach beyond it, so they are no part of that, though a car is before it.

    Were its place that of the first box, it would not be known again when it was lost for 4 s.
    """
    rolling, there = box(0.375, 0.71, 0.108, 0.161), box(0.388, 0.674, 0.103, 0.142)
    before = box(0.47, 0.86, 0.156, 0.23)
    frames = [frame("cam-1", 10.0, rolling, before)]
    frames += [frame("cam-1", n / 2, there, before) for n in range(21, 220)]
    frames += [frame("cam-1", n / 2) for n in range(220, 228)]
    frames += [frame("cam-1", n / 2, there) for n in range(228, 500)]
    (raised,) = fold(frames)
    assert raised.box is not None
    assert overlap(raised.box, there) > 0.99
    assert second_of(raised.since) == 10.0


def test_what_goes_on_rolling_does_not_stand() -> None:
    """It creeps through the zone, a sixth of its width each second: no place of it is one where it stands."""
    frames = [frame("cam-1", n / 2, box(0.25 + 0.008 * (n % 60), 0.7, 0.1, 0.1)) for n in range(800)]
    assert fold(frames) == []


# Stalls that come to stand beside the ground they were first seen on: the market above, the pavement below
MARKET = Zone(
    zone_id="market",
    camera_id="cam-1",
    kind=ZoneKind.PERMITTED_STALL,
    polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)),
)
PAVEMENT = Zone(
    zone_id="pavement",
    camera_id="cam-1",
    kind=ZoneKind.NO_STALL,
    polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)),
    dwell_s=120.0,
)


def pushed(from_y: float, to_y: float) -> list[Frame]:
    """Show a stall that is pushed from one height of the picture to another in 2 s, and stands there for 400 s."""
    rolling = [frame("cam-1", n / 2, box(0.5, from_y + (to_y - from_y) * n / 4, 0.1, 0.2, "stall")) for n in range(4)]
    return rolling + [frame("cam-1", n / 2, box(0.5, to_y, 0.1, 0.2, "stall")) for n in range(4, 800)]


def test_a_stall_that_was_pushed_off_the_market_is_timed_from_its_beginning() -> None:
    (raised,) = stalls.fold(pushed(0.49, 0.53), replace(MARKET, permits=(TimeWindow(),)), PAVEMENT)
    assert raised.subject.startswith("pavement@")
    assert (second_of(raised.since), second_of(raised.at)) == (0.0, 120.0)


def test_a_stall_that_was_pushed_onto_the_market_may_stand_there() -> None:
    assert stalls.fold(pushed(0.53, 0.49), replace(MARKET, permits=(TimeWindow(),)), PAVEMENT) == []


def test_where_it_came_to_stand_says_how_long_it_may() -> None:
    """First seen on the market, where a stall without a permit may stand for 300 s, it stands where 120 are allowed."""
    (raised,) = stalls.fold(pushed(0.49, 0.53), replace(MARKET, dwell_s=300.0), PAVEMENT)
    assert (raised.subject.split("@")[0], second_of(raised.at)) == ("pavement", 120.0)
