"""What a dispatch system does about what happens: put your own work here.

It is asked once for each event, inside the transaction that takes the event in. So it must be quick, and do nothing
but return orders: whatever it returns is sent until the hub has answered, once for each event.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dispatch_client.store import Order

LEASE_S = 1800


class Crew:
    """A crew that takes every case that is dispatched, says that it is on its way, and then that it is done."""

    def __init__(self, name: str, departments: frozenset[str] = frozenset()) -> None:
        """Take our name at the hub, and the departments whose cases are ours (none: all)."""
        self._name, self._departments = name, departments

    def decide(self, item: dict[str, Any]) -> Iterable[Order]:
        """Return what is to be ordered because of one item of the feed."""
        case = item.get("case")
        if case is None or (self._departments and case["department"] not in self._departments):
            return
        ours = case["last"]["by"] == self._name
        match item["type"]:
            case "case.dispatched" | "case.rerouted" | "case.reworked":
                yield Order(case["id"], "take", {"lease_s": LEASE_S})
            case "case.taken" if ours:
                yield Order(case["id"], "progress", {"note": "the crew is on its way"})
            case "case.progressed" if ours:
                yield Order(case["id"], "report-done", {"note": "settled"})
