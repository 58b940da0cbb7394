"""The levels at which a case is handled, and the clocks by which its deadline runs; pure words."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Who handles it: the sub-district (街道), the district (区) or the city (市), lowest first."""

    STREET = "street"
    DISTRICT = "district"
    CITY = "city"

    @property
    def above(self) -> Level | None:
        """Return the next higher level; None above the city."""
        return {Level.STREET: Level.DISTRICT, Level.DISTRICT: Level.CITY}.get(self)

    @property
    def rank(self) -> int:
        """Return 0 for the street, 2 for the city, so that levels can be compared."""
        return list(Level).index(self)


class ClockKind(StrEnum):
    """How time counts towards a deadline: around the clock (紧急), or in working time only (工作时)."""

    URGENT = "urgent"
    WORKING = "working"
