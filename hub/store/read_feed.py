"""The feed as it is read: items after a sequence number, and a tail that hands on each new item as it commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from hub.people.caller import EVERYWHERE, Reach
from hub.store.feed import CHANNEL
from hub.store.session import StoreUnavailable, connect, first_line, unavailable

NET_S = 1.0  # a lost notification costs at most this long
PAGE = 500


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry: something that happened to an alert or a case, with what it was after it; the other is None."""

    seq: int
    type: str
    at: datetime
    grid: str
    alert: dict[str, Any] | None
    case: dict[str, Any] | None

    @property
    def departments(self) -> frozenset[str] | None:
        """Return the departments that the case was with by then; None for an alert, which is with none."""
        return None if self.case is None else frozenset(self.case["departments"])


def items_after(connection: Connection[Any], after: int, limit: int, reach: Reach = EVERYWHERE) -> list[FeedItem]:
    """Return up to `limit` items within `reach` with a number above `after`, in their order."""
    rows = connection.execute(
        """SELECT seq, type, at, grid, alert, "case" FROM feed
           WHERE seq > %(after)s
             AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
             AND (%(department)s::text IS NULL OR case_id IS NULL OR "case"->'departments' ? %(department)s)
           ORDER BY seq LIMIT %(limit)s""",
        {"after": after, "limit": limit, "grids": reach.grid_list(), "department": reach.department},
    )
    return [FeedItem(*row) for row in rows]


def items_of_case(connection: Connection[Any], case_id: UUID) -> list[FeedItem]:
    """Return everything that happened to one case, in order."""
    rows = connection.execute(
        'SELECT seq, type, at, grid, alert, "case" FROM feed WHERE case_id = %s ORDER BY seq', (case_id,)
    )
    return [FeedItem(*row) for row in rows]


def newest_seq(connection: Connection[Any]) -> int:
    """Return the highest number below which nothing can still commit; 0 for an empty feed."""
    row = connection.execute("SELECT seq FROM feed_head").fetchone()
    return int(row[0]) if row is not None else 0


def oldest_seq(connection: Connection[Any]) -> int | None:
    """Return the lowest number that is still kept; None for an empty feed."""
    row = connection.execute("SELECT seq FROM feed ORDER BY seq LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def follow(
    dsn: str,
    *,
    hand_on: Callable[[Sequence[FeedItem]], None],
    begin: Callable[[int], None],
    stop: threading.Event,
    lost: Callable[[str], None],
) -> None:
    """Hand on every item that commits from now on, in order, until `stop`; survives the database going away.

    `begin` is told the newest number at the start, once; `lost` is told why a connection ended. One connection serves
    all readers of a process: it listens for the store's wake-up, and looks every second in case one was lost.
    """
    seen: int | None = None
    wait_s = 0.1
    while not stop.is_set():
        try:
            with connect(dsn) as link, unavailable():
                link.execute(f"LISTEN {CHANNEL}".encode())
                if seen is None:
                    seen = newest_seq(link)
                    begin(seen)
                while not stop.is_set():
                    wait_s = 0.1
                    page = items_after(link, seen, PAGE)
                    if page:
                        seen = page[-1].seq
                        hand_on(page)
                    if len(page) < PAGE:
                        for _ in link.notifies(timeout=NET_S, stop_after=1):
                            pass
        except (StoreUnavailable, psycopg.Error) as error:
            lost(first_line(error))
            stop.wait(wait_s)
            wait_s = min(wait_s * 2, 5.0)
