"""A camera's vision role for tests of the console: answers wishes for live pictures with pictures of one colour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import cv2
import numpy as np

from ingest import topics
from ingest.live_picture import Header, ShownBox, Wish, pack, unpack_wish
from ingest.mqtt import Publisher, parse_url

GREEN = (40, 160, 40)  # blue, green, red


class LiveCameras:
    """`with LiveCameras(url, [("02", "cam-1")], now) as cameras:` sends pictures while somebody watches."""

    def __init__(self, url: str, cameras: Sequence[tuple[str, str]], now: Callable[[], datetime]) -> None:
        self.wished: dict[str, list[Wish]] = {camera: [] for _, camera in cameras}
        self.silent = threading.Event()
        self._now = now
        self._until: dict[tuple[str, str], tuple[Wish, float]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._wire = Publisher(parse_url(url), client_id="vision")
        for grid, camera in cameras:
            self._wire.subscribe(topics.picture_request(grid, camera), self._hearing(grid, camera))
        picture = np.full((180, 320, 3), GREEN, np.uint8)
        self._jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        self._thread = threading.Thread(target=self._film)

    def __enter__(self) -> LiveCameras:
        self._wire.start()
        assert self._wire.wait_connected(30)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(20)
        self._wire.stop()

    def watched(self) -> set[str]:
        """Return the cameras that somebody watches at this moment."""
        with self._lock:
            return {camera for (_, camera), (_, until_s) in self._until.items() if until_s > time.monotonic()}

    def _hearing(self, grid: str, camera: str) -> Callable[[str, bytes], None]:
        def heard(_: str, payload: bytes) -> None:
            wish = unpack_wish(payload)
            with self._lock:
                self.wished[camera].append(wish)
                self._until[grid, camera] = wish, time.monotonic() + wish.for_s

        return heard

    def _film(self) -> None:
        while not self._over.wait(0.2):
            if self.silent.is_set():
                continue
            with self._lock:
                due = [key for key, (_, until_s) in self._until.items() if until_s > time.monotonic()]
            for grid, camera in due:
                at = self._now()
                box = ShownBox("car", 0.9, 1, (0.4, 0.4, 0.6, 0.6))
                header = Header(camera=camera, at=at, width=320, height=180, boxes_at=at, boxes=(box,))
                self._wire.publish(topics.picture(grid, camera), pack(header, self._jpeg), qos=0)
