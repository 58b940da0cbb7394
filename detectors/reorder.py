"""A stream's observations go in as they arrive; they come out in the order of their own time, each exactly once.

An observation is held until the hub has waited `bound_s` for stragglers that belong before it. What arrives later than
that, or twice, is late: it has no place in the order any more. Which observation is late depends on the arrivals alone,
never on how often `release` is called or how arrivals are grouped, so that live and replayed time agree.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

from ingest.observation import Frame, Reading

Key = tuple[datetime, str, str]  # event time, device, quantity: the order in which a stream is folded
Foldable = Reading | Frame

HELD_LIMIT = 10_000  # per stream; beyond it the oldest are let go early: memory stays bounded whatever arrives
BEGINNING: Key = (datetime.min.replace(tzinfo=UTC), "", "")
NEVER = datetime.max.replace(tzinfo=UTC)


def key_of(observation: Foldable) -> Key:
    """Return the place of `observation` in its stream's order."""
    if isinstance(observation, Reading):
        return (observation.measured_at, observation.device_id, observation.quantity)
    return (observation.captured_at, observation.camera_id, "")


class Stream:
    """What one stream holds back, and how far it has been folded.

    `due` is the instant after which something held must be released, NEVER when nothing is held. `queued_at` is free
    for the owner, to know for which instant the stream waits in its queue. `ordered` tells a stream that waits for
    stragglers from one that folds as things arrive.
    """

    __slots__ = ("_bound", "_held", "due", "folded", "ordered", "queued_at")

    def __init__(self, bound_s: float) -> None:
        self._bound = timedelta(seconds=bound_s)
        self._held: list[tuple[Key, datetime, Foldable]] = []  # sorted by key; the keys are unique
        self.ordered = bound_s > 0
        self.folded = BEGINNING
        self.due = NEVER
        self.queued_at = NEVER

    def __len__(self) -> int:
        return len(self._held)

    def arrive(self, key: Key, observation: Foldable) -> bool:
        """Hold `observation`; return False if it is late or already held. Call `release` up to its arrival before."""
        held = self._held
        if key <= self.folded:
            return False
        received_at = observation.received_at
        # A device whose clock runs ahead waits for the hub's clock: else it would make its neighbours late.
        due = (key[0] if key[0] > received_at else received_at) + self._bound
        if not held or key > held[-1][0]:
            held.append((key, due, observation))
        else:
            place = bisect_left(held, (key,))
            if held[place][0] == key:
                return False
            held.insert(place, (key, due, observation))
        if due < self.due:
            self.due = due
        return True

    def release(self, at: datetime) -> list[Foldable]:
        """Return in order what has waited long enough before `at`, with all that belongs before it."""
        held = self._held
        if self.due >= at and len(held) <= HELD_LIMIT:
            return []
        count = len(held) - HELD_LIMIT  # may be negative: then only time decides
        if held and held[-1][1] < at:
            count = len(held)
        elif self.due < at:
            count = max(count, 1 + max(place for place, entry in enumerate(held) if entry[1] < at))
        released = held[:count]
        del held[:count]
        self.folded = released[-1][0]
        self.due = min((due for _, due, _ in held), default=NEVER)
        return [observation for _, _, observation in released]
