"""What must be reported of a rendered street, who belongs to whom, and the table: held against cases done by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.streets.cause import Fault, Found, cause
from bench.streets.day import HOURS, Bustle, bustle, day_seeds
from bench.streets.match import Alarm, Verdict, match, overlap
from bench.streets.script import script
from bench.streets.site import SCENE_S, Watched, depth_in, site
from bench.streets.table import Row, markdown, poisson_bounds, rows
from bench.streets.traffic import _way
from bench.streets.truth import Event, Stand, events, standing
from hub.demo.scenes.description import Actor, Path, Size, Waypoint
from ingest.city import ZoneKind

EVER = (-math.inf, math.inf)
SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
KERB = Watched(zone_id="kerb", kind=ZoneKind.NO_PARKING, polygon=SQUARE, dwell_s=60.0, open_s=EVER)
CAR = (0.4, 0.3, 0.6, 0.6)  # its bottom centre lies in the zone
SECONDS = tuple(float(second) for second in range(300))


def stand(from_s: float, to_s: float, seen=lambda _: 1.0, taken=SECONDS, box=CAR, label="car") -> Stand:
    shares = tuple(seen(at_s) if from_s <= at_s < to_s else None for at_s in taken)
    return Stand(actor_id="it", label=label, from_s=from_s, to_s=to_s, box=box, seen=shares)


def only(*stands: Stand, zones=(KERB,), taken=SECONDS) -> Event:
    (event,) = events(zones, stands, taken)
    return event


def test_what_stands_long_enough_is_due_after_the_dwell():
    event = only(stand(20.0, 200.0))
    assert (event.rule, event.zone_id, event.needed) == ("parking.illegal", "kerb", True)
    assert (event.since_s, event.due_s, event.until_s) == (20.0, 80.0, 200.0)


def test_what_leaves_in_time_is_no_event():
    assert events((KERB,), (stand(20.0, 70.0),), SECONDS) == []


def test_what_leaves_just_after_it_was_due_may_be_reported_but_need_not():
    event = only(stand(20.0, 85.0))
    assert (event.due_s, event.needed, event.why) == (80.0, False, "short")


def test_what_stands_almost_as_long_as_is_allowed_may_be_judged_either_way():
    event = only(stand(20.0, 77.0))
    assert (event.due_s, event.needed) == (None, False)


def test_what_was_there_before_the_scene_counts_from_its_first_picture():
    assert only(stand(-100.0, 200.0)).due_s == 60.0


def test_what_stands_outside_is_no_event_and_what_stands_on_the_edge_may_be_reported():
    assert events((KERB,), (stand(0.0, 200.0, box=(0.4, 0.5, 0.6, 0.9)),), SECONDS) == []
    event = only(stand(0.0, 200.0, box=(0.4, 0.5, 0.6, 0.805)))
    assert (event.zone_id, event.needed, event.why) == ("*", False, "edge")


def test_what_is_too_small_need_not_be_found():
    assert only(stand(0.0, 200.0, box=(0.5, 0.5, 0.52, 0.6))).why == "small"


def test_blind_time_does_not_count():
    taken = tuple(second for second in SECONDS if not 50 <= second < 80)
    assert only(stand(20.0, 250.0, taken=taken), taken=taken).due_s == 20 + 60 + (80 - 49)


def test_a_short_gap_between_pictures_counts():
    taken = tuple(second for second in SECONDS if not 50 <= second < 58)
    assert only(stand(20.0, 250.0, taken=taken), taken=taken).due_s == 80.0


def test_what_comes_while_nobody_looks_stands_since_somebody_looks_again():
    taken = tuple(second for second in SECONDS if not 10 <= second < 40)
    event = only(stand(15.0, 250.0, taken=taken), taken=taken)
    assert (event.since_s, event.due_s) == (40.0, 100.0)


def test_a_short_time_out_of_sight_counts_and_a_long_one_does_not():
    assert only(stand(20.0, 250.0, seen=lambda s: 0.0 if 40 <= s < 65 else 1.0)).due_s == 80.0
    late = only(stand(20.0, 250.0, seen=lambda s: 0.0 if 40 <= s < 75 else 1.0))
    assert late.due_s == 80.0 + 36.0  # from the last picture that showed it to the next
    assert late.needed


def test_what_comes_unseen_is_due_a_dwell_after_it_is_first_shown_and_may_be_told_of_a_dwell_after_it_came():
    hidden = only(stand(20.0, 250.0, seen=lambda s: 0.1 if s < 35 else 1.0))
    assert (hidden.since_s, hidden.stood_s, hidden.due_s) == (20.0, 80.0, 95.0)
    frozen = Stand(
        actor_id="it",
        label="car",
        from_s=20.0,
        to_s=250.0,
        box=CAR,
        seen=tuple(1.0 if s >= 35 else None for s in SECONDS),
    )
    assert (only(frozen).stood_s, only(frozen).due_s) == (80.0, 95.0)
    soon = only(stand(20.0, 250.0, seen=lambda s: 0.1 if s < 22 else 1.0))
    assert soon.due_s == 80.0, "as between two pictures"


def test_an_alarm_is_on_time_from_when_it_stood_for_the_dwell_to_when_it_was_due():
    late = only(stand(20.0, 250.0, seen=lambda s: 0.0 if 40 <= s < 75 else 1.0))
    assert (late.stood_s, late.due_s) == (80.0, 116.0)
    assert [late.delay_s(second) for second in (70.0, 80.0, 100.0, 116.0, 130.0)] == [-10.0, 0.0, 0.0, 0.0, 14.0]
    assert only(stand(20.0, 77.0)).delay_s(80.0) is None


def test_blind_time_counts_in_neither():
    taken = tuple(second for second in SECONDS if not 50 <= second < 80)
    event = only(stand(20.0, 250.0, taken=taken), taken=taken)
    assert event.stood_s == event.due_s == 111.0


def test_what_is_hidden_when_its_time_is_up_is_due_when_it_comes_into_sight():
    event = only(stand(20.0, 250.0, seen=lambda s: 0.1 if 75 <= s < 95 else 1.0))
    assert event.due_s == 95.0


def test_what_can_hardly_be_seen_at_all_need_not_be_found():
    event = only(stand(20.0, 250.0, seen=lambda s: 1.0 if s % 3 == 0 else 0.4))
    assert (event.needed, event.why) == (False, "hidden")


def test_a_ban_that_begins_starts_the_clock_and_one_that_ends_ends_it():
    evening = Watched(zone_id="kerb", kind=ZoneKind.NO_PARKING, polygon=SQUARE, dwell_s=60.0, open_s=(100.0, math.inf))
    assert only(stand(20.0, 250.0), zones=(evening,)).due_s == 160.0
    morning = Watched(zone_id="kerb", kind=ZoneKind.NO_PARKING, polygon=SQUARE, dwell_s=60.0, open_s=(-math.inf, 100.0))
    event = only(stand(20.0, 250.0), zones=(morning,))
    assert (event.due_s, event.until_s) == (80.0, 100.0)


MARKET = Watched(
    zone_id="market", kind=ZoneKind.PERMITTED_STALL, polygon=SQUARE, dwell_s=60.0, open_s=(-math.inf, 100.0)
)
PAVEMENT = Watched(
    zone_id="pavement",
    kind=ZoneKind.NO_STALL,
    polygon=((0.1, 0.1), (0.95, 0.1), (0.95, 0.95), (0.1, 0.95)),
    dwell_s=90.0,
    open_s=EVER,
)
BESIDE = (0.8, 0.6, 0.95, 0.9)


def test_a_stall_is_at_fault_once_its_permit_is_over():
    event = only(stand(0.0, 290.0, label="stall"), zones=(MARKET, PAVEMENT))
    assert (event.rule, event.zone_id, event.since_s, event.due_s) == ("stall.unlicensed", "market", 100.0, 160.0)


def test_a_permit_that_is_always_open_makes_no_event():
    always = Watched(zone_id="market", kind=ZoneKind.PERMITTED_STALL, polygon=SQUARE, dwell_s=60.0, open_s=EVER)
    assert events((always, PAVEMENT), (stand(0.0, 290.0, label="stall"),), SECONDS) == []


def test_a_stall_beside_the_permitted_ground_is_at_fault_there_or_in_the_whole_picture():
    outside = stand(0.0, 290.0, label="stall", box=BESIDE)
    assert only(outside, zones=(MARKET, PAVEMENT)).due_s == 90.0
    (event,) = events((MARKET,), (outside,), SECONDS, whole_dwell_s=120.0)
    assert (event.zone_id, event.due_s) == ("cam", 120.0)


def test_a_stall_on_the_edge_of_permitted_ground_may_be_reported():
    always = Watched(zone_id="market", kind=ZoneKind.PERMITTED_STALL, polygon=SQUARE, dwell_s=60.0, open_s=EVER)
    event = only(stand(0.0, 290.0, label="stall", box=(0.4, 0.5, 0.6, 0.795)), zones=(always, PAVEMENT))
    assert (event.zone_id, event.needed, event.why) == ("*", False, "edge")


def test_a_car_is_no_stall_and_a_stall_no_car():
    assert events((PAVEMENT,), (stand(0.0, 290.0),), SECONDS) == []
    assert events((KERB,), (stand(0.0, 290.0, label="stall"),), SECONDS) == []


def alarm(raised_s: float, box=CAR, zone_id="kerb", rule="parking.illegal", since_s: float = 20.0) -> Alarm:
    return Alarm(
        rule=rule, zone_id=zone_id, box=box, label="car", raised_s=raised_s, since_s=since_s, cleared_s=None, text=""
    )


def test_an_alarm_at_the_place_and_in_the_time_is_right_and_a_second_one_is_not():
    found = match([only(stand(20.0, 200.0))], [alarm(81.0), alarm(150.0)])
    assert found.of_event == (0,)
    assert found.verdicts == (Verdict.RIGHT, Verdict.AGAIN)


@pytest.mark.parametrize(
    "wrong",
    [
        alarm(5.0),
        alarm(215.0),
        alarm(81.0, box=(0.7, 0.3, 0.9, 0.6)),
        alarm(81.0, zone_id="other"),
        alarm(81.0, rule="stall.unlicensed"),
    ],
    ids=["before it came", "long after it left", "elsewhere", "another zone", "another rule"],
)
def test_an_alarm_about_something_else_is_false_and_the_event_is_missed(wrong: Alarm):
    found = match([only(stand(20.0, 200.0))], [wrong])
    assert found.of_event == (None,)
    assert found.verdicts == (Verdict.FALSE,)


def test_an_alarm_about_what_need_not_be_reported_counts_as_nothing():
    assert match([only(stand(20.0, 85.0))], [alarm(81.0)]).verdicts == (Verdict.ALLOWED,)


def test_what_need_not_be_reported_excuses_no_alarm_about_what_stood_there_before():
    assert match([only(stand(20.0, 85.0))], [alarm(81.0, since_s=5.0)]).verdicts == (Verdict.FALSE,)


def test_two_at_one_place_after_one_another_want_an_alarm_each():
    both = [only(stand(0.0, 100.0)), only(stand(120.0, 250.0))]
    found = match(both, [alarm(181.0), alarm(61.0)])
    assert found.of_event == (1, 0)
    assert set(found.verdicts) == {Verdict.RIGHT}
    assert match(both, [alarm(61.0)]).of_event == (0, None)


BOXES = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.55, 1), st.floats(0.55, 1))


@given(st.lists(st.tuples(BOXES, st.floats(0, 290)), max_size=8), st.lists(st.floats(0, 150), max_size=4))
def test_no_alarm_reports_two_events_and_no_event_has_two_alarms(alarms, arrivals):
    wanted = [only(stand(at_s, at_s + 100)) for at_s in arrivals]
    found = match(wanted, [alarm(raised_s, box) for box, raised_s in alarms])
    used = [number for number in found.of_event if number is not None]
    assert len(used) == len(set(used))
    assert len(used) == sum(verdict in (Verdict.RIGHT, Verdict.ALLOWED) for verdict in found.verdicts)


@given(BOXES, BOXES)
def test_overlap_is_the_same_from_both_sides_and_whole_with_itself(one, other):
    assert overlap(one, other) == pytest.approx(overlap(other, one))
    assert overlap(one, one) == pytest.approx(1.0)


def test_whose_fault_a_missed_event_is():
    missed = only(stand(20.0, 200.0))
    shown = stand(20.0, 200.0)

    def said(share: float, confidence: float) -> Fault:
        boxes = [Found("truck", confidence, CAR)]
        every = [(at_s, boxes if at_s % 10 < share * 10 else []) for at_s in SECONDS]
        return cause(missed, shown, SECONDS, every).fault

    assert said(0.9, 0.7) is Fault.JUDGEMENT
    assert said(0.3, 0.7) is Fault.MODEL
    assert said(0.9, 0.15) is Fault.MODEL


# The table


def told(events: list[dict[str, Any]], verdicts: list[str], **also: Any) -> dict[str, Any]:
    alarms = [{"verdict": verdict, "rule": "parking.illegal"} for verdict in verdicts]
    where = {"bustle": "busy", "hour": "day", "rain": "dry", "height": "low", "hours": 12.0}
    return {**where, "events": events, "alarms": alarms, **also}


def of(delay_s: float | None, *, needed: bool = True, visible: float = 1.0) -> dict[str, Any]:
    return {"needed": needed, "delay_s": delay_s, "rule": "parking.illegal", "visible": visible}


def by_name(scenes: list[dict[str, Any]]) -> dict[str, Row]:
    return {row.name: row for row in rows(scenes)}


def test_the_table_counts_what_was_needed_and_what_was_false():
    scenes = [
        told([of(1.0), of(2.0), of(None), of(None, needed=False)], ["right", "right", "allowed", "again"]),
        told([of(12.0, visible=0.6)], ["right", "false"], hour="night", rain="rain", hours=36.0),
    ]
    table = by_name(scenes)
    assert (table["all"].events, table["all"].found, table["all"].alarms, table["all"].false) == (4, 3, 5, 2)
    assert table["all"].recall == 0.75
    assert table["all"].precision == 0.6
    assert table["all"].on_time == pytest.approx(2 / 3)
    assert [table["all"].delay(share) for share in (0.5, 0.95, 1.0)] == [2.0, 12.0, 12.0]
    assert table["all"].false_a_day()[0] == 1.0
    assert (table["night"].events, table["rain"].false, table["dry"].false) == (1, 1, 1)
    assert (table["all of it visible"].events, table["a quarter hidden or more"].events) == (3, 1)
    assert "0.750" in markdown(scenes)
    assert "dusk" not in markdown(scenes)  # nothing happened then


def test_quiet_hours_count_in_the_rate_of_a_day_though_nothing_happens_in_them():
    busy, quiet = told([of(1.0)], ["right", "false"], hours=9.0), told([], [], bustle="quiet", hours=15.0)
    table = by_name([busy, quiet])
    assert table["all"].false_a_day()[0] == 1.0
    assert table["busy hours"].false_a_day()[0] == pytest.approx(24 / 9)
    assert "| quiet hours | 15.0 | 0 |" in markdown([busy, quiet])
    assert "busy hours" not in by_name([busy])  # it would say the same as the first row


def test_a_table_of_nothing_claims_nothing():
    nothing = by_name([told([], [])])["all"]
    assert (nothing.recall, nothing.precision, nothing.on_time, nothing.delay(0.5)) == (None, None, None, None)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39)])
def test_the_bounds_are_those_of_the_tables(count: int, low: float, high: float):
    found = poisson_bounds(count)
    assert found == pytest.approx((low, high), abs=0.005)


# The scenes


def test_a_lane_that_waits_keeps_its_distances():
    holds = ((10.0, 30.0), (60.0, 20.0))
    first, second = _way(0.0, 40.0, 1.7, 0.0, 80.0, holds), _way(4.0, 40.0, 1.7, 0.0, 80.0, holds)
    one, other = Path(waypoints=first), Path(waypoints=second)
    for at_s in range(5, 88):
        ahead, behind = one.at(float(at_s)), other.at(float(at_s))
        if ahead is not None and behind is not None:
            assert ahead.y_m - behind.y_m == pytest.approx(8.0)
    assert first[-1].at_s == 40.0 + 30.0 + 20.0


def test_what_stops_is_known_from_its_path():
    way = (Waypoint(0, 0, 0), Waypoint(10, 0, 20), Waypoint(40, 0, 20), Waypoint(50, 0, 60), Waypoint(52, 0, 60))
    actor = Actor(
        actor_id="it",
        label="car",
        size=Size(length_m=4, width_m=2, height_m=1.5),
        colour=(1, 2, 3),
        path=Path(waypoints=way),
    )
    assert standing(actor) == [(10, 40)]


def test_every_kind_of_site_comes_round_and_its_zones_lie_in_the_picture():
    sites = [site(seed) for seed in range(54)]
    kinds = {(one.height, one.hour, one.rain) for one in sites}
    assert len(kinds) == 3 * 3 * 2
    assert {zone.kind for one in sites for zone in one.zones} == {
        ZoneKind.NO_PARKING,
        ZoneKind.NO_STALL,
        ZoneKind.PERMITTED_STALL,
    }
    for one in sites:
        assert one.zones
        for zone in one.zones:
            assert all(0 <= share <= 1 for corner in zone.polygon for share in corner)
            assert 30 <= zone.dwell_s <= SCENE_S / 2


def test_a_day_holds_every_hour_of_it_five_times_twelve_minutes_in_its_own_light():
    seeds = day_seeds(3_000_000, 2)
    assert len(seeds) == len(set(seeds)) == 2 * 24 * 5
    assert sum(SCENE_S for _ in seeds) == 2 * 24 * 3600
    for number, seed in enumerate(seeds):
        kind, light = HOURS[number // 5 % 24]
        assert (bustle(seed), site(seed).hour) == (kind, light)
    assert seeds[: 24 * 5] == day_seeds(3_000_000, 1)
    assert not set(seeds) & set(day_seeds(2_000_000, 2))
    assert {bustle(seed) for seed in range(500)} == {Bustle.BUSY}, "as it was before there were quiet hours"


def test_the_busier_the_hour_the_more_passes_and_stops():
    def at(first: int) -> tuple[int, int]:
        actors = [actor for seed in range(first, first + 9) for actor in script(seed).actors]
        stopping = [actor for actor in actors if actor.actor_id.startswith(("kerb", "stall"))]
        return len(actors), len(stopping)

    busy, ordinary, quiet = at(0), at(500_000), at(750_000)
    assert busy[0] > 2 * ordinary[0] > 4 * quiet[0] > 0
    assert busy[1] > 2 * ordinary[1] > 2 * quiet[1] > 0


def test_what_is_left_standing_in_a_quiet_hour_is_there_before_it_and_after_it():
    spans = [
        (actor.actor_id[:5], from_s, to_s)
        for seed in range(500_030, 500_050)
        for actor in script(seed).actors
        if actor.actor_id.startswith(("kerb-", "stall-"))
        for from_s, to_s in standing(actor)
    ]
    left = [(kind, to_s) for kind, from_s, to_s in spans if from_s < -100.0]
    assert {kind for kind, _ in left} == {"kerb-", "stall"}
    assert all(to_s > SCENE_S for _, to_s in left)


def test_depth_is_positive_inside():
    assert depth_in((0.5, 0.5), SQUARE) == pytest.approx(0.3)
    assert depth_in((0.9, 0.5), SQUARE) == pytest.approx(-0.1)
