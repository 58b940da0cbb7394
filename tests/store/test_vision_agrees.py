"""One recording, three ways: watched live and stored, analysed, and replayed from the store. The same alerts each time.

A square of light stands for a car, so that perception is cheap and sure; tests/video does the same with the real model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from detectors.vision.handover import Picture
from detectors.vision.motion import watched_polygons
from detectors.vision.pictures import Bgr
from detectors.vision.recording import frames
from detectors.vision.settings import VisionSettings
from detectors.vision.watched import Watched
from hub.alerts.alert import Alert
from hub.config.load import Configuration, load
from hub.store.write import Batch, Store
from hub.tuning.analyse import Bill, analyse
from hub.tuning.replay import replay
from hub.worker.resume import resume
from ingest.observation import Box
from ingest.window import Message
from tests.support.sight import BrightSquares, ListWire
from tests.support.video import street, with_square, write_clip

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ARRIVES_S, LEAVES_S, LASTS_S, DWELL_S, CLEAR_S = 5.0, 30.0, 48.0, 12.0, 6.0
END = START + timedelta(seconds=LASTS_S + 1)


def kerb(at_s: float) -> Any:
    """Paint a car that drives in, stands, is not found for a second, and drives out."""
    if at_s < ARRIVES_S:
        x = 0.4 - 0.15 * (ARRIVES_S - at_s)
    elif at_s < LEAVES_S:
        x = 0.4
    else:
        x = 0.4 + 0.2 * (at_s - LEAVES_S)
    if x < 0 or x > 0.85 or 9 <= at_s < 10:
        return street()
    return with_square(street(), x, 0.4)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "kerb.mp4", kerb, LASTS_S)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    folder = tmp_path_factory.mktemp("town")
    whole = [[0, 0], [1, 0], [1, 1], [0, 1]]
    city = {
        "name": "Testtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}],
        "devices": [{"id": "gas-1", "kind": "gas", "grid": "01", "interval_s": 600}],
        "cameras": [
            {
                "id": "cam-1",
                "grid": "01",
                "url": "tcp://127.0.0.1:9",
                "zones": [{"id": "kerb", "kind": "no_parking", "polygon": whole}],
            }
        ],
    }
    rules = {"parking": {"illegal": {"dwell_s": DWELL_S, "clear_after_s": CLEAR_S}}}
    for name, content in (("city.yaml", city), ("detectors.yaml", rules)):
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return load(folder / "city.yaml", folder / "detectors.yaml")


class Noted(BrightSquares):
    """Finds bright squares, and keeps what it was shown and what it found."""

    def __init__(self) -> None:
        self.looks: list[tuple[Bgr, list[Box]]] = []

    def detect(self, pictures: Sequence[Bgr]) -> list[list[Box]]:
        found = super().detect(pictures)
        self.looks += zip(pictures, found, strict=True)
        return found


def published(clip: Path, town: Configuration) -> list[tuple[str, bytes]]:
    """Return what the vision role says over the wire of a camera that shows `clip`, in the order sent."""
    camera, wire, model = town.city.cameras["cam-1"], ListWire(), Noted()
    watched = Watched(camera, wire=wire, settings=VisionSettings())
    seen = frames(clip, camera_id="cam-1", start=START, model=model, watch=watched_polygons(camera.zones))
    for frame in seen:
        bgr, boxes = model.looks[-1]
        at_s = (frame.captured_at - START).total_seconds()
        height, width = bgr.shape[:2]
        picture = Picture(at_s, "motion", width, height, bgr.tobytes(), b"")
        now_s = at_s + 0.03
        now = START + timedelta(seconds=now_s)
        watched.processed(picture, boxes, now_s=now_s, now=now, inference_s=0.01)
    return [(topic, payload) for topic, payload, _ in wire.published]


def live(dsn: str, clip: Path, town: Configuration, *, restart: bool) -> list[Alert]:
    """Store what the vision role says, batch by batch, judged by a worker that may die once; return the alerts."""
    sent = [
        Message(topic, payload, 1, number + 1, False, spoken_at(payload) + timedelta(seconds=0.1 + number % 5 * 0.15))
        for number, (topic, payload) in enumerate(published(clip, town))
    ]
    sent.sort(key=lambda message: message.received_at)
    store = Store(dsn)
    fold, changes = resume(store, town, grids=None, now=START)
    store.write(Batch(at=START, changes=changes))
    for begin in range(0, len(sent), 7):
        batch = sent[begin : begin + 7]
        now = batch[-1].received_at
        if restart and begin == len(sent) // 14 * 7:
            fold, changes = resume(store, town, grids=None, now=batch[0].received_at)
            store.write(Batch(at=batch[0].received_at, changes=changes))
        judged = fold.judge(fold.decode(batch), now=now)
        judged.changes += fold.tick(now)
        judged.listening = ("worker", ["01"], START, now)
        store.write(judged)
    store.write(Batch(at=END, changes=fold.tick(END), listening=("worker", ["01"], START, END)))
    alerts = store.recent_alerts(None, START)
    store.close()
    return alerts


def spoken_at(payload: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(payload)["at"])


def told(alerts: Iterable[Alert]) -> list[tuple[Any, ...]]:
    return sorted(
        (
            str(one.alert_id),
            one.subject,
            one.severity,
            one.since,
            one.raised_at,
            one.cleared_at,
            one.reason.text,
            dict(one.reason.numbers),
            one.clear_reason and one.clear_reason.text,
            dict(one.sightings),
            one.config_version,
        )
        for one in alerts
        if one.rule == "parking.illegal"
    )


@pytest.mark.parametrize("restart", [False, True])
def test_live_analysed_and_replayed_give_the_same_alerts(
    plain_database: Any, clip: Path, town: Configuration, restart: bool
) -> None:
    watched = live(plain_database.dsn, clip, town, restart=restart)
    store = Store(plain_database.dsn)
    replayed = replay(store, town, grids=None, since=START - timedelta(seconds=1), until=END)
    store.close()
    analysed: dict[Any, Alert] = {}
    for processed in analyse(clip, town, camera_id="cam-1", start=START, model=BrightSquares(), bill=Bill()):
        for change in processed.changes:
            analysed[change.alert.alert_id] = change.alert
    (alert,) = (one for one in watched if one.rule == "parking.illegal")
    assert alert.cleared_at is not None
    assert DWELL_S - 0.5 <= (alert.raised_at - START).total_seconds() - ARRIVES_S <= DWELL_S + 1
    assert CLEAR_S - 1 <= (alert.cleared_at - START).total_seconds() - LEAVES_S <= CLEAR_S + 2
    assert told(replayed) == told(watched)
    assert told(analysed.values()) == told(watched)
