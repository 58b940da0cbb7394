"""One piece of work at a time on a thread of its own, so that the next can be prepared meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Aside:
    """The worker judges the next batch while the database stores the last one; it is never more than one ahead."""

    def __init__(self, name: str) -> None:
        """Name the thread; it is started by the first piece of work."""
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._in_hand: Future[bool] | None = None

    def begin(self, work: Callable[[], bool]) -> None:
        """Begin `work`, which tells whether it was done. What was begun before must have been finished."""
        if self._in_hand is not None:
            raise RuntimeError("the work in hand was not finished")
        self._in_hand = self._threads.submit(work)

    def finish(self) -> bool:
        """Wait for the work in hand and tell whether it was done (True where there is none); raise what it raised."""
        in_hand, self._in_hand = self._in_hand, None
        return in_hand is None or in_hand.result()

    def close(self) -> None:
        """Wait for the work in hand, whatever becomes of it, and end the thread."""
        self._threads.shutdown()
