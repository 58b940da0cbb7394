"""Messages from the network in, batches for the worker out; what is not acknowledged never exceeds the window."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# Payload in one batch, so that a batch of gateway messages or pictures is not a hundred times one of single readings:
# a megabyte is some fifteen thousand readings, which the store takes in a third of a second.
TAKE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came. `mid` means something to connection number `connection` only."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    retained: bool
    received_at: datetime
    connection: int = 0


class Window:
    """What was received and not acknowledged: waiting to be taken, or taken and not yet given back.

    The broker is told to send at most `receive_maximum`; a broker that sends more (MQTT 3.1.1 has no such promise)
    makes the window `full`, and then nothing more is read from the network.
    """

    def __init__(self, size: int) -> None:
        """Take the number of messages that may be held at once."""
        if not 1 <= size <= 65535:
            raise ValueError(f"the window is {size} messages: it must be 1 to 65535")
        self.size = size
        # One less than the size, so that a broker which keeps to it never makes the window full: reading goes on, and
        # with it the pings that keep the connection alive while a dead database is waited for.
        self.receive_maximum = max(1, size - 1)
        self._waiting: deque[Message] = deque()
        self._waiting_bytes = 0
        self._taken = 0
        self._wanted = size
        self._closed = False
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many messages wait to be taken."""
        return len(self._waiting)

    @property
    def held(self) -> int:
        """How many messages were received and not acknowledged."""
        return len(self._waiting) + self._taken

    @property
    def full(self) -> bool:
        """Whether nothing more may be read."""
        return len(self._waiting) + self._taken >= self.size

    @property
    def arriving(self) -> threading.Condition:
        """Held from the stamping of a message to its `put`, it lets nobody take past a message that has its time.

        Whoever takes after reading the clock then has every message that was received before that instant.
        """
        return self._changed

    def put(self, message: Message) -> None:
        """Add a message; wake who waits once there is a whole batch, or no more can come."""
        with self._changed:
            self._waiting.append(message)
            self._waiting_bytes += len(message.payload)
            if (
                len(self._waiting) >= self._wanted
                or self._waiting_bytes >= TAKE_BYTES
                or self.held >= self.receive_maximum
            ):
                self._changed.notify()

    def take(self, limit: int, wait_s: float) -> list[Message]:
        """Return up to `limit` messages, as soon as there are so many, or the window is full, or `wait_s` is over.

        Fewer are returned, but always one, where their payloads exceed TAKE_BYTES together.
        """
        deadline = time.monotonic() + wait_s
        with self._changed:
            self._wanted = limit
            while len(self._waiting) < limit and self._waiting_bytes < TAKE_BYTES and not self._closed:
                left_s = deadline - time.monotonic()
                if left_s <= 0 or (self._waiting and self.held >= self.receive_maximum):
                    break
                self._changed.wait(left_s)
            self._wanted = self.size  # nobody waits: wake nobody
            waiting, taken, left = self._waiting, list[Message](), TAKE_BYTES
            while waiting and len(taken) < limit and left > 0:
                message = waiting.popleft()
                taken.append(message)
                left -= len(message.payload)
            self._waiting_bytes -= TAKE_BYTES - left
            self._taken += len(taken)
        return taken

    def give_back(self, messages: Sequence[Message]) -> None:
        """Free the slots of messages that were taken."""
        with self._changed:
            self._taken = max(0, self._taken - len(messages))

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def open(self) -> None:
        """Begin anew after a close."""
        with self._changed:
            self._closed = False
