"""What the workbench is told of rules and judged alerts: shared thresholds, limits' paths, why an alert is over."""

from __future__ import annotations

from datetime import timedelta

from detectors.finding import Phase
from detectors.thresholds import Thresholds
from hub.api.routes_operation import rule_documents
from hub.config.load import Configuration, config_version
from hub.tuning.judging import raised_of
from hub.tuning.runs.judge import raised_document
from hub.tuning.trace.predicate import Look, State, Text, held_against
from hub.tuning.trace.request import Request, lanes_of, trace
from tests.support.planted import water
from tests.support.stored import NOW, followed, raised


def test_a_lamps_rules_list_what_says_when_a_lamp_burns() -> None:
    thresholds = Thresholds.model_validate({"streetlight": {"burning": {"off_share": 0.2}}})
    documents = {entry["rule"]: entry for entry in rule_documents(thresholds)}
    for rule in ("streetlight.lamp_out", "streetlight.circuit_out", "streetlight.day_burning"):
        listed = {entry["path"]: entry for entry in documents[rule]["thresholds"]}
        share = listed["streetlight.burning.off_share"]
        assert (share["value"], share["default"], share["low"], share["high"]) == (0.2, 0.1, 0.0, 0.5)
    assert not any("burning" in entry["path"] for entry in documents["streetlight.voltage"]["thresholds"])


def test_a_judged_alert_says_why_it_is_over_in_numbers_too() -> None:
    alert = raised().alert
    assert raised_document(raised_of(alert))["clear_numbers"] == {}
    over = followed(alert, Phase.CLEARED, second=60).alert
    assert raised_document(raised_of(over))["clear_numbers"]["second"] == 60


def test_a_burst_is_drawn_by_how_far_it_fell_and_rose_each_with_the_path_of_its_limit() -> None:
    planted = water(3, events=1, nuisances=0)
    thresholds = Thresholds.model_validate({"water": {"burst": {"fall_kpa": 40}}})
    configuration = Configuration(
        planted.configuration.city, thresholds, config_version(planted.configuration.city, thresholds)
    )
    label = planted.labels[0]
    at = label.since + timedelta(seconds=60)
    told = trace(
        planted,
        configuration,
        Request(rule="water.burst", subject=label.subject, at=at, around_s=600, wants_what_if=False),
    )
    lanes = {lane["name"]: lane for lane in told["lanes"]}
    assert list(lanes) == ["flow_l_s", "pressure_kpa", "fall_kpa", "rise_l_s"]
    assert lanes["fall_kpa"]["limits"] == [{"name": "fall", "limit": 40, "path": "water.burst.fall_kpa"}]
    assert max(value for _, value in lanes["fall_kpa"]["points"]) > 40
    assert lanes["pressure_kpa"]["limits"] == []


def test_a_circuits_lane_of_lamps_has_the_number_that_would_be_too_many() -> None:
    look = Look(
        at=NOW,
        state=State.QUIET,
        predicates=(held_against("affected", Text("受影响的灯", "lamps affected,"), 1, ">=", 3, "", "x.share"),),
        values={"lamps_affected": 1.0, "lamps_heard": 4.0},
    )
    lanes = {lane["name"]: lane["limits"] for lane in lanes_of([look])}
    assert lanes == {"lamps_affected": [{"name": "affected", "limit": 3, "path": "x.share"}], "lamps_heard": []}
