"""The city and the thresholds go in; what should be heard, how often, and through which gateway comes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from detectors.finding import Severity
from detectors.overrides import Overridden
from detectors.thresholds import Thresholds
from ingest.city import City, DeviceKind

DEVICE_SILENT = "device.silent"
CAMERA_LOST = "camera.lost"
NEVER = datetime.max.replace(tzinfo=UTC)


class Watch:
    """What is known of one device, gateway or camera that should be heard."""

    __slots__ = (
        "behind",
        "clear_after",
        "gateway",
        "grace",
        "grid",
        "heard",
        "interval_s",
        "is_judged",
        "listened_from",
        "offline_at",
        "open_since",
        "outage",
        "queued_at",
        "returned_at",
        "returning_since",
        "rule",
        "severity",
        "status_grace",
        "subject",
        "waiting",
    )

    def __init__(self, subject: str, grid: str, rule: str, severity: Severity, listened_from: datetime) -> None:
        self.subject, self.grid, self.rule, self.severity = subject, grid, rule, severity
        self.is_judged = True  # else it is never due: it only speaks for the gateway that it reports through
        self.listened_from = listened_from  # its grace counts from here at the earliest
        self.grace = self.status_grace = self.clear_after = timedelta(0)
        self.interval_s = 0.0
        self.gateway: Watch | None = None
        self.behind: list[Watch] = []
        self.waiting: dict[str, Watch] = {}  # overdue devices behind this gateway, until it gives a sign of life
        self.heard: datetime | None = None
        self.offline_at: datetime | None = None
        self.outage = ""  # why, as far as it told
        self.open_since: datetime | None = None
        self.returning_since: datetime | None = None  # speaks again, not yet for long enough to clear
        self.returned_at: datetime | None = None  # when it last did so
        self.queued_at: datetime | None = None

    def due(self) -> datetime:
        """Return the instant after which it is silent, if nothing is heard until then."""
        if not self.is_judged:
            return NEVER
        start = self.listened_from
        due = (self.heard if self.heard is not None and self.heard > start else start) + self.grace
        if self.offline_at is not None:
            due = min(due, max(self.offline_at, start) + self.status_grace)
        return due


def watched_devices(
    city: City, thresholds: Thresholds, grids: frozenset[str] | None, listened_from: datetime
) -> dict[str, Watch]:
    """Return the watch of every device and gateway of `grids`, gateways tied to what lies behind them."""
    overridden = Overridden(thresholds, city)
    devices = {name: device for name, device in city.devices.items() if grids is None or device.grid in grids}
    rules = {name: overridden.of(DEVICE_SILENT, name).device.silent for name in devices}
    if not any(rule.enabled for rule in rules.values()):
        return {}
    watches: dict[str, Watch] = {}
    for name, device in devices.items():
        rule = rules[name]
        watch = watches[name] = Watch(name, device.grid, DEVICE_SILENT, rule.severity, listened_from)
        watch.is_judged = rule.enabled
        watch.interval_s = device.interval_s
        watch.status_grace = timedelta(seconds=rule.status_grace_s)
    for name, device in devices.items():
        gateway_id = device.gateway_id
        if gateway_id in devices and gateway_id != name and devices[gateway_id].kind is DeviceKind.GATEWAY:
            watches[name].gateway = watches[gateway_id]
            watches[gateway_id].behind.append(watches[name])
    for name, watch in watches.items():
        # A gateway that only passes messages on is heard as often as the briskest device behind it.
        briskest = min((device.interval_s for device in watch.behind), default=0.0)
        watch.interval_s = max(watch.interval_s, briskest)
        watch.grace = timedelta(seconds=max(rules[name].at_least_s, rules[name].intervals * watch.interval_s))
    return watches


def watched_cameras(
    city: City, thresholds: Thresholds, grids: frozenset[str] | None, listened_from: datetime
) -> dict[str, Watch]:
    """Return the watch of every camera of `grids`."""
    overridden = Overridden(thresholds, city)
    watches: dict[str, Watch] = {}
    for name, camera in city.cameras.items():
        rule = overridden.of(CAMERA_LOST, name).camera.lost
        if rule.enabled and (grids is None or camera.grid in grids):
            watch = watches[name] = Watch(name, camera.grid, CAMERA_LOST, rule.severity, listened_from)
            watch.grace = timedelta(seconds=rule.after_s)
            watch.status_grace = timedelta(seconds=rule.status_grace_s)
            watch.clear_after = timedelta(seconds=rule.clear_after_s)
    return watches
