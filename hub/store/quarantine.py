"""Messages that could not be read: kept with their bytes and reason, listed, and marked when they were sent again.

The same bytes for the same topic wait only once: their row counts how often they came. A message that the broker sends
again after a crash is therefore no second message, and a device stuck on one bad message does not fill the disk.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from hub.store.observations import Tally, tally
from hub.store.rows import plain_text
from ingest.observation import Quarantined

_INSERT = """
    INSERT INTO quarantine (received_at, topic, payload, reason, detail, grid, entry, digest, times, last_received_at)
    SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::int[],
                         %s::bytea[], %s::bigint[], %s::timestamptz[])
    ON CONFLICT (digest) WHERE replayed_at IS NULL DO UPDATE SET
        times = quarantine.times + excluded.times,
        last_received_at = greatest(quarantine.last_received_at, excluded.last_received_at)
    RETURNING digest, times"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """One message in quarantine; `times` counts how often the same bytes came while it waited."""

    id: int
    received_at: datetime
    topic: str
    payload: bytes
    reason: str
    detail: str
    grid: str
    entry: int | None
    replayed_at: datetime | None
    times: int
    last_received_at: datetime

    def document(self) -> dict[str, Any]:
        """Return the row as JSON-ready data; the payload as text where it is text, else as base64."""
        try:
            payload, encoding = self.payload.decode(), "utf-8"
        except UnicodeDecodeError:
            payload, encoding = base64.b64encode(self.payload).decode("ascii"), "base64"
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat(),
            "topic": self.topic,
            "payload": payload,
            "payload_encoding": encoding,
            "reason": self.reason,
            "detail": self.detail,
            "grid": self.grid,
            "entry": self.entry,
            "replayed_at": self.replayed_at.isoformat() if self.replayed_at else None,
            "times": self.times,
            "last_received_at": self.last_received_at.isoformat(),
        }


_COLUMNS = "id, received_at, topic, payload, reason, detail, grid, entry, replayed_at, times, last_received_at"
_NAMES = _COLUMNS.split(", ")


def insert_quarantined(connection: Connection[Any], rows: Sequence[Quarantined]) -> Tally:
    """Keep what could not be read; return how many were not waiting there already."""
    first: dict[bytes, Quarantined] = {}
    times: dict[bytes, int] = {}
    last: dict[bytes, datetime] = {}
    for row in rows:
        key = digest(row)
        first.setdefault(key, row)
        times[key] = times.get(key, 0) + 1
        last[key] = max(last.get(key, row.received_at), row.received_at)
    if not first:
        return tally(())
    keys = sorted(first)  # in one order for every writer, so that two cannot wait for each other
    kept = [first[key] for key in keys]
    found = connection.execute(
        _INSERT,
        (
            [row.received_at for row in kept],
            [plain_text(row.topic) for row in kept],
            [row.payload for row in kept],
            [row.reason.value for row in kept],
            [plain_text(row.detail) for row in kept],
            [plain_text(row.grid) for row in kept],
            [row.entry for row in kept],
            keys,
            [times[key] for key in keys],
            [last[key] for key in keys],
        ),
    ).fetchall()
    fresh = [first[key] for key, total in found if total == times[key]]
    return tally((plain_text(row.grid), row.received_at) for row in fresh)


def digest(row: Quarantined) -> bytes:
    """Return the SHA-256 by which the same message is known again."""
    topic = row.topic.encode("utf-8", "surrogatepass")
    head = f"{len(topic)}:{row.entry}:".encode()
    return hashlib.sha256(head + topic + row.payload).digest()


def list_quarantined(
    connection: Connection[Any], *, reason: str | None = None, limit: int = 50, waiting_only: bool = False
) -> list[QuarantineRow]:
    """Return what is in quarantine, newest first."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM quarantine
            WHERE (%s::text IS NULL OR reason = %s) AND (NOT %s OR replayed_at IS NULL)
            ORDER BY received_at DESC, id DESC LIMIT %s""",
        (reason, reason, waiting_only, limit),
    )
    return [_row(row) for row in rows]


def payloads(connection: Connection[Any], ids: Sequence[int] | None) -> Iterator[QuarantineRow]:
    """Yield those rows to be sent again, oldest first; with None all that were not sent again yet.

    They stay locked until the caller's transaction ends, so two replays at once do not send one message twice.
    """
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM quarantine
            WHERE CASE WHEN %s::bigint[] IS NULL THEN replayed_at IS NULL ELSE id = ANY(%s) END
            ORDER BY received_at, id FOR UPDATE SKIP LOCKED""",
        (ids, ids),
    )
    for row in rows:
        yield _row(row)


def mark_replayed(connection: Connection[Any], ids: Sequence[int], at: datetime) -> int:
    """Note that those rows were sent again at that time; return how many there were."""
    return connection.execute("UPDATE quarantine SET replayed_at = %s WHERE id = ANY(%s)", (at, list(ids))).rowcount


def _row(row: Sequence[Any]) -> QuarantineRow:
    return QuarantineRow(**dict(zip(_NAMES, row, strict=True)))
