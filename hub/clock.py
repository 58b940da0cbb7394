"""The one place that asks what time it is: wall time that never runs backwards, and steps of the wall clock seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock


class Clock:
    """Wall time that never goes backwards; `steps` counts how often the machine's clock was stepped by more than 2 s.

    A worker compares `steps` before and after: after a step, time that seemed to pass did not, so silence is not judged
    until grace has passed again. After a step backwards this clock does not stand still until the machine's has caught
    up, or nothing would fall due for as long as the step was wide: it goes on, a little slower.
    """

    STEP_S = 2.0
    SLOWED = 0.9  # hub seconds for each second of the machine while its clock lies behind ours

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the two clocks of the machine, or a test's own."""
        self._wall, self._monotonic = wall, monotonic
        self._ticked = monotonic()
        self._latest = wall()
        self._offset = self._latest - self._ticked
        self._lock = Lock()
        self.steps = 0

    def now(self) -> datetime:
        """Return the present instant in UTC, never before an instant returned earlier."""
        with self._lock:
            wall, ticked = self._wall(), self._monotonic()
            offset = wall - ticked
            if abs(offset - self._offset) > self.STEP_S:
                self.steps += 1
                self._offset = offset
            self._latest = max(self._latest + self.SLOWED * (ticked - self._ticked), wall)
            self._ticked = ticked
            return datetime.fromtimestamp(self._latest, UTC)


SYSTEM = Clock()


def now() -> datetime:
    """Return the present instant in UTC from the system's clock."""
    return SYSTEM.now()


def ago(seconds: float) -> datetime:
    """Return the instant that lies `seconds` back."""
    return now() - timedelta(seconds=seconds)
