"""What goes wrong in the demo city and when: seconds since its start in, the incidents of that moment out; pure.

The first round brings every kind about within the first two minutes. After that the rounds follow each other at
leisure for ever, each time with other victims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

ROUND_S = 1200.0


class Kind(StrEnum):
    """What can go wrong."""

    LAMP_OUT = "lamp_out"
    BURNING = "burning"
    CIRCUIT_OUT = "circuit_out"
    BURST = "burst"
    TURBID = "turbid"
    FLOOD = "flood"
    LEAK = "leak"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that goes wrong with `victim` (a device or a circuit) for a while, in seconds since the start."""

    kind: Kind
    victim: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class _Course:
    first_s: float  # when in the first round
    later_s: float  # when in every later one
    lasts_s: float


_COURSES = {
    Kind.LAMP_OUT: _Course(12.0, 60.0, 260.0),
    Kind.BURNING: _Course(16.0, 180.0, 240.0),
    Kind.TURBID: _Course(24.0, 420.0, 240.0),
    Kind.CIRCUIT_OUT: _Course(36.0, 660.0, 200.0),
    Kind.SILENT: _Course(48.0, 330.0, 200.0),
    Kind.BURST: _Course(60.0, 540.0, 200.0),
    Kind.FLOOD: _Course(72.0, 780.0, 420.0),
    Kind.LEAK: _Course(84.0, 900.0, 240.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Victims:
    """Whom it may befall, by kind. `tunnels` and `grounds` map a circuit to its lamps."""

    tunnels: Sequence[tuple[str, Sequence[str]]]
    grounds: Sequence[tuple[str, Sequence[str]]]
    water: Sequence[str]
    drainage: Sequence[str]
    gas: Sequence[str]


def incidents_at(victims: Victims, at_s: float) -> list[Incident]:
    """Return every incident that is going on `at_s` seconds after the start."""
    if at_s < 0:
        return []
    number = int(at_s // ROUND_S)
    nearby = [incident for each in (number - 1, number) if each >= 0 for incident in round_of(victims, each)]
    return [incident for incident in nearby if incident.from_s <= at_s < incident.to_s]


def round_of(victims: Victims, number: int) -> list[Incident]:
    """Return the incidents of one round. No device has two troubles in one round."""
    found = []
    for kind, course in _COURSES.items():
        from_s = course.first_s if number == 0 else number * ROUND_S + course.later_s
        found.append(Incident(kind, _victim(victims, kind, number), from_s, from_s + course.lasts_s))
    return found


def _victim(victims: Victims, kind: Kind, number: int) -> str:
    tunnels, grounds, water = victims.tunnels, victims.grounds, victims.water
    match kind:
        case Kind.CIRCUIT_OUT:
            return tunnels[number % len(tunnels)][0]
        case Kind.LAMP_OUT:  # never in the tunnel that goes dark in the same round
            lamps = tunnels[(number + 1) % len(tunnels)][1]
            return _turn(lamps, 5 * number + 3)
        case Kind.BURNING:
            lamps = grounds[number % len(grounds)][1]
            return _turn(lamps, 7 * number + 2)
        # Water devices in threes, so that no round burdens one device twice; the first of each three measures quality.
        case Kind.TURBID:
            return _turn(water[0::3], 7 * number + 2)
        case Kind.BURST:
            return _turn(water[1::3], 11 * number + 1)
        case Kind.SILENT:
            return _turn(water[2::3], 13 * number + 3)
        case Kind.FLOOD:
            return _turn(victims.drainage, 11 * number + 1)
        case Kind.LEAK:
            return _turn(victims.gas, 23 * number + 5)


def _turn(devices: Sequence[str], number: int) -> str:
    return devices[number % len(devices)]
