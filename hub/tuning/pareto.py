"""Points whose every coordinate should be small go in; those that no other point beats come out; pure."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, ...]


def front(points: Sequence[Point | None]) -> list[int]:
    """Return the indexes of the points that none beats, in order of their first coordinate; None takes no part.

    One point beats another when it is nowhere larger and somewhere smaller; equal points are all kept.
    """
    there = [(point, index) for index, point in enumerate(points) if point is not None]
    kept = [(point, index) for point, index in there if not any(_beats(other, point) for other, _ in there)]
    return [index for _, index in sorted(kept)]


def _beats(one: Point, other: Point) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
