"""Claims on grids: which grids in, those that somebody else holds out.

A claim is a session's advisory lock: it ends with its connection, however that ends, so a killed worker leaves none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

SPACE = 0x6C71  # ours among the two-part advisory locks: "lq"


def claim(connection: Connection[Any], grids: Sequence[str]) -> list[str]:
    """Claim all of `grids` for this connection, or none; return those that another connection holds."""
    taken: list[str] = []
    held: list[str] = []
    for grid in sorted(set(grids)):
        row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (SPACE, grid)).fetchone()
        assert row is not None
        (held if row[0] else taken).append(grid)
    if taken:
        for grid in held:
            connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (SPACE, grid))
    return taken
