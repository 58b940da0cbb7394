"""Zones as they are, or as somebody wants them, in; their version, and what speaks against them, out; pure.

The configuration file allows what an engineer wrote by hand; what is drawn with a mouse is held to more: a polygon that
crosses itself, or has next to no ground, is a slip of the hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import time
from itertools import combinations
from typing import Any

from hub.config.city_file import WindowEntry, ZoneEntry
from hub.config.zones_file import zone_document
from ingest.city import Camera, TimeWindow, Zone

LEAST_AREA = 0.0004  # of the picture: a patch of 2 % by 2 %
Corner = tuple[float, float]


def entries_of(camera: Camera) -> list[ZoneEntry]:
    """Return the camera's zones as the city file has them."""
    return [_entry(zone) for zone in camera.zones]


def zones_version(zones: Sequence[ZoneEntry]) -> str:
    """Return 12 hexadecimal digits that name these zones: the same for the same meaning."""
    text = json.dumps([zone_document(_normal(zone)) for zone in zones], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def slips(zones: Sequence[ZoneEntry]) -> list[tuple[int, str]]:
    """Return what is wrong with each polygon, by the zone's position."""
    found = []
    for position, zone in enumerate(zones):
        why = polygon_slip(zone.polygon)
        if why is not None:
            found.append((position, why))
    return found


def polygon_slip(polygon: Sequence[Corner]) -> str | None:
    """Return what is wrong with a polygon in words, or None."""
    if len(polygon) > 100:
        return "it has more than 100 corners"
    edges = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    if any(first == second for first, second in edges):
        return "two corners that follow one another are the same"
    count = len(edges)
    for (i, one), (j, other) in combinations(enumerate(edges), 2):
        neighbours = j - i == 1 or (i == 0 and j == count - 1)
        if not neighbours and _cross(*one, *other):
            return "its edges cross one another"
    area = abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges)) / 2
    return "it is too small to be seen" if area < LEAST_AREA else None


def _cross(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    """Tell whether the stretches a–b and c–d have a point in common."""
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    return any(
        side == 0 and _between(ends, point)
        for side, ends, point in (
            (sides[0], (a, b), c),
            (sides[1], (a, b), d),
            (sides[2], (c, d), a),
            (sides[3], (c, d), b),
        )
    )


def _side(a: Corner, b: Corner, c: Corner) -> float:
    value = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return 0.0 if abs(value) < 1e-12 else value


def _between(ends: tuple[Corner, Corner], point: Corner) -> bool:
    (x1, y1), (x2, y2) = ends
    return min(x1, x2) <= point[0] <= max(x1, x2) and min(y1, y2) <= point[1] <= max(y1, y2)


def _entry(zone: Zone) -> ZoneEntry:
    return ZoneEntry(
        id=zone.zone_id,
        kind=zone.kind,
        polygon=list(zone.polygon),
        name=zone.name,
        dwell_s=zone.dwell_s,
        active=[_window(window) for window in zone.active],
        permits=[_window(window) for window in zone.permits],
        latitude=zone.latitude,
        longitude=zone.longitude,
    )


def _normal(zone: ZoneEntry) -> ZoneEntry:
    """Return the zone with its windows in the one way of several in which they may be written."""
    windows = {name: [_window(entry.value()) for entry in getattr(zone, name)] for name in ("active", "permits")}
    return zone.model_copy(update=windows)


def _window(window: TimeWindow) -> WindowEntry:
    given: dict[str, Any] = {"weekdays": window.weekdays, "hours": _hours(*window.hours)}
    if window.season is not None:
        given["season"] = "/".join(f"{month:02}-{day:02}" for month, day in window.season)
    given["holidays"] = {True: "only", False: "never", None: "any"}[window.on_holidays]
    return WindowEntry(**given)


def _hours(begins: time, ends: time) -> str:
    last = "24:00" if ends == time(0) else f"{ends:%H:%M}"
    return f"{begins:%H:%M}-{last}"
