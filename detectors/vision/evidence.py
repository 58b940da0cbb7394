"""Pictures of the recent past in, the one nearest to an asked instant out: a ring bounded in bytes and in seconds.

The newest pictures are kept close together, older ones thinned to one every other second: the hub asks for the first
sight of something that has by then stood for minutes, and any instant must be answered within `WITHIN`. The newest are
held here, the older ones on a shelf: in memory, or a folder (`shelf.py`) that outlives the process. Asks no clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ingest.observation import Box

WITHIN = timedelta(seconds=2)
DENSE = timedelta(seconds=20)  # so long all pictures are kept
SPARSE = timedelta(seconds=2)  # so far apart the older ones are


@dataclass(frozen=True, slots=True)
class Kept:
    """One picture: its frame's time, the JPEG, and what the model saw in that frame (for blurring people)."""

    captured_at: datetime
    jpeg: bytes
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Shelved:
    """A picture that lies on the shelf: its frame's time and the bytes it takes there."""

    captured_at: datetime
    bytes: int


class Shelf(Protocol):
    """Where the older pictures lie."""

    def there(self) -> list[Shelved]:
        """Return what lies there already, oldest first."""
        ...

    def put(self, picture: Kept) -> Shelved | None:
        """Keep `picture`; None where that cannot be done."""
        ...

    def get(self, captured_at: datetime) -> Kept | None:
        """Return the picture of that time, or None where it cannot be read any more."""
        ...

    def drop(self, captured_at: datetime) -> None:
        """Let the picture of that time go."""
        ...


class Memory:
    """A shelf that ends with the process."""

    def __init__(self) -> None:
        """Begin empty."""
        self._kept: dict[datetime, Kept] = {}

    def there(self) -> list[Shelved]:
        """Return nothing: it begins empty."""
        return []

    def put(self, picture: Kept) -> Shelved:
        """Keep `picture`."""
        self._kept[picture.captured_at] = picture
        return Shelved(picture.captured_at, len(picture.jpeg))

    def get(self, captured_at: datetime) -> Kept | None:
        """Return the picture of that time."""
        return self._kept.get(captured_at)

    def drop(self, captured_at: datetime) -> None:
        """Let the picture of that time go."""
        self._kept.pop(captured_at, None)


class Answer(StrEnum):
    """What became of a request for a picture."""

    FOUND = "found"
    EMPTY = "empty"  # nothing has been kept yet
    TOO_OLD = "too_old"  # from before the oldest picture kept
    TOO_NEW = "too_new"  # from after the newest one
    GAP = "gap"  # the camera was blind at that time


class Ring:
    """The recent pictures of one camera."""

    def __init__(self, *, keep_s: float, keep_bytes: int, shelf: Shelf | None = None) -> None:
        """Keep pictures for `keep_s` seconds before the newest, and never more than `keep_bytes` of them.

        What lies on `shelf` from before belongs to it.
        """
        self._keep = timedelta(seconds=keep_s)
        self._keep_bytes = keep_bytes
        self._shelf: Shelf = shelf or Memory()
        self._sparse = deque(self._shelf.there())
        self._dense: deque[Kept] = deque()
        self.bytes = sum(one.bytes for one in self._sparse)

    def __len__(self) -> int:
        """Return how many pictures are kept."""
        return len(self._sparse) + len(self._dense)

    def add(self, picture: Kept) -> None:
        """Keep `picture`, which is later than all before it; one that is not is ignored."""
        if not self._dense:
            # What an earlier process left from what is now the future, by another clock, is of no use to anybody.
            while self._sparse and self._sparse[-1].captured_at >= picture.captured_at:
                self._forget(self._sparse.pop())
        elif picture.captured_at <= self._dense[-1].captured_at:
            return
        self._dense.append(picture)
        self.bytes += len(picture.jpeg)
        while self._dense[0].captured_at < picture.captured_at - DENSE:
            self._thin()
        while len(self) > 1 and (self.bytes > self._keep_bytes or self._oldest() < picture.captured_at - self._keep):
            if self._sparse:
                self._forget(self._sparse.popleft())
            else:
                self.bytes -= len(self._dense.popleft().jpeg)

    def clear(self) -> None:
        """Let every picture go."""
        while self._sparse:
            self._forget(self._sparse.pop())
        self._dense.clear()
        self.bytes = 0

    def nearest(self, at: datetime) -> tuple[Answer, Kept | None]:
        """Return the picture nearest to `at`, or why there is none within two seconds of it."""
        if not self:
            return Answer.EMPTY, None
        there: list[Shelved | Kept] = [*self._sparse, *self._dense]
        best = min(there, key=lambda kept: abs(kept.captured_at - at))
        if abs(best.captured_at - at) <= WITHIN:
            found = best if isinstance(best, Kept) else self._shelf.get(best.captured_at)
            return (Answer.GAP, None) if found is None else (Answer.FOUND, found)
        if at < self._oldest():
            return Answer.TOO_OLD, None
        newest = (self._dense or self._sparse)[-1].captured_at
        return (Answer.TOO_NEW if at > newest else Answer.GAP), None

    def _thin(self) -> None:
        """Shelve the oldest of the dense pictures, or leave it out where the gap that leaves stays within SPARSE."""
        old = self._dense.popleft()
        self.bytes -= len(old.jpeg)
        before = self._sparse[-1].captured_at if self._sparse else None
        if before is not None and self._dense[0].captured_at - before <= SPARSE:
            return
        shelved = self._shelf.put(old)
        if shelved is not None:
            self._sparse.append(shelved)
            self.bytes += shelved.bytes

    def _forget(self, shelved: Shelved) -> None:
        self._shelf.drop(shelved.captured_at)
        self.bytes -= shelved.bytes

    def _oldest(self) -> datetime:
        return (self._sparse or self._dense)[0].captured_at
