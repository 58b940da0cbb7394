"""A camera's pictures in, looks at its view out: how often, what outlives a restart, and when it is forgotten.

A restart must not take the view that a camera was turned to meanwhile for the right one. So what was learned lies in a
file for each camera, which is thrown away when the camera's address, preset or zones change, and forgotten on purpose
when somebody removes it. Without a store everything is learned anew: a recording needs none.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from detectors.vision import pictures, view
from detectors.vision.address import shown
from detectors.vision.pictures import Bgr
from detectors.vision.view import KNOWN_HOURS, Verdict, View, hour_of
from ingest.city import Camera
from ingest.observation import Quantity

log = logging.getLogger(__name__)

EARLY_S = 0.25  # a picture that comes this much before the next look is due is looked at: pictures keep no exact time


class Store(Protocol):
    """Where one camera's view outlives the process."""

    def load(self) -> Remembered | None:
        """Return what was kept, or None where there is nothing that can be read."""
        ...

    def save(self, remembered: Remembered) -> None:
        """Keep it in place of what was kept before."""
        ...

    def is_there(self) -> bool:
        """Tell whether something is kept."""
        ...


class Remembered:
    """A view as it is kept: of which camera and zones (`key`), at which size and when."""

    __slots__ = ("key", "saved_at", "view", "width_px")

    def __init__(self, key: str, width_px: int, saved_at: datetime, kept: View) -> None:
        self.key, self.width_px, self.saved_at, self.view = key, width_px, saved_at, kept


def key_of(camera: Camera) -> str:
    """Return what a stored view must belong to; it holds no credentials."""
    zones = [(zone.zone_id, zone.kind.value, zone.polygon) for zone in camera.zones]
    return sha256(repr((shown(camera.url), camera.preset, zones)).encode()).hexdigest()


class Lookout:
    """Looks at one camera's view every `every_s`; nought: never."""

    def __init__(self, camera_id: str, *, every_s: float, key: str = "", store: Store | None = None) -> None:
        """Begin with what `store` keeps of this camera, if anything; `key` is what that must belong to."""
        self._camera_id, self._key, self._every_s, self._store = camera_id, key, every_s, store
        self._view = View()
        self._width_px = 0
        self._looked_s: float | None = None
        self._saved = False  # whether what is known lies in the store
        self._kept_s = float("-inf")
        self._kept = store.load() if store is not None else None
        if self._kept is not None and self._kept.key != self._key:
            log.info("camera %s: its address or zones have changed; its view is learned anew", camera_id)
            self._kept = None

    def is_due(self, at_s: float) -> bool:
        """Tell whether a picture taken at `at_s` should be looked at."""
        if not self._every_s:
            return False
        return self._looked_s is None or at_s - self._looked_s >= self._every_s - EARLY_S

    def look(self, picture: Bgr, at_s: float, at: datetime) -> Verdict | None:
        """Return how the view in `picture` compares, None while it is learned; `at` is its time, in local time."""
        hours = at.hour + at.minute / 60
        self._begin(picture.shape[1], at_s, at, hours)
        self._looked_s = at_s
        knew = self._view.look is not None
        self._view, verdict = view.look(self._view, pictures.detail(picture), at_s, hours)
        if self._view.look is not None and not knew:
            log.info("camera %s: its view is learned", self._camera_id)
        if self._store is not None and self._view.look is not None and self._view.kept_s != self._kept_s:
            self._store.save(Remembered(self._key, self._width_px, at, self._view))
            self._kept_s, self._saved = self._view.kept_s, self._store.is_there()
        return verdict

    def continue_from(self, before: Lookout) -> None:
        """Take over what `before` knows of the same camera, where its zones are the same."""
        if before._key == self._key:
            self._view, self._width_px, self._kept = before._view, before._width_px, None
            self._saved, self._kept_s = before._saved, before._kept_s

    def _begin(self, width_px: int, at_s: float, at: datetime, hours: float) -> None:
        if self._kept is not None:
            kept, self._kept = self._kept, None
            age_hours = (at - kept.saved_at).total_seconds() / 3600
            known = 0 <= age_hours <= KNOWN_HOURS or hour_of(hours) in kept.view.by_hour
            self._view = replace(kept.view, doubted=not known, last_s=at_s, kept_s=at_s)
            self._width_px, self._saved, self._kept_s = kept.width_px, True, at_s
        elif self._saved and self._store is not None and not self._store.is_there():
            log.info("camera %s: its view was forgotten on purpose and is learned anew", self._camera_id)
            self._view, self._saved = View(), False
        if self._width_px != width_px:
            # Another model takes pictures of another size: their detail is no measure for this one's.
            self._view, self._width_px = view.without_fineness(self._view), width_px


def values(verdict: Verdict) -> dict[str, float]:
    """Return a look as it is published."""
    return {
        Quantity.VIEW_LOST_PCT.value: verdict.lost_pct,
        Quantity.VIEW_SHARPNESS_PCT.value: verdict.sharpness_pct,
        Quantity.VIEW_SHIFT_PCT.value: verdict.shift_pct,
    }
