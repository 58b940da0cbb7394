"""The hours' means of some weeks by hour of the week go in, the 168 cells of a profile come out; pure.

The median of a cell's hours is what is usual. How far hours stray from it is measured by leaving each out in turn: its
distance from the median of the others of its cell is what a new hour's distance would have been. One cell has only as
many hours as there are weeks, too few to measure a spread; so the distances of the hour before, this one and the one
after are taken together, over the days that are alike (Monday to Friday, Saturday, Sunday), and their median absolute
value times 1.4826 is the spread: what the standard deviation would be if they were normal (Rousseeuw and Croux, JASA
88, 1993). Half of the weeks may be odd without moving either much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from detectors.profile import CELLS, Cell

LEAST_WEEKS = 3  # with fewer hours a cell says nothing: nobody can tell which of two is the odd one
NORMAL = 1.4826
_WORKDAYS, _SATURDAY, _SUNDAY = range(5), range(5, 6), range(6, 7)


def cells_of(means: Mapping[int, Sequence[float]]) -> tuple[Cell | None, ...]:
    """Return the cells: None where fewer than LEAST_WEEKS hours are known."""
    known = {cell: values for cell, values in means.items() if len(values) >= LEAST_WEEKS}
    usual = {cell: median(values) for cell, values in known.items()}
    strays = {cell: _left_out(values) for cell, values in known.items()}
    found: list[Cell | None] = []
    for cell in range(CELLS):
        if cell not in known:
            found.append(None)
            continue
        near = [stray for other in _alike(cell) for stray in strays.get(other, ())]
        found.append(Cell(round(usual[cell], 6), round(NORMAL * median(near), 6), len(known[cell])))
    return tuple(found)


def _left_out(values: Sequence[float]) -> list[float]:
    """Return each value's distance from the median of the others."""
    ordered = sorted(values)
    return [abs(value - median(ordered[:index] + ordered[index + 1 :])) for index, value in enumerate(ordered)]


def _alike(cell: int) -> list[int]:
    """Return the cells whose hours stray as this one's do: the hours around it on days of its kind."""
    weekday, hour = divmod(cell, 24)
    days = _WORKDAYS if weekday in _WORKDAYS else _SATURDAY if weekday in _SATURDAY else _SUNDAY
    return [day * 24 + (hour + step) % 24 for day in days for step in (-1, 0, 1)]
