"""The demo's MQTT broker: an address in, an MQTT 3.1.1 broker out, held in memory and gone with its process.

It is amqtt with its delivery to subscribers replaced, because as it comes (0.12) it loses what guarantee 1 rests on:
a message that a subscriber has not acknowledged within 5 s, or when its connection ends, is thrown away; one kept
for an absent subscriber arrives marked as retained; sessions without a user name are not kept at all; every client
that connects is sent everything that anybody's subscription would match; a client that falls silent is never
missed. tests/broker/test_embedded_broker.py holds each of these. See docs/decisions/embedded-servers.md.
"""

import argparse
import asyncio
import contextlib
import hmac
import logging
import math
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.contexts import BrokerConfig, ListenerConfig
from amqtt.errors import AMQTTError, BrokerError
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import OutgoingApplicationMessage, Session

_WINDOW = 1000  # messages sent to one subscriber and not yet acknowledged
_LONGEST_QUEUE = 200_000  # messages kept for one subscriber; Mosquitto's default is 1,000
_KEEP_ALIVE_GRACE = 1.5  # MQTT 3.1.1 §3.1.2.10: silent for one and a half times the keep alive
_STOP_POLL_S = 0.1

_log = logging.getLogger(__name__)


class BrokerStartError(RuntimeError):
    """The broker cannot listen; the message says why."""


def serve(
    host: str,
    port: int,
    ready: Callable[[], object],
    stop: threading.Event,
    *,
    user: str = "",
    password: str = "",
) -> None:
    """Run a broker on `host`:`port`, call `ready` once it accepts connections, and return after `stop` is set.

    With `user` nobody else gets in; without it anybody does.
    """
    # amqtt tells every connection at INFO, and tracebacks of connections that merely ended at ERROR.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.WARNING)
    asyncio.run(_serve(host, port, ready, stop, user=user, password=password))


async def _serve(
    host: str, port: int, ready: Callable[[], object], stop: threading.Event, *, user: str, password: str
) -> None:
    guard = {"user": user, "password": password}
    config = BrokerConfig(
        listeners={"default": ListenerConfig(bind=f"{host}:{port}")},
        plugins={f"{Guard.__module__}.{Guard.__qualname__}": guard},
    )
    broker = LastingBroker(config)
    try:
        await broker.start()
    except BrokerError as error:
        raise BrokerStartError(f"the MQTT broker cannot listen on {host}:{port}: {error}") from error
    ready()
    while not stop.is_set():
        await asyncio.sleep(_STOP_POLL_S)
    with contextlib.suppress(AMQTTError, asyncio.TimeoutError):
        await asyncio.wait_for(broker.shutdown(), timeout=10)


class Guard(BaseAuthPlugin):  # type: ignore[misc]
    """Lets in the one user there is, or everybody; nobody counts as anonymous, whose sessions amqtt drops."""

    @dataclass
    class Config:
        """The user who may connect; an empty name lets everybody in."""

        user: str = ""
        password: str = ""

    async def authenticate(self, *, session: Session) -> bool:
        """Say whether the client behind `session` may connect."""
        if not self.config.user:
            return True
        given = f"{session.username or ''}\0{session.password or ''}"
        wanted = f"{self.config.user}\0{self.config.password}"
        return hmac.compare_digest(given.encode(), wanted.encode())


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that a subscriber is still to be sent."""

    topic: str
    data: bytes
    retain: bool


class LastingHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """One connection, which takes QoS 1 messages from its session's queue and forgets none unacknowledged.

    What was sent stays in `session.inflight_out` until its PUBACK, over as many connections as it takes.
    """

    _sending = False
    _ended = False

    async def start(self) -> None:
        """Begin to read, and to send what the session still owes."""
        await super().start()
        if not self.session.transitions.is_connected():
            # The connection we took over from has ended our common session while we waited for it.
            self.session.transitions.connect()

    async def stop(self) -> None:
        """End the connection; what was not acknowledged stays with the session."""
        self._ended = True
        await super().stop()

    async def mqtt_publish(
        self, topic: str, data: bytes, qos: int | None, retain: bool, ack_timeout: int | None = None
    ) -> OutgoingApplicationMessage | None:
        """Send a message, at QoS 1 as soon as the window allows; return without waiting for its PUBACK."""
        if qos == 0:
            return await super().mqtt_publish(topic, data, qos, retain, ack_timeout)
        enqueue(self.session, Waiting(topic, bytes(data), retain))
        await self.send_waiting()
        return None

    async def send_waiting(self) -> None:
        """Send from the session's queue until it is empty or the window is full."""
        if self._sending:
            return
        self._sending = True
        session = self.session
        try:
            while not self._ended and len(session.inflight_out) < _WINDOW and not session.retained_messages.empty():
                waiting = session.retained_messages.get_nowait()
                number = session.next_packet_id
                message = OutgoingApplicationMessage(number, waiting.topic, 1, waiting.data, waiting.retain)
                session.inflight_out[number] = message
                await self._send_packet(message.build_publish_packet())
        except (AMQTTError, OSError, RuntimeError) as error:
            _log.debug("connection of %s ended while sending: %s", session.client_id, error)
        finally:
            self._sending = False

    async def _retry_deliveries(self) -> None:
        """Send again, marked as such, what an earlier connection did not acknowledge [MQTT-4.4.0-1]."""
        for message in list(self.session.inflight_out.values()):
            await self._send_packet(message.build_publish_packet(dup=True))

    async def handle_puback(self, puback: Any) -> None:
        """Forget the message and use the place in the window that it leaves."""
        self.session.inflight_out.pop(puback.variable_header.packet_id, None)
        await self.send_waiting()

    def handle_read_timeout(self) -> None:
        """End a connection that was silent for too long, so that its last will is published."""
        if self._disconnect_waiter is not None and not self._disconnect_waiter.done():
            self._disconnect_waiter.set_result(None)


class LastingBroker(Broker):  # type: ignore[misc]
    """amqtt's broker with deliveries that survive a slow, broken or absent subscriber."""

    def __init__(self, config: BrokerConfig) -> None:
        super().__init__(config)
        self._background: set[asyncio.Task[object]] = set()

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Grant QoS 1 at most; nothing in the city asks for more."""
        topic_filter, qos = subscription
        granted: int = await super().add_subscription((topic_filter, min(qos, 1)), session)
        return granted

    async def _initialize_client_session(self, *arguments: Any) -> tuple[LastingHandler, Session]:
        _, session = await super()._initialize_client_session(*arguments)
        session.keep_alive = math.ceil(session.keep_alive * _KEEP_ALIVE_GRACE)
        return LastingHandler(self.plugins_manager), session

    async def _handle_disconnect(
        self, client_session: Session, handler: LastingHandler, disconnect_waiter: Any
    ) -> None:
        if self._get_handler(client_session) is handler:
            await super()._handle_disconnect(client_session, handler, disconnect_waiter)
        else:
            # A new connection has taken the session over: ending it now would silence the new one.
            await self._stop_handler(handler)

    async def _run_broadcast(self, _running_tasks: Any) -> None:
        """Give one published message to everyone who subscribed to its topic, once each."""
        broadcast = await self._broadcast_queue.get()
        for session, qos in self._receivers(broadcast["topic"]):
            handler = self._get_handler(session)
            connected = handler is not None and session.transitions.is_connected()
            if qos > 0 and (connected or not session.clean_session):
                enqueue(session, Waiting(broadcast["topic"], bytes(broadcast["data"]), retain=False))
            if connected:
                self._in_background(self._deliver(handler, broadcast, qos))

    async def _deliver(self, handler: LastingHandler, broadcast: dict[str, Any], qos: int) -> None:
        if qos > 0:
            await handler.send_waiting()
        else:
            with contextlib.suppress(AMQTTError, OSError, RuntimeError):
                await handler.mqtt_publish(broadcast["topic"], broadcast["data"], 0, retain=False)

    def _receivers(self, topic: str) -> list[tuple[Session, int]]:
        """Return the sessions that subscribed to `topic`, each with the best QoS of its matching filters."""
        found: dict[str, tuple[Session, int]] = {}
        for topic_filter, subscriptions in self._subscriptions.items():
            if self._matches(topic, topic_filter):
                for session, qos in subscriptions:
                    best = max(qos, found[session.client_id][1]) if session.client_id in found else qos
                    found[session.client_id] = (session, best)
        return list(found.values())

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """Send what was kept while the client was away, without holding up its subscriptions."""
        handler = self._get_handler(session)
        if handler is not None:
            self._in_background(handler.send_waiting())

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Send the retained messages that a new subscription of `session` asks for."""
        topic_filter, qos = subscription
        # amqtt also calls this with everybody's filters, at QoS 0, for each client that connects.
        own = any(owner.client_id == session.client_id for owner, _ in self._subscriptions.get(topic_filter, []))
        handler = self._get_handler(session)
        if not own or handler is None:
            return
        for topic, retained in list(self._retained_messages.items()):
            if self._matches(topic, topic_filter):
                await self._send_retained(handler, topic, retained, qos)

    async def _send_retained(
        self, handler: LastingHandler, topic: str, retained: RetainedApplicationMessage, qos: int
    ) -> None:
        wanted = min(qos, qos if retained.qos is None else retained.qos)
        if wanted == 0:
            self._in_background(handler.mqtt_publish(topic, retained.data, 0, retain=True))
        else:
            enqueue(handler.session, Waiting(topic, bytes(retained.data), retain=True))
            self._in_background(handler.send_waiting())

    def _in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` without waiting for it: one slow subscriber must not hold up the others."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def shutdown(self) -> None:
        """Stop sending, then stop."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await super().shutdown()


def enqueue(session: Session, waiting: Waiting) -> None:
    """Keep `waiting` for the client of `session`; beyond a length that no demo reaches it is dropped and said."""
    if session.retained_messages.qsize() >= _LONGEST_QUEUE:
        _log.error("dropped a message on %s: %s has %d waiting", waiting.topic, session.client_id, _LONGEST_QUEUE)
        return
    session.retained_messages.put_nowait(waiting)


def main() -> None:
    """Serve until SIGTERM or SIGINT; user and password come from the environment, where `ps` does not show them."""
    parser = argparse.ArgumentParser(description="The demo's MQTT 3.1.1 broker.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    chosen = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        serve(
            chosen.host,
            chosen.port,
            lambda: print(f"MQTT broker on {chosen.host}:{chosen.port}", flush=True),
            stop,
            user=os.environ.get("LIANQIN_BROKER_USER", ""),
            password=os.environ.get("LIANQIN_BROKER_PASSWORD", ""),
        )
    except BrokerStartError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
