"""Takes the times at which a condition was raised, tells whether it comes and goes too often to be news."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

RAISES = 3
WITHIN = timedelta(minutes=10)
# Three raises are ISA-18.2's mark of a chattering alarm, there within one minute. Ours is ten: our durations keep most
# conditions from being raised three times in one.


@dataclass(slots=True)
class Recurrences:
    """When each (rule, subject) was last raised; memory is bounded by what happened within `WITHIN`."""

    _raised: dict[tuple[str, str], deque[datetime]] = field(default_factory=dict)

    def note(self, rule: str, subject: str, at: datetime) -> bool:
        """Record a raise at `at`; return whether it makes the condition a flapping one."""
        times = self._raised.setdefault((rule, subject), deque(maxlen=RAISES))
        times.append(at)
        return len(times) == RAISES and times[-1] - times[0] <= WITHIN

    def forget(self, before: datetime) -> None:
        """Drop what no later raise can count any more."""
        for key in [key for key, times in self._raised.items() if times[-1] < before - WITHIN]:
            del self._raised[key]
