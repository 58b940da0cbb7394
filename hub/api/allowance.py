"""A caller and the present in, seconds to wait out: so many requests a minute for each caller; pure, bounded.

Each caller has a bucket that fills evenly. It is kept in this process: with several processes of the API each grants
the whole of it.
"""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID


class Allowance:
    """At most `a_minute` requests in a minute, of which `burst` may come at once."""

    def __init__(self, *, a_minute: float, burst: int, callers: int = 10_000) -> None:
        """Take how much is granted, and how many callers to remember."""
        self._refill_s, self._burst, self._callers = 60.0 / a_minute, burst, callers
        # caller -> when its bucket will be full again; what is missing follows from it.
        self._full_at: OrderedDict[UUID, float] = OrderedDict()

    def wait_s(self, caller: UUID, now_s: float) -> float:
        """Count one request of `caller` and return 0, or return how long it must wait for the next, uncounted."""
        full_at = max(self._full_at.get(caller, now_s), now_s)
        wait_s = full_at - now_s - (self._burst - 1) * self._refill_s
        if wait_s > 1e-9:
            return wait_s
        self._full_at.pop(caller, None)
        self._full_at[caller] = full_at + self._refill_s
        while len(self._full_at) > self._callers or self._full_at[next(iter(self._full_at))] <= now_s:
            self._full_at.popitem(last=False)
        return 0.0
