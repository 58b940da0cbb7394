"""A camera that was turned, covered or has left its preset: it is said, and nothing is judged until it is back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding
from detectors.judge import Judge
from detectors.thresholds import Thresholds
from hub.alerts.inhibit import causes
from ingest.city import City, Zone, ZoneKind
from ingest.observation import Frame, Observation, Quantity, Reading
from tests.support.stories import at, box, frame, identities, open_from, reading, second_of, small_city, told

# Shipped: moved from 2 % on for 10 s, covered from 70 % on for 60 s, back for 10 s; a parked car is due after 180 s.
KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9)),
)
CITY = small_city(KERB)
CAR = box(0.5, 0.7)
JUDGED = ("camera.moved", "parking.illegal")
LOST, SHARPNESS, SHIFT = Quantity.VIEW_LOST_PCT, Quantity.VIEW_SHARPNESS_PCT, Quantity.VIEW_SHIFT_PCT


def look(second: float, shift: float = 0.0, lost: float = 5.0, sharpness: float = 100.0) -> list[Reading]:
    return [reading("cam-1", second, value, name) for name, value in
            ((LOST, lost), (SHARPNESS, sharpness), (SHIFT, shift))]  # fmt: skip


def looks(start: float, end: float, every: float = 2.0, **says: float) -> list[Reading]:
    return [one for n in range(int((end - start) / every)) for one in look(start + n * every, **says)]


def parked(start: float, end: float, every: float = 0.5) -> list[Frame]:
    return [frame("cam-1", start + n * every, CAR) for n in range(int((end - start) / every))]


def empty(start: float, end: float, every: float = 0.5) -> list[Frame]:
    return [frame("cam-1", start + n * every) for n in range(int((end - start) / every))]


def story(*parts: Iterable[Observation]) -> list[Observation]:
    """Return all parts in the order of their arrival; at one instant the frame comes before the look at it."""
    return sorted((one for part in parts for one in part), key=lambda one: (one.received_at, isinstance(one, Reading)))


def judge(
    observations: Sequence[Observation], city: City = CITY, batch: int = 1000, until: float = 5000, **rules: object
) -> list[Finding]:
    told_by = Judge(city, Thresholds.model_validate(rules), listening_since=at(0))
    found: list[Finding] = []
    for first in range(0, len(observations), batch):
        found += told_by.observe(observations[first : first + batch]).findings
    found += told_by.advance(at(until))
    return [one for one in found if one.rule in JUDGED]


def phases(found: Iterable[Finding], rule: str) -> list[tuple[str, float]]:
    return [(phase, second) for phase, name, _, second in told(found) if name == rule]


def test_a_camera_that_looks_where_it_should_changes_no_alert():
    watched = judge(story(looks(0, 400), parked(10, 300), empty(300, 400)))
    unwatched = judge(story(parked(10, 300), empty(300, 400)))
    assert [(one, one.reason) for one in watched] == [(one, one.reason) for one in unwatched]
    assert phases(watched, "parking.illegal")[0] == ("raised", 190.0)


def test_a_turned_camera_is_reported_once_and_clears_when_it_is_back():
    found = judge(story(looks(0, 100), looks(100, 300, shift=7.5), looks(300, 400)))
    assert phases(found, "camera.moved") == [("raised", 110.0), ("cleared", 310.0)]
    alert = found[0]
    assert (alert.subject, alert.camera_id, alert.grid, alert.severity) == ("cam-1", "cam-1", "02", "major")
    assert second_of(alert.since) == 100.0
    assert "7.5 %" in alert.reason.text
    assert alert.reason.numbers["view_shift_pct"] == 7.5
    assert alert.reason.numbers["threshold_shift_pct"] == 2.0
    assert alert.reason.numbers["lasted_s"] == 10.0
    assert second_of(alert.sightings["confirmation"]) == 110.0
    assert "is back" in found[1].reason.text


def test_wind_on_the_pole_and_a_bus_before_the_lens_are_nothing():
    swaying = [one for n in range(100) for one in look(n * 2, shift=(0.0, 0.9, 1.3, 2.4)[n % 4])]
    assert judge(story(swaying)) == []
    bus = looks(40, 60, lost=97)
    assert judge(story(looks(0, 40), bus, looks(60, 200, lost=45))) == []


def test_a_covered_lens_is_reported_after_a_minute():
    found = judge(story(looks(0, 100), looks(100, 300, lost=100, sharpness=0), looks(300, 400)))
    assert phases(found, "camera.moved") == [("raised", 160.0), ("cleared", 310.0)]
    assert "covered or turned away" in found[0].reason.text
    assert found[0].reason.numbers["causes"] == "covered"


def test_a_picture_out_of_focus_is_reported_after_a_minute():
    found = judge(story(looks(0, 100), looks(100, 300, sharpness=18), looks(300, 400)))
    assert phases(found, "camera.moved") == [("raised", 160.0), ("cleared", 310.0)]
    assert "out of focus" in found[0].reason.text


def test_a_stay_is_not_fed_while_the_camera_looks_elsewhere():
    # The car stands from 0 on; at 101 the camera is turned to where another stands at the same place of the picture.
    found = judge(story(looks(0, 102), looks(102, 302, shift=9), looks(302, 700), parked(0, 101), parked(101, 302),
                        parked(302, 700)))  # fmt: skip
    assert phases(found, "camera.moved") == [("raised", 112.0), ("cleared", 312.0)]
    ((_, raised_at),) = phases(found, "parking.illegal")
    # 100 s before the last look in place and 80 s after the alert cleared; the time between is blind.
    assert raised_at == pytest.approx(312 + 80, abs=0.5)
    numbers = found[-1].reason.numbers
    assert numbers["blind_s"] == pytest.approx(212, abs=0.5)
    assert "blind for 212 s" in found[-1].reason.text


def test_frames_between_the_last_look_in_place_and_the_first_one_gone_are_not_judged():
    # 179 s have counted at the last look in place: the boxes after it, of another street, must not make them 180.
    just_short = story(looks(0, 180), parked(0, 400), looks(180, 400, shift=20))
    assert phases(judge(just_short), "parking.illegal") == []
    enough = story(looks(0, 182), parked(0, 400), looks(182, 400, shift=20))
    assert phases(judge(enough), "parking.illegal") == [("raised", 180.0)]


def test_an_open_alert_neither_clears_nor_is_raised_again_while_the_camera_looks_elsewhere():
    away = story(looks(0, 200), looks(200, 900, lost=100), looks(900, 1300), parked(0, 200), empty(200, 900),
                 parked(900, 1100), empty(1100, 1300))  # fmt: skip
    found = judge(away)
    assert phases(found, "parking.illegal") == [("raised", 180.0), ("cleared", pytest.approx(1120, abs=1))]


def test_a_car_that_left_meanwhile_is_seen_to_be_gone_when_the_camera_is_back():
    away = story(looks(0, 200), looks(200, 900, lost=100), looks(900, 1000), parked(0, 200), empty(200, 1000))
    assert phases(judge(away), "parking.illegal") == [("raised", 180.0), ("cleared", pytest.approx(930, abs=1))]


def test_a_short_look_elsewhere_raises_nothing_and_is_blind_time():
    found = judge(story(looks(0, 100), looks(100, 106, shift=15), looks(106, 400), parked(0, 400)))
    assert phases(found, "camera.moved") == []
    assert phases(found, "parking.illegal") == [("raised", pytest.approx(188, abs=0.5))]
    assert found[0].reason.numbers["blind_s"] == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize(
    ("says", "cause"),
    [
        ([{"lost": 72}, {"lost": 66}], "covered"),
        ([{"shift": 27, "lost": 40}, {"lost": 94}], "covered"),
        ([{"shift": 27, "lost": 45}, {"lost": 60}], "moved"),
        ([{"shift": 2.2}, {"shift": 1.6}], "moved"),
        ([{"sharpness": 26, "lost": 66}, {"sharpness": 24, "lost": 72}], "covered"),
        ([{"sharpness": 28}, {"sharpness": 40}], "blurred"),
        ([{"sharpness": 20, "lost": 60}], "blurred"),
    ],
)
def test_looks_that_hover_around_a_threshold_or_between_two_causes_are_reported(
    says: list[dict[str, float]], cause: str
):
    hovering = [one for n in range(60) for one in look(100 + n * 2, **says[n % len(says)])]
    found = judge(story(looks(0, 100), hovering, looks(220, 300)))
    assert [phase for phase, _ in phases(found, "camera.moved") if phase != "updated"] == ["raised", "cleared"]
    assert found[0].reason.numbers["causes"] == cause
    assert phases(found, "camera.moved")[0][1] <= 162


def test_a_camera_that_is_lost_is_not_also_moved():
    turned = judge(story(looks(0, 100), looks(100, 200, shift=9)))[0]
    assert list(causes(turned, CITY)) == [("camera.lost", "cam-1")]


PTZ_CITY = replace(CITY, cameras={**CITY.cameras, "cam-1": replace(CITY.cameras["cam-1"], preset=3)})


def preset(second: float, number: float) -> list[Reading]:
    return [reading("cam-1", second, number, Quantity.PTZ_PRESET)]


def test_a_camera_off_its_preset_is_reported_at_once_and_clears_with_the_preset():
    turning = story(preset(0, 3), preset(100, 7), preset(400, 3), parked(0, 1000))
    found = judge(turning, PTZ_CITY)
    assert phases(found, "camera.moved") == [("raised", 100.0), ("cleared", 400.0)]
    assert "stands at preset 7; its zones were drawn at preset 3" in found[0].reason.text
    assert found[0].reason.numbers["ptz_preset"] == 7
    assert phases(found, "parking.illegal") == [("raised", pytest.approx(480, abs=0.5))]


def test_off_its_preset_the_lost_view_is_no_second_piece_of_news():
    looking = story(preset(0, 3), preset(100, 7), looks(0, 100), looks(100, 402, lost=98), preset(400, 3),
                    looks(402, 900), parked(0, 900))  # fmt: skip
    found = judge(looking, PTZ_CITY)
    assert phases(found, "camera.moved") == [("raised", 100.0), ("cleared", 400.0)]
    # Back at its preset, but judged again only when the view itself was found.
    (due,) = [one for one in found if one.rule == "parking.illegal"]
    assert due.reason.numbers["blind_s"] == pytest.approx(304, abs=2.5)


def test_a_preset_of_a_camera_that_has_none_in_the_city_file_says_nothing():
    assert judge(story(preset(0, 1), preset(100, 7), parked(0, 170))) == []


def test_looks_that_stop_hold_nobody_up():
    found = judge(story(looks(0, 100), parked(0, 400)))
    assert phases(found, "parking.illegal") == [("raised", 180.0)]


def test_looks_that_stop_while_the_view_is_off_and_not_yet_reported_do_not_blind_for_ever():
    found = judge(story(looks(0, 100), look(100, shift=9), parked(0, 600)))
    assert phases(found, "camera.moved") == []
    assert len(phases(found, "parking.illegal")) == 1


def test_a_camera_lost_while_it_was_turned_is_not_believed_when_it_returns():
    # Pictures stop at 150; when they come back at 400 the camera has been turned, and the next look says so.
    returned = story(looks(0, 150), parked(0, 150), parked(400, 700), looks(401, 700, shift=30))
    found = judge(returned)
    assert phases(found, "parking.illegal") == []
    assert phases(found, "camera.moved") == [("raised", 411.0)]


def test_half_a_look_says_nothing():
    half = [reading("cam-1", second, 90.0, SHIFT) for second in range(0, 100, 2)]
    assert judge(story(half, parked(0, 200))) != []
    assert phases(judge(story(half, parked(0, 200))), "camera.moved") == []


def test_a_rule_that_is_switched_off_holds_nothing_back():
    off = {"camera": {"moved": {"enabled": False}}}
    found = judge(story(looks(0, 400, lost=100), parked(0, 400)), **off)
    assert phases(found, "camera.moved") == []
    assert phases(found, "parking.illegal") == [("raised", 180.0)]


def test_a_camera_without_zones_is_not_watched():
    assert judge(story(looks(0, 100, lost=100)), small_city()) == []


TURNED = story(looks(0, 100), looks(100, 106, shift=15), looks(106, 250), looks(250, 400, shift=8), looks(400, 620),
               looks(620, 700, lost=100), parked(0, 250, 1), empty(250, 400, 1), parked(400, 520, 1),
               empty(520, 700, 1))  # fmt: skip
EXPECTED = judge(TURNED)


def test_the_story_that_the_laws_are_held_to_has_alerts_in_it():
    assert len(phases(EXPECTED, "camera.moved")) == 3
    assert len(phases(EXPECTED, "parking.illegal")) == 2


@settings(max_examples=25)
@given(st.integers(1, 400))
def test_looks_and_frames_in_batches_of_any_size_give_the_same(batch: int):
    assert judge(TURNED, batch=batch) == EXPECTED


@settings(max_examples=25)
@given(st.integers(1, len(TURNED) - 1))
def test_a_restart_at_any_moment_of_a_turned_camera_changes_nothing(cut: int):
    first = Judge(CITY, Thresholds(), listening_since=at(0))
    found = first.observe(TURNED[:cut]).findings
    second = Judge(CITY, Thresholds(), open_findings=open_from(found), listening_since=TURNED[cut].received_at)
    found += second.rebuild([(one, False) for one in TURNED[:cut]], emit_from=TURNED[cut].received_at)
    found += second.observe(TURNED[cut:]).findings + second.advance(at(5000))
    assert identities(one for one in found if one.rule in JUDGED) == identities(EXPECTED)


@settings(max_examples=25)
@given(st.lists(st.floats(0, 0.9), min_size=len(TURNED), max_size=len(TURNED)))
def test_looks_and_frames_that_overtake_each_other_within_the_bound_give_the_same(delays: list[float]):
    late = [
        replace(one, received_at=at(second_of(one.received_at) + delay))
        for one, delay in zip(TURNED, delays, strict=True)
    ]
    assert judge(sorted(late, key=lambda one: one.received_at)) == EXPECTED


@settings(max_examples=15)
@given(st.sets(st.integers(0, 700), max_size=40))
def test_how_often_time_ticks_changes_nothing_for_a_turned_camera(ticks: set[int]):
    judge_of_all = Judge(CITY, Thresholds(), listening_since=at(0))
    found: list[Finding] = []
    waiting = sorted(ticks)
    for one in TURNED:
        while waiting and at(waiting[0]) <= one.received_at:
            found += judge_of_all.advance(at(waiting.pop(0)))
        found += judge_of_all.observe([one]).findings
    found += judge_of_all.advance(at(5000))
    assert [each for each in found if each.rule in JUDGED] == EXPECTED
