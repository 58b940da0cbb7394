"""How fast a recorded day of one camera is judged again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.parts import fresh
from bench.town import CAMERA
from hub import clock
from hub.config.load import load
from hub.store.write import Batch, Store
from hub.tuning.replay import replay
from ingest.observation import Box, Frame
from tests.support.paint import GREY, RED, WHITE, Paint, painted
from tests.support.servers import Servers

FRAMES_A_SECOND = 5  # the most that a vision worker processes with the shipped settings: a street that never rests
DAY_S = 86400
AT_ONCE = 2000
GRID = "01"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was judged again, and in how long."""

    frames: int
    boxes: int
    alerts: int
    wall_s: float

    @property
    def times_real(self) -> float:
        """How much faster than life."""
        return DAY_S / self.wall_s


def camera_day(servers: Servers, city: Path) -> Replayed:
    """Store a day of frames, then judge it again from the database, as `lianqin replay` does."""
    configuration = load(city, None)
    begin = clock.ago(DAY_S + 3600).replace(minute=0, second=0, microsecond=0)
    end = begin + timedelta(seconds=DAY_S)
    with fresh(servers) as (database, _):
        store = Store(database.dsn)
        store.connect()
        try:
            frames = boxes = 0
            batch = Batch(at=end)
            for frame in street(begin):
                batch.frames.append((frame, GRID, False))
                frames, boxes = frames + 1, boxes + len(frame.boxes)
                if len(batch.frames) == AT_ONCE:
                    store.write(batch)
                    batch = Batch(at=end)
            store.write(batch)
            began = time.monotonic()
            alerts = replay(store, configuration, grids=frozenset([GRID]), since=begin, until=end)
            wall_s = time.monotonic() - began
        finally:
            store.close()
    raised = [alert for alert in alerts if alert.camera_id == CAMERA]
    return Replayed(frames, boxes, len(raised), wall_s)


def street(begin: datetime) -> Iterator[Frame]:
    """Yield a day of frames: cars pass, one stands outside every zone all day, and each hour one parks for 10 min."""
    chance = random.Random(7)
    for number in range(DAY_S * FRAMES_A_SECOND):
        second = number / FRAMES_A_SECOND
        at = begin + timedelta(seconds=second)
        found = [_box(chance, 0.30, 0.30, GREY)]
        if 600 <= second % 3600 < 1200:
            found.append(_box(chance, 0.55, 0.70, WHITE))
        passing = (second / 9) % 1.6
        if passing < 1:
            found.append(_box(chance, passing, 0.85, RED, "truck" if int(second / 14) % 3 == 0 else "car"))
        yield Frame(CAMERA, at, tuple(found), at + timedelta(milliseconds=120))


def _box(chance: random.Random, x: float, y: float, paint: Paint, label: str = "car") -> Box:
    shake = chance.uniform(-0.001, 0.001)
    left, right = max(0.0, x - 0.06 + shake), min(1.0, x + 0.06 + shake)
    colours = painted(paint, 1.0 + 20 * shake)
    return Box(label, round(0.85 + 10 * shake, 3), None, left, y - 0.1, right, y, colours)
