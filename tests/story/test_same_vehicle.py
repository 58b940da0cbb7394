"""Who is the same vehicle and who is another: what hides it, what replaces it, and what must not report it twice."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import time

import pytest

from detectors.finding import Finding, OpenFinding, Phase
from detectors.parking import Parking
from detectors.thresholds import Thresholds
from ingest.city import TimeWindow, Zone, ZoneKind
from ingest.observation import Box, Frame
from tests.support.stories import box, frame, open_from, second_of, small_city, told

# Shipped: dwell 180 s, occlusion 30 s, clear after 20 s, another one after 8 s, blind from 20 s, forgotten after 900.
KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9)),
)
X, Y, SIZE = 0.5, 0.7, 0.1
ONCE = [("raised", 180.0)]


def car(second: float, x: float = X, size: float = SIZE, label: str = "car", confidence: float = 0.8) -> Box:
    shake = random.Random(second)
    return box(x + shake.uniform(-0.002, 0.002), Y + shake.uniform(-0.002, 0.002), size, size, label, confidence)


def seconds(start: float, end: float, every: float = 0.5) -> list[float]:
    return [start + number * every for number in range(int((end - start) / every))]


def parked(start: float, end: float, every: float = 0.5, **how) -> list[Frame]:
    return [frame("cam-1", second, car(second, **how)) for second in seconds(start, end, every)]


def nothing(start: float, end: float, every: float = 0.5) -> list[Frame]:
    return [frame("cam-1", second) for second in seconds(start, end, every)]


def fold(
    frames: Iterable[Frame], zones: Sequence[Zone] = (KERB,), opened: Sequence[OpenFinding] = (), **rule
) -> list[Finding]:
    parking = Parking(small_city(*zones), Thresholds.model_validate({"parking": {"illegal": rule}}))
    state = parking.start("cam-1", opened)
    found: list[Finding] = []
    for item in frames:
        state, new = parking.observe(state, item)
        found += new
    return found


def phases(found: Iterable[Finding]) -> list[tuple[str, float]]:
    return [(phase, second) for phase, _, _, second in told(found)]


def of_the_car(found: Iterable[Finding]) -> list[tuple[str, float]]:
    return phases(finding for finding in found if finding.subject == "kerb@0.50,0.70")


# What a frame shows of it


def test_ids_mean_nothing():
    def with_id(second: float, track_id: int | None) -> Frame:
        seen = car(second)
        return frame("cam-1", second, Box(seen.label, seen.confidence, track_id, seen.x1, seen.y1, seen.x2, seen.y2))

    ids = random.Random(1)
    assert phases(fold(with_id(second, ids.choice([None, 1, 2, 3])) for second in seconds(0, 200))) == ONCE


def test_the_reason_names_what_it_was_called_for_longest():
    labels = ("car", "truck", "car", "bus")
    (raised,) = fold(
        frame("cam-1", second, car(second, label=labels[number % 4])) for number, second in enumerate(seconds(0, 190))
    )
    assert raised.box is not None
    assert (raised.box.label, raised.reason.numbers["label"]) == ("car", "car")
    assert "(car)" in raised.reason.text


@pytest.mark.parametrize("label", ["car", "bus", "truck", "motorcycle"])
def test_every_kind_of_vehicle_is_judged_alike(label):
    assert phases(fold(parked(0, 200, label=label))) == ONCE


@pytest.mark.parametrize("left", [0.9, 0.6, 0.4, 0.25])
def test_a_lorry_that_cuts_off_the_wheels_changes_nothing(left):
    """It stands before it from the 60th to the 150th second; the roof can still be seen, so the box ends higher up."""

    def there(second: float) -> list[Box]:
        if not 60 <= second < 150:
            return [car(second)]
        whole = car(second)
        roof = Box(whole.label, whole.confidence, None, whole.x1, whole.y1, whole.x2, whole.y1 + left * SIZE)
        return [roof, box(0.5, 0.95, 0.4, 0.95 - roof.y2, "truck")]

    outside = Zone(zone_id="kerb", camera_id="cam-1", kind=KERB.kind, polygon=((0.2, 0.65), (0.8, 0.65), (0.5, 0.8)))
    found = fold((frame("cam-1", second, *there(second)) for second in seconds(0, 200)), zones=(outside,))
    assert phases(found) == ONCE
    assert found[0].box is not None
    assert found[0].box.y2 == pytest.approx(Y, abs=0.005), "the place has not shrunk with what was seen of it"


def test_half_hidden_for_an_hour_it_is_still_the_same():
    """A lorry parks before its right half; once that has gone, nobody is reported a second time."""

    def there(second: float) -> list[Box]:
        whole = car(second)
        if not 200 <= second < 3800:
            return [whole]
        return [Box("car", 0.6, None, whole.x1, whole.y1, whole.x1 + 0.55 * SIZE, whole.y2), box(0.6, 0.85, 0.19, 0.4)]

    found = fold(frame("cam-1", second, *there(second)) for second in seconds(0, 4200, 2.0))
    assert of_the_car(found) == ONCE


def test_a_vehicle_that_the_picture_cuts_off_stands_in_a_zone_drawn_to_its_rim():
    rim = Zone(zone_id="kerb", camera_id="cam-1", kind=KERB.kind, polygon=((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
    assert phases(fold((frame("cam-1", s, box(0.5, 1.0)) for s in seconds(0, 200)), zones=(rim,))) == ONCE


def test_on_the_edge_of_a_zone_its_mean_place_decides():
    """One in five of its boxes touches the ground inside; the other four, and their mean, do not."""

    def near(second: float, y: float) -> Frame:
        return frame("cam-1", second, box(X, y + (0.004 if round(second * 2) % 5 == 0 else 0.0)))

    assert fold(near(second, 0.498) for second in seconds(0, 400)) == []
    assert [phase for phase, _ in phases(fold(near(second, 0.5001) for second in seconds(0, 400)))] == ["raised"]


# Frames that are few, missing or too dark


def test_four_of_five_frames_dropped_at_the_heartbeat_it_still_counts():
    """A still street is looked at every two seconds and a bit; a fifth of that is a frame in more than ten seconds."""
    found = fold(parked(0, 300, every=10.4))
    assert [phase for phase, _ in phases(found)] == ["raised"]
    assert found[0].reason.numbers["blind_s"] == 0.0


def test_one_missed_frame_among_few_is_no_absence():
    frames = [
        frame("cam-1", second, *([] if number % 4 == 3 else [car(second)]))
        for number, second in enumerate(seconds(0, 300, 10.0))
    ]
    assert phases(fold(frames))[0] == ("raised", 180.0)


def test_blind_for_too_long_nobody_knows_who_stood_there():
    assert phases(fold(parked(0, 100) + parked(990, 1200))) == [("raised", 1070.5)]
    (found,) = fold(parked(0, 100) + parked(1100, 1300))
    assert second_of(found.since) == 1100.0
    assert found.reason.numbers["blind_s"] == 0.0


def test_a_rule_that_would_forget_from_frame_to_frame_is_refused():
    with pytest.raises(ValueError, match="forget_s must not be below gap_s"):
        Thresholds.model_validate({"parking": {"illegal": {"forget_s": 10, "gap_s": 20}}})


def test_after_a_night_too_dark_to_be_sure_it_is_reported_in_the_morning():
    """For hours it is half seen; the clock that ran then must not weigh on what daylight shows."""
    found = fold(
        parked(0, 7200, every=2.0, confidence=0.22) + parked(7200, 8200, every=2.0, confidence=0.7), confidence=0.4
    )
    assert [phase for phase, _ in phases(found)] == ["raised"]
    assert 7200 + 180 <= phases(found)[0][1] <= 7200 + 3 * 180 + 180


# Another one takes its place


def test_another_that_comes_within_seconds_cannot_be_told_from_a_blink():
    """docs/decisions/stays-and-places.md says why it counts as the same: the place stood occupied all the while."""
    assert phases(fold(parked(0, 100) + nothing(100, 105) + parked(105, 250, x=0.51))) == ONCE


def test_another_that_comes_later_is_timed_from_its_own_arrival():
    found = fold(parked(0, 100) + nothing(100, 112) + parked(112, 400, x=0.51))
    assert phases(found) == [("raised", 292.0)]
    assert second_of(found[0].since) == 112.0


def test_one_of_the_same_size_that_comes_later_to_the_same_place_is_another_before_any_alert():
    found = fold(parked(0, 100) + nothing(100, 112) + parked(112, 400))
    assert phases(found) == [("raised", 292.0)]


def test_a_bigger_one_that_takes_the_place_at_once_is_another():
    bus = [frame("cam-1", s, box(X, Y + 0.002, 0.24, 0.2, "bus")) for s in seconds(150, 500)]
    found = fold(parked(0, 150) + bus)
    assert phases(found) == [("raised", 330.0)]
    assert found[0].box is not None
    assert found[0].box.label == "bus"


def test_a_bigger_one_that_takes_the_place_of_one_reported_ends_that_alert():
    bus = [frame("cam-1", s, box(X, Y + 0.002, 0.24, 0.2, "bus")) for s in seconds(200, 600)]
    found = fold(parked(0, 200) + bus)
    assert [phase for phase, _ in phases(found)] == ["raised", "cleared", "raised"]
    assert len({finding.since for finding in found}) == 2


def test_what_passes_a_place_that_was_left_does_not_take_it():
    passing = [frame("cam-1", s, *([box(X + 0.02, Y)] if 212 <= s < 213 else [])) for s in seconds(200, 260)]
    assert phases(fold(parked(0, 200) + passing)) == [("raised", 180.0), ("cleared", pytest.approx(221, abs=2))]


# The same vehicle is never reported twice


def test_one_that_the_detector_lost_and_found_again_is_not_reported_again():
    lost = parked(0, 300) + nothing(300, 340) + parked(340, 900) + nothing(900, 930) + parked(930, 1500)
    assert phases(fold(lost)) == [("raised", 180.0), ("cleared", 319.75)]


def test_one_that_is_found_again_by_a_poor_box_first_is_not_reported_again():
    poor = [frame("cam-1", s, box(X + 0.015, Y + 0.01, 0.09, 0.09)) for s in (340.0, 340.5)]
    lost = parked(0, 300) + nothing(300, 340) + poor + parked(341, 900)
    assert phases(fold(lost)) == [("raised", 180.0), ("cleared", 319.75)]


def test_one_that_was_hidden_for_so_long_that_it_was_given_up_is_not_reported_again():
    lorry = [frame("cam-1", s, box(0.52, 0.85, 0.4, 0.5, "truck")) for s in seconds(300, 700)]
    found = of_the_car(fold(parked(0, 300) + lorry + parked(700, 1100)))
    assert [phase for phase, _ in found] == ["raised", "cleared"]
    assert found[1][1] == pytest.approx(600, abs=1)


def test_one_that_was_seen_to_arrive_is_another_though_it_stops_at_the_very_place():
    def arriving(second: float) -> float:
        return X - 0.06 * max(0.0, 345 - second)

    drive = [frame("cam-1", s, car(s, x=arriving(s))) for s in seconds(340, 345, 0.2)]
    found = fold(parked(0, 300) + nothing(300, 340) + drive + parked(345, 600))
    assert [phase for phase, _ in phases(found)] == ["raised", "cleared", "raised"]
    assert second_of(found[2].since) == pytest.approx(345, abs=2)


def test_after_a_long_while_nobody_can_say_whether_it_is_the_same():
    found = fold(parked(0, 300) + nothing(300, 400) + parked(400, 700))
    assert phases(found) == [("raised", 180.0), ("cleared", 319.75), ("raised", 580.0)]


@pytest.mark.parametrize("restart_s", [100, 185, 305, 330, 345, 600])
def test_a_restart_while_it_was_lost_reports_it_no_second_time(restart_s: int):
    lost = parked(0, 300) + nothing(300, 340) + parked(340, 900)
    before = fold(item for item in lost if second_of(item.captured_at) < restart_s)
    again = fold(lost, opened=open_from(before))
    after = [finding for finding in again if second_of(finding.at) >= restart_s]
    assert phases(before + after) == [("raised", 180.0), ("cleared", 319.75)]


def test_each_time_that_standing_is_forbidden_is_an_offence_of_its_own():
    """Forbidden from 12:00 to 12:10 and from 12:20 on: between the two it may stand, so it is told anew."""
    windows = tuple(TimeWindow(hours=(time(12, begin), time(12, end))) for begin, end in ((0, 10), (20, 50)))
    kerb = Zone(zone_id="kerb", camera_id="cam-1", kind=KERB.kind, polygon=KERB.polygon, active=windows)
    found = fold(parked(0, 2000, every=2.0), zones=(kerb,))
    assert phases(found) == [("raised", 180.0), ("cleared", 600.0), ("raised", 1380.0)]
    assert [second_of(finding.since) for finding in found] == [0.0, 0.0, 1200.0]


def test_windows_that_touch_are_one():
    windows = tuple(TimeWindow(hours=(time(12, begin), time(12, end))) for begin, end in ((0, 2), (2, 59)))
    kerb = Zone(zone_id="kerb", camera_id="cam-1", kind=KERB.kind, polygon=KERB.polygon, active=windows)
    assert phases(fold(parked(0, 1000, every=2.0), zones=(kerb,))) == ONCE


# Zones over zones, and their dwell


def zone(name: str, dwell_s: float | None, **also) -> Zone:
    return Zone(zone_id=name, camera_id="cam-1", kind=KERB.kind, polygon=KERB.polygon, dwell_s=dwell_s, **also)


@pytest.mark.parametrize("order", [1, -1])
def test_where_zones_overlap_one_alert_comes_from_the_shortest_dwell(order: int):
    found = fold(parked(0, 400), zones=(zone("slow", 300), zone("quick", 60))[::order])
    assert phases(found) == [("raised", 60.0)]
    assert found[0].subject.startswith("quick@")
    assert found[0].reason.numbers["dwell_s"] == 60


def test_where_the_stricter_zone_sleeps_the_other_one_holds():
    asleep = (TimeWindow(hours=(time(20), time(22))),)
    found = fold(parked(0, 400), zones=(zone("slow", 300), zone("quick", 60, active=asleep)))
    assert phases(found) == [("raised", 300.0)]
    assert found[0].subject.startswith("slow@")


def test_a_dwell_may_be_next_to_nothing_or_all_day():
    assert phases(fold(parked(0, 10), zones=(zone("kerb", 0.5),))) == [("raised", 0.5)]
    day = parked(0, 86500, every=10.0)
    assert phases(fold(day, zones=(zone("kerb", 86400.0),))) == [("raised", 86400.0)]


# What the reason says


def test_the_reason_says_how_long_how_sure_how_often_and_how_much_was_not_seen():
    lorry = [frame("cam-1", s, box(0.52, 0.85, 0.4, 0.5, "truck")) for s in seconds(40, 50)]
    found = fold(parked(0, 40) + lorry + parked(50, 100) + parked(160, 320) + nothing(320, 360))
    raised = next(finding for finding in found if finding.phase is Phase.RAISED)
    assert raised.reason.text == (
        "A vehicle (car) has stood for 180 s in the no-parking zone kerb; allowed are 180 s. "
        "Median confidence 0.80 over 342 frames, out of sight for 10 s, blind for 60 s."
    )
    numbers = raised.reason.numbers
    assert (numbers["stood_s"], numbers["blind_s"], numbers["frames"]) == (180.0, 60.5, 342)
    assert numbers["hidden_s"] == pytest.approx(10, abs=0.6)
    cleared = next(finding for finding in found if finding.phase is Phase.CLEARED)
    assert cleared.reason.text == (
        "The vehicle is no longer at fault: its place has been seen empty for 20 s. It was there for 320 s."
    )
    assert cleared.reason.numbers == {"there_s": 319.5}


def test_the_times_lie_between_the_frames_when_the_dwell_ended_there():
    found = fold(parked(0, 200, every=7.0) + nothing(200, 300, every=7.0))
    assert phases(found)[0] == ("raised", 180.0)
    assert second_of(found[0].sightings["confirmation"]) == 182.0, "the picture is of a frame"
    assert second_of(found[1].sightings["clear"]) % 7 == pytest.approx(200 % 7)
