"""A stream's observations go in as they arrive; they come out in the order of their own time, each exactly once.

An observation is held until the hub has waited `bound_s` for stragglers that belong before it. What arrives later than
that, or twice, is late: it has no place in the order any more. Which observation is late depends on the arrivals alone,
never on how often `release` is called or how arrivals are grouped, so that live and replayed time agree.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from ingest.observation import Frame, Reading

Key = tuple[datetime, str, str]  # event time, device, quantity: the order in which a stream is folded
Foldable = Reading | Frame

HELD_LIMIT = 10_000  # per stream; beyond it the oldest are let go early: memory stays bounded whatever arrives
BEGINNING: Key = (datetime.min.replace(tzinfo=UTC), "", "")
NEVER = datetime.max.replace(tzinfo=UTC)
_DUE = _KEY_HELD = itemgetter(0)
_KEY = itemgetter(1)


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

    Whoever feeds a stream calls `release` up to each arrival, then `overflow`, then `arrive`. Each costs next to
    nothing however much is held, because a flood comes just when the hub has much to catch up with.
    """

    __slots__ = ("_bound", "_dues", "_held", "due", "folded", "ordered", "queued_at")

    def __init__(self, bound_s: float) -> None:
        self._bound = timedelta(seconds=bound_s)
        self._held: list[tuple[Key, Foldable]] = []  # sorted by key; the keys are unique
        # When what is held must go: (due, key) rising in both. What lies before a key goes with it, so of two entries
        # the later one alone counts unless the earlier one is due before it.
        self._dues: list[tuple[datetime, Key]] = []
        self.ordered = bound_s > 0
        self.folded = BEGINNING
        self.due = NEVER
        self.queued_at = NEVER

    def __len__(self) -> int:
        return len(self._held)

    def arrive(self, key: Key, observation: Foldable) -> bool:
        """Hold `observation`; return False if it is late or already held."""
        held, dues = self._held, self._dues
        if key <= self.folded:
            return False
        received_at = observation.received_at
        # A device whose clock runs ahead waits for the hub's clock: else it would make its neighbours late.
        due = (key[0] if key[0] > received_at else received_at) + self._bound
        if not held or key > held[-1][0]:
            held.append((key, observation))
            while dues and dues[-1][0] >= due:
                dues.pop()
            dues.append((due, key))
        else:
            index = bisect_left(held, (key,))
            if held[index][0] == key:
                return False
            held.insert(index, (key, observation))
            place = bisect_left(dues, key, key=_KEY)
            if dues[place][0] <= due:
                return True
            begin = place
            while begin and dues[begin - 1][0] >= due:
                begin -= 1
            dues[begin:place] = [(due, key)]
        self.due = dues[0][0]
        return True

    def release(self, at: datetime) -> list[Foldable]:
        """Return in order what has waited long enough before `at`, with all that belongs before it."""
        if self.due >= at:
            return []
        last = self._dues[bisect_left(self._dues, at, key=_DUE) - 1][1]
        return self._let_go(bisect_right(self._held, last, key=_KEY_HELD))

    def overflow(self) -> list[Foldable]:
        """Return in order what is let go early because more than HELD_LIMIT is held: the older half."""
        return self._let_go(len(self._held) - HELD_LIMIT // 2) if len(self._held) > HELD_LIMIT else []

    def _let_go(self, count: int) -> list[Foldable]:
        released = self._held[:count]
        del self._held[:count]
        self.folded = released[-1][0]
        del self._dues[: bisect_right(self._dues, self.folded, key=_KEY)]
        self.due = self._dues[0][0] if self._dues else NEVER
        return [observation for _, observation in released]
