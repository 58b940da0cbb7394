"""A vision worker that runs in a thread of the test, and waiting for what it says."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from detectors.vision.models import Model, Watch
from detectors.vision.settings import VisionSettings
from detectors.vision.worker import run
from hub.clock import now
from ingest.city import Camera
from tests.support.sight import BrightSquares, ListWire

QUICK = VisionSettings(
    process_fps=10,
    busy_fps=10,
    heartbeat_s=0.5,
    start_up_s=0.5,
    open_timeout_s=2,
    read_timeout_s=1,
    lost_after_s=1.5,
    hung_after_s=6,
    retry_first_s=0.1,
    retry_most_s=0.5,
    health_every_s=0.5,
)


def eventually(what: Callable[[], object], within_s: float = 60) -> None:
    """Return as soon as `what` gives something true; fail when it does not `within_s`."""
    until_s = time.monotonic() + within_s
    while not what():
        if time.monotonic() > until_s:
            raise AssertionError(f"it did not come to pass within {within_s:g} s")
        time.sleep(0.02)


def watches_of(cameras: Sequence[Camera], settings: VisionSettings, model: Model) -> list[Watch]:
    """Return the cameras, all watched alike."""
    return [Watch(camera=camera, settings=settings, models=(model,)) for camera in cameras]


class Watching:
    """`with Watching(camera, …) as watching:` runs the worker; `watching.wire` holds what it says."""

    def __init__(
        self,
        *cameras: Camera,
        settings: VisionSettings = QUICK,
        model: Model | None = None,
        views: Path | None = None,
    ) -> None:
        self.wire = ListWire()
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self._arguments = (cameras, settings, model or BrightSquares(), views)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self._failed and error is None:
            raise self._failed[0]

    def frames(self, camera: str = "") -> list[dict[str, object]]:
        return self.wire.on("detections", camera)

    def times(self, camera: str = "") -> list[datetime]:
        return [datetime.fromisoformat(str(frame["at"])) for frame in self.frames(camera)]

    def online(self, camera: str = "") -> list[bool]:
        """Return whether it was online, each time that this changed."""
        return [online for online, _ in groupby(bool(status["online"]) for status in self.wire.on("status", camera))]

    def outages(self, camera: str = "") -> list[str]:
        """Return why it was offline, each time that this was told anew."""
        return [str(status.get("outage", "")) for status in self.wire.on("status", camera) if not status["online"]]

    def _run(self) -> None:
        cameras, settings, model, views = self._arguments
        try:
            run(watches_of(cameras, settings, model), wire=self.wire, stop=self._stop, now=now, views=views)
        except BaseException as error:
            self._failed.append(error)


if __name__ == "__main__":  # a worker in a process of its own, for a test that kills it
    camera = Camera(camera_id="cam-01", grid="01", url=sys.argv[1])
    run(watches_of([camera], QUICK, BrightSquares()), wire=ListWire(), stop=threading.Event(), now=now)
