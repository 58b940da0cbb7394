"""A stretch of the demo as messages, and the ways in which they may be judged: at once, or stored with restarts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hub.alerts.alert import Alert
from hub.config.load import Configuration, load
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document, write_files
from hub.demo.scenes.render import render
from hub.demo.telemetry import Telemetry
from hub.store.write import Batch, Store
from hub.worker.fold import Fold
from hub.worker.resume import resume
from ingest.topics import detections
from ingest.window import Message
from tests.support.town import boxes

START = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in the demo city
PORTS = {camera.camera_id: 9000 for camera in CAMERAS}
# What the hub's clock decides begins its grace anew with every restart.
HUBS_CLOCK = frozenset({"device.silent", "camera.lost"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came in from START to `end`."""

    configuration: Configuration
    messages: list[Message]
    end: datetime


def record(folder: Path, *, lasts_s: float, frame_s: float) -> Recorded:
    """Return what the demo's devices, and camera workers that make no mistake, publish; a frame each `frame_s`."""
    configuration = load(*write_files(folder, PORTS))
    telemetry = Telemetry(city_document(PORTS), started_at=START)
    said = [_message(one.at_s + 0.05, one.topic, one.payload) for one in telemetry.reports(0.0, lasts_s)]
    everything = [*said, *_frames(configuration, lasts_s, frame_s)]
    return Recorded(
        configuration, sorted(everything, key=lambda one: one.received_at), START + timedelta(seconds=lasts_s)
    )


def _message(at_s: float, topic: str, payload: bytes) -> Message:
    return Message(topic, payload, 1, 1, False, START + timedelta(seconds=at_s))


def _frames(configuration: Configuration, lasts_s: float, frame_s: float) -> Iterator[Message]:
    for camera in CAMERAS:
        grid = configuration.city.cameras[camera.camera_id].grid
        for number in range(int(lasts_s / frame_s)):
            at_s = number * frame_s
            if camera.outage is None or not camera.outage.covers(at_s):
                found = [(box.label, 0.9, box.xyxy) for box in render(camera.scene, at_s)[1]]
                payload = boxes(START + timedelta(seconds=at_s), *found)
                yield _message(at_s + 0.2, detections(grid, camera.camera_id), payload)


def purely(recorded: Recorded) -> list[Alert]:
    """Judge the messages one by one in memory, ticking at each: what every other way must agree with."""
    fold = Fold(recorded.configuration, grids=None, recent=(), listening_since=START)
    changes = []
    for each in recorded.messages:
        changes += fold.judge(fold.decode([each]), now=each.received_at).changes
        changes += fold.tick(each.received_at)
    changes += fold.tick(recorded.end)
    return list({change.alert.alert_id: change.alert for change in changes}.values())


def live(dsn: str, recorded: Recorded, *, seed: int, restarts: int, largest: int) -> list[Alert]:
    """Judge and store the messages in batches of random size, with ticks at random moments and restarts."""
    configuration, messages = recorded.configuration, recorded.messages
    chance = random.Random(seed)
    cuts = [0, *sorted(chance.sample(range(1, len(messages)), restarts)), len(messages)]
    store = Store(dsn)
    for begin, end in pairwise(cuts):
        since = messages[begin - 1].received_at if begin else START
        fold, changes = resume(store, configuration, grids=None, now=since)
        store.write(Batch(at=since, changes=changes))
        position = begin
        while position < end:
            batch = messages[position : min(end, position + chance.randint(1, largest))]
            now = batch[-1].received_at
            stored = fold.judge(fold.decode(batch), now=now)
            if chance.random() < 0.5:
                stored.changes.extend(fold.tick(now))
            stored.listening = ("worker", sorted(configuration.city.grids), since, now)
            store.write(stored)
            position += len(batch)
    store.write(Batch(at=recorded.end, changes=fold.tick(recorded.end)))
    found = store.recent_alerts(None, START)
    store.close()
    return found


def told(alerts: list[Alert], *, without: frozenset[str] = frozenset()) -> list[tuple[Any, ...]]:
    """Return what must be the same of alerts, in an order."""
    return sorted(
        (
            one.rule,
            one.subject,
            one.alert_id,
            one.severity,
            one.since,
            one.raised_at,
            one.cleared_at or START,
            one.reason.text,
        )
        for one in alerts
        if one.rule not in without
    )
