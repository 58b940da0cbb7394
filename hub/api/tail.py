"""Takes each new feed item once from the database, wakes every reader of this process; the newest are kept in memory.

A hundred streams cost one database connection: a reader that keeps up is served from memory, one that lags reads its
pages from the table until it has caught up. Nothing is queued for anybody: each reader has only its cursor.
"""

from __future__ import annotations

import asyncio
import json
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hub.dispatch.feed import item_document
from hub.log import logger
from hub.people.caller import Reach
from hub.store.read_feed import FeedItem, follow

log = logger("feed")
KEPT = 2000


class Event(NamedTuple):
    """A number and the server-sent event that carries it, written out once for all streams; and who may see it."""

    seq: int
    written: bytes
    grid: str = ""
    departments: frozenset[str] | None = None  # of a case; None for an alert

    def is_within(self, reach: Reach) -> bool:
        """Say whether somebody with this reach sees it."""
        if reach.grids is not None and self.grid not in reach.grids:
            return False
        return reach.department is None or self.departments is None or reach.department in self.departments


def event(item: FeedItem) -> Event:
    """Return one item as a server-sent event."""
    data = json.dumps(item_document(item), ensure_ascii=False, separators=(",", ":"))
    written = f"id: {item.seq}\nevent: {item.type}\ndata: {data}\n\n".encode()
    return Event(item.seq, written, item.grid, item.departments)


class FeedTail:
    """The end of the feed. All methods but `start` and `stop` belong to the event loop's thread."""

    def __init__(self, dsn: str, *, kept: int = KEPT) -> None:
        """Take the database's address and how many items to keep."""
        self._dsn = dsn
        self._kept = kept
        self._seqs: list[int] = []
        self._events: list[Event] = []
        self._newest = -1
        self._floor = -1  # every item above this and up to `newest` is in memory
        self._changed = asyncio.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ending = False

    @property
    def newest(self) -> int:
        """Return the highest number seen, -1 before the database was first reached."""
        return self._newest

    def start(self) -> None:
        """Begin to follow the feed; must be called in the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, name="feed", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Wake every reader for the last time: the process is about to stop. Safe to call from any thread."""
        self._stop.set()
        self._call(self._end)

    def stop(self) -> None:
        """End the connection; blocks for at most a moment longer than one look at the table takes."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)

    def after(self, seq: int, limit: int) -> list[Event] | None:
        """Return up to `limit` events above `seq` from memory, or None where only the table can tell."""
        if self._newest < 0 or seq < self._floor:
            return None
        begin = bisect_right(self._seqs, seq)
        return self._events[begin : begin + limit]

    async def wait(self, seq: int, wait_s: float) -> bool:
        """Wait until there is an item above `seq`, at most `wait_s`; return whether there is one."""
        try:
            async with asyncio.timeout(wait_s):
                while self._newest <= seq and not self.ending:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return self._newest > seq

    def _follow(self) -> None:
        follow(
            self._dsn,
            begin=lambda seq: self._call(self._begin, seq),
            hand_on=lambda items: self._call(self._take, items),
            stop=self._stop,
            lost=lambda why: log.warning("the feed's connection is lost; trying again", error=why),
        )

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def _begin(self, seq: int) -> None:
        self._newest = self._floor = seq
        self._wake()

    def _take(self, items: Sequence[FeedItem]) -> None:
        for one in map(event, items):
            self._seqs.append(one.seq)
            self._events.append(one)
        if len(self._seqs) > 2 * self._kept:  # seldom, so that forgetting costs little for each item
            self._floor = self._seqs[-self._kept - 1]
            del self._seqs[: -self._kept], self._events[: -self._kept]
        self._newest = items[-1].seq
        self._wake()

    def _end(self) -> None:
        self.ending = True
        self._wake()

    def _wake(self) -> None:
        # A fresh event for the next change: whoever waits on the old one wakes exactly once.
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
