"""Takes failed tokens by remote address, says how long that address must wait: a token bucket each; pure, bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict

from hub.people.network import network_of


class FailedTokens:
    """At most `burst` failures at once and one more every `refill_s`, for each address; only failures are counted.

    While its bucket is empty an address is answered without a look at its token, right or wrong: otherwise the limit
    would not slow down guessing. The wait is short, so that a neighbour behind the same address is hardly hindered.
    Addresses are forgotten when their bucket is full again, and at most `addresses` are kept: the oldest go first.
    """

    def __init__(self, *, burst: int = 10, refill_s: float = 6.0, addresses: int = 10_000) -> None:
        """Take the sizes of the buckets and how many addresses to remember."""
        self._burst, self._refill_s, self._addresses = burst, refill_s, addresses
        # address -> when its bucket will be full again (monotonic seconds); what is missing follows from it.
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, remote: str, now_s: float) -> float:
        """Return how many seconds `remote` must wait before its next attempt is looked at; 0 means none."""
        missing_s = self._full_at.get(network_of(remote), now_s) - now_s
        return max(0.0, missing_s - (self._burst - 1) * self._refill_s)

    def note(self, remote: str, now_s: float) -> None:
        """Count one failed token of `remote`."""
        with self._lock:
            self._note(network_of(remote), now_s)

    def _note(self, key: str, now_s: float) -> None:
        full_at = max(self._full_at.pop(key, now_s), now_s) + self._refill_s
        self._full_at[key] = full_at
        while self._full_at:
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] > now_s and len(self._full_at) <= self._addresses:
                break
            del self._full_at[oldest]

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._full_at)
