"""Adds to the ledger: what was received, stored, known already and quarantined, by grid and hour of receiving."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from hub.store.observations import Tally


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
