"""Two positions in, metres out; and a rectangle around a position for a database to look in. Pure."""

from __future__ import annotations

import math

Position = tuple[float, float]  # longitude, latitude in degrees, WGS-84, as GeoJSON has them
EARTH_M = 6_371_008.8  # the mean radius
METRES_A_DEGREE = EARTH_M * math.pi / 180


def distance_m(one: Position, other: Position) -> float:
    """Return the distance between two positions along a great circle."""
    (longitude, latitude), (to_longitude, to_latitude) = one, other
    up, across = math.radians(to_latitude - latitude), math.radians(to_longitude - longitude)
    share = math.sin(up / 2) ** 2
    share += math.cos(math.radians(latitude)) * math.cos(math.radians(to_latitude)) * math.sin(across / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, share)))


def around(position: Position, radius_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a rectangle in which all lies that is within `radius_m`."""
    longitude, latitude = position
    up = radius_m / METRES_A_DEGREE * 1.001
    narrowest = max(math.cos(math.radians(min(90.0, abs(latitude) + up))), 1e-6)
    across = min(180.0, up / narrowest)
    return longitude - across, latitude - up, longitude + across, latitude + up
