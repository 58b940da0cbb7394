"""Findings become alerts: one per cause, linked to the last, flapping said, symptoms held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from detectors.finding import Finding, Phase, Reason, Severity
from hub.alerts.alert import Condition
from hub.alerts.intake import Intake, open_findings
from hub.alerts.lifecycle import EventType
from ingest.city import Circuit, City, Device, DeviceKind, Grid

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
LAMPS = tuple(f"lamp-{n}" for n in range(3))
CITY = City(
    name="Testcity",
    timezone="Asia/Shanghai",
    latitude=30,
    longitude=120,
    grids={"01": Grid(grid_id="01", name="One")},
    devices={
        "gw": Device(device_id="gw", kind=DeviceKind.GATEWAY, grid="01", interval_s=10),
        **{
            lamp: Device(
                device_id=lamp,
                kind=DeviceKind.STREETLIGHT,
                grid="01",
                interval_s=10,
                gateway_id="gw",
                circuit_id="circuit",
            )
            for lamp in LAMPS
        },
    },
    circuits={"circuit": Circuit(circuit_id="circuit", grid="01", lamps=LAMPS, gateway_id="gw")},
)


def finding(
    rule: str, subject: str, at_s: float, phase: Phase = Phase.RAISED, since_s: float | None = None, **more: object
) -> Finding:
    return Finding(
        **{
            "rule": rule,
            "subject": subject,
            "grid": "01",
            "since": START + timedelta(seconds=at_s if since_s is None else since_s),
            "at": START + timedelta(seconds=at_s),
            "phase": phase,
            "severity": Severity.MAJOR,
            "reason": Reason("Because.", {"pressure_kpa": 1.0}),
            **more,
        }  # type: ignore[arg-type]
    )


def test_a_condition_is_raised_once_and_cleared_once() -> None:
    intake = Intake(CITY, "v1")
    raised = intake.take([finding("water.burst", "w", 0), finding("water.burst", "w", 5, since_s=0)])
    cleared = intake.take(
        [finding("water.burst", "w", 9, Phase.CLEARED), finding("water.burst", "w", 9, Phase.CLEARED)]
    )
    assert [change.type for change in raised + cleared] == [EventType.RAISED, EventType.CLEARED]
    assert cleared[0].alert.condition is Condition.CLEARED
    assert cleared[0].alert.alert_id == raised[0].alert.alert_id


def test_the_same_finding_after_a_restart_repeats_nothing_even_when_it_has_cleared() -> None:
    before = Intake(CITY, "v1")
    alert = before.take([finding("gas.leak", "g", 0)])[0].alert
    assert Intake(CITY, "v1", [alert]).take([finding("gas.leak", "g", 0)]) == []
    ended = before.take([finding("gas.leak", "g", 5, Phase.CLEARED)])[0].alert
    assert Intake(CITY, "v1", [ended]).take([finding("gas.leak", "g", 0)]) == []


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("again", [Phase.CLEARED, Phase.UPDATED])
def test_what_is_said_again_of_one_that_ended_does_not_touch_the_one_that_is_open(
    restarted: bool, again: Phase
) -> None:
    """A car left, another took its place and was reported; then the first one's end is told once more."""

    def of(at_s: float, phase: Phase, since_s: float) -> Finding:
        return finding("parking.illegal", "kerb@0.50,0.70", at_s, phase, since_s)

    intake = Intake(CITY, "v1")
    ended = intake.take([of(0, Phase.RAISED, 0), of(50, Phase.CLEARED, 0)])[-1].alert
    open_one = intake.take([of(90, Phase.RAISED, 60)])[0].alert
    if restarted:
        intake = Intake(CITY, "v1", [ended, open_one])
    assert intake.take([of(100, again, 0)]) == []
    assert [alert.alert_id for alert in intake.open_alerts] == [open_one.alert_id]
    cleared = intake.take([of(120, Phase.CLEARED, 60)])
    assert [(change.type, change.alert.alert_id) for change in cleared] == [(EventType.CLEARED, open_one.alert_id)]


def test_a_new_raise_is_a_new_alert_linked_to_the_last() -> None:
    intake = Intake(CITY, "v1")
    first = intake.take([finding("gas.leak", "g", 0), finding("gas.leak", "g", 5, Phase.CLEARED)])[0].alert
    again = intake.take([finding("gas.leak", "g", 100)])[0].alert
    assert again.previous_id == first.alert_id
    assert again.alert_id != first.alert_id


@pytest.mark.parametrize(("spacing_s", "flapping"), [(100, True), (1000, False)])
def test_the_third_raise_within_ten_minutes_is_called_flapping(spacing_s: float, flapping: bool) -> None:
    intake = Intake(CITY, "v1")
    said = []
    for n in range(3):
        said.append(intake.take([finding("gas.leak", "g", n * spacing_s)])[0].alert.flapping)
        intake.take([finding("gas.leak", "g", n * spacing_s + 10, Phase.CLEARED)])
    assert said == [False, False, flapping]


def test_a_lamp_under_a_dark_circuit_is_a_symptom_and_surfaces_when_it_outlives_its_cause() -> None:
    intake = Intake(CITY, "v1")
    cause = intake.take([finding("streetlight.circuit_out", "circuit", 0)])[0].alert
    symptoms = intake.take([finding("streetlight.lamp_out", lamp, 5) for lamp in LAMPS[:2]])
    assert [change.alert.inhibited_by for change in symptoms] == [cause.alert_id] * 2
    intake.take([finding("streetlight.lamp_out", LAMPS[0], 8, Phase.CLEARED)])
    ended = intake.take([finding("streetlight.circuit_out", "circuit", 10, Phase.CLEARED)])
    assert [(change.type, change.alert.subject) for change in ended] == [
        (EventType.CLEARED, "circuit"),
        (EventType.UPDATED, LAMPS[1]),
    ]
    assert ended[1].alert.inhibited_by is None


def test_low_pressure_of_a_burst_main_is_a_symptom_of_the_burst() -> None:
    intake = Intake(CITY, "v1")
    burst, pressure = intake.take([finding("water.burst", "w", 0), finding("water.pressure", "w", 5)])
    assert pressure.alert.inhibited_by == burst.alert.alert_id
    elsewhere = intake.take([finding("water.pressure", "other", 5)])
    assert elsewhere[0].alert.inhibited_by is None


def test_a_silent_gateway_covers_its_circuit_but_not_itself() -> None:
    intake = Intake(CITY, "v1")
    cause, circuit = (
        change.alert
        for change in intake.take([finding("device.silent", "gw", 0), finding("streetlight.circuit_out", "circuit", 1)])
    )
    assert cause.inhibited_by is None
    assert circuit.inhibited_by == cause.alert_id


def test_open_alerts_are_what_a_new_worker_is_told() -> None:
    intake = Intake(CITY, "v1")
    intake.take([finding("gas.leak", "a", 0), finding("gas.leak", "b", 0), finding("gas.leak", "b", 3, Phase.CLEARED)])
    assert [(item.rule, item.subject, item.since) for item in open_findings(intake.open_alerts)] == [
        ("gas.leak", "a", START)
    ]


def test_what_ended_long_ago_is_forgotten_and_what_still_holds_is_not() -> None:
    intake = Intake(CITY, "v1")
    (held,) = intake.take([finding("device.silent", "gw", 0)])
    week_s, ends = 7 * 86400.0, []
    for number in range(4000):
        at_s = 1 + number * week_s / 1000
        ends.append((f"place-{number}", at_s))
        intake.take([finding("parking.illegal", f"place-{number}", at_s)])
        intake.take([finding("parking.illegal", f"place-{number}", at_s + 1, Phase.CLEARED, at_s)])
    assert intake.remembered < 3100
    subject, at_s = ends[-1]
    assert intake.take([finding("parking.illegal", subject, at_s)]) == [], "what ended lately is not raised again"
    assert [alert.alert_id for alert in intake.open_alerts] == [held.alert.alert_id]
    assert intake.take([finding("device.silent", "gw", 5 * week_s, since_s=0)]) == []
