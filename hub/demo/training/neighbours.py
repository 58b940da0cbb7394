"""Pictures with what is there and what was found in, how two things side by side were told apart out.

An average precision over all things says little of this: a stall that stands alone is easy, and most do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from hub.demo.training.score import OVERLAP, Found, Rect, Wanted, overlap

_GAP = 0.15  # of the narrower one's width may lie between them
_LEVEL = 0.3  # of the lower one's height must lie beside the other
_OVER_BOTH = 0.6  # a box that covers both as well as this, and better than it covers anything that is there
_CLEARLY = 0.05

Picture = tuple[Sequence[Wanted], Sequence[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Of `pairs` pairs side by side: how many were found both, in one box each, and how many had a box over both.

    A pair can be both: two boxes, and a third over them.
    """

    pairs: int = 0
    both: int = 0
    merged: int = 0

    def shares(self) -> dict[str, float]:
        """Return the shares of both, or nothing where there is no pair."""
        return {"both": self.both / self.pairs, "merged": self.merged / self.pairs} if self.pairs else {}


def side_by_side(a: Rect, b: Rect) -> bool:
    """Return whether two boxes touch or overlap, or nearly, at about one height."""
    narrow, low = min(a[2] - a[0], b[2] - b[0]), min(a[3] - a[1], b[3] - b[1])
    apart = max(a[0], b[0]) - min(a[2], b[2])
    level = min(a[3], b[3]) - max(a[1], b[1])
    return apart < _GAP * narrow and level > _LEVEL * low


def told_apart(
    pictures: Sequence[Picture], label: str, visible: tuple[float, float], sure: float, *, alone: bool = False
) -> Told:
    """Return how the pairs of one class were told apart by boxes of a confidence of `sure` or more.

    Counted are pairs of which the less visible one shows a share from `visible[0]` up to, not including, `visible[1]`.
    With `alone` each thing that stands beside no other counts as a pair of its own: what the others compare with.
    """
    pairs = both = merged = 0
    for wanteds, founds in pictures:
        there = [w for w in wanteds if w.label == label and w.required]
        boxes = [f.rect for f in founds if f.label == label and f.confidence >= sure]
        known = _found(there, boxes)
        everything = [w.rect for w in wanteds if w.label == label]
        for a, b in _singles(there) if alone else _pairs(there):
            if not visible[0] <= min(there[a].visible, there[b].visible) < visible[1]:
                continue
            pairs += 1
            both += a in known and b in known
            merged += a != b and any(_over_both(box, there[a].rect, there[b].rect, everything) for box in boxes)
    return Told(pairs=pairs, both=both, merged=merged)


def _pairs(there: Sequence[Wanted]) -> Iterator[tuple[int, int]]:
    return ((a, b) for a, b in combinations(range(len(there)), 2) if side_by_side(there[a].rect, there[b].rect))


def _singles(there: Sequence[Wanted]) -> Iterator[tuple[int, int]]:
    paired = {number for pair in _pairs(there) for number in pair}
    return ((number, number) for number in range(len(there)) if number not in paired)


def _found(there: Sequence[Wanted], boxes: Sequence[Rect]) -> set[int]:
    """Return which things have a box of their own: the best fits are paired off first."""
    fits = ((overlap(box, w.rect), k, n) for n, box in enumerate(boxes) for k, w in enumerate(there))
    known: set[int] = set()
    used: set[int] = set()
    for fit, k, n in sorted(fits, reverse=True):
        if fit < OVERLAP:
            break
        if k not in known and n not in used:
            known.add(k)
            used.add(n)
    return known


def _over_both(box: Rect, a: Rect, b: Rect, everything: Sequence[Rect]) -> bool:
    around = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
    fit = overlap(box, around)
    return fit >= _OVER_BOTH and all(fit > overlap(box, each) + _CLEARLY for each in everything)
