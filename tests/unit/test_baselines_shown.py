"""What the page of baselines shows: places and their states, hours beside what is usual, what learning would change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.profile import Cell, Profile, profiles_of
from detectors.thresholds import Thresholds
from detectors.unusual import FLOW, PRESSURE
from hub.config.load import Configuration, config_version
from hub.people.caller import EVERYWHERE, Reach
from hub.tuning.baselines.change import Change, change_of, counted, outcome_document, shift_of
from hub.tuning.baselines.compare import doubts_of
from hub.tuning.baselines.learn import Learnable
from hub.tuning.baselines.learning import HourMean, LeftOut, NotLearnt, Outcome, Subject, Wrong, learn
from hub.tuning.baselines.places import Kind, State, counts_of, matching, places_of
from hub.tuning.baselines.proposal import lines_of, proposal_from
from hub.tuning.baselines.recent import Stands, recent_hours, span_before
from hub.tuning.judging import Question
from ingest.city import City, DeviceKind
from tests.support.folding import city_of
from tests.support.weeks import HOUR, MONDAY, flat_profile

CITY = city_of(DeviceKind.WATER, "w1", "w2", interval_s=900.0)
W1 = Subject("w1", CITY.devices["w1"].grid, FLOW, ("w1",))
NOW = MONDAY + timedelta(days=20)


def configuration(*profiles: Profile, city: City = CITY, **rules: object) -> Configuration:
    thresholds = Thresholds.model_validate(rules)
    held = profiles_of(profiles)
    return Configuration(city, thresholds, config_version(city, thresholds, held), held)


def outcome(profile: Profile | None, why_not: NotLearnt | None = None) -> Outcome:
    return Outcome(subject="w1", quantity=FLOW, grid="01", profile=profile, why_not=why_not, hours=900, left_out=0)


def hour(number: int, mean: float, *, low: float | None = None, high: float | None = None, count: int = 60) -> HourMean:
    at = MONDAY + number * HOUR
    return HourMean(
        "w1", FLOW, at, mean - 0.1 if low is None else low, mean, mean + 0.1 if high is None else high, count
    )


def test_every_place_stands_there_whether_it_was_learnt_or_not() -> None:
    old = flat_profile("w2", FLOW, 10.0, 1.0, until=NOW - timedelta(days=400))
    known = configuration(flat_profile("w1", FLOW, 10.0, 1.0, until=NOW), old, water={"unusual": {"enabled": True}})
    places = places_of(known, EVERYWHERE, NOW)
    assert [(one.key, one.state) for one in places] == [
        (("w1", "flow_l_s"), State.HELD), (("w1", "pressure_kpa"), State.NONE),
        (("w2", "flow_l_s"), State.OLD), (("w2", "pressure_kpa"), State.NONE),
    ]  # fmt: skip
    assert all(one.is_judged and one.kind is Kind.WATER for one in places)
    assert counts_of(places) == {"held": 1, "old": 1, "none": 2}
    assert [one.key[0] for one in matching(places, text="W2", state=State.OLD)] == ["w2"]
    assert matching(places, kind=Kind.STREETLIGHT) == []
    assert places_of(known, Reach(grids=frozenset({"elsewhere"})), NOW) == []


def test_a_circuit_is_found_by_its_lamp_and_an_override_may_switch_its_rule_on() -> None:
    lamps = city_of(DeviceKind.STREETLIGHT, "lamp-1", "lamp-2", interval_s=60.0)
    off = places_of(configuration(city=lamps), EVERYWHERE, NOW)
    assert [one.rule for one in off] == ["streetlight.unusual"] * len(off)
    assert not any(one.is_judged for one in off)
    assert matching(off, text="lamp-2")
    name = off[0].subject.subject
    override = {"name": "try", "devices": [name], "set": {"streetlight.unusual.enabled": True}}
    on = places_of(configuration(city=lamps, overrides=[override]), EVERYWHERE, NOW)
    assert [one.is_judged for one in on] == [one.subject.subject == name for one in on]


def test_hours_stand_within_above_or_below_and_an_alert_hides_none_of_them() -> None:
    profile = flat_profile("w1", FLOW, 10.0, 1.0, without=frozenset({4}))
    known = configuration(profile)
    means = [hour(0, 10.0), hour(1, 13.5), hour(2, 6.5), hour(3, 13.5), hour(4, 10.0), hour(5, 9.0, low=-5e6)]
    wrong = [Wrong("w1", MONDAY + 3 * HOUR, MONDAY + 4 * HOUR)]
    found = recent_hours(known, W1, profile, means, wrong, since=MONDAY, until=MONDAY + 7 * HOUR)
    said = [(one["stands"], one["why"]) for one in found]
    assert said == [
        ("within", None), ("above", None), ("below", None), ("above", "alert"), ("unlearnt", None),
        ("left_out", "impossible"), ("unheard", None),
    ]  # fmt: skip
    assert [one["mean"] for one in found] == [10.0, 13.5, 6.5, 13.5, 10.0, 9.0, None]
    assert (found[0]["low"], found[0]["usual"], found[0]["high"]) == (7.0, 10.0, 13.0)
    bare = recent_hours(configuration(), W1, None, means, (), since=MONDAY, until=MONDAY + HOUR)
    assert bare[0]["stands"] == Stands.UNLEARNT
    since, until = span_before(MONDAY + timedelta(minutes=59))
    assert (since, until) == (MONDAY - timedelta(days=7), MONDAY)


def test_left_out_hours_say_why_and_a_known_fault_counts_before_a_doubtful_value() -> None:
    frozen = {"fault": {"frozen_quantities": ["flow_l_s"]}}
    means = [
        hour(0, 10.0),
        hour(1, 9.0, low=-5e6),
        hour(2, 10.0, low=10.0, high=10.0),
        hour(3, 9.0, low=-5e6),
        hour(4, 10.0),
    ]
    wrong = [Wrong("w1", MONDAY + 3 * HOUR, None)]
    (found,) = learn(configuration(sensor=frozen), [W1], means, wrong, since=MONDAY, until=MONDAY + timedelta(days=1))
    assert (found.hours, found.left_out) == (1, 4)
    assert found.left_out_why == {"alert": 2, "impossible": 1, "stuck": 1}
    assert set(found.left_out_why) <= set(LeftOut)


def test_what_learning_would_change_is_told_by_kind_and_distance() -> None:
    held = flat_profile("w1", FLOW, 10.0, 1.0)
    known = configuration(held)
    later = MONDAY + timedelta(days=7)
    moved = flat_profile("w1", FLOW, 14.0, 1.0, until=later, without=frozenset({0}))
    assert change_of(outcome(moved), None) is Change.NEW
    assert change_of(outcome(moved), held) is Change.CHANGED
    assert change_of(outcome(flat_profile("w1", FLOW, 10.0, 1.0, until=later)), held) is Change.SAME
    assert change_of(outcome(None, NotLearnt.NO_READINGS), held) is Change.KEPT
    assert change_of(outcome(None, NotLearnt.NO_READINGS), None) is Change.NONE
    shift = shift_of(moved, held, known)
    assert (shift.typical, shift.outside, shift.hours) == (4.0, 167, 167)
    near = shift_of(flat_profile("w1", FLOW, 12.0, 1.0, until=later), held, known)
    assert (near.typical, near.outside) == (2.0, 0)
    assert counted([outcome(moved)], known) == {"new": 0, "changed": 1, "same": 0, "kept": 0, "none": 0}
    document = outcome_document(outcome(moved), known)
    assert document["shift"] == {"typical": 4.0, "outside": 167, "hours": 167}
    assert (
        outcome_document(outcome(None, NotLearnt.NO_READINGS), known)["why_not_text"] == "nothing was read in that time"
    )


CELLS = st.none() | st.builds(Cell, st.floats(-1e6, 1e6).map(float), st.floats(0, 1e3), st.integers(3, 60))


@settings(max_examples=40)
@given(cells=st.lists(CELLS, min_size=1, max_size=4), devices=st.none() | st.lists(st.text(), max_size=3))
def test_what_was_learnt_comes_back_the_same_from_a_runs_file(
    cells: list[Cell | None], devices: list[str] | None
) -> None:
    profile = replace(flat_profile("w1", FLOW, 1.0, 1.0), cells=tuple(cells[n % len(cells)] for n in range(168)))
    outcomes = (replace(outcome(profile), left_out_why={"alert": 3}), outcome(None, NotLearnt.TOO_FEW_WEEKS))
    named = None if devices is None else tuple(devices)
    learnable = Learnable(outcomes=outcomes, since=MONDAY, until=NOW, devices=named)
    text = "".join(lines_of(learnable, against="0123456789ab"))
    assert proposal_from(text) == (learnable, "0123456789ab")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": "lianqin learning 1"}', "no JSON", '{"format": 1}\n[]'])
def test_a_file_that_is_no_learning_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"this is no|missing|Expecting"):
        proposal_from(text)


def test_a_comparison_says_what_makes_it_unfair() -> None:
    known = configuration(flat_profile("w1", FLOW, 10.0, 1.0, until=MONDAY))
    before, after = MONDAY - timedelta(days=3), MONDAY + timedelta(days=3)
    question = Question(rules=None, grids=None, subjects=frozenset({"w1"}), since=MONDAY, until=after)
    rules = ["water.unusual", "water.pressure"]
    assert doubts_of(known, question, rules) == {
        "without_profile": [f"w1 {PRESSURE}"],
        "learnt_from_these_days": [],
    }
    flattered = doubts_of(known, replace(question, since=before), rules)
    assert flattered["learnt_from_these_days"] == ["w1"]
    assert doubts_of(known, replace(question, since=before), ["water.leak"]) == {
        "without_profile": [],
        "learnt_from_these_days": [],
    }
