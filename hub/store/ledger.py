"""The ledger: what was received, stored, known already and quarantined, by grid and hour of receiving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from hub.store.observations import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One hour of one grid, counted in observations; grid "" holds what no grid could be read of."""

    grid: str
    hour: datetime
    received: int
    stored: int
    duplicate: int
    quarantined: int

    @property
    def balanced(self) -> bool:
        """Say whether all that was received is accounted for."""
        return self.received == self.stored + self.duplicate + self.quarantined


def add(connection: Connection[Any], *, received: Tally, stored: Tally, duplicate: Tally, quarantined: Tally) -> None:
    """Add to the ledger, its rows in order so that two writers cannot wait for each other."""
    keys = sorted({*received, *stored, *duplicate, *quarantined})
    if not keys:
        return
    connection.execute(
        """INSERT INTO ledger (grid, hour, received, stored, duplicate, quarantined)
           SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
           ON CONFLICT (grid, hour) DO UPDATE SET
               received = ledger.received + excluded.received, stored = ledger.stored + excluded.stored,
               duplicate = ledger.duplicate + excluded.duplicate,
               quarantined = ledger.quarantined + excluded.quarantined""",
        (
            [grid for grid, _ in keys],
            [hour for _, hour in keys],
            *([counts[key] for key in keys] for counts in (received, stored, duplicate, quarantined)),
        ),
        prepare=True,
    )


def ledger(
    connection: Connection[Any], since: datetime, until: datetime, *, grids: Sequence[str] | None = None
) -> list[LedgerRow]:
    """Return the hours that begin in [since, until), by hour and grid."""
    rows = connection.execute(
        """SELECT grid, hour, received, stored, duplicate, quarantined FROM ledger
           WHERE hour >= %s AND hour < %s AND (%s::text[] IS NULL OR grid = ANY(%s)) ORDER BY hour, grid""",
        (since, until, grids, grids),
    )
    names = ("grid", "hour", "received", "stored", "duplicate", "quarantined")
    return [LedgerRow(**dict(zip(names, row, strict=True))) for row in rows]
