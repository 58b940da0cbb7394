"""Positions in GCJ-02, the datum of Chinese maps, in and positions in WGS-84 out, and the other way; pure.

GCJ-02 shifts positions in mainland China by some hundred metres, smoothly and the same for everybody. Telephones' maps
and WeChat give GCJ-02; the hub keeps WGS-84 alone. There is no published inverse: it is found by going back by what the
way there would add, until that changes nothing; after that it is right to a centimetre.
"""

from __future__ import annotations

import math

from hub.distance import Position

_AXIS_M = 6_378_245.0  # Krasovsky 1940, on which the shift is reckoned
_ECCENTRICITY = 0.006_693_421_622_965_943
_STEPS = 8


def in_mainland(position: Position) -> bool:
    """Tell whether the shift holds there, in the coarse rectangle that everybody who converts uses."""
    longitude, latitude = position
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def to_gcj02(position: Position) -> Position:
    """Return a WGS-84 position in GCJ-02."""
    if not in_mainland(position):
        return position
    longitude, latitude = position
    east, north = _shift(longitude - 105.0, latitude - 35.0)
    sine = math.sin(math.radians(latitude))
    bend = 1 - _ECCENTRICITY * sine * sine
    up = math.degrees(north / (_AXIS_M * (1 - _ECCENTRICITY) / (bend * math.sqrt(bend))))
    across = math.degrees(east / (_AXIS_M / math.sqrt(bend) * math.cos(math.radians(latitude))))
    return longitude + across, latitude + up


def to_wgs84(position: Position) -> Position:
    """Return a GCJ-02 position in WGS-84."""
    if not in_mainland(position):
        return position
    longitude, latitude = position
    for _ in range(_STEPS):
        there = to_gcj02((longitude, latitude))
        longitude, latitude = longitude - (there[0] - position[0]), latitude - (there[1] - position[1])
    return longitude, latitude


def _shift(x: float, y: float) -> tuple[float, float]:
    """Return the shift to the east and to the north in metres."""
    root, pi = math.sqrt(abs(x)), math.pi
    fine = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + fine
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + fine
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    return east, north
