"""Takes rings of longitude and latitude, gives areas: what is wrong with them, what lies in them, and how far away.

The only file that knows shapely. Degrees are WGS-84; lengths are metres on the plane that touches the earth there,
which over a city is right to one in a thousand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import shapely
from shapely.affinity import scale
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points
from shapely.validation import explain_validity

from hub.distance import METRES_A_DEGREE, Position, distance_m

Ring = Sequence[Position]


def fault_of(ring: Ring) -> str | None:
    """Return what is wrong with a ring, in words; None where nothing is."""
    if len(ring) < 4:
        return "a ring needs at least three corners, and the first one again at its end"
    if tuple(ring[0]) != tuple(ring[-1]):
        first = f"[{ring[0][0]:g}, {ring[0][1]:g}]"
        return f"the ring is not closed: it must end where it begins, so put {first} at its end"
    made = Polygon(ring)
    if made.is_valid and made.area > 0:
        return None
    found = explain_validity(made).partition("[")
    where = found[2].rstrip("]").split()
    at = f" near [{float(where[0]):g}, {float(where[1]):g}]" if len(where) == 2 else ""
    return f"the ring crosses or touches itself{at}" if made.area > 0 or at else "the ring encloses nothing"


@dataclass(frozen=True, slots=True)
class Area:
    """The ground that rings enclose: a ring within another is a hole in it, one beside it a further part."""

    _shape: BaseGeometry

    def covers(self, position: Position) -> bool:
        """Tell whether a position lies in it or on its edge."""
        return bool(self._shape.covers(Point(position)))

    def distance_m(self, position: Position) -> float:
        """Return how far a position is from it; 0 within."""
        return 0.0 if self.covers(position) else distance_m(position, self.nearest(position))

    def nearest(self, position: Position) -> Position:
        """Return the position in it that is nearest to `position`."""
        # A degree of longitude is shorter than one of latitude: what is nearest is asked on a plane in metres.
        narrow = math.cos(math.radians(position[1]))
        flat = scale(self._shape, xfact=narrow, yfact=1.0, origin=(0, 0))
        found, _ = nearest_points(flat, Point(position[0] * narrow, position[1]))
        return found.x / narrow, found.y

    def overlap_m2(self, other: Area) -> float:
        """Return how much ground two areas share, in square metres."""
        shared = self._shape.intersection(other._shape)
        if shared.area == 0:
            return 0.0
        narrow = math.cos(math.radians(shared.centroid.y))
        return float(shared.area) * narrow * METRES_A_DEGREE**2

    def label(self) -> Position:
        """Return a position well within, where its name may be written."""
        found = self._shape.representative_point()
        return found.x, found.y

    def outlines(self) -> list[list[Position]]:
        """Return the outer ring of every part, the largest part first."""
        parts = list(self._shape.geoms) if isinstance(self._shape, MultiPolygon) else [self._shape]
        ordered = sorted((part for part in parts if isinstance(part, Polygon)), key=lambda part: -part.area)
        return [[(x, y) for x, y in part.exterior.coords] for part in ordered]

    def geojson(self) -> dict[str, Any]:
        """Return it as a GeoJSON geometry."""
        found: dict[str, Any] = json.loads(shapely.to_geojson(self._shape))
        return found


def area_of(rings: Sequence[Ring]) -> Area:
    """Return the ground that `rings`, none of which has a fault, enclose."""
    if not rings:
        raise ValueError("an area needs a ring")
    shapes: list[BaseGeometry] = [Polygon(ring) for ring in rings]
    found = reduce(lambda one, other: one.symmetric_difference(other), shapes)
    shapely.prepare(found)
    return Area(found)


@lru_cache(maxsize=8)
def areas_of(boundaries: frozenset[tuple[str, tuple[tuple[Position, ...], ...]]]) -> dict[str, Area]:
    """Return the areas of named boundaries, those that have none left out; made once for the same ones."""
    return {name: area_of(rings) for name, rings in sorted(boundaries) if rings}


def overlaps(areas: Mapping[str, Area], *, from_m2: float) -> list[tuple[str, str, float]]:
    """Return every pair of areas that share at least `from_m2`, with how much."""
    names = sorted(areas)
    found = []
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            shared = areas[one].overlap_m2(areas[other])
            if shared >= from_m2:
                found.append((one, other, shared))
    return found
