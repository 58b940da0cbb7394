"""Speaks with the hub over HTTP: pulls the feed, streams it, sends orders; knows which failures pass by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from dispatch_client.store import Waiting


class Later(Exception):
    """It cannot be done now and may succeed later; `wait_s` is what the hub asked for, if it did."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


class Gone(Exception):
    """Items after our number are no longer kept; the message says where to begin again."""


class Hub:
    """One hub, with the token of a role that may follow the feed and handle cases (`dispatch`)."""

    def __init__(self, address: str, token: str) -> None:
        """Take the hub's address, such as https://hub.example, and a token."""
        self._http = httpx.Client(
            base_url=f"{address.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}", "User-Agent": "dispatch-client/1"},
            timeout=httpx.Timeout(10.0, read=45.0),
        )

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def name(self) -> str:
        """Return how the hub calls us: cases that we took have it as `taken_by`."""
        return str(self._json(self._get("/whoami"))["name"])

    def pull(self, after: int, *, wait_s: int = 20, limit: int = 200) -> tuple[list[dict[str, Any]], int]:
        """Return the items after a number, as soon as there are any, and the number to go on with."""
        page = self._json(self._get("/feed", after=after, limit=limit, wait=wait_s))
        return page["items"], page["next"]

    def stream(self, after: int) -> Iterator[dict[str, Any]]:
        """Yield each item after a number, until the connection ends: then stream again from the last one."""
        try:
            with self._http.stream("GET", "/feed/stream", headers={"Last-Event-ID": str(after)}) as answer:
                if answer.status_code != 200:
                    answer.read()
                    self._json(answer)
                data = ""
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        data += line[5:]
                    elif not line and data:
                        yield json.loads(data)
                        data = ""
        except httpx.TransportError as error:
            raise Later(str(error) or type(error).__name__) from error

    def send(self, waiting: Waiting) -> tuple[bool, str]:
        """Send an order; return whether it was carried out, and the answer. Raises Later where it is to be sent again.

        Sent again with its key, also after it was carried out and the answer was lost, it is not carried out twice:
        the hub gives the first answer once more.
        """
        order = waiting.order
        try:
            answer = self._http.post(
                f"/cases/{order.case_id}/{order.command}", json=order.body, headers={"Idempotency-Key": waiting.key}
            )
        except httpx.TransportError as error:
            raise Later(str(error) or type(error).__name__) from error
        _raise_later(answer)
        return answer.is_success, answer.text

    def hand_in(self, picture: bytes, media_type: str) -> str:
        """Hand in a photo, return the hash to name it by in `photos`; the same picture again is kept once."""
        try:
            answer = self._http.post("/photos", content=picture, headers={"Content-Type": media_type})
        except httpx.TransportError as error:
            raise Later(str(error) or type(error).__name__) from error
        return str(self._json(answer)["sha256"])

    def _get(self, path: str, **params: Any) -> httpx.Response:
        try:
            return self._http.get(path, params=params)
        except httpx.TransportError as error:
            raise Later(str(error) or type(error).__name__) from error

    def _json(self, answer: httpx.Response) -> Any:
        _raise_later(answer)
        if answer.status_code == 410:
            raise Gone(answer.json()["detail"])
        answer.raise_for_status()
        return answer.json()


def _raise_later(answer: httpx.Response) -> None:
    """Raise Later for what passes by itself, or when somebody mends it: a token, a limit, the hub's own trouble."""
    if answer.status_code in (401, 403, 408, 429) or answer.status_code >= 500:
        asked = answer.headers.get("Retry-After", "")
        raise Later(f"HTTP {answer.status_code}: {answer.text[:200]}", float(asked) if asked.isdecimal() else None)
