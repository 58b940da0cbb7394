"""The alert state machine: every pair of state and event is in the table or refused, and refusal changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Finding, Phase, Reason, Severity
from hub.alerts import lifecycle
from hub.alerts.alert import Alert, Condition, alert_id
from hub.alerts.lifecycle import Acknowledge, EventType, IllegalTransition, Shelve, State, Unacknowledge, Unshelve

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def finding(phase: Phase, **more: object) -> Finding:
    given: dict[str, object] = {
        "rule": "gas.leak",
        "subject": "gas-1",
        "grid": "01",
        "since": AT,
        "at": AT,
        "phase": phase,
        "severity": Severity.MAJOR,
        "reason": Reason("Methane.", {"methane_pct_lel": 30.0}),
    }
    return Finding(**{**given, **more})  # type: ignore[arg-type]


def new_alert() -> Alert:
    return lifecycle.raise_alert(finding(Phase.RAISED), config_version="v1")


STEPS = {
    "update": lambda alert: lifecycle.follow(alert, finding(Phase.UPDATED, severity=Severity.CRITICAL)),
    "clear": lambda alert: lifecycle.follow(alert, finding(Phase.CLEARED)),
    "acknowledge": lambda alert: lifecycle.command(alert, Acknowledge(by="Li", at=AT)),
    "unacknowledge": lambda alert: lifecycle.command(alert, Unacknowledge(by="Li", at=AT)),
    "shelve": lambda alert: lifecycle.command(
        alert, Shelve(by="Li", at=AT, until=AT + timedelta(hours=1), reason="road works")
    ),
    "unshelve": lambda alert: lifecycle.command(alert, Unshelve(by="Li", at=AT)),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
def test_any_order_of_events_follows_the_table_or_is_refused_without_effect(steps: list[str]) -> None:
    alert = new_alert()
    for step in steps:
        before = lifecycle.state_of(alert)
        try:
            after, kind = STEPS[step](alert)
        except IllegalTransition:
            continue
        assert lifecycle.TABLE[before, kind] is lifecycle.state_of(after)
        assert after.revision == alert.revision + 1
        assert after.alert_id == alert.alert_id
        alert = after
    assert (alert.cleared_at is None) == (alert.condition is Condition.ACTIVE)
    assert alert.acknowledged == (alert.acknowledged_by is not None)


def test_clearing_ends_shelving_and_keeps_the_acknowledgement() -> None:
    alert = new_alert()
    for step in ("acknowledge", "shelve", "clear"):
        alert, _ = STEPS[step](alert)
    assert lifecycle.state_of(alert) is State.CLEARED_ACKED
    assert alert.shelved_until is None


@pytest.mark.parametrize(
    "order",
    [
        Shelve(by="Li", at=AT, until=AT, reason="now"),
        Shelve(by="Li", at=AT, until=AT + timedelta(hours=1), reason="  "),
        Unshelve(by="Li", at=AT),
        Unacknowledge(by="Li", at=AT),
    ],
)
def test_orders_that_make_no_sense_are_refused(order: lifecycle.Command) -> None:
    with pytest.raises(IllegalTransition):
        lifecycle.command(new_alert(), order)


def test_a_cleared_alert_is_not_cleared_again() -> None:
    alert, _ = STEPS["clear"](new_alert())
    with pytest.raises(IllegalTransition, match="cleared"):
        STEPS["clear"](alert)


def test_identity_is_of_rule_subject_and_instant_whatever_the_timezone() -> None:
    shanghai = AT.astimezone(tz=ZoneInfo("Asia/Shanghai"))
    assert alert_id("a.b", "x", AT) == alert_id("a.b", "x", shanghai)
    assert alert_id("a.b", "x", AT) != alert_id("a.b", "x", AT + timedelta(microseconds=1))


def test_the_diagram_shows_every_move_of_the_table() -> None:
    lines = lifecycle.diagram().splitlines()
    assert sum("-->" in line for line in lines) == len(lifecycle.TABLE) + 1
    assert any(str(EventType.SHELVED) in line for line in lines)
