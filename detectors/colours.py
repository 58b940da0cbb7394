"""The colours of two boxes go in; how differently they look, whatever the light, comes out.

A box is told by the mean colours of nine patches. Colours are compared as logarithms: twice as much light adds the same
to all of them, and what all have in common (dusk, an exposure that was changed) is taken away as far as light can do
that; a black car does not become a white one. Of the patches the third that differ most are left out: somebody may
stand before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from statistics import median

from ingest.observation import COLOURS_BYTES

Looks = tuple[float, ...]  # the logarithm of each colour of each patch

NOISE = 8.0  # of 255: below this a colour tells of the sensor's noise more than of the thing
LIGHT = 0.45  # light alone may change the logarithm by this much: half as bright again, or two thirds
KEPT = 2 / 3  # of the patches so many are compared, those that differ least

_LOG = tuple(log(level + NOISE) for level in range(256))
_KEPT = round(KEPT * COLOURS_BYTES / 3)


def looks(colours: bytes) -> Looks:
    """Return what a box looks like by its colours."""
    return tuple(_LOG[level] for level in colours)


def drawn_near(known: Looks, colours: bytes, take: float) -> Looks:
    """Return `known`, drawn by the share `take` towards a box's colours."""
    return tuple(one + (_LOG[level] - one) * take for one, level in zip(known, colours, strict=True))


def difference(one: Looks, other: Looks) -> float:
    """Return by how much two things differ in the logarithm of their colours, the light apart; 0.1 is a tenth."""
    apart = [a - b for a, b in zip(one, other, strict=True)]
    light = min(LIGHT, max(-LIGHT, median(apart)))
    patches = sorted(_patch(apart[first : first + 3], light) for first in range(0, len(apart), 3))
    return sum(patches[:_KEPT]) / _KEPT


def _patch(apart: Sequence[float], light: float) -> float:
    return sum(abs(one - light) for one in apart) / len(apart)
