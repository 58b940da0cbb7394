"""Boxes found and boxes there in, average precision and shares found per class out (at an overlap of one half)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Rect = tuple[float, float, float, float]
OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A box that is there; one that is hardly visible need not be found, and finding it is no mistake."""

    label: str
    rect: Rect
    required: bool
    visible: float = 1.0  # how much of it can be seen


@dataclass(frozen=True, slots=True)
class Found:
    """A box that the model reports."""

    label: str
    rect: Rect
    confidence: float


def overlap(a: Rect, b: Rect) -> float:
    """Return the intersection of two boxes over their union."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def average_precision(pictures: Sequence[tuple[Sequence[Wanted], Sequence[Found]]], label: str) -> float | None:
    """Return the area under precision over recall for one class, or None where none of it was there."""
    there = sum(wanted.label == label and wanted.required for wanteds, _ in pictures for wanted in wanteds)
    if not there:
        return None
    hits: list[tuple[float, bool]] = []
    for wanteds, founds in pictures:
        hits.extend(_judge([w for w in wanteds if w.label == label], [f for f in founds if f.label == label]))
    hits.sort(key=lambda hit: -hit[0])
    right = np.cumsum([good for _, good in hits])
    if not len(right):
        return 0.0
    recall = right / there
    precision = right / np.arange(1, len(right) + 1)
    ceiling = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.diff(np.concatenate([[0.0], recall]))
    return float((steps * ceiling).sum())


def found_share(
    pictures: Sequence[tuple[Sequence[Wanted], Sequence[Found]]], label: str, visible: tuple[float, float], sure: float
) -> float | None:
    """Return which share of one class is found at a confidence of `sure` or more, or None where none was there.

    Counted are the required things of which a share from `visible[0]` up to, not including, `visible[1]` can be seen.
    """
    there = found = 0
    for wanteds, founds in pictures:
        mine = [w for w in wanteds if w.label == label]
        taken: set[int] = set()
        for box in sorted(
            (f for f in founds if f.label == label and f.confidence >= sure), key=lambda f: -f.confidence
        ):
            free = [(overlap(box.rect, w.rect), k) for k, w in enumerate(mine) if w.required and k not in taken]
            best, k = max(free, default=(0.0, -1))
            if best >= OVERLAP:
                taken.add(k)
        asked = [k for k, w in enumerate(mine) if w.required and visible[0] <= w.visible < visible[1]]
        there += len(asked)
        found += sum(k in taken for k in asked)
    return found / there if there else None


def _judge(wanteds: Sequence[Wanted], founds: Sequence[Found]) -> list[tuple[float, bool]]:
    """Return each found box's confidence and whether it is right; boxes on what need not be found are left out."""
    taken: set[int] = set()
    hits = []
    for found in sorted(founds, key=lambda f: -f.confidence):
        overlaps = [(overlap(found.rect, wanted.rect), k) for k, wanted in enumerate(wanteds) if k not in taken]
        best, k = max(((o, k) for o, k in overlaps if wanteds[k].required), default=(0.0, -1))
        if best >= OVERLAP:
            taken.add(k)
            hits.append((found.confidence, True))
        elif max((o for o, k in overlaps if not wanteds[k].required), default=0.0) < OVERLAP:
            hits.append((found.confidence, False))
    return hits
