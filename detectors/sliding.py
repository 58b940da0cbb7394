"""Values with their times go in, the lowest or highest of the last while comes out."""

from __future__ import annotations

from datetime import datetime, timedelta


class Lowest:
    """The lowest value of the last `window`; it keeps only values that can still become the lowest."""

    __slots__ = ("_entries", "_window")

    def __init__(self, window_s: float) -> None:
        """Begin empty."""
        self._window = timedelta(seconds=window_s)
        self._entries: list[tuple[datetime, float]] = []

    def push(self, at: datetime, value: float) -> float:
        """Take `value` in; return the lowest of the window that ends at `at`, `value` included."""
        entries = self._entries
        while entries and entries[-1][1] >= value:
            entries.pop()
        entries.append((at, value))
        if len(entries) > 1:
            return self._first(at)
        return value

    def at(self, at: datetime) -> float | None:
        """Return the lowest of the window that ends at `at`, or None when it holds nothing."""
        return self._first(at) if self._entries and self._entries[-1][0] >= at - self._window else None

    def _first(self, at: datetime) -> float:
        entries, oldest = self._entries, at - self._window
        while entries[0][0] < oldest:
            entries.pop(0)
        return entries[0][1]


class Highest:
    """The highest value of the last `window`, kept in the same way."""

    __slots__ = ("_lowest",)

    def __init__(self, window_s: float) -> None:
        """Begin empty."""
        self._lowest = Lowest(window_s)

    def push(self, at: datetime, value: float) -> float:
        """Take `value` in; return the highest of the window that ends at `at`, `value` included."""
        return -self._lowest.push(at, -value)

    def at(self, at: datetime) -> float | None:
        """Return the highest of the window that ends at `at`, or None when it holds nothing."""
        lowest = self._lowest.at(at)
        return None if lowest is None else -lowest
