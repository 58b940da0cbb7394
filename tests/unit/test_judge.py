"""The judge: whatever the batches, ticks, arrival order and restarts, the same observations mean the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding, OpenFinding, Severity
from detectors.judge import Judge
from detectors.thresholds import Thresholds
from ingest.city import Zone, ZoneKind
from ingest.observation import Observation, Quantity, Reading
from tests.support.stories import (
    at,
    box,
    frame,
    identities,
    open_from,
    reading,
    second_of,
    small_city,
    status,
    told,
)

KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
    dwell_s=30,
)
CITY = small_city(KERB)
QUICK = Thresholds.model_validate(
    {
        "sensor": {"fault": {"frozen_after_s": 60, "impossible_after_s": 20, "clear_after_s": 20, "gap_s": 60}},
        "gas": {"leak": {"raise_after_s": 10, "clear_after_s": 20}},
        "streetlight": {"day_burning": {"raise_after_s": 60, "clear_after_s": 60}},
        "drainage": {"level": {"raise_after_s": 30, "clear_after_s": 30}},
    }
)
METHANE, PRESSURE = Quantity.METHANE_PCT_LEL, Quantity.PRESSURE_KPA
NO_SILENCE = {"device": {"silent": {"enabled": False}}, "camera": {"lost": {"enabled": False}}}
END = 700.0


def judge(open_findings: Sequence[OpenFinding] = (), since: float = 0.0, **how) -> Judge:
    return Judge(CITY, QUICK, open_findings=open_findings, listening_since=at(since), **how)


def deaf_to_silence(**how) -> Judge:
    return Judge(CITY, Thresholds.model_validate(NO_SILENCE), listening_since=at(0), **how)


def gas(second: float, value: float) -> Reading:
    return reading("gas-1", second, value, METHANE)


def a_busy_ten_minutes() -> list[Observation]:
    """Lamps at noon, a gas leak, a frozen and an impossible sensor, a parked car, silence and a camera that is cut."""
    shake = random.Random(7)
    seen: list[Observation] = []
    for second in range(0, 600, 10):
        for lamp in ("lamp-1", "lamp-2", "lamp-3"):
            watts = 88.0 if lamp != "lamp-3" and 150 <= second < 350 else 0.5
            seen.append(reading(lamp, second, watts + shake.random(), delay=shake.uniform(0, 4)))
        seen.append(gas(second + 0.5, 30 + shake.random() if 100 <= second < 200 else shake.random()))
        if not 300 <= second < 420:
            pressure = -500.0 if 450 <= second < 500 else 300.0 if second < 120 else 300 + shake.random()
            seen.append(reading("water-1", second + 1, pressure, PRESSURE, delay=shake.uniform(0, 1.5)))
        level = 9.0 if 250 <= second < 400 else 0.5
        seen.append(reading("drain-1", second + 2, level + shake.random() / 100, Quantity.LEVEL_M))
    for second in range(0, 600):
        if not 300 <= second < 380:
            boxes = [box(0.5 + shake.uniform(-0.001, 0.001), 0.7)] if 50 <= second < 150 else []
            seen.append(frame("cam-1", second, *boxes, delay=shake.uniform(0, 0.9)))
        seen.append(frame("cam-2", second))
    seen.append(status("gw-1", 1, online=True))
    return sorted(seen, key=lambda item: item.received_at)


BUSY = a_busy_ten_minutes()


def run(observations: Sequence[Observation], judged: Judge, cuts: Sequence[int] = (), ticks: Sequence[float] = ()):
    """Feed in batches that end at `cuts`, ticking in between; return findings and the late ones' indexes."""
    found: list[Finding] = []
    late: set[int] = set()
    edges = sorted({0, *cuts, len(observations)})
    for begin, end in pairwise(edges):
        batch = observations[begin:end]
        for tick in sorted(ticks):
            if at(tick) <= batch[0].received_at:
                found += judged.advance(at(tick))
        judgement = judged.observe(batch)
        found += judgement.findings
        late |= {begin + index for index in judgement.late}
    return found, late


def whole() -> tuple[list[Finding], set[int]]:
    judged = judge()
    found, late = run(BUSY, judged)
    return found + judged.advance(at(END)), late


WHOLE, WHOLE_LATE = whole()


def test_the_busy_ten_minutes_mean_what_they_should():
    lines = [line[:3] for line in told(WHOLE)]
    for rule, subject in [
        ("gas.leak", "gas-1"),
        ("streetlight.day_burning", "lamp-1"),
        ("drainage.level", "drain-1"),
        ("sensor.fault", "water-1"),
        ("device.silent", "water-1"),
        ("camera.lost", "cam-1"),
        ("parking.illegal", "kerb@0.50,0.70"),
    ]:
        assert ("raised", rule, subject) in lines
        assert ("cleared", rule, subject) in lines
    assert lines.count(("raised", "sensor.fault", "water-1")) == 2
    assert not WHOLE_LATE


@settings(max_examples=25)
@given(st.lists(st.integers(1, len(BUSY) - 1), max_size=40), st.lists(st.integers(0, int(END)), max_size=40))
def test_batches_and_ticks_change_nothing(cuts, ticks):
    judged = judge()
    found, late = run(BUSY, judged, cuts, ticks)
    found += judged.advance(at(END))
    assert late == WHOLE_LATE
    assert sorted(told(found)) == sorted(told(WHOLE))
    assert identities(found) == identities(WHOLE)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_any_arrival_order_within_the_bound_changes_nothing(random):
    """Lamps wait 5 s for stragglers, water and drainage 2 s, frames 1 s, gas none. Silence goes by arrival."""
    slack = {"lamp-1": 4.9, "lamp-2": 4.9, "lamp-3": 4.9, "water-1": 1.9, "drain-1": 1.9, "cam-1": 0.9, "cam-2": 0.9}

    def again(item: Observation) -> Observation:
        name = getattr(item, "device_id", None) or item.camera_id
        own = item.measured_at if isinstance(item, Reading) else getattr(item, "captured_at", item.received_at)
        shifted = at(second_of(own) + random.uniform(0, slack.get(name, 0.0)))
        if isinstance(item, Reading):
            return Reading(item.device_id, item.quantity, item.value, item.measured_at, shifted)
        return frame(name, second_of(own), *item.boxes, delay=second_of(shifted) - second_of(own)) if own else item

    shuffled = sorted(
        (again(item) if not hasattr(item, "online") else item for item in BUSY), key=lambda o: o.received_at
    )
    judged = judge()
    found, late = run(shuffled, judged)
    found += judged.advance(at(END))
    assert not late

    def of_events(findings):
        return sorted(told(f for f in findings if f.rule not in ("device.silent", "camera.lost")))

    assert of_events(found) == of_events(WHOLE)


@settings(max_examples=20)
@given(st.integers(0, 590))
def test_a_restart_at_any_moment_changes_nothing(second):
    """The old judge dies; a new one folds what was stored. Silence has its grace again, so it may only be later."""
    before = [item for item in BUSY if item.received_at < at(second)]
    rest = [item for item in BUSY if item.received_at >= at(second)]
    old = judge()
    first, late = run(before, old, range(0, len(before), 50), range(0, second, 3))
    first += old.advance(at(second))
    stored = [(item, index in late) for index, item in enumerate(before)]
    new = judge(open_from(first), since=second)
    after = new.rebuild(stored, emit_from=at(second))
    after += run(rest, new)[0] + new.advance(at(END))

    def of_events(findings):
        return {i for i in identities(findings) if i[0] not in ("device.silent", "camera.lost")}

    assert of_events(first) | of_events(after) == of_events(WHOLE)
    raised = [(f.rule, f.subject, f.since) for f in [*first, *after] if f.phase == "raised"]
    assert len(raised) == len(set(raised))


@settings(max_examples=15)
@given(st.integers(0, 590), st.integers(0, 80))
def test_a_restart_that_remembers_only_so_much_invents_nothing(second, lost_s):
    """The last transactions never committed, and only the judge's own memory is folded again."""
    before = [item for item in BUSY if item.received_at < at(second)]
    rest = [item for item in BUSY if item.received_at >= at(second)]
    first, late = run(before, judge(), range(0, len(before), 50))
    committed = [f for f in first if f.at < at(second - lost_s)]
    new = judge(open_from(committed), since=second)
    stored = [
        (item, index in late)
        for index, item in enumerate(before)
        if second - second_of(item.received_at) <= new.memory_s
    ]
    after = new.rebuild(stored, emit_from=at(second))
    after += run(rest, new)[0] + new.advance(at(END))

    def of_events(findings):
        return {i for i in identities(findings) if i[0] not in ("device.silent", "camera.lost")}

    assert of_events(after) <= of_events(WHOLE)
    still_open = {(f.rule, f.subject) for f in open_from([*committed, *after])}
    assert still_open == {(f.rule, f.subject) for f in open_from(WHOLE)}


def test_duplicates_are_late_and_change_nothing():
    judged = judge()
    twice = [copy for item in BUSY for copy in (item, item)]
    found, late = run(twice, judged)
    found += judged.advance(at(END))
    assert sorted(told(found)) == sorted(told(WHOLE))
    doubles = [index for index, item in enumerate(twice) if index % 2 and not hasattr(item, "online")]
    assert late == set(doubles)


def test_what_is_late_is_told_and_not_judged():
    judged = judge()
    judgement = judged.observe([gas(10, 1), gas(20, 1), gas(15, 99), gas(20, 1)])
    assert judgement.late == {2, 3}
    assert judgement.findings == []


def test_values_of_one_message_are_not_late_to_each_other():
    judged = judge()
    together = [
        reading("gas-1", 10, 2.5, Quantity.GAS_PRESSURE_KPA),
        reading("gas-1", 10, 1, METHANE),
    ]
    assert judged.observe(together).late == set()


def test_what_waits_for_stragglers_is_judged_at_the_next_tick_beyond_the_bound():
    judged = deaf_to_silence()
    frames = [frame("cam-1", second, box(0.5, 0.7)) for second in range(0, 31)]
    assert judged.observe(frames).findings == []
    assert judged.advance(at(31)) == []
    assert [line[:2] for line in told(judged.advance(at(31.1)))] == [("raised", "parking.illegal")]


def test_a_lamp_whose_clock_runs_ahead_does_not_make_its_circuit_late():
    judged = judge()
    ahead = reading("lamp-1", 100, delay=-90)
    others = [reading(lamp, second) for second in range(10, 90, 10) for lamp in ("lamp-2", "lamp-3")]
    assert judged.observe([ahead, *others]).late == set()


def test_an_impossible_value_is_the_sensors_fault_and_nobody_elses():
    found = deaf_to_silence().observe([gas(second, 5000.0) for second in range(0, 60, 5)]).findings
    assert {f.rule for f in found} == {"sensor.fault"}


def test_a_grids_worker_judges_its_own_grid_only():
    judged = judge(grids=frozenset({"01"}))
    found = judged.observe([gas(second, 60.0) for second in range(0, 50, 5)]).findings
    assert found == []
    assert {f.subject for f in judged.advance(at(5000))} == {"gw-1", "water-1"}


def test_restarting_raises_no_silence_at_once_and_deafness_starts_the_grace_again():
    judged = judge(since=1000)
    assert judged.advance(at(1030)) == []
    judged.resume_listening(at(1030))
    assert judged.advance(at(1060)) == []
    assert {f.rule for f in judged.advance(at(1061))} == {"camera.lost"}
    assert {f.rule for f in judged.advance(at(1091))} == {"device.silent"}


def opened(rule: str, subject: str, since: float = 10, raised: float = 20) -> OpenFinding:
    return OpenFinding(rule=rule, subject=subject, since=at(since), raised_at=at(raised), severity=Severity.MINOR)


@pytest.mark.parametrize(
    ("rule", "subject", "thresholds", "why"),
    [
        ("gas.leak", "gas-99", {}, "gas-99 is no longer configured"),
        ("parking.illegal", "gone@0.50,0.70", {}, "gone@0.50,0.70 is no longer configured"),
        ("device.silent", "lamp-99", {}, "lamp-99 is no longer configured"),
        ("gas.leak", "gas-1", {"gas": {"leak": {"enabled": False}}}, "the rule gas.leak is switched off"),
        ("camera.lost", "cam-1", {"camera": {"lost": {"enabled": False}}}, "the rule camera.lost is switched off"),
        ("some.rule", "gas-1", {}, "the rule some.rule is switched off"),
    ],
)
def test_what_nobody_watches_any_more_does_not_stay_open_for_ever(rule, subject, thresholds, why):
    judged = Judge(
        CITY, Thresholds.model_validate(thresholds), open_findings=[opened(rule, subject)], listening_since=at(1000)
    )
    found = judged.rebuild([], emit_from=at(1000))
    assert told(found) == [("cleared", rule, subject, 1000.0)]
    assert why in found[0].reason.text
    assert judged.advance(at(1001)) == []


def test_what_another_worker_watches_is_left_alone():
    judged = judge([opened("gas.leak", "gas-1"), opened("parking.illegal", "kerb@0.50,0.70")], grids=frozenset({"01"}))
    assert judged.rebuild([], emit_from=at(0)) == []


def test_a_lower_threshold_is_noticed_when_the_past_is_folded_again():
    """The engineer makes a rule sharper: what holds already and was never raised is raised, though it began before."""
    stored = [(gas(second, 30 + second / 1e3), False) for second in range(0, 200, 5)]
    found = judge(since=300).rebuild(stored, emit_from=at(300))
    assert [(f.phase, f.rule, second_of(f.since)) for f in found] == [("raised", "gas.leak", 0.0)]


def test_a_higher_threshold_ends_what_is_no_longer_wrong():
    stored = [(gas(second, second / 1e3), False) for second in range(0, 200, 5)]
    found = judge([opened("gas.leak", "gas-1")], since=300).rebuild(stored, emit_from=at(300))
    assert [(f.phase, f.rule, second_of(f.since)) for f in found] == [("cleared", "gas.leak", 10.0)]


def test_what_was_received_at_one_instant_is_folded_in_the_order_of_event_time():
    burst = [Reading("gas-1", METHANE, 60.0, at(second), at(100)) for second in range(0, 50, 5)]
    backwards = [(item, False) for item in reversed(burst)]
    found = judge(since=100).rebuild(backwards, emit_from=at(0))
    assert [(f.rule, second_of(f.since)) for f in found] == [("gas.leak", 0.0)]


def test_an_unknown_device_is_ignored():
    nobody = [reading("ghost", 1), frame("cam-9", 1), status("ghost", 1, online=False)]
    judgement = judge().observe(nobody)
    assert (judgement.findings, judgement.late) == ([], set())


def test_memory_covers_the_longest_rule():
    assert judge().memory_s >= 2 * QUICK.parking.illegal.dwell_s
    assert isinstance(at(judge().memory_s), datetime)
