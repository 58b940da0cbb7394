"""A small client of the hub's own API, as any outside system would use it: standard library only."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class HubSilent(RuntimeError):
    """The API gave no usable answer."""


@dataclass(frozen=True, slots=True)
class HubClient:
    """Calls the API at `address` (no trailing slash) with `token`."""

    address: str
    token: str

    def is_live(self) -> bool:
        """Tell whether the API answers and its database is there."""
        try:
            self._get("/api/v1/feed?after=0&limit=1", timeout_s=2)
        except HubSilent:
            return False
        return True

    def newest_seq(self) -> int:
        """Return the feed's newest sequence number, 0 for an empty feed."""
        newest: int = self._get("/api/v1/feed?after=9223372036854775806&limit=1")["newest"]
        return newest

    def feed(self, after: int, *, wait_s: int) -> Iterator[dict[str, Any]]:
        """Yield the feed items after `after`, waiting up to `wait_s` for the first."""
        yield from self._get(f"/api/v1/feed?after={after}&limit=500&wait={wait_s}", timeout_s=wait_s + 5)["items"]

    def totals(self) -> dict[str, int]:
        """Return the ledger's totals."""
        total: dict[str, int] = self._get("/api/v1/ledger")["total"]
        return total

    def _get(self, path: str, *, timeout_s: float = 5) -> Any:
        request = urllib.request.Request(self.address + path, headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return json.load(answer)
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise HubSilent(str(error)) from None
