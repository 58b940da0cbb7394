"""The broker's clients, by link.py: a consumer that acknowledges when told to, a publisher with a bounded queue, and a
listener that hears what comes now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ingest.address import Address, BadAddress, parse_url
from ingest.health import Health
from ingest.link import Link
from ingest.window import Message, Window

__all__ = ["Address", "BadAddress", "Consumer", "Health", "Listener", "Message", "Publisher", "parse_url"]


class Consumer:
    """Receives messages by a session that the broker keeps, and acknowledges them when told to.

    At most `window` messages are held unacknowledged. Nothing is acknowledged but by `ack`, after the caller's commit:
    a consumer that dies is sent everything else again. One `client_id` has one session; its subscriptions outlive the
    process, so another set of `subscriptions` wants another `client_id`.
    """

    def __init__(
        self,
        address: Address,
        *,
        client_id: str,
        subscriptions: Sequence[str],
        now: Callable[[], datetime],
        window: int = 4000,
        ca: str | None = None,
    ) -> None:
        """Take the parts; nothing is opened before `start`. `now` dates what arrives."""
        self._now = now
        self._window = Window(window)
        self._link = Link(
            address,
            client_id,
            ca=ca,
            session=True,
            window=self._window,
            filters=subscriptions,
            on_message=self._take_in,
        )

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost, until `stop`."""
        self._window.open()
        self._link.start()

    def wait_connected(self, wait_s: float) -> bool:
        """Wait until the broker has confirmed the subscriptions; False when it has not after `wait_s`."""
        return self._link.wait_ready(wait_s)

    def take(self, limit: int, wait_s: float) -> list[Message]:
        """Return what has arrived: as soon as `limit` are there, or no more can come, or `wait_s` is over."""
        return self._window.take(limit, wait_s)

    @property
    def waiting(self) -> int:
        """How many messages have arrived and were not taken."""
        return self._window.waiting

    def ack(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages that were taken. What came on a lost connection is not: it comes again."""
        if messages:
            self._window.give_back(messages)
            self._link.ack(messages)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Send a message, now or once connected; never blocks."""
        self._link.publish(topic, payload, qos, retain)

    def stop(self) -> None:
        """Send what was acknowledged, and leave; the broker keeps the session and everything unacknowledged."""
        self._window.close()
        self._link.stop()

    @property
    def health(self) -> Health:
        """How the connection is."""
        return self._link.health

    def _take_in(self, topic: str, payload: bytes, mid: int, qos: int, retained: bool, connection: int) -> None:
        with self._window.arriving:
            self._window.put(Message(topic, payload, mid, qos, retained, self._now(), connection))


class Publisher:
    """Publishes with a bounded queue: what cannot be sent waits, and the oldest go when too much waits.

    `will` is left with the broker, retained, for the day this client falls silent; `birth` is published, retained, on
    every connection, because a will may have been sent in between.
    """

    def __init__(
        self,
        address: Address,
        *,
        client_id: str,
        will: tuple[str, bytes] | None = None,
        birth: tuple[str, bytes] | None = None,
        ca: str | None = None,
    ) -> None:
        """Take the parts; nothing is opened before `start`."""
        self._callbacks: dict[str, Callable[[str, bytes], None]] = {}
        self._link = Link(
            address,
            client_id,
            ca=ca,
            session=False,
            window=Window(65535),  # nothing is held: a callback is done when it returns
            filters=(),
            on_message=self._call,
            will=will,
            birth=birth,
        )

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost, until `stop`."""
        self._link.start()

    def wait_connected(self, wait_s: float) -> bool:
        """Wait for the connection; False when there is none after `wait_s`."""
        return self._link.wait_ready(wait_s)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Send a message, now or once connected; never blocks. Raise ValueError for what is no topic."""
        self._link.publish(topic, payload, qos, retain)

    def offer(self, topic: str, payload: bytes) -> bool:
        """Send what is worth something now or never, where the wire is free; tell whether it was sent."""
        return self._link.offer(topic, payload)

    def subscribe(self, topic: str, callback: Callable[[str, bytes], None]) -> None:
        """Call `callback(topic, payload)` for every message on `topic` (no wildcards), on the network's thread."""
        if topic not in self._callbacks:
            self._callbacks[topic] = callback
            self._link.subscribe(topic)
        self._callbacks[topic] = callback

    def flush(self, wait_s: float) -> bool:
        """Wait until the broker has confirmed everything; False when it has not, or some of it was dropped."""
        return self._link.outbox.wait_empty(wait_s) and not self._link.outbox.dropped

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._link.connected

    @property
    def health(self) -> Health:
        """How the connection is."""
        return self._link.health

    def stop(self) -> None:
        """Send what waits (for two seconds at most), and leave; no will is sent."""
        self._link.stop()

    def _call(self, topic: str, payload: bytes, *_: object) -> None:
        callback = self._callbacks.get(topic)
        if callback is not None:
            callback(topic, payload)


class Listener:
    """Hears what is published while it listens, and keeps nothing: no session, no acknowledgement.

    `heard(topic, payload)` is called on the network's thread for every message of `filters`; it must be quick.
    """

    def __init__(
        self,
        address: Address,
        *,
        client_id: str,
        filters: Sequence[str],
        heard: Callable[[str, bytes], None],
        ca: str | None = None,
    ) -> None:
        """Take the parts; nothing is opened before `start`."""
        self._link = Link(
            address,
            client_id,
            ca=ca,
            session=False,
            window=Window(65535),  # nothing is held: a message is done with when `heard` returns
            filters=filters,
            on_message=lambda topic, payload, *_: heard(topic, payload),
        )

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost, until `stop`."""
        self._link.start()

    @property
    def health(self) -> Health:
        """How the connection is."""
        return self._link.health

    def say(self, topic: str, payload: bytes) -> bool:
        """Send a message that is worth something now or never; False while there is no connection."""
        if not self._link.connected:
            return False
        self._link.publish(topic, payload, 0, False)
        return True

    def stop(self) -> None:
        """Leave, within seconds."""
        self._link.stop()
