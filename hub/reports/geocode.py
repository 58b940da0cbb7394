"""A position and the grids' areas in, the grid that it lies in out, and how it came to it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hub.distance import Position
from hub.reports.report import Placing

NEAR_M = 150.0  # a telephone's position beside high houses is off by so much


class Ground(Protocol):
    """The ground of one grid."""

    def distance_m(self, position: Position) -> float:
        """Return how far a position is from it; 0 within."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """The grid, how the position came to it, and how far it lies from it."""

    grid: str | None
    placing: Placing
    gap_m: float = 0.0


def place(areas: Mapping[str, Ground], position: Position | None, *, near_m: float = NEAR_M) -> Placed:
    """Return the grid of a position: the one it lies in, or the nearest within `near_m`.

    Where two grids overlap the first by its id has it. Without a position, or in a city that says of no grid where it
    lies, nothing can be said, which is another thing than to lie outside.
    """
    if position is None or not areas:
        return Placed(None, Placing.UNKNOWN)
    gap_m, grid = min((ground.distance_m(position), grid_id) for grid_id, ground in areas.items())
    if gap_m == 0:
        return Placed(grid, Placing.INSIDE)
    if gap_m <= near_m:
        return Placed(grid, Placing.NEAR, gap_m)
    return Placed(None, Placing.OUTSIDE, gap_m)
