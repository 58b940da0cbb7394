"""Appends to the feed: what happened to alerts in, sequence numbers out, in the order in which transactions commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.store.rows import dumps

CHANNEL = "lianqin_feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One item of the feed before it has its number."""

    at: datetime
    kind: str
    alert_id: UUID
    grid: str
    document: dict[str, Any]
    previous_hash: str
    hash: str


def append(connection: Connection[Any], rows: Sequence[FeedRow]) -> int | None:
    """Write `rows` in order and wake the readers at commit; return the last number, or None for no rows.

    Call it last in a transaction: from here until commit no other transaction can write to the feed, which is what
    makes the numbers gapless and visible in their own order. Every lock on alerts must have been taken before.
    """
    if not rows:
        return None
    found = connection.execute("UPDATE feed_head SET seq = seq + %s RETURNING seq", (len(rows),)).fetchone()
    assert found is not None
    last: int = found[0]
    connection.execute(
        """INSERT INTO feed (seq, at, type, alert_id, grid, alert, prev_hash, hash)
           SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::uuid[], %s::text[], %s::jsonb[],
                                %s::text[], %s::text[])""",
        (
            list(range(last - len(rows) + 1, last + 1)),
            [row.at for row in rows],
            [row.kind for row in rows],
            [row.alert_id for row in rows],
            [row.grid for row in rows],
            [dumps(row.document) for row in rows],
            [row.previous_hash for row in rows],
            [row.hash for row in rows],
        ),
    )
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(last)))
    return last
