"""A camera goes in; which of its zones matter, and what is forbidden in them and when, comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from detectors.picture import footing, inside
from ingest.city import Camera, Zone
from ingest.observation import Box


@dataclass(frozen=True, slots=True)
class Ban:
    """Why standing is forbidden here and now: by which zone, from how long on, and in words."""

    zone_id: str
    dwell_s: float
    why: str
    permit: str  # "none", "closed": the state of a permit, for programs


class Forbidden(Protocol):
    """What is forbidden where and when."""

    def zones(self, camera: Camera) -> tuple[Zone, ...]:
        """Return the zones of `camera` that matter; none: the camera is not watched."""
        ...

    def ban(self, ground: tuple[Zone, ...], at: datetime) -> Ban | None:
        """Return why nothing may stand in all of `ground` at `at`; None when it may."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """What one camera watches: its grid, the zones that matter, and what is ignored."""

    camera_id: str
    grid: str
    zones: tuple[Zone, ...]
    ignored: tuple[Zone, ...]

    def ground(self, box: Box) -> tuple[Zone, ...]:
        """Return the zones in which the thing in `box` stands."""
        point = footing(box)
        return tuple(zone for zone in self.zones if inside(point, zone.polygon))

    def ignores(self, box: Box) -> bool:
        """Tell whether the thing in `box` stands where nothing is looked at."""
        point = footing(box)
        return any(inside(point, zone.polygon) for zone in self.ignored)
