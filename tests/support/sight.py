"""A model that finds bright squares and a wire that is a list: for a vision test without YOLO and broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.observation import Box


class BrightSquares:
    """Finds the one bright square that `tests.support.video` paints and calls it a car."""

    width_px, height_px = 160, 96
    labels = frozenset({"car", "bus", "truck", "motorcycle", "person", "stall"})

    def detect(self, pictures: Sequence[NDArray[np.uint8]]) -> list[list[Box]]:
        return [self._find(picture) for picture in pictures]

    def _find(self, picture: NDArray[np.uint8]) -> list[Box]:
        rows, columns = np.nonzero(picture[..., 0] > 180)
        if rows.size < 4:
            return []
        height, width = picture.shape[:2]
        corners = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
        return [Box("car", 0.9, None, *(float(corner) for corner in corners))]


@dataclass
class ListWire:
    """Keeps what is published, and calls back what a test sends."""

    published: list[tuple[str, bytes, bool]] = field(default_factory=list)
    offered: list[tuple[str, bytes]] = field(default_factory=list)
    callbacks: dict[str, Callable[[str, bytes], None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        with self._lock:
            self.published.append((topic, payload, retain))

    def offer(self, topic: str, payload: bytes) -> bool:
        with self._lock:
            self.offered.append((topic, payload))
        return True

    def subscribe(self, topic: str, callback: Callable[[str, bytes], None]) -> None:
        self.callbacks[topic] = callback

    def send(self, topic: str, message: dict[str, Any]) -> None:
        self.callbacks[topic](topic, json.dumps(message).encode())

    def on(self, ending: str, camera: str = "") -> list[dict[str, Any]]:
        """Return the messages whose topic ends in `ending` (and is of `camera`, where that is given)."""
        with self._lock:
            return [
                json.loads(payload)
                for topic, payload, _ in self.published
                if topic.endswith("/" + ending) and f"/{camera}" in topic
            ]
