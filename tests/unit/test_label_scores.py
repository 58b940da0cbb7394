"""Scores of stories whose truth is known, what is said where labels are too few, and what alerts are due when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Severity
from detectors.thresholds import Thresholds, described
from hub.alerts.alert import NAMESPACE
from hub.alerts.health import Observed, measures
from hub.config.load import Configuration
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Question, Raised
from hub.tuning.labels.due import due_after_s
from hub.tuning.labels.estimate import LEAST, Why
from hub.tuning.labels.exposure import Exposure, exposure_of
from hub.tuning.labels.label import Label, Source, Verdict
from hub.tuning.labels.lax import FACTORS, OF_RULES, lax_changes
from hub.tuning.labels.match import match
from hub.tuning.labels.sampling import LEAST_DRAWN, Nearness, draw, quiet
from hub.tuning.labels.score import ISA_ACCEPTABLE, ISA_MOST, scored, scores, scores_document
from tests.support.api import configuration

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
WEEK = (MIDNIGHT, MIDNIGHT + timedelta(days=7))
EXPOSURE = Exposure(since=WEEK[0], until=WEEK[1], cameras=2, devices=0, due_after_s=lambda _: 60.0)


def moment(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def alert(hour: float, *, late_s: float = 60.0, subject: str = "z1", rule: str = "parking.illegal") -> Raised:
    return Raised(
        alert_id=uuid5(NAMESPACE, f"{rule}|{subject}|{hour}"),
        rule=rule,
        subject=subject,
        grid="01",
        zone_id=None,
        camera_id="cam-1",
        since=moment(hour),
        raised_at=moment(hour) + timedelta(seconds=late_s),
        cleared_at=moment(hour + 0.1),
        severity=Severity.MINOR,
        reason_text="",
        clear_reason_text=None,
        numbers={},
        box=None,
        config_version="v",
    )


def label(
    hour: float, verdict: str = "true", *, source: Source = Source.DRAWN, weight: float = 1.0, **parts: Any
) -> Label:
    return Label(
        label_id=uuid5(NAMESPACE, f"label|{hour}|{verdict}|{parts}"),
        rule=parts.get("rule", "parking.illegal"),
        subject=parts.get("subject", "z1"),
        grid="01",
        since=moment(hour),
        until=moment(hour + 0.1),
        verdict=Verdict(verdict),
        reason="",
        source=source,
        weight=weight,
        by="li.na",
        at=moment(200),
    )


def test_a_week_with_a_known_truth() -> None:
    # 20 real events of which 15 raised an alert 90 s late, 10 false alarms, 5 alerts of which nobody spoke.
    raised = [alert(5 * n, late_s=150.0) for n in range(15)] + [alert(5 * n + 2) for n in range(15)]
    labels = [label(5 * n) for n in range(15)] + [label(5 * n, "missed") for n in range(15, 20)]
    labels += [label(5 * n + 2, "false") for n in range(10)]
    found = scores(match(raised, labels, span=WEEK), EXPOSURE)
    assert (found.true, found.false, found.missed, found.raised, found.unlabelled) == (15, 10, 5, 30, 5)
    assert found.precision.value == pytest.approx(15 / 25)
    assert found.recall.value == pytest.approx(15 / 20)
    assert found.f1.value == pytest.approx(2 * 0.6 * 0.75 / (0.6 + 0.75))
    assert (found.delay_s.value, found.delay_s.low, found.delay_s.n) == (90.0, 90.0, 15)
    assert found.false_per_camera_day.value == pytest.approx(10 / 14)
    assert found.alarms_per_operator_hour.value == pytest.approx(30 / 168)
    assert (found.false_per_device_month.why, found.enough, found.why_not) == (Why.NOTHING_THERE, True, None)
    for figure in (found.precision, found.recall, found.f1, found.false_per_camera_day):
        assert figure.low is not None
        assert figure.high is not None
        assert figure.value is not None
        assert figure.low < figure.value < figure.high


def test_too_few_labels_give_words_and_no_figure() -> None:
    labels = [label(5 * n) for n in range(LEAST - 1)]
    found = scores(match([alert(5 * n) for n in range(LEAST - 1)], labels, span=WEEK), EXPOSURE)
    assert (found.precision.value, found.precision.why, found.precision.needs) == (None, Why.FEW_LABELS, LEAST)
    assert (
        found.why_not
        == "Alerts with a label: 9 of the 10 that are needed. Labels of real events: 9 of the 10 that are needed."
    )
    assert scores_document(found)["recall"]["value"] is None
    assert scores_document(found)["enough"] is False


def test_where_every_label_is_a_verdict_nobody_knows_of_misses() -> None:
    labels = [label(5 * n, source=Source.VERDICT) for n in range(20)]
    found = scores(match([alert(5 * n) for n in range(20)], labels, span=WEEK), EXPOSURE)
    assert found.precision.value == 1.0
    assert (found.recall.value, found.recall.why) == (None, Why.NOBODY_LOOKED)
    assert "Label a sample of quiet candidates" in (found.why_not or "")


def test_labels_drawn_by_lot_count_for_all_that_they_stand_for() -> None:
    raised = [alert(5 * n) for n in range(20)]
    verdicts = [label(5 * n, source=Source.VERDICT) for n in range(20)]
    lot = [label(5 * n + 2, "true" if n < 5 else "false", source=Source.SAMPLE, weight=8.0) for n in range(15)]
    found = scores(match(raised, [*verdicts, *lot], span=WEEK), EXPOSURE)
    assert found.recall.value == pytest.approx(20 / (20 + 5 * 8))
    assert found.precision.value == 1.0


def test_false_alarms_are_not_counted_where_most_alerts_carry_no_label() -> None:
    raised = [alert(2 * n) for n in range(40)]
    found = scores(match(raised, [label(2 * n, "false") for n in range(12)], span=WEEK), EXPOSURE)
    assert (found.false_per_camera_day.value, found.false_per_camera_day.why) == (None, Why.MOSTLY_UNLABELLED)
    assert scores(match([], [], span=WEEK), EXPOSURE).false_per_camera_day.value == 0.0
    three = scores(match(raised[:3], [label(2 * n, "false") for n in range(3)], span=WEEK), EXPOSURE)
    assert three.false_per_camera_day.value == pytest.approx(3 / 14), "all are labelled, so few are enough"


@settings(max_examples=30)  # the first draws of a number of clusters take a while
@given(st.lists(st.booleans(), min_size=12, max_size=30), st.randoms(use_true_random=False))
def test_neither_order_nor_unlabelled_alarms_change_precision_and_recall(real: list[bool], chance: Any) -> None:
    raised = [alert(5 * n) for n in range(len(real))]
    labels = [label(5 * n, "true" if is_real else "false") for n, is_real in enumerate(real)]
    before = scores(match(raised, labels, span=WEEK), EXPOSURE)
    more = [*raised, *(alert(5 * n + 2.5) for n in range(4))]
    after = scores(match(chance.sample(more, len(more)), chance.sample(labels, len(labels)), span=WEEK), EXPOSURE)
    for name in ("precision", "recall", "f1", "delay_s"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.unlabelled, after.raised) == (4, before.raised + 4)


def test_the_limits_of_the_load_are_those_of_the_alarm_health_page() -> None:
    (per_hour,) = (each for each in measures(Observed(
        per_ten_minutes=[1], per_severity={}, top_sources=[], chattering=0, stale=0
    )) if each.name == "per_hour")  # fmt: skip
    assert (per_hour.good, per_hour.limit) == (ISA_ACCEPTABLE, ISA_MOST)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration(Path(tmp_path_factory.mktemp("town")))


def test_due_is_what_the_rule_waits_at_that_place(town: Configuration) -> None:
    thresholds = town.thresholds
    assert due_after_s(town, "water.pressure", "water-1") == thresholds.water.pressure.raise_after_s
    assert due_after_s(town, "device.silent", "water-1") == thresholds.device.silent.intervals * 30.0
    assert due_after_s(town, "no.such_rule", "water-1") == 0.0
    camera = next(iter(town.city.cameras.values()))
    zone = camera.zones[0]
    place = f"{zone.zone_id}@0.50,0.50"
    expected = zone.dwell_s if zone.dwell_s is not None else thresholds.parking.illegal.dwell_s
    assert due_after_s(town, "parking.illegal", place) == expected
    own = with_thresholds(town, {f"zone:{zone.zone_id}.dwell_s": 77.0})
    assert due_after_s(own, "parking.illegal", place) == 77.0
    entry = {"name": "gate", "devices": ["water-1"], "set": {"water.pressure.raise_after_s": 33.0}}
    document = {**thresholds.model_dump(mode="json"), "overrides": [entry]}
    overridden = replace(town, thresholds=Thresholds.model_validate(document))
    assert due_after_s(overridden, "water.pressure", "water-1") == 33.0
    assert due_after_s(overridden, "water.pressure", "gone") == thresholds.water.pressure.raise_after_s


def test_a_question_is_exposed_to_what_it_asks_for(town: Configuration) -> None:
    def asked(**narrowed: Any) -> Exposure:
        every: dict[str, Any] = {"rules": None, "grids": None, "subjects": None}
        return exposure_of(town, Question(**{**every, **narrowed}, since=WEEK[0], until=WEEK[1]))

    city = town.city
    assert (asked().cameras, asked().devices) == (len(city.cameras), len(city.devices))
    assert asked(rules=frozenset({"water.burst"})).cameras == 0
    assert asked(rules=frozenset({"water.burst"}), subjects=frozenset({"water-1"})).devices == 1
    assert asked(rules=frozenset({"parking.illegal"})).devices == 0
    camera = next(iter(city.cameras.values()))
    assert asked(rules=frozenset({"parking.illegal"}), subjects=frozenset({camera.zones[0].zone_id})).cameras == 1
    assert asked(subjects=frozenset({camera.camera_id})).camera_days == 7.0
    matched, found = scored([], [], town, Question(
        rules=None, grids=None, subjects=None, since=WEEK[0], until=WEEK[1]
    ))  # fmt: skip
    assert (matched.raised, found.alarms_per_operator_hour.value) == ((), 0.0)


def test_the_lax_thresholds_are_allowed_for_every_rule_and_name_what_there_is(town: Configuration) -> None:
    paths = {each.path for each in described()}
    assert set(OF_RULES) <= paths
    assert set(FACTORS) <= {path.rpartition(".")[2] for path in paths}
    every = lax_changes(town, None)
    assert with_thresholds(town, every).version != town.version
    for rule in sorted({path.rpartition(".")[0] for path in every if not path.startswith("zone:")}):
        with_thresholds(town, lax_changes(town, [rule]))
    assert {path.rpartition(".")[0] for path in lax_changes(town, ["water.burst"])} == {"water.burst"}


def test_a_lot_is_drawn_of_what_is_quiet_and_a_larger_one_holds_the_smaller() -> None:
    lax = [alert(n) for n in range(100)]
    half = lax[:30]
    spoken = [label(50), label(51, source=Source.SAMPLE)]
    found = quiet(lax, half, lax[:5], spoken)
    assert len(found) == 100 - 5 - 1, "what is raised now, and what somebody spoke of, is not quiet"
    assert sum(each.nearness is Nearness.NEAR for each in found) == 25
    small, large = (draw(found, share=share, most=1000, seed=7) for share in (0.01, 0.5))
    assert (
        sorted(each.stratum for each in small)
        == ["parking.illegal|far|"] * LEAST_DRAWN + ["parking.illegal|near|"] * LEAST_DRAWN
    )
    names = [{each.candidate.alert_id for each in drawn} for drawn in (small, large)]
    assert names[0] < names[1]
    assert {each.frame for each in large} == {25, 69}
    other = draw(found, share=0.01, most=1000, seed=8)
    assert {each.candidate.alert_id for each in other} != names[0]
    kept = draw(found, share=0.01, most=4, seed=8, already=names[0])
    assert names[0] < {each.candidate.alert_id for each in kept}
    assert draw([], share=1.0, most=10, seed=0) == []
