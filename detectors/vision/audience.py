"""Who watches which camera in, which cameras are to be asked for a live picture now out.

Live pictures come last in the vision role: each camera has at most one under way, all cameras together give no more
than `live_fps`, and where nobody watches nothing is done. Wishes end by themselves, so a viewer that vanished costs a
few seconds of pictures and no more. Pure but for the inbox: the wire calls on a thread of its own.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.live_picture import LivePictureError, Wish, unpack_wish

log = logging.getLogger(__name__)

PATIENCE_S = 1.5  # a camera that was asked and sends nothing is asked again after so long
_MOST_WISHES = 16  # of one camera; each hub's process says its own anew every other second


@dataclass(slots=True)
class _Watched:
    """One camera that somebody watches: the wishes with their ends, and when it was last asked and last sent."""

    wishes: list[tuple[Wish, float]] = field(default_factory=list)
    asked_s: float | None = None
    due_s: float = float("-inf")


class Audience:
    """Which cameras are watched now, and whose turn it is."""

    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._cameras: dict[str, _Watched] = {}
        self._free_s = float("-inf")

    def put(self, camera_id: str, payload: bytes) -> None:
        """Take a wish as it came from the wire; may be called by any thread."""
        if self._inbox.qsize() < 1000:  # wishes come again anyway
            self._inbox.put((camera_id, payload))

    def hear(self, now_s: float) -> None:
        """Take what came in, and forget whose time is over."""
        while not self._inbox.empty():
            camera_id, payload = self._inbox.get()
            try:
                wish = unpack_wish(payload)
            except LivePictureError as error:
                log.warning("camera %s: a wish for live pictures cannot be read: %s", camera_id, error)
                continue
            wishes = self._cameras.setdefault(camera_id, _Watched()).wishes
            wishes.append((wish, now_s + wish.for_s))
            del wishes[:-_MOST_WISHES]
        for camera_id in list(self._cameras):
            watched = self._cameras[camera_id]
            watched.wishes = [(wish, until_s) for wish, until_s in watched.wishes if until_s > now_s]
            if not watched.wishes:
                del self._cameras[camera_id]

    def next(self, now_s: float, live_fps: float) -> Mapping[str, int]:
        """Return the cameras that are to be asked now, each with the width; `live_fps` bounds all of them together."""
        if not self._cameras or live_fps <= 0:
            return {}
        ready = [
            (watched.due_s, camera_id)
            for camera_id, watched in self._cameras.items()
            if now_s >= watched.due_s and (watched.asked_s is None or now_s - watched.asked_s >= PATIENCE_S)
        ]
        asked: dict[str, int] = {}
        for due_s, camera_id in sorted(ready):  # whoever has waited longest comes first
            if now_s < self._free_s:
                break
            self._free_s = max(self._free_s, now_s - 1.0) + 1 / live_fps  # one second's worth may come at once
            watched = self._cameras[camera_id]
            period_s = 1 / max(wish.fps for wish, _ in watched.wishes)
            # In step with the period while it can be kept, so that the rate is what was asked for.
            watched.due_s = due_s + period_s if now_s - due_s < period_s else now_s + period_s
            watched.asked_s = now_s
            asked[camera_id] = max(wish.width for wish, _ in watched.wishes)
        return asked

    def came(self, camera_id: str) -> None:
        """Note that the picture that was asked for is here, or that none will come."""
        if camera_id in self._cameras:
            self._cameras[camera_id].asked_s = None

    def wait_s(self, now_s: float, most_s: float) -> float:
        """Return how long nothing is due, at most `most_s`."""
        due = [watched.due_s for watched in self._cameras.values() if watched.asked_s is None]
        if not due:
            return most_s
        return min(most_s, max(0.01, max(min(due), self._free_s) - now_s))
