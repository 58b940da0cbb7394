"""A row of parked vehicles seen along the kerb: each box overlaps the next, and each place is judged by itself."""

from __future__ import annotations

from detectors.picture import is_part_of
from ingest.observation import Box, Frame
from tests.story.test_parking import fold, phases
from tests.support.stories import frame

# As a camera six metres up sees three cars behind one another, the nearest first.
NEAR, MIDDLE, FAR = (0.43, 0.47, 0.57, 0.75), (0.5, 0.42, 0.63, 0.64), (0.53, 0.40, 0.63, 0.56)


def vehicle(corners: tuple[float, float, float, float], label: str = "car") -> Box:
    return Box(label, 0.8, None, *corners)


def row(start: float, end: float, *there: tuple[float, float, float, float]) -> list[Frame]:
    boxes = [vehicle(corners) for corners in there]
    return [frame("cam-1", second / 2, *boxes) for second in range(int(start * 2), int(end * 2))]


def test_the_car_behind_is_no_part_of_the_one_that_left() -> None:
    """Where the middle car was, the near one hides the left and the far one stands above: it is not hidden in part."""
    found = fold(row(0, 300, NEAR, MIDDLE, FAR) + row(300, 900, NEAR, FAR), occlusion_s=10)
    middle = [f for f in found if f.box is not None and abs(f.box.x2 - MIDDLE[2]) < 0.01 and f.box.y2 > 0.6]
    assert [phase for phase, _ in phases(middle)] == ["raised", "cleared"]


def test_what_comes_behind_a_place_that_is_hidden_has_a_stay_of_its_own() -> None:
    """The far car comes after the middle one left and before its place is given up; it is reported on time."""
    frames = row(0, 300, NEAR, MIDDLE) + row(300, 320, NEAR) + row(320, 700, NEAR, FAR)
    far = [f for f in fold(frames) if f.box is not None and f.box.y2 < 0.6]
    assert phases(far)[:1] == [("raised", 500.0)]


def test_what_shows_beside_a_lorry_is_a_part_of_what_stands_there() -> None:
    whole = vehicle((0.4, 0.4, 0.6, 0.6))
    lorry = vehicle((0.5, 0.2, 0.9, 0.8), "truck")
    boxes = [lorry, vehicle((0.4, 0.42, 0.51, 0.6))]
    assert is_part_of(boxes[1], whole, boxes)
    assert is_part_of(vehicle((0.41, 0.4, 0.5, 0.6)), whole, boxes)
    assert not is_part_of(vehicle((0.45, 0.35, 0.6, 0.5)), whole, boxes)  # it stands behind, where the lorry hides it
    assert not is_part_of(vehicle((0.42, 0.4, 0.46, 0.5), "motorcycle"), whole, boxes)


def test_between_two_that_hide_it_on_either_side_its_middle_is_a_part() -> None:
    whole = vehicle((0.4, 0.4, 0.7, 0.6))
    boxes = [vehicle((0.3, 0.3, 0.5, 0.7)), vehicle((0.6, 0.3, 0.8, 0.7)), vehicle((0.5, 0.41, 0.6, 0.6))]
    assert is_part_of(boxes[2], whole, boxes)


def test_what_shows_through_something_that_covers_all_is_a_part() -> None:
    whole = vehicle((0.4, 0.4, 0.6, 0.6))
    boxes = [vehicle((0.3, 0.2, 0.9, 0.8), "bus"), vehicle((0.42, 0.45, 0.5, 0.58))]
    assert is_part_of(boxes[1], whole, boxes)


def test_a_place_of_which_more_than_half_can_be_seen_is_seen_empty() -> None:
    """The near car covers two fifths of where the other stood: half a vehicle would be found, so it has left."""
    beside = (0.55, 0.47, 0.69, 0.75)
    found = fold(row(0, 300, beside, MIDDLE) + row(300, 400, beside))
    assert phases(f for f in found if f.box is not None and f.box.y2 < 0.7) == [("raised", 180.0), ("cleared", 319.75)]


def test_two_that_come_one_after_the_other_are_not_one_because_a_third_stands_near() -> None:
    beside = (0.55, 0.47, 0.69, 0.75)
    frames = row(0, 120, MIDDLE, beside) + row(120, 150, beside) + row(150, 270, MIDDLE, beside)
    assert [f for f in fold(frames) if f.box is not None and f.box.y2 < 0.7] == []
