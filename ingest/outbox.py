"""Messages to publish in, in order out, again after a lost connection; too many, and the oldest are dropped."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


class Outbox:
    """A queue that survives lost connections; bounded in messages and in bytes."""

    def __init__(self, limit: int = 10_000, limit_bytes: int = 64 * 1024 * 1024) -> None:
        """Take how many messages and how many bytes of payload may wait."""
        self._limit, self._limit_bytes = limit, limit_bytes
        self._waiting: deque[Outgoing] = deque()
        self._sent: dict[int, Outgoing] = {}
        self._in_hand = 0  # given out by `next`, neither waiting nor known as sent
        self._bytes = 0
        self._changed = threading.Condition()
        self.dropped = 0

    @property
    def unsent(self) -> int:
        """How many messages wait or are not yet confirmed by the broker."""
        return len(self._waiting) + self._in_hand + len(self._sent)

    @property
    def waiting(self) -> int:
        """How many messages were not yet given out."""
        return len(self._waiting)

    def put(self, message: Outgoing) -> None:
        """Add a message, at the cost of the oldest that wait."""
        with self._changed:
            self._waiting.append(message)
            self._bytes += len(message.payload)
            self._shed()

    def next(self, in_flight: int) -> Outgoing | None:
        """Return the next message to send, unless `in_flight` are unconfirmed or none waits."""
        with self._changed:
            if not self._waiting or len(self._sent) >= in_flight:
                return None
            message = self._waiting.popleft()
            self._bytes -= len(message.payload)
            self._in_hand = 1
            return message

    def sent(self, mid: int, message: Outgoing) -> None:
        """Remember a message that the broker must confirm."""
        with self._changed:
            self._sent[mid] = message
            self._in_hand = 0

    def written(self) -> None:
        """Forget a message that needs no confirmation."""
        with self._changed:
            self._in_hand = 0
            if not self.unsent:
                self._changed.notify_all()

    def confirmed(self, mid: int) -> None:
        """Forget a message that the broker has."""
        with self._changed:
            self._sent.pop(mid, None)
            if not self.unsent:
                self._changed.notify_all()

    def recall(self) -> None:
        """Put what was not confirmed in front again: the connection that it was sent on is gone."""
        with self._changed:
            unconfirmed = list(self._sent.values())
            self._sent.clear()
            self._in_hand = 0
            self._waiting.extendleft(reversed(unconfirmed))
            self._bytes += sum(len(message.payload) for message in unconfirmed)
            self._shed()

    def wait_empty(self, wait_s: float) -> bool:
        """Wait until the broker has everything; False when it has not after `wait_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.unsent, wait_s)

    def _shed(self) -> None:
        while len(self._waiting) > self._limit or (self._bytes > self._limit_bytes and len(self._waiting) > 1):
            self._bytes -= len(self._waiting.popleft().payload)
            self.dropped += 1
