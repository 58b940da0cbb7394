"""A recording and its script in, the alerts of the hub out: gate, model, tracker, detectors, all real."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.streets.match import Alarm
from bench.streets.site import Site, Watched
from bench.streets.truth import PARKING, STALL, THRESHOLDS
from detectors.vision.recording import Finder
from hub.alerts.change import AlertChange
from hub.config.load import Configuration, config_version
from hub.tuning.analyse import Bill, analyse
from hub.worker.fold import Fold
from ingest import topics
from ingest.city import Camera, City, DeviceKind, Grid, TimeWindow, Zone, ZoneKind
from ingest.window import Message

CAMERA, GRID = "cam", "01"
_ZONE = ZoneInfo("Asia/Shanghai")
_BEGINS = {
    "day": datetime(2026, 6, 10, 10, 0, tzinfo=_ZONE),
    "dusk": datetime(2026, 6, 10, 19, 0, tzinfo=_ZONE),
    "night": datetime(2026, 6, 10, 22, 0, tzinfo=_ZONE),
}
_LONG = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one recording: its alarms, what else was raised (rules), and what it cost."""

    alarms: tuple[Alarm, ...]
    others: tuple[str, ...]
    processed: int
    video_s: float
    cpu_s: float


def begins(site: Site) -> datetime:
    """Return the instant of the scene's second 0."""
    return _BEGINS[site.hour]


def configuration(site: Site) -> Configuration:
    """Return a city of this one camera, with the shipped thresholds and those that go with the shipped model."""
    begin = begins(site)
    zones = tuple(_zone(each, begin) for each in site.zones)
    city = City(
        name="Streets",
        timezone="Asia/Shanghai",
        latitude=30.7,
        longitude=104.1,
        grids={GRID: Grid(grid_id=GRID, name="One")},
        devices={},
        cameras={CAMERA: Camera(camera_id=CAMERA, grid=GRID, url="tcp://127.0.0.1:9", zones=zones)},
    )
    return Configuration(city, THRESHOLDS, config_version(city, THRESHOLDS))


def _zone(watched: Watched, begin: datetime) -> Zone:
    windows = _windows(watched, begin)
    permits = watched.kind is ZoneKind.PERMITTED_STALL
    return Zone(
        zone_id=watched.zone_id,
        camera_id=CAMERA,
        kind=watched.kind,
        polygon=watched.polygon,
        dwell_s=watched.dwell_s,
        permits=windows if permits else (),
        active=() if permits else windows,
    )


def _windows(watched: Watched, begin: datetime) -> tuple[TimeWindow, ...]:
    from_s, to_s = watched.open_s
    if from_s == -math.inf and to_s == math.inf:
        return (TimeWindow(),)
    from_at = begin - _LONG if from_s == -math.inf else begin + timedelta(seconds=from_s)
    to_at = begin + _LONG if to_s == math.inf else begin + timedelta(seconds=to_s)
    return (TimeWindow(hours=(_clock(from_at), _clock(to_at))),)


def _clock(at: datetime) -> time:
    return time(at.hour, at.minute)


def watch(site: Site, video: Path, model: Finder, keep: Path | None = None) -> Seen:
    """Return what the hub says of the recording; what goes over the wire goes to `keep`, one payload a line."""
    bill = Bill()
    alerts = _Alerts(site)
    payloads: list[bytes] = []
    for frame in analyse(video, configuration(site), camera_id=CAMERA, start=begins(site), model=model, bill=bill):
        payloads.append(frame.payload)
        alerts.take(frame.changes)
    if keep is not None:
        keep.write_bytes(gzip.compress(b"\n".join(payloads), 6))
    return Seen(
        tuple(alerts.alarms), tuple(alerts.others), bill.vision.processed, bill.vision.video_s, bill.vision.cpu_s
    )


def judge_again(site: Site, kept: Path) -> Seen:
    """Return what the hub says of detections that `watch` kept: after a change of the detectors, not of the model."""
    begin = begins(site)
    given = configuration(site)
    at_once = given.thresholds.lateness_s.model_copy(update={"camera": 0.0})
    thresholds = given.thresholds.model_copy(update={"lateness_s": at_once})
    fold = Fold(Configuration(given.city, thresholds, given.version), grids=None, recent=(), listening_since=begin)
    alerts = _Alerts(site)
    detections, telemetry = topics.detections(GRID, CAMERA), topics.telemetry(GRID, DeviceKind.CAMERA, CAMERA)
    lines = gzip.decompress(kept.read_bytes()).splitlines()
    for line in lines:
        said = json.loads(line)
        topic = detections if "boxes" in said else telemetry
        decoded = fold.decode([Message(topic, line, 0, 1, False, datetime.fromisoformat(said["at"]))])
        alerts.take(fold.again(decoded.observations))
    return Seen(tuple(alerts.alarms), tuple(alerts.others), len(lines), 0.0, 0.0)


class _Alerts:
    """The alerts of one scene, in its seconds."""

    def __init__(self, site: Site) -> None:
        self._begin = begins(site)
        self._found: dict[object, Alarm] = {}
        self.others: list[str] = []

    @property
    def alarms(self) -> list[Alarm]:
        """Every alarm so far."""
        return list(self._found.values())

    def take(self, changes: Sequence[AlertChange]) -> None:
        """Add what an alert's change says."""
        for change in changes:
            alert = change.alert
            if alert.rule not in (PARKING, STALL):
                self.others.append(f"{alert.rule} {change.type.value}")
                continue
            assert alert.box is not None
            box = alert.box
            first = self._found.get(alert.alert_id)
            self._found[alert.alert_id] = Alarm(
                rule=alert.rule,
                zone_id=alert.subject.partition("@")[0],
                box=(box.x1, box.y1, box.x2, box.y2) if first is None else first.box,
                label=box.label,
                raised_s=self._second(alert.raised_at),
                since_s=self._second(alert.since),
                cleared_s=None if alert.cleared_at is None else self._second(alert.cleared_at),
                text=alert.reason.text,
            )

    def _second(self, at: datetime) -> float:
        return (at - self._begin).total_seconds()
