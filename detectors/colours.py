"""The colours of boxes go in; what a thing looks like, and how differently two things do whatever the light, comes out.

A box is told by the mean colours of its patches. Colours are compared as logarithms: twice as much light adds the same
to all of them, and what all have in common (dusk, an exposure that was changed) is taken away as far as light can do
that; a black car does not become a white one. A patch is learnt while nothing that was found stands before it; and of
the patches the third that differ most are left out, for what stands there may not have been found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from statistics import median

from detectors.picture import shared_area
from ingest.observation import COLOURS_ACROSS, COLOURS_DOWN, Box

NOISE = 8.0  # of 255: below this a colour tells of the sensor's noise more than of the thing
LIGHT = 0.45  # light alone may change the logarithm by this much: half as bright again, or two thirds
KEPT = 2 / 3  # of the patches so many are compared, those that differ least,
LEAST = 4  # where so many are known of both
LATELY_S = 20.0  # a look is the mean of about this time: light changes
COVERED = 0.3  # a patch that is covered by this share shows something else

PATCHES = COLOURS_ACROSS * COLOURS_DOWN
ALL = (True,) * PATCHES
_LOG = tuple(log(level + NOISE) for level in range(256))


@dataclass(slots=True)
class Looks:
    """What a thing looks like: the logarithms of its patches' colours, and for how long each patch was seen."""

    levels: list[float] = field(default_factory=lambda: [0.0] * (3 * PATCHES))
    known_s: list[float] = field(default_factory=lambda: [0.0] * PATCHES)

    def is_known(self, for_s: float) -> bool:
        """Tell whether enough patches were seen for so long."""
        return sum(known_s >= for_s for known_s in self.known_s) >= LEAST

    def learn(self, colours: bytes, shown: Sequence[bool], time_s: float) -> None:
        """Take colours that it had for `time_s`; `shown` are the patches before which nothing stood."""
        if time_s <= 0.0:
            return
        for patch, is_shown in enumerate(shown):
            if not is_shown:
                continue
            known_s = self.known_s[patch] = min(self.known_s[patch] + time_s, LATELY_S)
            take = time_s / known_s if time_s < known_s else 1.0
            for at in range(3 * patch, 3 * patch + 3):
                self.levels[at] += (_LOG[colours[at]] - self.levels[at]) * take


def difference(one: Looks, other: Looks, known_s: float, other_s: float) -> float | None:
    """Return by how much two things differ in the logarithm of their colours, the light apart; 0.1 is a tenth.

    Patches are compared that were seen for `known_s` of the one and for `other_s` of the other; None if they are few.
    """
    patches = [patch for patch in range(PATCHES) if one.known_s[patch] >= known_s and other.known_s[patch] >= other_s]
    if len(patches) < LEAST:
        return None
    apart = [one.levels[at] - other.levels[at] for patch in patches for at in range(3 * patch, 3 * patch + 3)]
    light = min(LIGHT, max(-LIGHT, median(apart)))
    kept = round(KEPT * len(patches))
    differ = sorted(sum(abs(each - light) for each in apart[at : at + 3]) / 3 for at in range(0, len(apart), 3))
    return sum(differ[:kept]) / kept


def shown(box: Box, fronts: Sequence[Box]) -> Sequence[bool]:
    """Return which patches of `box` can be seen where `fronts` stand before it."""
    if not fronts:
        return ALL
    wide, high = (box.x2 - box.x1) / COLOURS_ACROSS, (box.y2 - box.y1) / COLOURS_DOWN
    found = []
    for row in range(COLOURS_DOWN):
        for column in range(COLOURS_ACROSS):
            x, y = box.x1 + column * wide, box.y1 + row * high
            patch = Box(box.label, box.confidence, None, x, y, x + wide, y + high)
            found.append(all(shared_area(front, patch) < COVERED * wide * high for front in fronts))
    return found
