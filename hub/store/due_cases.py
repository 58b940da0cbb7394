"""Cases whose clock asks for something now: an instant in, their ids and since when out; one asker in the city."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.cases.case import Case
from hub.store.cases import lock_cases

LOCK = 0x6C69616F  # ours among advisory locks: the one who watches the clocks of cases


def claim_clocks(connection: Connection[Any]) -> bool:
    """Claim the watch over the clocks for this connection until it ends; return whether nobody else holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    assert row is not None
    return bool(row[0])


def due_cases(connection: Connection[Any], now: datetime, limit: int = 500) -> list[tuple[datetime, UUID, int]]:
    """Return since when something is due, for which case at which revision, the longest due first, a case once."""
    return connection.execute(
        """SELECT min(due), case_id, revision FROM (
               SELECT suspended_until AS due, case_id, revision FROM cases
               WHERE suspension = 'suspended' AND suspended_until <= %(now)s
               UNION ALL
               SELECT taken_until, case_id, revision FROM cases
               WHERE taken_until <= %(now)s AND stage = 'handling' AND suspension <> 'suspended'
               UNION ALL
               SELECT warn_at, case_id, revision FROM cases
               WHERE NOT warned AND warn_at <= %(now)s AND suspension <> 'suspended'
                 AND stage IN ('filed', 'dispatched', 'handling')
               UNION ALL
               SELECT due_at, case_id, revision FROM cases
               WHERE NOT overdue AND due_at <= %(now)s AND suspension <> 'suspended'
                 AND stage IN ('filed', 'dispatched', 'handling')
           ) AS found GROUP BY case_id, revision ORDER BY min(due), case_id LIMIT %(limit)s""",
        {"now": now, "limit": limit},
        prepare=True,
    ).fetchall()


def lock_case(connection: Connection[Any], case_id: UUID) -> Case | None:
    """Return the case with its row locked until the transaction ends, or None where it is not there."""
    held = lock_cases(connection, [case_id]).get(case_id)
    return None if held is None else held.case
