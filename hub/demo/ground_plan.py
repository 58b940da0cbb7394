"""Grid and number in, longitude and latitude out: where everything of the demo city lies. The city is invented.

The city is drawn on a board of 4 × 3 squares, one to a grid, counted from the south-west; one smooth bend of the whole
board then makes it look grown. What does not cross on the board does not cross after the bend, so boundaries meet
without gap or overlap, and what lies well within a square lies within its grid. A river parts the lowest row from the
others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

Spot = tuple[float, float]  # on the board: squares to the east, squares to the north
Position = tuple[float, float]  # longitude, latitude

WEST, SOUTH = 118.94, 29.62
SQUARE_EAST, SQUARE_NORTH = 0.0140, 0.0120
COLUMNS, ROWS = 4, 3
_MARGIN = 0.12  # what stands in a grid stands at least so far from its edge, which wanders by half of that
_WANDERS = 0.055
_BEND = 24  # points to a square where a line is bent

# The river's middle, and half its width: it widens around the islet.
RIVER: tuple[tuple[float, float, float], ...] = (
    (-0.30, 1.10, 0.050),
    (0.00, 1.00, 0.050),
    (0.45, 1.02, 0.045),
    (0.80, 0.98, 0.045),
    (1.00, 1.00, 0.050),
    (1.30, 1.02, 0.060),
    (1.60, 1.04, 0.110),
    (1.90, 1.02, 0.060),
    (2.00, 1.00, 0.050),
    (2.40, 1.02, 0.045),
    (2.80, 0.97, 0.045),
    (3.00, 1.00, 0.045),
    (3.50, 0.96, 0.040),
    (4.00, 1.00, 0.045),
    (4.30, 1.06, 0.045),
)
# The street that goes through each row, from west to east; in every grid it has another name.
STREETS: tuple[tuple[Spot, ...], ...] = (
    ((0.0, 0.80), (0.55, 0.80), (1.0, 0.70), (1.5, 0.56), (2.0, 0.50), (2.5, 0.47), (3.0, 0.50), (4.0, 0.52)),
    ((0.0, 1.50), (0.6, 1.52), (1.0, 1.47), (1.5, 1.44), (2.0, 1.46), (2.5, 1.50), (3.0, 1.48), (4.0, 1.52)),
    ((0.0, 2.42), (0.5, 2.46), (1.0, 2.50), (1.6, 2.52), (2.0, 2.48), (2.6, 2.44), (3.0, 2.42), (4.0, 2.46)),
)
TUNNELS: dict[int, tuple[Spot, Spot]] = {2: ((1.25, 0.62), (1.25, 1.22)), 7: ((2.5, 1.64), (2.5, 1.82))}
TUNNELS[12] = ((3.34, 2.42), (3.58, 2.43))
GROUNDS: dict[int, tuple[Spot, Spot]] = {4: ((3.62, 0.66), (3.84, 0.84)), 11: ((2.16, 2.66), (2.34, 2.84))}


def bent(spot: Spot) -> Position:
    """Return where a spot of the board lies in the world."""
    east, north = spot
    x = east + 0.11 * math.sin(1.6 * north + 0.5) + 0.03 * math.sin(2.1 * east + 0.9 * north)
    y = north + 0.10 * math.sin(1.1 * east + 0.3) + 0.03 * math.sin(1.9 * north + 1.3 * east)
    return round(WEST + SQUARE_EAST * x, 6), round(SOUTH + SQUARE_NORTH * y, 6)


def line(spots: Sequence[Spot]) -> list[Position]:
    """Return a line of the board as one of the world, with as many points as its bend needs."""
    return [bent(spot) for spot in dense(spots)]


def smooth(points: Sequence[tuple[float, ...]], steps: int = 6) -> list[tuple[float, ...]]:
    """Return a curve through all the points, and every one of them on it: a Catmull-Rom spline."""
    found: list[tuple[float, ...]] = [points[0]]
    for index in range(len(points) - 1):
        one, other = points[index], points[index + 1]
        before, after = points[max(index - 1, 0)], points[min(index + 2, len(points) - 1)]
        for step in range(1, steps):
            share = step / steps
            found.append(
                tuple(
                    0.5
                    * (
                        2 * b
                        + (c - a) * share
                        + (2 * a - 5 * b + 4 * c - d) * share**2
                        + (3 * b - a - 3 * c + d) * share**3
                    )
                    for a, b, c, d in zip(before, one, other, after, strict=True)
                )
            )
        found.append(other)
    return found


def curve(spots: Sequence[Spot]) -> list[Spot]:
    """Return a curve of the board through all the spots."""
    return [(found[0], found[1]) for found in smooth(spots)]


@cache
def river() -> tuple[tuple[float, float, float], ...]:
    """Return the river's middle and half its width, point by point."""
    return tuple((found[0], found[1], found[2]) for found in smooth(RIVER))


def dense(spots: Sequence[Spot]) -> list[Spot]:
    """Return the same line of the board with points between its points."""
    found = [spots[0]]
    for one, other in pairwise(spots):
        steps = max(1, round(math.dist(one, other) * _BEND / 4))
        found += [between(one, other, step / steps) for step in range(1, steps + 1)]
    return found


def between(one: Spot, other: Spot, share: float) -> Spot:
    """Return the spot that lies `share` of the way from one to the other."""
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def along(spots: Sequence[Spot], share: float) -> Spot:
    """Return the spot that lies `share` of the way along a line of the board."""
    lengths = [math.dist(one, other) for one, other in pairwise(spots)]
    left = share * sum(lengths)
    for (one, other), length in zip(pairwise(spots), lengths, strict=True):
        if left <= length:
            return between(one, other, left / length)
        left -= length
    return spots[-1]


def column_row(grid: int) -> tuple[int, int]:
    """Return where the square of a grid (1 to 12) stands."""
    return (grid - 1) % COLUMNS, (grid - 1) // COLUMNS


def boundary(grid: int) -> list[Position]:
    """Return the closed ring of a grid; two neighbours have the same points along their border."""
    column, row = column_row(grid)
    sides = (
        _side((column, row), (column + 1, row)),
        _side((column + 1, row), (column + 1, row + 1)),
        _side((column, row + 1), (column + 1, row + 1))[::-1],
        _side((column, row), (column, row + 1))[::-1],
    )
    return [bent(spot) for side in sides for spot in side[:-1]] + [bent(sides[0][0])]


def _side(one: tuple[int, int], other: tuple[int, int]) -> list[Spot]:
    """Return the border from one corner of a square to the next: it wanders, or follows the river."""
    if one[1] == other[1] == 1:
        return [(east, north) for east, north, _ in river() if one[0] <= east <= other[0]]
    found = []
    for step in range(9):
        east, north = between(one, other, step / 8)
        # The corners stay where they are, so that four grids meet in one point.
        aside = _WANDERS * math.sin(2.399 * step * (1 + one[0] + 3 * one[1])) if 0 < step < 8 else 0.0
        found.append((east + aside, north) if one[0] == other[0] else (east, north + aside))
    return found


@cache
def street(grid: int) -> tuple[Spot, ...]:
    """Return the grid's street on the board, from its western border to its eastern."""
    column, row = column_row(grid)
    points = curve(STREETS[row])
    inner = [spot for spot in points if column < spot[0] < column + 1]
    return (_at(points, column), *inner, _at(points, column + 1))


def _at(points: Sequence[Spot], east: float) -> Spot:
    for one, other in pairwise(points):
        if one[0] <= east <= other[0]:
            return between(one, other, (east - one[0]) / (other[0] - one[0]))
    raise ValueError(f"the street does not reach {east}")


def on_street(grid: int, number: int, of: int) -> Position:
    """Return where lamp `number` (from 1) of a street's lamps stands: on alternate sides of it."""
    share = _MARGIN + (1 - 2 * _MARGIN) * (number - 0.5) / of
    east, north = along(street(grid), share)
    return bent((east, north + (0.011 if number % 2 else -0.011)))


def in_tunnel(grid: int, number: int, of: int) -> Position:
    """Return where lamp `number` of a tunnel's lamps hangs: in that part of it which lies in the grid."""
    one, other = TUNNELS[grid]
    _, row = column_row(grid)
    top = min(other[1], row + 1 - _MARGIN)
    end = (other[0], top) if one[0] == other[0] else other
    return bent(between(one, end, (number - 0.5) / of))


def around_ground(grid: int, number: int, of: int) -> Position:
    """Return where lamp `number` of a sports ground's lamps stands: around it."""
    (west, south), (east, north) = GROUNDS[grid]
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return bent(along(ring, (number - 0.5) / of))


def somewhere(grid: int, number: int) -> Position:
    """Return a spot in a grid, scattered by its number and the same at every start; none of them in the river."""
    column, row = column_row(grid)
    south = row + (0.26 if row == 1 else _MARGIN)
    north = row + 1 - (0.2 if row == 0 else _MARGIN)
    east = column + _MARGIN + (1 - 2 * _MARGIN) * ((number * 0.618034) % 1.0)
    return bent((east, south + (north - south) * ((number * 0.754878) % 1.0)))
