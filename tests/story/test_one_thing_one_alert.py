"""One thing, one alert: parts of stalls, neighbours taken for one, what comes to a hidden place, and who comes back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from detectors.picture import covered_share
from ingest.city import TimeWindow, Zone, ZoneKind
from ingest.observation import Box, Frame
from tests.story import test_parking as parking
from tests.story import test_stalls as stalls
from tests.support.stories import box, frame, second_of

Corners = tuple[float, float, float, float]

# As a camera four metres up sees two stalls side by side along a pavement; the far one stands behind the near one.
FAR: Corners = (0.40, 0.37, 0.52, 0.56)
NEAR: Corners = (0.31, 0.38, 0.47, 0.60)
BOTH: Corners = (0.33, 0.37, 0.51, 0.59)  # the two taken for one
PART: Corners = (0.46, 0.37, 0.52, 0.53)  # what of the far one is seen past the near one
EVERYWHERE = (
    Zone(zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=((0, 0), (1, 0), (1, 1), (0, 1))),
)
PAVEMENT = Zone(zone_id="pavement", camera_id="cam-1", kind=ZoneKind.NO_STALL, polygon=((0, 0), (1, 0), (1, 1), (0, 1)))


def stalls_seen(start: int, end: int, *there: Corners) -> list[Frame]:
    boxes = [Box("stall", 0.8, None, *corners) for corners in there]
    return [frame("cam-1", second, *boxes) for second in range(start, end)]


def told(frames: Sequence[Frame]) -> list[tuple[str, float, float]]:
    """Return what is raised and cleared of stalls that may stand for 300 s: phase, second, and since when."""
    found = stalls.fold(frames, PAVEMENT)
    return [
        (phase, second, second_of(f.since)) for f, (phase, _, second) in zip(found, stalls.phases(found), strict=True)
    ]


# Stalls are made of parts


def test_no_part_of_a_reported_stall_is_reported_again():
    alone, beside = stalls_seen(0, 100, FAR), stalls_seen(100, 1000, FAR, PART)
    assert told(alone + beside) == [("raised", 300.0, 0.0)]


def test_two_stalls_side_by_side_are_two_alerts_though_they_are_also_taken_for_one():
    frames = stalls_seen(0, 50, FAR) + stalls_seen(50, 1000, FAR, NEAR, BOTH, PART)
    assert told(frames) == [("raised", 300.0, 0.0), ("raised", 350.0, 50.0)]


def test_two_taken_for_one_are_no_third_though_that_box_came_first():
    one = Box("stall", 0.8, None, 0.39, 0.37, 0.50, 0.56)
    other = Box("stall", 0.61, None, 0.30, 0.38, 0.41, 0.58)
    both = Box("stall", 0.59, None, 0.295, 0.365, 0.505, 0.59)
    frames = [frame("cam-1", second, one, both) for second in range(3)]
    frames += [frame("cam-1", second, one, both, other) for second in range(3, 1000)]
    assert told(frames) == [("raised", 300.0, 0.0), ("raised", 303.0, 3.0)]


def test_what_covers_a_stall_only_since_a_moment_ago_makes_no_part_of_it():
    """The surer box has come for some seconds: what stood there for all its dwell is no less a stall."""
    lone, over = Box("stall", 0.59, None, *PART), Box("stall", 0.9, None, *FAR)
    frames = [frame("cam-1", second, lone) for second in range(290)]
    frames += [frame("cam-1", second, lone, over) for second in range(290, 320)]
    assert told(frames) == [("raised", 300.0, 0.0)]


def test_a_near_stall_whose_box_spans_the_reported_one_behind_it_is_a_stall_of_its_own():
    """What is new in its box is more than a part: half of it is covered by nothing that was reported."""
    spanning = (0.32, 0.36, 0.52, 0.60)
    assert told(stalls_seen(0, 12, FAR) + stalls_seen(12, 900, FAR, spanning)) == [
        ("raised", 300.0, 0.0),
        ("raised", 312.0, 12.0),
    ]


def test_what_was_a_part_of_a_stall_that_left_is_timed_anew():
    """It was no proof of anything while the whole one stood; now that it stands alone it is, a whole dwell later."""
    frames = stalls_seen(0, 100, FAR) + stalls_seen(100, 1000, FAR, PART) + stalls_seen(1000, 2000, PART)
    raised = [(second, since) for phase, second, since in told(frames) if phase == "raised"]
    assert raised[0] == (300.0, 0.0)
    assert len(raised) == 2
    second, since = raised[1]
    assert since >= 700.0, "what it stood as a part does not count"
    assert second >= since + 300.0


def test_a_part_of_a_stall_that_may_stand_there_is_no_stall_beside_the_permitted_ground():
    """What the model takes for another stall ends above the permitted ground, in which the whole one stands."""
    market = Zone(
        zone_id="market",
        camera_id="cam-1",
        kind=ZoneKind.PERMITTED_STALL,
        polygon=((0.0, 0.55), (1.0, 0.55), (1.0, 1.0), (0.0, 1.0)),
        permits=(TimeWindow(),),
    )
    assert stalls.fold(stalls_seen(0, 1000, FAR, PART), market, PAVEMENT) == []
    (raised,) = stalls.fold(stalls_seen(0, 1000, FAR, (0.7, 0.3, 0.8, 0.5)), market, PAVEMENT)
    assert raised.subject == "pavement@0.75,0.50"


def test_a_motorcycle_before_a_car_is_a_vehicle_of_its_own():
    car, motorcycle = box(0.5, 0.75, 0.25, 0.2), box(0.5, 0.76, 0.08, 0.1, "motorcycle")
    found = parking.fold([frame("cam-1", second, car, motorcycle) for second in range(400)])
    assert [phase for phase, _ in parking.phases(found)] == ["raised", "raised"]


def test_two_boxes_for_one_motorcycle_are_one_alert_from_the_first_frame_on():
    """The surer one ends at its wheels, the other takes its shadow for a part of it; they overlap by 0.69."""
    sure, other = (0.456, 0.332, 0.487, 0.459), (0.454, 0.331, 0.490, 0.489)
    both = [Box("motorcycle", 0.3, None, *other), Box("motorcycle", 0.7, None, *sure)]
    found = parking.fold([frame("cam-1", second, *both) for second in range(400)], zones=EVERYWHERE)
    assert parking.phases(found) == [("raised", 180.0)]
    assert found[0].reason.numbers["median_confidence"] == 0.7


def test_a_second_box_of_a_car_that_comes_later_is_no_second_car():
    """At first it is so large that it could be a lorry behind; then it settles around the car."""
    car_there, large, around = box(0.5, 0.70, 0.2, 0.2), box(0.5, 0.78, 0.26, 0.34), box(0.5, 0.76, 0.24, 0.30)
    frames = [frame("cam-1", s, car_there) for s in range(100)]
    frames += [frame("cam-1", s, car_there, large) for s in range(100, 103)]
    frames += [frame("cam-1", s, car_there, around) for s in range(103, 600)]
    found = parking.fold(frames, zones=EVERYWHERE)
    assert [phase for phase, _ in parking.phases(found)] == ["raised"]


LEFT_CAR, RIGHT_CAR = box(0.40, 0.70, 0.16, 0.16), box(0.60, 0.66, 0.16, 0.16)


@pytest.mark.parametrize(
    "far", [box(0.5, 0.69, 0.26, 0.17, confidence=0.35), box(0.45, 0.72, 0.3, 0.2, confidence=0.4)]
)
def test_an_unsure_box_over_two_cars_or_round_one_is_no_third(far: Box):
    frames = [frame("cam-1", second, LEFT_CAR, RIGHT_CAR, far) for second in range(400)]
    found = parking.fold(frames, zones=EVERYWHERE)
    assert [phase for phase, _ in parking.phases(found)] == ["raised", "raised"]
    assert all(finding.reason.numbers["median_confidence"] == 0.8 for finding in found)


@pytest.mark.parametrize(
    "other",
    [
        box(0.5, 0.69, 0.26, 0.17, confidence=0.7),  # a car behind the two, of which the model is sure
        box(0.40, 0.71, 0.06, 0.08, "motorcycle", 0.35),  # one that can hardly be seen before the left one
        box(0.8, 0.69, 0.16, 0.17, confidence=0.35),  # one that stands apart
    ],
)
def test_what_is_sure_or_before_one_car_or_apart_is_a_third(other: Box):
    frames = [frame("cam-1", second, LEFT_CAR, RIGHT_CAR, other) for second in range(400)]
    found = parking.fold(frames, zones=EVERYWHERE)
    assert [phase for phase, _ in parking.phases(found)] == ["raised"] * 3


def test_what_several_boxes_cover_together_is_counted_once():
    whole = Box("stall", 0.8, None, 0.0, 0.0, 1.0, 1.0)
    left, right = Box("stall", 0.8, None, 0.0, 0.0, 0.6, 0.5), Box("stall", 0.8, None, 0.4, 0.25, 1.5, 0.5)
    assert covered_share(whole, [left, right]) == pytest.approx(0.6 * 0.5 + 0.4 * 0.25)
    assert covered_share(whole, [right, left, left]) == pytest.approx(0.6 * 0.5 + 0.4 * 0.25)
    assert covered_share(whole, [whole]) == 1.0
    assert covered_share(whole, [Box("stall", 0.8, None, 1.0, 0.0, 1.2, 1.0)]) == 0.0
    assert covered_share(whole, []) == 0.0


# What comes to a place that was hidden


def hidden(start: int, end: int) -> list[Frame]:
    """A lorry stands nearer to the camera, before the far stall."""
    lorry = Box("truck", 0.9, None, 0.38, 0.33, 0.60, 0.75)
    return [frame("cam-1", second, lorry) for second in range(start, end)]


def test_what_stands_at_a_place_that_was_hidden_for_longer_than_it_was_seen_is_timed_from_then():
    frames = stalls_seen(0, 120, FAR) + hidden(120, 300) + stalls_seen(300, 700, FAR)
    assert told(frames) == [("raised", 600.0, 300.0)]


@pytest.mark.parametrize(("away_s", "raised_at", "since"), [(4, 300, 0.0), (15, 565, 265.0)])
def test_another_that_comes_to_the_empty_place_of_a_stall_that_was_never_lost_from_sight_is_timed_anew(
    away_s: int, raised_at: float, since: float
):
    """Its box lies a little beside that of the first: that is no news for a moment, but tells after ten seconds."""
    beside = (0.404, 0.365, 0.526, 0.555)
    frames = stalls_seen(0, 250, FAR) + stalls_seen(250, 250 + away_s) + stalls_seen(250 + away_s, 700, beside)
    assert told(frames)[0] == ("raised", raised_at, since)


def test_a_stall_that_the_model_loses_again_and_again_is_the_same_a_little_beside():
    beside = (0.404, 0.365, 0.526, 0.555)
    blinking = [one for s in range(250) for one in stalls_seen(s, s + 1, *([FAR] if s % 5 else []))]
    frames = blinking + stalls_seen(250, 265) + stalls_seen(265, 700, beside)
    assert told(frames)[0][2] == 1.0


def test_what_was_seen_for_long_is_waited_for_as_long():
    frames = stalls_seen(0, 250, FAR) + hidden(250, 450) + stalls_seen(450, 700, FAR)
    (raised,) = told(frames)
    assert (raised[0], raised[2]) == ("raised", 0.0)
    assert raised[1] == pytest.approx(500, abs=2)


def test_one_glimpse_after_a_long_time_out_of_sight_reports_nothing():
    """For its last second it is hidden for two minutes. Then something is carried past its place."""
    before = stalls_seen(0, 299, FAR) + hidden(299, 420)
    glimpse = stalls_seen(420, 422, FAR) + stalls_seen(422, 600, (0.8, 0.5, 0.9, 0.7))
    assert told(before + glimpse) == []


def test_what_is_still_there_after_a_long_time_out_of_sight_is_reported_seconds_later():
    before = stalls_seen(0, 299, FAR) + hidden(299, 420)
    (raised,) = told(before + stalls_seen(420, 460, FAR))
    assert (raised[0], raised[2]) == ("raised", 0.0)
    assert 420 < raised[1] <= 430


def test_what_shows_for_a_few_seconds_again_and_again_is_believed_in_the_end():
    frames = stalls_seen(0, 299, FAR)
    for begin in range(300, 800, 100):
        frames += hidden(begin, begin + 97) + stalls_seen(begin + 97, begin + 100, FAR)
    assert [line[0] for line in told(frames)] == ["raised"]


# Who comes back


def car(second: float, moved: float = 0.0, jitter: float = 0.0) -> Frame:
    return frame("cam-1", second, box(0.5 + moved + jitter * (-1) ** int(second), 0.7, 0.2, 0.2))


def cars(start: int, end: int, moved: float = 0.0, jitter: float = 0.0) -> list[Frame]:
    return [car(second, moved, jitter) for second in range(start, end)]


def nobody(start: int, end: int) -> list[Frame]:
    return [frame("cam-1", second) for second in range(start, end)]


def outcome(frames: Sequence[Frame]) -> list[tuple[str, float]]:
    return parking.phases(parking.fold(frames))


def test_after_one_that_was_seen_without_a_blink_another_a_hands_breadth_off_is_another():
    """A twentieth of its length off, 15 s later: nine tenths of the boxes overlap, but its own were all alike."""
    found = outcome(cars(0, 250) + nobody(250, 265) + cars(265, 600, moved=0.0105))
    assert [phase for phase, _ in found] == ["raised", "cleared", "raised"]
    assert found[2][1] == pytest.approx(265 + 180, abs=2)


def test_one_that_was_seen_without_a_blink_and_comes_back_as_it_was_is_the_same():
    assert outcome(cars(0, 250) + nobody(250, 265) + cars(265, 600)) == [("raised", 180.0)]


def test_of_one_whose_boxes_never_lay_still_none_is_too_far_off():
    found = outcome(cars(0, 250, jitter=0.006) + nobody(250, 265) + cars(265, 600, moved=0.0105, jitter=0.002))
    assert found == [("raised", 180.0)]


def test_one_that_the_detector_blinks_at_may_come_back_a_hands_breadth_off():
    """One look in ten shows nothing: to lose it for a quarter of a minute is like this detector."""
    blinking = [frame("cam-1", s) if s % 10 == 3 else car(s) for s in range(250)]
    assert outcome(blinking + nobody(250, 265) + cars(265, 600, moved=0.0105)) == [("raised", 180.0)]


def test_another_that_comes_after_the_alert_cleared_is_told_by_its_box_alone():
    """Nobody saw it arrive: it came from outside the zone, between two looks."""
    found = outcome(cars(0, 250) + nobody(250, 285) + cars(285, 600, moved=0.0105))
    assert [phase for phase, _ in found] == ["raised", "cleared", "raised"]
    assert found[2][1] == pytest.approx(285 + 180, abs=1)
