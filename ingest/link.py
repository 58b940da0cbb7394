"""One connection to a broker, made again whenever it is lost; the only file of this folder that knows paho.

One thread of ours owns the paho client (its documented interface for foreign event loops) and opens a new client for
every connection. So an acknowledgement can never reach a connection it was not meant for, an exception cannot leave a
dead thread behind a connection that looks alive, and no lock of paho's is ever waited for by a worker.
"""

from __future__ import annotations

import logging
import select
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socket, socketpair
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.address import Address
from ingest.backoff import backoff
from ingest.goodbye import say_goodbye
from ingest.health import Health
from ingest.outbox import Outbox, Outgoing
from ingest.tls import tls_context
from ingest.window import Message, Window

log = logging.getLogger("ingest.mqtt")

V5, V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
_NAMES = {V5: "5", V311: "3.1.1"}
KEEPALIVE_S = 30
ANSWER_S = 10.0  # how long a broker may take to answer CONNECT and SUBSCRIBE
PROBE_S = 2.0  # the same, while it is not known which MQTT it speaks: some never answer one they do not know
STEADY_S = 5.0  # a connection that stood this long was a good one: the next failure starts with a short wait again
TURN_S = 0.5
FLUSH_S = 2.0
IN_FLIGHT = 64  # publications the broker has not confirmed
READS = 64  # packets read for one look at the socket
SESSION_S = 7 * 86400  # how long a broker keeps the session of a consumer that is away
_UNSUPPORTED_PROTOCOL = 132


# topic, payload, message id, QoS, retained, number of the connection
OnMessage = Callable[[str, bytes, int, int, bool, int], None]


class Link:
    """A connection that is made again whenever it is lost, and the thread that lives on it."""

    def __init__(
        self,
        address: Address,
        client_id: str,
        *,
        ca: str | None,
        session: bool,
        window: Window,
        filters: Sequence[str],
        on_message: OnMessage,
        will: tuple[str, bytes] | None = None,
        birth: tuple[str, bytes] | None = None,
    ) -> None:
        self.address, self.client_id = address, client_id
        self._session, self._window = session, window
        self._filters, self._on_message = list(filters), on_message
        self._will, self._birth = will, birth
        self._tls = tls_context(address, ca)
        self._protocol = V5
        self._protocol_known = False
        self._acks: deque[Message] = deque()
        self.outbox = Outbox()
        self.number = 0  # of the connection: an acknowledgement belongs to one
        self.reconnects = -1
        self.last_message: float | None = None
        self.problem: str | None = "not connected yet"
        self._established = self._over = False
        self._idle = False  # whether the wire has taken all that it was given
        self._asked = 0  # how many of the filters this connection was asked for
        self._unanswered: set[int] = set()
        self._heard = 0
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._bell: socket | None = None

    @property
    def health(self) -> Health:
        """How the connection is."""
        return Health(
            connected=self.connected,
            protocol=_NAMES[self._protocol] if self._protocol_known else "",
            last_message_monotonic=self.last_message,
            held=self._window.held,
            reconnects=max(0, self.reconnects),
            dropped=self.outbox.dropped,
            problem=self.problem,
        )

    @property
    def connected(self) -> bool:
        """Whether the connection stands and its subscriptions are confirmed."""
        return self._ready.is_set()

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        if self._thread is None:
            self._stopping.clear()
            self._bell, ear = socketpair()
            self._bell.setblocking(False)
            ear.setblocking(False)
            self._thread = threading.Thread(target=self._run, args=(ear,), name=f"mqtt {self.client_id}", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Send what waits and leave, within seconds."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            self.ring()
            thread.join()
            bell, self._bell = self._bell, None
            if bell is not None:
                bell.close()

    def wait_ready(self, wait_s: float) -> bool:
        """Wait until the connection stands; False when it does not after `wait_s`."""
        return self._ready.wait(wait_s)

    def ack(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages, each on the connection that it came on or not at all."""
        self._acks.extend(messages)
        self.ring()

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        """Put a message into the outbox."""
        if not topic or any(mark in topic for mark in "+#\0") or len(topic.encode()) > 65535:
            raise ValueError(f"{topic[:200]!r} is no topic to publish on")
        self.outbox.put(Outgoing(topic, payload, qos, retain))
        self.ring()

    def offer(self, topic: str, payload: bytes) -> bool:
        """Publish what is worth something now or never, with QoS 0; False where it is not sent.

        It is not where there is no connection, or where the wire has not yet taken all that it was given: so it never
        delays a message, and never comes late itself.
        """
        if not (self._ready.is_set() and self._idle) or self.outbox.waiting:
            return False
        self._idle = False  # until the link's thread has seen that this one is gone
        self.publish(topic, payload, 0, False)
        return True

    def subscribe(self, topic_filter: str) -> None:
        """Subscribe, now and on every connection to come."""
        self._filters.append(topic_filter)
        self.ring()

    def ring(self) -> None:
        """Wake the thread."""
        bell = self._bell
        if bell is not None:
            with suppress(OSError):  # full: it has rung; closed: nobody is there to wake
                bell.send(b"\0")

    # From here on: the link's own thread.

    def _run(self, ear: socket) -> None:
        with ear:
            self._live(ear)

    def _live(self, ear: socket) -> None:
        waits = backoff()
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._converse(ear)
            except Exception as error:  # whatever it was, the link must live on
                log.exception("the connection to %s failed", self.address)
                self.problem = f"{type(error).__name__}: {error}"
            was_established = self._established
            self._established = self._idle = False
            self._ready.clear()
            self.outbox.recall()
            if self._stopping.is_set():
                return
            if was_established and time.monotonic() - began > STEADY_S:
                waits = backoff()
            wait_s = next(waits)
            log.warning("no connection to %s: %s; next try in %.1f s", self.address, self.problem, wait_s)
            self._stopping.wait(wait_s)

    def _converse(self, ear: socket) -> None:
        """Connect and stay until the connection is lost or we are asked to stop."""
        self.number += 1
        self._established = self._over = False
        self._asked = 0
        self._unanswered.clear()
        client = self._new_client()
        properties = None
        if self._protocol is V5 and self._session:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_S
            properties.ReceiveMaximum = self._window.receive_maximum
        try:
            host, port = self.address.host, self.address.port
            if self._protocol is V5:
                client.connect(host, port, KEEPALIVE_S, clean_start=not self._session, properties=properties)
            else:
                client.connect(host, port, KEEPALIVE_S)
            self._stay(client, ear)
        except OSError as error:  # refused, unreachable, no such name, a certificate that does not hold
            self.problem = f"{error}"
        finally:
            wrapped = self._tls.wrapped if self._tls is not None else None
            for left_open in (client.socket(), wrapped):
                if left_open is not None:
                    left_open.close()

    def _stay(self, client: Client, ear: socket) -> None:
        answer_s = ANSWER_S if self._protocol_known else PROBE_S
        deadline = time.monotonic() + answer_s
        while not self._over and client.socket() is not None:
            if self._stopping.is_set():
                self._leave(client, ear)
                return
            if self._ready.is_set() or self._window.full:
                deadline = time.monotonic() + ANSWER_S
            elif time.monotonic() > deadline:
                self.problem = f"the broker did not answer MQTT {_NAMES[self._protocol]} within {answer_s:.0f} s"
                self._try_the_other_protocol()
                return
            self._turn(client, ear)
        if not self._established and not self._over:
            self.problem = f"the broker closed the connection before it answered MQTT {_NAMES[self._protocol]}"
            self._try_the_other_protocol()

    def _try_the_other_protocol(self) -> None:
        """While no broker has answered: some refuse a version of the protocol without a word."""
        if not self._protocol_known:
            self._protocol = V311 if self._protocol is V5 else V5

    def _leave(self, client: Client, ear: socket) -> None:
        """Finish what is in hand and say goodbye; the broker keeps the session of a consumer, and sends no will."""
        until = time.monotonic() + FLUSH_S
        while client.socket() is not None and time.monotonic() < until and self._established:
            if not (self._acks or self.outbox.unsent or client.want_write()):
                break
            self._turn(client, ear, reading=bool(self.outbox.unsent), turn_s=0.05)
        if self._established and client.socket() is not None and not client.want_write():
            say_goodbye(client.socket(), until)

    def _turn(self, client: Client, ear: socket, *, reading: bool = True, turn_s: float = TURN_S) -> None:
        """Wait for something to do on the socket or by the bell, and do it."""
        if self._established:
            self._send(client)
            self._idle = not client.want_write()
        sock: Any = client.socket()
        if sock is None:
            return
        reading = reading and not (self._established and self._window.full)
        buffered = reading and isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        poll = select.poll()
        poll.register(ear, select.POLLIN)
        poll.register(sock, (select.POLLIN if reading else 0) | (select.POLLOUT if client.want_write() else 0))
        events = dict(poll.poll(0 if buffered else turn_s * 1000))
        if ear.fileno() in events:
            with suppress(BlockingIOError):
                ear.recv(4096)
        on_socket = events.get(sock.fileno(), 0)
        if on_socket & select.POLLOUT:
            client.loop_write()
            self._idle = not client.want_write()
        if buffered or (reading and on_socket & ~select.POLLOUT):
            self._read(client)
        elif on_socket & (select.POLLHUP | select.POLLERR):
            # The window is full, so nothing is read, yet the other end is gone: what it sent comes again.
            self.problem = "the connection was lost"
            self._over = True
        client.loop_misc()

    def _read(self, client: Client) -> None:
        for _ in range(READS):
            heard = self._heard
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or heard == self._heard or self._window.full:
                return

    def _send(self, client: Client) -> None:
        while self._acks:
            message = self._acks.popleft()
            # One that came on an earlier connection comes again on this one, under a number that may mean another here.
            if message.connection == self.number and message.qos:
                client.ack(message.mid, message.qos)
        if self._asked < len(self._filters):
            wanted = self._filters[self._asked :]
            self._asked += len(wanted)
            if self._protocol is V5:
                options = [(name, SubscribeOptions(qos=1, noLocal=True)) for name in wanted]
                mid = client.subscribe(options)[1]
            else:
                mid = client.subscribe([(name, 1) for name in wanted])[1]
            if mid is not None:
                self._unanswered.add(mid)
        while (out := self.outbox.next(IN_FLIGHT)) is not None:
            info = client.publish(out.topic, out.payload, out.qos, out.retain)
            if out.qos:
                self.outbox.sent(info.mid, out)
            else:
                self.outbox.written()

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            clean_session=None if self._protocol is V5 else not self._session,
            protocol=self._protocol,
            reconnect_on_failure=False,
            manual_ack=self._session,
        )
        client.max_inflight_messages_set(IN_FLIGHT)
        if self.address.username is not None:
            client.username_pw_set(self.address.username, self.address.password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if self._will is not None:
            client.will_set(self._will[0], self._will[1], qos=1, retain=True)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._answered
        client.on_publish = self._published
        client.on_message = self._arrived
        return client

    def _connected(self, client: Client, _: object, flags: ConnectFlags, reason: ReasonCode, *__: object) -> None:
        if reason.is_failure:
            self._over = True
            self.problem = f"the broker refused {self.client_id}: {reason}"
            if reason.value == _UNSUPPORTED_PROTOCOL and self._protocol is V5:
                self._protocol = V311
            return
        self._established = self._protocol_known = True
        self.reconnects += 1
        if self._birth is not None:
            client.publish(self._birth[0], self._birth[1], qos=1, retain=True)
        if flags.session_present or not self._filters:
            self._stand()

    def _answered(self, _: Client, __: object, mid: int, reasons: Sequence[ReasonCode], *___: object) -> None:
        self._unanswered.discard(mid)
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._over = True
            self.problem = f"the broker refused {self.client_id} a subscription: {', '.join(sorted(set(refused)))}"
        elif not self._unanswered:
            self._stand()

    def _stand(self) -> None:
        if not self._ready.is_set():
            self.problem = None
            self._ready.set()
            log.info("connected to %s by MQTT %s as %s", self.address, _NAMES[self._protocol], self.client_id)

    def _disconnected(self, _: Client, __: object, flags: DisconnectFlags, reason: ReasonCode, *___: object) -> None:
        self._over = self._over or self._established
        if self._established and not self._stopping.is_set():
            by_broker = flags.is_disconnect_packet_from_server
            self.problem = f"{'the broker ended the connection' if by_broker else 'the connection was lost'}: {reason}"

    def _published(self, _: Client, __: object, mid: int, reason: ReasonCode, *___: object) -> None:
        self.outbox.confirmed(mid)
        if reason.is_failure:
            log.error("the broker refused a publication of %s: %s", self.client_id, reason)

    def _arrived(self, _: Client, __: object, message: MQTTMessage) -> None:
        self._heard += 1
        self.last_message = time.monotonic()
        try:
            self._on_message(
                _topic_of(message), bytes(message.payload), message.mid, message.qos, message.retain, self.number
            )
        except Exception:  # paho would end the connection; the message stays unacknowledged and comes again
            log.exception("a message on %s could not be taken", _topic_of(message))


def _topic_of(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError as error:  # the bytes are in the error; the decoder refuses what comes of them
        return bytes(error.object).decode(errors="backslashreplace")
