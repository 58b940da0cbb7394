"""Boxes and polygons in a picture, in fractions of it, go in; overlaps, places and insides come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.observation import Box

Point = tuple[float, float]
RIM = 1e-6
PART_SHARE = 0.7  # of a part, so much lies within the whole
PIECE_FIT = 0.5  # and it overlaps what nothing hides by this much
ALL_OVER = 0.8  # what covers this much of a place leaves no edge of it to go by


def bottom_centre(box: Box) -> Point:
    """Return where the thing in `box` touches the ground."""
    return ((box.x1 + box.x2) / 2, box.y2)


def footing(box: Box) -> Point:
    """Return the bottom centre, drawn in from the picture's rim: what it cuts off stands in a zone that ends there."""
    x, y = bottom_centre(box)
    return min(max(x, RIM), 1.0 - RIM), min(max(y, RIM), 1.0 - RIM)


def area(box: Box) -> float:
    """Return the box's share of the picture."""
    return (box.x2 - box.x1) * (box.y2 - box.y1)


def shared_area(one: Box, other: Box) -> float:
    """Return the area that both boxes cover."""
    left = one.x1 if one.x1 > other.x1 else other.x1
    right = one.x2 if one.x2 < other.x2 else other.x2
    if left >= right:
        return 0.0
    top = one.y1 if one.y1 > other.y1 else other.y1
    bottom = one.y2 if one.y2 < other.y2 else other.y2
    return (right - left) * (bottom - top) if top < bottom else 0.0


def overlap(one: Box, other: Box) -> float:
    """Return intersection over union."""
    shared = shared_area(one, other)
    return shared / (area(one) + area(other) - shared) if shared else 0.0


def covered_share(box: Box, others: Sequence[Box]) -> float:
    """Return the share of `box` that lies within any of `others`."""
    near = [other for other in others if shared_area(other, box)]
    if not near:
        return 0.0
    lines = sorted({box.x1, box.x2, *(x for other in near for x in (other.x1, other.x2) if box.x1 < x < box.x2)})
    covered = 0.0
    for left, right in pairwise(lines):
        reached = box.y1  # down to here it has been counted
        for other in sorted(near, key=lambda other: other.y1):
            if other.x1 <= left and other.x2 >= right:
                top, bottom = max(other.y1, reached), min(other.y2, box.y2)
                covered += max(0.0, bottom - top) * (right - left)
                reached = max(reached, bottom)
    return covered / area(box)


def hides(front: Box, back: Box, share: float) -> bool:
    """Tell whether `front` stands before `back` and covers at least `share` of it.

    What touches the ground lower in the picture stands nearer to the camera. A box at the same height stands *at* the
    place, and a place cannot hold two things: it hides nothing.
    """
    return _nearer(front, back) and shared_area(front, back) >= share * area(back)


def is_part_of(rest: Box, whole: Box, boxes: Sequence[Box]) -> bool:
    """Tell whether `rest` may be what is still seen of a thing at `whole` that nearer ones of `boxes` hide in part.

    What is still seen reaches from the edges of the whole to what hides it. Whatever else lies there, such as the next
    vehicle in a row, is a thing of its own: of that it says nothing.
    """
    if _nearer(rest, whole) or shared_area(rest, whole) < PART_SHARE * area(rest):
        return False
    fronts = [box for box in boxes if _nearer(box, whole) and shared_area(box, whole)]
    if any(shared_area(front, whole) >= ALL_OVER * area(whole) for front in fronts):
        return True  # a thing is no solid box: something shows past it
    pieces = [piece for front in fronts for piece in _pieces(whole, front)]
    pieces += [rest_of for piece in pieces for front in fronts for rest_of in _pieces(piece, front)]
    return any(overlap(piece, rest) >= PIECE_FIT for piece in pieces)


def _pieces(whole: Box, front: Box) -> list[Box]:
    """Return what can still be seen of `whole` to the left of `front`, to the right of it, and above it."""
    found = []
    if whole.x1 < front.x1 < whole.x2:
        found.append(replace(whole, x2=front.x1))
    if whole.x1 < front.x2 < whole.x2:
        found.append(replace(whole, x1=front.x2))
    if whole.y1 < front.y1 < whole.y2:
        found.append(replace(whole, y2=front.y1))
    return found


def _nearer(front: Box, back: Box) -> bool:
    return front.y2 > back.y2 + 0.05 * (back.y2 - back.y1)


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Tell whether `point` lies in `polygon` (even-odd rule; a point on the edge may be either)."""
    x, y = point
    within = False
    previous_x, previous_y = polygon[-1]
    for corner_x, corner_y in polygon:
        if (corner_y > y) != (previous_y > y):
            crossing = corner_x + (y - corner_y) * (previous_x - corner_x) / (previous_y - corner_y)
            if x < crossing:
                within = not within
        previous_x, previous_y = corner_x, corner_y
    return within


def without_doubles(boxes: Sequence[Box], share: float) -> list[Box]:
    """Return `boxes`, the most confident first, less those that overlap a better one by `share` or more.

    A detector that suppresses doubles label by label gives one lorry as "truck" and as "bus".
    """
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: (-box.confidence, box.x1, box.y1, box.x2, box.y2, box.label)):
        if all(overlap(box, other) < share for other in kept):
            kept.append(box)
    return kept
