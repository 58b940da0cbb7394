"""A dusk at a no-parking zone: cars that stand, and ghosts of low confidence that the lamps throw onto the kerb.

`plant(api)` stores an hour of frames as an ingest worker does, the alerts that the thresholds in force raise of them,
some with pictures, and an operator's verdicts on the first of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np

from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType
from hub.store.recording import StoredRecording
from hub.store.write import Batch
from hub.tuning.replay import replay
from ingest.observation import Box, Frame
from tests.support.api import Api
from tests.support.stored import NOW, picture

RULE, ZONE, CAMERA, GRID = "parking.illegal", "zone-1", "cam-1", "02"
BEGIN = NOW - timedelta(hours=19)  # half past five in the city, the evening before
EVERY_S = 4
SLOTS = (0.32, 0.5, 0.68)
CARS, GHOSTS, JUDGED = 11, 13, 9
MANY = 15


@dataclass(frozen=True, slots=True)
class Dusk:
    """What was recorded, and the alerts of it in order."""

    since: datetime
    until: datetime
    alerts: Sequence[Alert]
    cars: Sequence[datetime]  # when each began to stand

    def is_real(self, alert: Alert) -> bool:
        """Say whether a car stood there."""
        return any(abs(alert.since - begin) < timedelta(seconds=40) for begin in self.cars)


def plant(api: Api, *, seed: int = 7, cars: int = CARS) -> Dusk:
    """Record the dusk, raise its alerts and have an operator judge the first JUDGED of them."""
    frames, real = _frames(seed, cars)
    since, until = BEGIN - timedelta(minutes=5), frames[-1].captured_at + timedelta(minutes=5)
    stored = Batch(at=until, frames=[(one, GRID, False) for one in frames])
    stored.listening = ("worker", None, since, until)
    api.write(stored)
    recording = StoredRecording(api.dsn)
    alerts = replay(recording, api.hub.configuration, grids=frozenset([GRID]), since=since, until=until)
    alerts = [alert for alert in alerts if alert.rule == RULE]
    raised = [AlertChange(alert=alert, type=EventType.RAISED, at=alert.raised_at) for alert in alerts]
    seen = [
        picture(alert, kind="confirmation", jpeg=_jpeg(alert), second=(alert.raised_at - NOW).total_seconds())
        for alert in alerts[:6]
    ]
    api.write(Batch(at=until, changes=raised, pictures=[(one, GRID) for one in seen]))
    operator = api.client("operator")
    dusk = Dusk(since, until, alerts, real)
    for alert in alerts[:JUDGED]:
        path = f"/api/v1/alerts/{alert.alert_id}/verdict"
        body = {"is": "real"} if dusk.is_real(alert) else {"is": "false_alarm", "reason": "灯影"}
        operator.post(path, json=body).raise_for_status()
    return dusk


def say(api: Api, dusk: Dusk) -> None:
    """Have an engineer label the other alerts, and ten quiet moments at the zone's end.

    With MANY cars that is enough for every figure.
    """
    engineer = api.client("engineer")
    for alert in dusk.alerts[JUDGED:]:
        order = {"alert": str(alert.alert_id), "verdict": "true" if dusk.is_real(alert) else "false"}
        engineer.post("/api/v1/tuning/labels", json=order).raise_for_status()
    for number in range(10):
        begin = dusk.since + timedelta(minutes=6 * number)
        quiet = {
            **{"rule": RULE, "subject": f"{ZONE}@0.05,0.55", "grid": GRID, "verdict": "false"},
            **{"since": begin.isoformat(), "until": (begin + timedelta(minutes=5)).isoformat()},
        }
        engineer.post("/api/v1/tuning/labels", json=quiet).raise_for_status()


def _frames(seed: int, cars: int) -> tuple[list[Frame], list[datetime]]:
    chance = random.Random(seed)
    kinds = ["car"] * cars + ["ghost"] * GHOSTS
    chance.shuffle(kinds)
    free = dict.fromkeys(SLOTS, 20.0)
    boxes: dict[int, list[Box]] = {}
    real: list[datetime] = []
    for kind in kinds:
        x = min(free, key=lambda slot: (free[slot], slot))
        begin_s = free[x] + chance.uniform(60, 150)
        stands_s = chance.uniform(320, 560) if kind == "car" else chance.uniform(200, 290)
        surely = chance.uniform(0.55, 0.8) if kind == "car" else chance.uniform(0.3, 0.4)
        first, last = round(begin_s / EVERY_S), round((begin_s + stands_s) / EVERY_S)
        if kind == "car":
            real.append(BEGIN + timedelta(seconds=first * EVERY_S))
        for step in range(first, last):
            confidence = min(0.95, max(0.26, chance.gauss(surely, 0.02)))
            boxes.setdefault(step, []).append(Box("car", confidence, None, x - 0.06, 0.44, x + 0.06, 0.56))
        free[x] = begin_s + stands_s
    frames = []
    for step in range(round((max(free.values()) + 120) / EVERY_S)):
        at = BEGIN + timedelta(seconds=step * EVERY_S)
        frames.append(Frame(CAMERA, at, tuple(boxes.get(step, ())), at))
    return frames, real


def _jpeg(alert: Alert) -> bytes:
    painted = np.full((180, 320, 3), 38, np.uint8)
    painted[110:] = 52
    if alert.box is not None:
        box = alert.box
        corners = (int(box.x1 * 320), int(box.y1 * 180)), (int(box.x2 * 320), int(box.y2 * 180))
        cv2.rectangle(painted, corners[0], corners[1], (96, 110, 122), -1)
    return bytes(cv2.imencode(".jpg", painted)[1])
