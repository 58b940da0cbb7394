"""When which worker was listening: silence can only be judged for a time in which somebody listened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """One worker listened to some grids (None: all) from `since` to `until` without a break.

    Everything it received there before `until` is stored, or stored by the transaction that says so.
    """

    worker: str
    grids: tuple[str, ...] | None
    since: datetime
    until: datetime


def note_listening(
    connection: Connection[Any], worker: str, grids: Sequence[str] | None, since: datetime, until: datetime
) -> None:
    """Note that `worker` has been listening since then and still is at `until`."""
    connection.execute(
        """INSERT INTO listening (worker, grids, since, until) VALUES (%s, %s, %s, %s)
           ON CONFLICT (worker, since) DO UPDATE SET until = greatest(listening.until, excluded.until),
                                                     grids = excluded.grids""",
        (worker, None if grids is None else list(grids), since, until),
        prepare=True,
    )


def listening(
    connection: Connection[Any], since: datetime, until: datetime, *, grids: Sequence[str] | None = None
) -> list[Listening]:
    """Return the intervals that touch [since, until] and any of those grids (None: all), in order."""
    rows = connection.execute(
        """SELECT worker, grids, since, until FROM listening
           WHERE since <= %(until)s AND until >= %(since)s
             AND (%(grids)s::text[] IS NULL OR grids IS NULL OR grids && %(grids)s::text[])
           ORDER BY since, worker""",
        {"since": since, "until": until, "grids": None if grids is None else list(grids)},
    )
    return [
        Listening(worker=worker, grids=None if which is None else tuple(which), since=begin, until=end)
        for worker, which, begin, end in rows
    ]


def heard_until(connection: Connection[Any], grids: Sequence[str] | None) -> datetime | None:
    """Return until when somebody listened to any of those grids, or None if nobody ever did."""
    row = connection.execute(
        """SELECT max(until) FROM listening
           WHERE %(grids)s::text[] IS NULL OR grids IS NULL OR grids && %(grids)s::text[]""",
        {"grids": None if grids is None else list(grids)},
    ).fetchone()
    return None if row is None else row[0]
