"""Appends to the feed: what happened to alerts and cases in, numbers out, in the order in which transactions commit."""

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
    """One item of the feed before it has its number; `document` is that of the alert or of the case, one of which is.

    A case's own grid is the one it lies in, as an alert's is.
    """

    at: datetime
    kind: str
    grid: str
    document: dict[str, Any]
    previous_hash: str
    hash: str
    alert_id: UUID | None = None
    case_id: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse an item that tells of both or of neither."""
        if (self.alert_id is None) == (self.case_id is None):
            raise ValueError("an item of the feed tells of an alert or of a case")


def append(connection: Connection[Any], rows: Sequence[FeedRow]) -> int | None:
    """Write `rows` in order and wake the readers at commit; return the last number, or None for no rows.

    Call it last in a transaction: from here until commit no other transaction can write to the feed, which is what
    makes the numbers gapless and visible in their own order. Every lock on alerts and cases must have been taken
    before.
    """
    if not rows:
        return None
    found = connection.execute("UPDATE feed_head SET seq = seq + %s RETURNING seq", (len(rows),)).fetchone()
    assert found is not None
    last: int = found[0]
    connection.execute(
        """INSERT INTO feed (seq, at, type, grid, prev_hash, hash, alert_id, alert, case_id, "case")
           SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[],
                                %s::uuid[], %s::jsonb[], %s::uuid[], %s::jsonb[])""",
        (
            list(range(last - len(rows) + 1, last + 1)),
            [row.at for row in rows],
            [row.kind for row in rows],
            [row.grid for row in rows],
            [row.previous_hash for row in rows],
            [row.hash for row in rows],
            [row.alert_id for row in rows],
            [None if row.alert_id is None else dumps(row.document) for row in rows],
            [row.case_id for row in rows],
            [None if row.case_id is None else dumps(row.document) for row in rows],
        ),
    )
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(last)))
    return last
