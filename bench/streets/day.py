"""A seed in, how busy its street is out; a number of days in, the seeds of their scenes out, hour by hour; pure.

A street under a camera has busy hours and quiet ones, and a rate per day is a rate over both. How a day goes is our
assumption, and a cautious one: in nine hours of it the street is as busy as the generator can make it, which is more
than a hundred stays a day that must be reported from those hours alone. Each hour is five scenes of twelve minutes. Its
light goes with the clock of a day near the equinox; its weather does not: one scene in three is in rain, as in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import count, islice

from bench.streets.site import SCENE_S, hour_of

SCENES_AN_HOUR = round(3600 / SCENE_S)
SERIES = 1_000_000  # so many seeds are a series; its first half is busy, then a quarter each is ordinary and quiet


class Bustle(StrEnum):
    """How much goes on in a street."""

    BUSY = "busy"
    ORDINARY = "ordinary"
    QUIET = "quiet"


SHARE = {Bustle.BUSY: 1.0, Bustle.ORDINARY: 1 / 3, Bustle.QUIET: 0.1}  # of the traffic, the walkers and the stops
_FIRST = {Bustle.BUSY: 0, Bustle.ORDINARY: 500_000, Bustle.QUIET: 750_000}

_NIGHT = (Bustle.QUIET, "night")
_DAY = (Bustle.ORDINARY, "day")
_MEALS = (Bustle.BUSY, "day")  # breakfast and the way to work, and noon
HOURS: tuple[tuple[Bustle, str], ...] = (
    *(_NIGHT,) * 6,
    (Bustle.ORDINARY, "dusk"),
    *(_MEALS,) * 2,
    *(_DAY,) * 2,
    *(_MEALS,) * 2,
    *(_DAY,) * 4,
    *((Bustle.BUSY, "dusk"),) * 2,
    *((Bustle.BUSY, "night"),) * 3,
    *(_NIGHT,) * 2,
)


def bustle(seed: int) -> Bustle:
    """Return how busy the street of this seed is."""
    within = seed % SERIES
    return next(kind for kind in reversed(Bustle) if within >= _FIRST[kind])


def day_seeds(first_seed: int, days: int) -> list[int]:
    """Return the seeds of `days` whole days, hour after hour, from the series that begins with `first_seed`."""
    supply = {kind: _seeds(first_seed, *kind) for kind in set(HOURS)}
    return [seed for _ in range(days) for kind in HOURS for seed in islice(supply[kind], SCENES_AN_HOUR)]


def _seeds(first_seed: int, kind: Bustle, light: str) -> Iterator[int]:
    return (seed for seed in count(first_seed + _FIRST[kind]) if hour_of(seed) == light)
