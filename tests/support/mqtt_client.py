"""An MQTT client for tests: an address in, received messages that can be waited for out."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.brokers import Broker

_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it arrived."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int


class Client:
    """One connection to `broker` as an outside system would make it, in MQTT 3.1.1."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        *,
        clean: bool = True,
        user: str = "",
        password: str = "",
        will: str = "",
        ack: bool = True,
        keep_alive_s: int = 60,
    ) -> None:
        self.received: list[Received] = []
        self.refused = ""
        self.resumed = False
        self._changed = threading.Condition()
        self._connected = False
        self._suback = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, protocol=mqtt.MQTTv311, manual_ack=not ack
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        if user:
            self._client.username_pw_set(user, password)
        if will:
            self._client.will_set(will, b"offline", qos=1, retain=True)
        self._client.connect(broker.host, broker.port, keepalive=keep_alive_s)
        self._client.loop_start()
        self.wait(lambda: self._connected or bool(self.refused), "an answer to CONNECT")

    def subscribe(self, topic: str, qos: int = 1) -> None:
        """Subscribe and wait for the broker's word."""
        before = self._suback
        self._client.subscribe(topic, qos)
        self.wait(lambda: self._suback > before, "an answer to SUBSCRIBE")

    def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Publish and wait until the broker has taken it."""
        self._client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(_WAIT_S)

    def publish_all(self, messages: list[tuple[str, bytes]]) -> None:
        """Publish many at QoS 1 and wait until the broker has taken all."""
        for sent in [self._client.publish(topic, payload, qos=1) for topic, payload in messages]:
            sent.wait_for_publish(60)

    def ack(self, message: Received) -> None:
        """Acknowledge `message` (made with `ack=False`)."""
        self._client.ack(message.mid, message.qos)

    def wait(self, true: Callable[[], bool], what: str, seconds: float = _WAIT_S) -> None:
        """Wait until `true()`, or fail saying that `what` never came."""
        with self._changed:
            if not self._changed.wait_for(true, seconds):
                raise AssertionError(f"waited {seconds:.0f} s in vain for {what}; received {self.received[-5:]}")

    def expect(self, count: int, seconds: float = _WAIT_S) -> list[Received]:
        """Wait until `count` messages have arrived; return them all."""
        self.wait(lambda: len(self.received) >= count, f"{count} messages ({len(self.received)} came)", seconds)
        return list(self.received)

    def leave(self) -> None:
        """Disconnect in order."""
        self._client.disconnect()
        self._client.loop_stop()

    def break_off(self) -> None:
        """Drop the connection without a word."""
        sock = self._client.socket()
        self._client.loop_stop()
        if sock is not None:
            sock.close()

    def fall_silent(self) -> None:
        """Keep the connection open and say no more, not even that we live."""
        self._client.loop_stop()

    def _on_connect(
        self, _client: object, _data: object, flags: mqtt.ConnectFlags, code: object, _more: object
    ) -> None:
        with self._changed:
            self.resumed = flags.session_present
            if str(code) == "Success":
                self._connected = True
            else:
                self.refused = str(code)
            self._changed.notify_all()

    def _on_message(self, _client: object, _data: object, found: mqtt.MQTTMessage) -> None:
        with self._changed:
            said = Received(found.topic, bytes(found.payload), found.qos, found.retain, found.dup, found.mid)
            self.received.append(said)
            self._changed.notify_all()

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._suback += 1
            self._changed.notify_all()


def clear_retained(broker: Broker, user: str, password: str) -> None:
    """Forget what earlier tests left retained below `city/` on a broker that outlives them."""
    client = Client(broker, f"clear-{secrets.token_hex(6)}", user=user, password=password)
    client.subscribe("city/#")
    # Retained messages are sent when the subscription is taken, so this one, not retained, comes after them.
    client.publish("city/end", b"end")
    client.wait(lambda: any(message.topic == "city/end" for message in client.received), "the end")
    for message in client.received:
        if message.retain:
            client.publish(message.topic, b"", retain=True)
    client.leave()


def quiet_for(client: Client, seconds: float) -> bool:
    """Say whether nothing more arrives at `client` for `seconds`."""
    count = len(client.received)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if len(client.received) > count:
            return False
        time.sleep(0.02)
    return True
