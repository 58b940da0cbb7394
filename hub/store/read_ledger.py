"""Takes a period and a grid, gives what was received and what became of it, per grid and hour and in total."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many observations, by what became of them."""

    received: int
    stored: int
    duplicate: int
    quarantined: int

    @property
    def balanced(self) -> bool:
        """Tell whether nothing is missing and nothing was counted twice."""
        return self.received == self.stored + self.duplicate + self.quarantined


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One grid's hour; grid "" holds what named no grid that could be read."""

    grid: str
    hour: datetime
    counts: Counts


_PERIOD = """(%(begin)s::timestamptz IS NULL OR hour >= %(begin)s) AND (%(end)s::timestamptz IS NULL OR hour < %(end)s)
             AND (%(grid)s::text IS NULL OR grid = %(grid)s)"""


def ledger_rows(
    connection: Connection[Any],
    *,
    begin: datetime | None,
    end: datetime | None,
    grid: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[LedgerRow]:
    """Return up to `limit` rows, the newest hour first and grids in order, beginning below `after`."""
    rows = connection.execute(
        f"""SELECT grid, hour, received, stored, duplicate, quarantined FROM ledger
            WHERE {_PERIOD} AND (%(hour)s::timestamptz IS NULL OR hour < %(hour)s
                                 OR (hour = %(hour)s AND grid > %(after_grid)s))
            ORDER BY hour DESC, grid LIMIT %(limit)s""",
        {
            "begin": begin,
            "end": end,
            "grid": grid,
            "hour": after[0] if after else None,
            "after_grid": after[1] if after else None,
            "limit": limit,
        },
    )
    return [
        LedgerRow(grid, hour, Counts(received=received, stored=stored, duplicate=duplicate, quarantined=quarantined))
        for grid, hour, received, stored, duplicate, quarantined in rows
    ]


def ledger_total(
    connection: Connection[Any], *, begin: datetime | None, end: datetime | None, grid: str | None
) -> tuple[Counts, int]:
    """Return the sums of the period, and how many of its rows do not balance."""
    row = connection.execute(
        f"""SELECT coalesce(sum(received), 0)::bigint, coalesce(sum(stored), 0)::bigint,
                   coalesce(sum(duplicate), 0)::bigint, coalesce(sum(quarantined), 0)::bigint,
                   count(*) FILTER (WHERE received <> stored + duplicate + quarantined)
            FROM ledger WHERE {_PERIOD}""",
        {"begin": begin, "end": end, "grid": grid},
    ).fetchone()
    assert row is not None
    return Counts(received=row[0], stored=row[1], duplicate=row[2], quarantined=row[3]), row[4]
