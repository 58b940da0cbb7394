"""Alerts for tests of the console: what a day on the board looks like, written as an ingest worker writes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from detectors.finding import Severity
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from ingest.observation import Box, Quantity, Reading
from tests.support.api import Api
from tests.support.stored import batch, raised, reading

LEAK_SECONDS = 3600


def incident(
    subject: str,
    *,
    rule: str = "gas.leak",
    severity: Severity = Severity.MAJOR,
    second: float = -60,
    grid: str = "01",
    camera: str | None = None,
    cause: UUID | None = None,
    **numbers: float,
) -> AlertChange:
    """Return the raising of an alert at that second; `camera` gives it a place in that camera's picture."""
    change = raised(
        rule=rule, subject=subject, grid=grid, severity=severity, since=second - 30, second=second, numbers=numbers
    )
    box = None if camera is None else Box("car", 0.83, 3, 0.31, 0.44, 0.52, 0.70)
    alert = replace(change.alert, camera_id=camera, box=box, inhibited_by=cause)
    return replace(change, alert=alert)


def write(api: Api, *changes: AlertChange) -> list[Alert]:
    """Store the changes; return their alerts."""
    api.write(batch(changes=list(changes)))
    return [change.alert for change in changes]


def fill(api: Api) -> dict[str, Alert]:
    """Store one of most kinds, the older ones dealt with in different ways; return them by their subject."""
    dark = incident("c-1", rule="streetlight.circuit_out", second=-1900, members=37, lamps=40)
    silent = incident("gw-1", rule="device.silent", severity=Severity.MINOR, second=-3000, silent_s=240, limit_s=90)
    changes: list[AlertChange] = [
        incident("gas-1", severity=Severity.CRITICAL, second=-100),
        incident(
            "water-1",
            rule="water.burst",
            severity=Severity.CRITICAL,
            second=-860,
            grid="02",
            pressure_kpa=182,
            flow_l_s=31.2,
            before_kpa=324,
            before_l_s=12.1,
            fall_kpa=100,
            rise_l_s=8,
        ),
        dark,
        incident("drain-3", rule="drainage.level", second=-2300, grid="02", level_m=1.42, threshold_m=1.2),
        incident(
            "zone-1@0.42,0.55",
            rule="parking.illegal",
            severity=Severity.MINOR,
            second=-900,
            grid="02",
            camera="cam-1",
            stood_s=600,
            dwell_s=300,
        ),
        silent,
        incident(
            "lamp-2", rule="streetlight.lamp_out", severity=Severity.WARNING, second=-2900, power_w=0.4, threshold_w=8
        ),
        *(
            incident(f"lamp-{100 + n}", rule="streetlight.lamp_out", second=-1890, cause=dark.alert.alert_id)
            for n in range(37)
        ),
        incident("gas-2", rule="device.silent", severity=Severity.MINOR, second=-2990, cause=silent.alert.alert_id),
    ]
    alerts = write(api, *changes)
    api.write(batch(readings=leaking()))
    found = {alert.subject: alert for alert in alerts}
    with api.client("operator") as client:
        client.post(f"/api/v1/alerts/{found['drain-3'].alert_id}/acknowledge").raise_for_status()
    return found


def leaking() -> Iterable[Reading]:
    """Yield the readings of gas-1 over the last hour, at whose end methane rises."""
    for n in range(LEAK_SECONDS // 10):
        value = 2 + (n % 7) * 0.2 if n < 345 else 2 + (n - 345) * 2.2
        yield reading(10 * n - LEAK_SECONDS, device="gas-1", quantity=Quantity.METHANE_PCT_LEL, value=value)
