"""Vehicles in no-parking zones: who stands too long, who only passes, and what hides them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding, OpenFinding
from detectors.parking import Parking
from detectors.thresholds import Thresholds
from ingest.city import TimeWindow, Zone, ZoneKind
from ingest.observation import Box, Frame
from tests.support.stories import box, frame, identities, open_from, second_of, small_city, told

# Shipped: dwell 180 s, occlusion 30 s, clear after 20 s, another one after 8 s, blind from 10 s on.
KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9)),
)
LORRY = box(0.52, 0.85, 0.4, 0.5, label="truck")  # stands nearer to the camera and covers the car's place
CAR = (0.5, 0.7)


def car(second: float, x: float = CAR[0], y: float = CAR[1], label: str = "car", confidence: float = 0.8) -> Box:
    """Return the parked car as a detector sees it: never twice quite the same."""
    shake = random.Random(second)
    return box(x + shake.uniform(-0.002, 0.002), y + shake.uniform(-0.002, 0.002), 0.1, 0.1, label, confidence)


def parked(start: float, end: float, every: float = 0.5, **how) -> list[Frame]:
    return [frame("cam-1", start + n * every, car(start + n * every, **how)) for n in range(int((end - start) / every))]


def empty(start: float, end: float, every: float = 0.5) -> list[Frame]:
    return [frame("cam-1", start + n * every) for n in range(int((end - start) / every))]


def fold(frames: Iterable[Frame], zones=(KERB,), open_findings: Iterable[OpenFinding] = (), **rule) -> list[Finding]:
    parking = Parking(small_city(*zones), Thresholds.model_validate({"parking": {"illegal": rule}}))
    state = parking.start("cam-1", list(open_findings))
    found: list[Finding] = []
    for item in frames:
        state, new = parking.observe(state, item)
        found += new
    return found


def phases(found: Iterable[Finding]) -> list[tuple[str, float]]:
    return [(phase, second) for phase, _, _, second in told(found)]


def test_a_parked_car_is_reported_once_and_cleared_after_it_leaves():
    found = fold(empty(0, 10) + parked(10, 400) + empty(400, 500))
    assert phases(found) == [("raised", 190.0), ("cleared", 419.75)]
    alert = found[0]
    assert alert.subject == "kerb@0.50,0.70"
    assert (alert.rule, alert.grid, alert.camera_id) == ("parking.illegal", "02", "cam-1")
    assert {kind: second_of(instant) for kind, instant in alert.sightings.items()} == {
        "first_sight": 10.0,
        "confirmation": 190.0,
    }
    assert alert.box is not None
    assert alert.box.x1 == pytest.approx(0.45, abs=0.005)
    assert alert.reason.numbers["stood_s"] == 180.0
    assert alert.reason.numbers["median_confidence"] == 0.8
    assert alert.reason.numbers["blind_s"] == 0.0
    assert "180 s" in alert.reason.text
    assert second_of(found[1].sightings["clear"]) == 420.0
    assert found[0].since == found[1].since


def test_a_car_that_was_there_at_start_is_reported():
    assert phases(fold(parked(0, 200))) == [("raised", 180.0)]


def test_a_car_outside_the_zone_is_nobodys_business():
    assert fold(parked(0, 400, x=0.9)) == []
    assert fold(parked(0, 400, y=0.45)) == []  # its wheels decide, not its roof


def test_a_zone_may_set_its_own_dwell():
    short = Zone(zone_id="kerb", camera_id="cam-1", kind=KERB.kind, polygon=KERB.polygon, dwell_s=60)
    assert phases(fold(parked(0, 100), zones=(short,))) == [("raised", 60.0)]


def test_a_label_that_flips_changes_nothing():
    frames = [frame("cam-1", n * 0.5, car(n * 0.5, label=("car", "truck", "bus")[n % 3])) for n in range(400)]
    assert phases(fold(frames)) == [("raised", 180.0)]


def test_one_vehicle_seen_as_two_labels_at_once_is_one():
    frames = [
        frame("cam-1", n * 0.5, car(n * 0.5, label="truck", confidence=0.6), car(n * 0.5 + 0.1, label="car"))
        for n in range(500)
    ]
    assert phases(fold(frames)) == [("raised", 180.0)]


def test_people_are_not_vehicles():
    assert fold(parked(0, 400, label="person")) == []


def test_a_lorry_that_passes_in_front_changes_nothing():
    hidden = [frame("cam-1", s, LORRY if s % 20 < 4 else car(s)) for s in range(15, 400)]
    found = fold(parked(0, 15) + hidden)
    assert phases(found) == [("raised", 184.0)]  # due while it is hidden, said when it is seen again
    assert found[0].reason.numbers["hidden_s"] == pytest.approx(36, abs=4)


def test_a_place_that_stays_hidden_does_not_count_beyond_the_occlusion():
    long_hidden = parked(0, 100) + [frame("cam-1", s, LORRY) for s in range(100, 150)] + parked(150, 300)
    found = [f for f in fold(long_hidden) if f.subject == "kerb@0.50,0.70"]
    assert phases(found) == [("raised", 229.75)]


def test_while_a_part_of_it_can_be_seen_it_is_neither_gone_nor_another_one():
    rest = box(0.47, 0.68, 0.05, 0.07)
    found = fold(
        parked(0, 200) + [frame("cam-1", s, LORRY, rest) for s in range(200, 900)] + parked(900, 1000), clear_after_s=20
    )
    assert phases(f for f in found if f.subject == "kerb@0.50,0.70") == [("raised", 180.0)]
    assert len({f.subject for f in found}) == 2  # the lorry that parked in front is one itself


def test_a_detector_that_blinks_changes_nothing():
    frames = [frame("cam-1", n * 0.5, *([] if n % 10 in (3, 4, 5) else [car(n * 0.5)])) for n in range(420)]
    assert phases(fold(frames)) == [("raised", 180.0)]


def test_moving_traffic_raises_nothing():
    def cars(second: float) -> list[Box]:
        return [box((second * 0.12 + k * 0.31) % 1.2 - 0.1, 0.7) for k in range(4)]

    assert fold(frame("cam-1", n * 0.2, *cars(n * 0.2)) for n in range(5 * 900)) == []


def test_crawling_traffic_raises_nothing():
    def cars(second: float) -> list[Box]:
        return [box((second * 0.02 + k * 0.13) % 1.3 - 0.1, 0.7) for k in range(10)]

    assert fold(frame("cam-1", n * 0.5, *cars(n * 0.5)) for n in range(2 * 1200)) == []


def passing(second: float) -> list[Box]:
    """Return cars that pass over the very place, one every three seconds."""
    return [box(second % 3 * 0.3, 0.7)]


def test_a_car_that_stops_where_traffic_passes_is_timed_from_then_and_cleared_although_traffic_goes_on():
    def there(second: float) -> list[Box]:
        if not 60 <= second < 300:
            return passing(second)
        # It stops there, and what passes now passes behind it.
        return [car(second), *(moved for moved in [box(second % 3 * 0.3, 0.6)] if abs(moved.x1 - 0.45) > 0.05)]

    found = fold(frame("cam-1", n * 0.2, *there(n * 0.2)) for n in range(5 * 400))
    first = [f for f in found if f.subject == "kerb@0.50,0.70"]
    assert [f.phase for f in found] == ["raised", "cleared"]
    assert second_of(first[0].since) == pytest.approx(60, abs=3)
    assert second_of(first[0].at) == pytest.approx(240, abs=3)
    assert 308 <= second_of(first[1].at) <= 345


def test_a_queue_at_a_red_light_raises_nothing():
    """Thirty seconds of red, twenty of green: another car stops at nearly the same place every time."""

    def at_light(second: float) -> list[Box]:
        cycle, phase = divmod(second, 50)
        stop = 0.5 + random.Random(cycle).uniform(-0.02, 0.02)
        if phase < 30:
            return [box(stop, 0.7), box(stop - 0.14, 0.7)]
        return [box((phase - 30) * 0.1 + k * 0.25 - 0.5, 0.7) for k in range(6)]

    assert fold(frame("cam-1", n * 0.5, *at_light(n * 0.5)) for n in range(2 * 1500)) == []


def test_a_car_that_rolls_on_slowly_never_accumulates():
    rolling = [frame("cam-1", n * 0.5, box(0.25 + n * 0.5 * 0.001, 0.7)) for n in range(1000)]
    assert fold(rolling) == []


def test_a_car_that_leaves_and_another_that_takes_its_place_are_two():
    found = fold(parked(0, 250) + empty(250, 262) + parked(262, 500, x=0.52))
    assert phases(found) == [("raised", 180.0), ("cleared", 264.5), ("raised", 442.0)]
    assert "taken by another" in found[1].reason.text


def test_the_same_car_after_a_long_blink_is_the_same():
    found = fold(parked(0, 250) + empty(250, 262) + parked(262, 500))
    assert phases(found) == [("raised", 180.0)]


def test_two_cars_side_by_side_are_two():
    frames = [frame("cam-1", n * 0.5, car(n * 0.5), car(n * 0.5 + 7, x=0.62)) for n in range(400)]
    found = fold(frames)
    assert phases(found) == [("raised", 180.0), ("raised", 180.0)]
    assert len({f.subject for f in found}) == 2


def test_two_small_ones_at_nearly_one_place_get_names_of_their_own():
    pair = [
        frame("cam-1", n, box(0.495, 0.7, 0.012, 0.05, "motorcycle"), box(0.509, 0.7, 0.012, 0.05, "motorcycle"))
        for n in range(200)
    ]
    found = fold(pair)
    assert len({f.subject for f in found}) == 2


def test_blind_time_neither_counts_nor_ends():
    found = fold(parked(0, 100) + parked(700, 900))
    assert phases(found) == [("raised", 780.5)]
    assert found[0].reason.numbers["blind_s"] == 600.5
    assert second_of(found[0].since) == 0.0


def test_an_alert_outlasts_blind_time():
    found = fold(parked(0, 200) + parked(3000, 3100) + empty(3100, 3200))
    assert phases(found) == [("raised", 180.0), ("cleared", 3119.75)]


def test_guesses_of_the_detector_are_not_enough():
    assert fold(parked(0, 400, confidence=0.2)) == []
    assert fold(parked(0, 400, confidence=0.05)) == []
    weak_sometimes = [frame("cam-1", n, car(n, confidence=0.25 if n % 3 == 0 else 0.6)) for n in range(200)]
    assert phases(fold(weak_sometimes)) == [("raised", 180.0)]


def test_what_stands_in_an_ignored_zone_is_ignored():
    bay = Zone(
        zone_id="bay",
        camera_id="cam-1",
        kind=ZoneKind.IGNORED,
        polygon=((0.45, 0.6), (0.55, 0.6), (0.55, 0.8), (0.45, 0.8)),
    )
    assert fold(parked(0, 400), zones=(KERB, bay)) == []


# START is noon in Shanghai.
AFTERNOON = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=KERB.kind,
    polygon=KERB.polygon,
    active=(TimeWindow(hours=(time(12, 10), time(12, 20))),),
)


def test_outside_its_hours_the_clock_does_not_run():
    found = fold(parked(0, 1000), zones=(AFTERNOON,))
    assert phases(found) == [("raised", 780.0)]
    assert second_of(found[0].since) == 600.0


def test_when_the_hours_end_it_is_no_longer_at_fault():
    found = fold(parked(0, 1300), zones=(AFTERNOON,))
    assert phases(found) == [("raised", 780.0), ("cleared", 1200.0)]
    assert "allowed from now on" in found[1].reason.text


def test_dwell_does_not_add_up_over_the_night():
    found = fold(parked(1100, 1300) + parked(86400, 87100), zones=(AFTERNOON,))
    assert phases(found) == []
    found = fold(parked(1100, 1300) + parked(86400, 87200), zones=(AFTERNOON,))
    assert [(phase, second > 86400) for phase, second in phases(found)] == [("raised", True)]
    assert second_of(found[0].since) == 86400 + 600


def test_a_camera_without_such_a_zone_is_not_watched():
    parking = Parking(small_city(KERB), Thresholds())
    assert dict(parking.partitions()) == {"cam-1": "cam-1"}


DAY = (
    empty(0, 5)
    + parked(5, 60)
    + [frame("cam-1", 60 + n * 0.5, LORRY) for n in range(20)]
    + parked(70, 260)
    + empty(260, 300)
    + parked(330, 600, x=0.4)
)


@pytest.mark.parametrize("keep", range(5))
def test_dropping_four_frames_of_five_changes_no_alert(keep):
    whole, thinned = fold(DAY), fold(DAY[keep::5])
    assert [(f.phase, f.subject) for f in whole] == [(f.phase, f.subject) for f in thinned]
    assert len(whole) == 3
    for one, other in zip(whole, thinned, strict=True):
        assert abs(second_of(one.at) - second_of(other.at)) <= 2.5
        assert abs(second_of(one.since) - second_of(other.since)) <= 2.5


@settings(max_examples=30)
@given(st.integers(0, len(DAY)))
def test_a_restart_at_any_frame_changes_nothing(cut):
    whole = fold(DAY)
    first = fold(DAY[:cut])
    parking = Parking(small_city(KERB), Thresholds())
    state = parking.start("cam-1", open_from(first))
    after: list[Finding] = []
    for index, item in enumerate(DAY):
        state, new = parking.observe(state, item)
        after += new if index >= cut else ()
    assert identities(first) | identities(after) == identities(whole)
    assert sorted(told([*first, *after]), key=lambda line: line[3]) == told(whole)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0.1, 0.9), st.floats(0.55, 0.85)), max_size=8), st.integers(1, 170))
def test_nothing_that_stands_less_than_the_dwell_is_raised(spots, stood):
    frames = [frame("cam-1", s, *[box(x, y) for x, y in spots] if s <= stood else []) for s in range(300)]
    assert fold(frames) == []
