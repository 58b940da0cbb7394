"""Takes how often signing in failed lately, says how long the next attempt waits; pure.

Two things are counted apart. The account: guessing one person's password from many addresses waits longer and longer.
But whoever knows a name could so keep its owner out; therefore an address from which the owner has signed in lately
has a count of its own, which failures from elsewhere do not touch. The address: guessing many accounts from one address
waits too, but briefly, because a whole office may stand behind it. No wait is longer than `longest_s`, an attempt
during a wait is neither looked at nor counted, and failures are forgotten after a quiet while: nobody is ever locked
out for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hub.people.network import network_of

FORGOTTEN_AFTER = timedelta(hours=1)
KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are free, and how long the longest wait is; each further one doubles the wait."""

    free: int
    longest_s: float

    def wait_s(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        beyond = failures - self.free
        return 0.0 if beyond < 0 else min(self.longest_s, 2.0 ** min(beyond, 30))


ACCOUNT = Patience(free=5, longest_s=900.0)
ADDRESS = Patience(free=30, longest_s=60.0)


def keys(name_key: str, remote: str, *, known_there: bool) -> dict[str, Patience]:
    """Return what an attempt is counted under: the account (of this address alone, if it is known there), the address.

    An account that does not exist is counted like one that does, so that nothing tells which names there are.
    """
    network = network_of(remote)
    account = f"account {name_key} at {network}" if known_there else f"account {name_key}"
    return {account: ACCOUNT, f"address {network}": ADDRESS}
