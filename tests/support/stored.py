"""What tests of the store are made of: observations, findings, changes, and batches counted as a worker counts them."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from detectors.finding import Finding, Phase, Reason, Severity
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType, follow, raise_alert
from hub.store.write import Batch
from ingest.observation import (
    Box,
    EvidencePicture,
    Frame,
    Quantity,
    Quarantined,
    QuarantineReason,
    Reading,
    Status,
)

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
HOUR = NOW.replace(minute=0)
JPEG = b"\xff\xd8 not much of a picture \xff\xd9"


def after(seconds: float) -> datetime:
    """Return the instant so many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def reading(
    second: float = 0, *, device: str = "lamp-1", quantity: Quantity = Quantity.POWER_W, value: float = 88.5
) -> Reading:
    """Return a reading of that second, received a tenth of a second later."""
    return Reading(device, quantity, value, after(second), after(second + 0.1))


def frame(second: float = 0, *, camera: str = "cam-1", label: str = "car") -> Frame:
    """Return a frame with one box."""
    return Frame(camera, after(second), (Box(label, 0.75, 7, 0.1, 0.2, 0.3, 0.4),), after(second + 0.1))


def status(second: float = 0, *, device: str = "lamp-1", online: bool = True, outage: str = "") -> Status:
    """Return a status of that second."""
    return Status(device, online, after(second), after(second + 0.1), outage=outage)


def unreadable(payload: bytes = b"{", *, topic: str = "city/01/gas/g-1/telemetry", grid: str = "01") -> Quarantined:
    """Return a message that is no JSON."""
    return Quarantined(
        topic=topic,
        payload=payload,
        reason=QuarantineReason.BAD_JSON,
        detail="unexpected end",
        grid=grid,
        received_at=NOW,
    )


def picture(
    alert: Alert, *, kind: str = "first_sight", jpeg: bytes = JPEG, second: float = 0, missing: str = ""
) -> EvidencePicture:
    """Return a picture asked for `alert`, or why it is `missing`."""
    return EvidencePicture(
        camera_id="cam-1",
        alert_id=str(alert.alert_id),
        kind=kind,
        captured_at=after(second),
        received_at=after(second + 1),
        jpeg=b"" if missing else jpeg,
        missing=missing,
    )


def finding(
    phase: Phase = Phase.RAISED,
    *,
    second: float = 0,
    since: float = -60,
    rule: str = "gas.leak",
    subject: str = "gas-1",
    grid: str = "01",
    severity: Severity = Severity.MAJOR,
    numbers: dict[str, float] | None = None,
) -> Finding:
    """Return a finding at that second about a condition since another."""
    return Finding(
        rule=rule,
        subject=subject,
        grid=grid,
        since=after(since),
        at=after(second),
        phase=phase,
        severity=severity,
        reason=Reason(f"{subject}: {phase}", {"methane_pct_lel": 31.5, "threshold_pct_lel": 25.0, **(numbers or {})}),
    )


def raised(**about: object) -> AlertChange:
    """Return the raising of a new alert."""
    found = finding(**about)  # type: ignore[arg-type]
    return AlertChange(alert=raise_alert(found, config_version="c0ffee"), type=EventType.RAISED, at=found.at)


def followed(alert: Alert, phase: Phase, *, second: float, severity: Severity = Severity.MAJOR) -> AlertChange:
    """Return the update or the clearing of `alert` by its detector."""
    since = (alert.since - NOW).total_seconds()
    found = finding(
        phase,
        second=second,
        since=since,
        rule=alert.rule,
        subject=alert.subject,
        grid=alert.grid,
        severity=severity,
        numbers={"second": second},
    )
    changed, kind = follow(alert, found)
    return AlertChange(alert=changed, type=kind, at=found.at)


def batch(
    *,
    readings: Iterable[Reading] = (),
    frames: Iterable[Frame] = (),
    statuses: Iterable[Status] = (),
    quarantined: Iterable[Quarantined] = (),
    pictures: Iterable[EvidencePicture] = (),
    changes: Iterable[AlertChange] = (),
    late: bool = False,
    grid: str = "01",
    at: datetime = NOW,
) -> Batch:
    """Return a batch of one grid, its `received` counted from what it holds."""
    made = Batch(
        at=at,
        readings=[(one, grid, late) for one in readings],
        frames=[(one, grid, late) for one in frames],
        statuses=[(one, grid) for one in statuses],
        quarantined=list(quarantined),
        pictures=[(one, grid) for one in pictures],
        changes=list(changes),
    )
    received: Counter[tuple[str, datetime]] = Counter()
    for rows in (made.readings, made.frames, made.statuses, made.pictures):
        for row in rows:
            received[grid, hour(row[0].received_at)] += 1
    for one in made.quarantined:
        received[one.grid, hour(one.received_at)] += 1
    made.received = received
    return made


def hour(at: datetime) -> datetime:
    """Return when the hour of `at` began."""
    return at.replace(minute=0, second=0, microsecond=0)
