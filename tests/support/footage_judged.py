"""A clip of known truth in, what `lianqin analyse` makes of it beside that truth out, and a line that says it all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from detectors.vision.recording import Finder
from hub.alerts.alert import Alert
from hub.config.load import Configuration, load
from hub.tuning.analyse import Bill, analyse
from ingest.observation import Box
from tests.support.footage import HEIGHT, PASSAGES, WIDTH
from tests.support.footage_clips import Actor

BEGAN = datetime(2026, 11, 23, 1, tzinfo=UTC)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Stood:
    """The truth: what stood where (in fractions of the picture), from when to when."""

    vehicle: str
    box: Box
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Judged:
    """The alerts of a clip in the order of their raising, and the boxes of each processed picture."""

    alerts: tuple[Alert, ...]
    frames: tuple[tuple[float, tuple[Box, ...]], ...]

    def of(self, stood: Stood) -> list[Alert]:
        """Return the alerts that lie where `stood` stands, whatever their time."""
        return [alert for alert in self.alerts if alert.box is not None and _overlap(alert.box, stood.box) >= 0.4]

    def seen(self, stood: Stood) -> list[Box]:
        """Return the boxes that lie where `stood` stands while it stands there."""
        return [
            box
            for at_s, boxes in self.frames
            if stood.from_s <= at_s <= stood.to_s
            for box in boxes
            if _overlap(box, stood.box) >= 0.5
        ]


def stands(actor: Actor, mirrored: bool = False) -> Stood:
    """Return where and when `actor` stands the longest."""
    rests = [
        (to_s - from_s, column, from_s, to_s)
        for (from_s, column), (to_s, next_column) in zip(actor.way, actor.way[1:], strict=False)
        if column == next_column
    ]
    _, column, from_s, to_s = max(rests)
    passage = PASSAGES[actor.vehicle]
    half, high = passage.width * actor.scale / 2, passage.height * actor.scale
    x1, x2 = sorted(((WIDTH - x if mirrored else x) / WIDTH) for x in (column - half, column + half))
    top, bottom = (actor.bottom - high) / HEIGHT, actor.bottom / HEIGHT
    box = Box("car", 1.0, None, max(0.0, x1), max(0.0, top), min(1.0, x2), min(1.0, bottom))
    return Stood(actor.vehicle, box, from_s, to_s)


def configured(folder: Path, dwell_s: float, clear_after_s: float) -> Configuration:
    """Return a city with one camera whose whole picture is a no-parking zone; else everything at its default."""
    city = {
        "name": "Testtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}],
        "cameras": [
            {
                "id": "cam-01",
                "grid": "01",
                "url": "tcp://127.0.0.1:9",
                "zones": [{"id": "street", "kind": "no_parking", "polygon": [list(corner) for corner in WHOLE]}],
            }
        ],
    }
    rule = {"dwell_s": dwell_s, "clear_after_s": clear_after_s}
    paths = folder / "city.yaml", folder / "detectors.yaml"
    for path, content in zip(paths, (city, {"parking": {"illegal": rule}}), strict=True):
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return load(*paths)


def judged(video: Path, configuration: Configuration, model: Finder) -> Judged:
    """Return what `lianqin analyse` makes of `video`."""
    alerts: dict[Any, Alert] = {}
    frames = []
    for processed in analyse(video, configuration, camera_id="cam-01", start=BEGAN, model=model, bill=Bill()):
        content = json.loads(processed.payload)
        if "boxes" in content:
            frames.append((second(datetime.fromisoformat(content["at"])), tuple(map(_box, content["boxes"]))))
        for change in processed.changes:
            alerts[change.alert.alert_id] = change.alert
    return Judged(tuple(alerts.values()), tuple(frames))


def second(at: datetime) -> float:
    """Return how far into the clip `at` lies."""
    return (at - BEGAN).total_seconds()


def told(found: Judged, stood: Stood, dwell_s: float, clear_after_s: float) -> str:
    """Return one line: when it was due, raised and cleared, and what the model and the tracker made of it."""
    seen = found.seen(stood)
    confidences = [box.confidence for box in seen]
    times = [
        f"raised {second(alert.raised_at):.1f}"
        + (f" cleared {second(alert.cleared_at):.1f}" if alert.cleared_at else " open")
        for alert in found.of(stood)
    ]
    return (
        f"{stood.vehicle}: stands {stood.from_s:.1f} to {stood.to_s:.1f}, due {stood.from_s + dwell_s:.1f}, clear from "
        f"{stood.to_s + clear_after_s:.1f}: {', '.join(times) or 'never raised'}; "
        f"labels {dict(Counter(box.label for box in seen))}, ids {sorted({box.track_id or 0 for box in seen})}, "
        f"median confidence {median(confidences) if confidences else 0:.2f} of {len(seen)} boxes"
    )


def _box(content: Mapping[str, Any]) -> Box:
    x1, y1, x2, y2 = content["box"]
    return Box(content["label"], content["confidence"], content["track"], x1, y1, x2, y2)


def _overlap(one: Box, other: Box) -> float:
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((one.x2 - one.x1) * (one.y2 - one.y1) + (other.x2 - other.x1) * (other.y2 - other.y1) - both)
