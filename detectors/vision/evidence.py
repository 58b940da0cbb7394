"""Pictures of the recent past in, the one nearest to an asked instant out: a ring bounded in bytes and in seconds.

The newest pictures are kept close together, older ones thinned to one every other second: the hub asks for the first
sight of something that has by then stood for minutes, and any instant must be answered within `WITHIN_S`. Pure: it
holds JPEG bytes and asks no clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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


class Answer(StrEnum):
    """What became of a request for a picture."""

    FOUND = "found"
    EMPTY = "empty"  # nothing has been kept yet
    TOO_OLD = "too_old"  # from before the oldest picture kept
    TOO_NEW = "too_new"  # from after the newest one
    GAP = "gap"  # the camera was blind at that time


class Ring:
    """The recent pictures of one camera."""

    def __init__(self, *, keep_s: float, keep_bytes: int) -> None:
        """Keep pictures for `keep_s` seconds before the newest, and never more than `keep_bytes` of them."""
        self._keep = timedelta(seconds=keep_s)
        self._keep_bytes = keep_bytes
        self._sparse: deque[Kept] = deque()
        self._dense: deque[Kept] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        """Return how many pictures are kept."""
        return len(self._sparse) + len(self._dense)

    def add(self, picture: Kept) -> None:
        """Keep `picture`, which is later than all before it; one that is not is ignored."""
        newest = self._newest()
        if newest is not None and picture.captured_at <= newest.captured_at:
            return
        self._dense.append(picture)
        self.bytes += len(picture.jpeg)
        while self._dense[0].captured_at < picture.captured_at - DENSE:
            old = self._dense.popleft()
            # Leave a picture out only where the gap it would leave, up to the next one, stays within SPARSE.
            before = self._sparse[-1].captured_at if self._sparse else None
            if before is not None and self._dense[0].captured_at - before <= SPARSE:
                self.bytes -= len(old.jpeg)
            else:
                self._sparse.append(old)
        while len(self) > 1 and (
            self.bytes > self._keep_bytes or self._oldest().captured_at < picture.captured_at - self._keep
        ):
            self.bytes -= len((self._sparse or self._dense).popleft().jpeg)

    def nearest(self, at: datetime) -> tuple[Answer, Kept | None]:
        """Return the picture nearest to `at`, or why there is none within two seconds of it."""
        newest = self._newest()
        if newest is None:
            return Answer.EMPTY, None
        best = min((*self._sparse, *self._dense), key=lambda kept: abs(kept.captured_at - at))
        if abs(best.captured_at - at) <= WITHIN:
            return Answer.FOUND, best
        if at < self._oldest().captured_at:
            return Answer.TOO_OLD, None
        return (Answer.TOO_NEW if at > newest.captured_at else Answer.GAP), None

    def _newest(self) -> Kept | None:
        if self._dense:
            return self._dense[-1]
        return self._sparse[-1] if self._sparse else None

    def _oldest(self) -> Kept:
        return (self._sparse or self._dense)[0]
