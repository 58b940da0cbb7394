"""A consumer on real brokers: acknowledged means told to, and everything else comes again."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from ingest.address import BadAddress
from ingest.mqtt import Consumer, Health, Message, Publisher, parse_url
from tests.support.brokers import Broker

TOPIC = "city/01/water/w-1/telemetry"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WAIT_S = 30.0

Connect = Callable[..., Consumer]


class Clients:
    """Consumers and publishers of one test, all stopped at its end."""

    def __init__(self, ends: ExitStack) -> None:
        self._ends = ends

    def consumer(self, broker: Broker, *, window: int = 4000, name: str = "hub", ca: str | None = None) -> Consumer:
        made = Consumer(
            parse_url(broker.url), client_id=name, subscriptions=["city/#"], now=lambda: NOW, window=window, ca=ca
        )
        self._ends.callback(made.stop)
        made.start()
        assert made.wait_connected(WAIT_S), made.health
        return made

    def publisher(self, broker: Broker, name: str = "device", **options: object) -> Publisher:
        made = Publisher(parse_url(broker.url), client_id=name, **options)  # type: ignore[arg-type]
        self._ends.callback(made.stop)
        made.start()
        return made

    def send(self, broker: Broker, payloads: list[bytes], name: str = "device") -> None:
        publisher = self.publisher(broker, name)
        for payload in payloads:
            publisher.publish(TOPIC, payload)
        assert publisher.flush(WAIT_S)
        publisher.stop()


@pytest.fixture
def clients() -> Iterator[Clients]:
    with ExitStack() as ends:
        yield Clients(ends)


def gather(consumer: Consumer, count: int) -> list[Message]:
    """Take, without acknowledging, until `count` messages are there."""
    gathered: list[Message] = []
    deadline = time.monotonic() + WAIT_S
    while len(gathered) < count:
        assert time.monotonic() < deadline, f"{len(gathered)} of {count} messages came"
        gathered += consumer.take(count - len(gathered), 0.05)
    return gathered


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def numbers(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def payloads(messages: list[Message]) -> list[bytes]:
    return [message.payload for message in messages]


def test_messages_come_in_order_with_the_time_of_their_arrival(broker, clients):
    consumer = clients.consumer(broker)
    clients.send(broker, numbers(300))
    messages = gather(consumer, 300)
    assert payloads(messages) == numbers(300)
    first = messages[0]
    assert (first.topic, first.qos, first.retained, first.received_at) == (TOPIC, 1, False, NOW)
    consumer.ack(messages)
    assert consumer.health.held == 0


def test_it_speaks_mqtt_5_where_the_broker_does(broker, clients):
    consumer = clients.consumer(broker)
    assert consumer.health.protocol == ("5" if broker.speaks_mqtt5 else "3.1.1")
    assert consumer.health.problem is None
    assert clients.publisher(broker).wait_connected(WAIT_S)


def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(broker, clients):
    consumer = clients.consumer(broker)
    clients.send(broker, numbers(10))
    messages = gather(consumer, 10)
    consumer.ack(messages[:4])
    consumer.stop()

    again = clients.consumer(broker)
    clients.send(broker, [b"last"], name="another device")
    messages = gather(again, 7)
    assert payloads(messages) == [*numbers(10)[4:], b"last"]
    again.ack(messages)
    again.stop()

    once_more = clients.consumer(broker)
    clients.send(broker, [b"only this"], name="a third device")
    assert payloads(gather(once_more, 1)) == [b"only this"]


KILLED = """
import sys, time
from datetime import UTC, datetime
from ingest.mqtt import Consumer, parse_url
now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
consumer = Consumer(parse_url(sys.argv[1]), client_id="hub", subscriptions=["city/#"], now=now)
consumer.start()
assert consumer.wait_connected(30)
print("ready", flush=True)
taken = []
while len(taken) < 20:
    taken += consumer.take(20, 0.05)
consumer.ack(taken[:5])
print("taken", flush=True)
time.sleep(600)
"""


def test_a_killed_consumer_is_sent_everything_it_had_not_acknowledged(broker, clients):
    with subprocess.Popen([sys.executable, "-c", KILLED, broker.url], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            clients.send(broker, numbers(20))
            assert process.stdout.readline() == "taken\n"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    consumer = clients.consumer(broker)
    # Of the five acknowledgements some may not have left before it died; of the other messages all come.
    found: list[bytes] = []
    while numbers(20)[-1] not in found:
        found += payloads(gather(consumer, 1))
    assert set(found) >= set(numbers(20)[5:])


def test_a_full_window_stops_reading_and_goes_on_after_acknowledgements(broker, clients):
    consumer = clients.consumer(broker, window=10)
    clients.send(broker, numbers(200))
    seen: list[bytes] = []
    deadline = time.monotonic() + WAIT_S
    while len(seen) < 200:
        assert time.monotonic() < deadline, f"{len(seen)} of 200 messages came"
        messages = consumer.take(50, 0.2)
        assert consumer.health.held <= 10
        assert len(messages) <= 10
        seen += payloads(messages)
        consumer.ack(messages)
    assert seen == numbers(200)


def test_a_window_that_stays_full_loses_neither_messages_nor_the_connection(broker, clients):
    consumer = clients.consumer(broker, window=3)
    clients.send(broker, numbers(50))
    held = gather(consumer, 2)
    held += consumer.take(10, 0.5)
    assert consumer.health.held <= 3
    assert consumer.health.connected
    consumer.ack(held)
    seen = payloads(held)
    while len(seen) < 50:
        messages = gather(consumer, 1)
        seen += payloads(messages)
        consumer.ack(messages)
    assert set(seen) == set(numbers(50))


def test_an_acknowledgement_for_a_lost_connection_is_not_sent_on_the_next(mosquitto, clients):
    consumer = clients.consumer(mosquitto)
    clients.send(mosquitto, numbers(3))
    before = gather(consumer, 3)
    mosquitto.restart()
    clients.send(mosquitto, [b"new"], name="another device")
    after = gather(consumer, 4)
    assert sorted(payloads(after)) == sorted([*numbers(3), b"new"])
    consumer.ack(before)
    consumer.stop()
    # The stale acknowledgements changed nothing: all four are still the broker's to send.
    again = clients.consumer(mosquitto)
    messages = gather(again, 4)
    assert sorted(payloads(messages)) == sorted([*numbers(3), b"new"])
    again.ack(messages)


def test_work_resumes_by_itself_when_the_broker_comes_back(broker, clients):
    consumer = clients.consumer(broker)
    publisher = clients.publisher(broker)
    publisher.publish(TOPIC, b"before")
    consumer.ack(gather(consumer, 1))
    assert publisher.flush(WAIT_S)
    broker.stop()
    until(lambda: not consumer.health.connected and not publisher.connected, "the loss to be noticed")
    assert consumer.health.problem
    publisher.publish(TOPIC, b"meanwhile")
    broker.start()
    assert consumer.wait_connected(WAIT_S)
    assert publisher.flush(WAIT_S)
    publisher.publish(TOPIC, b"after")
    # The broker that forgets its sessions may take "meanwhile" before the consumer is back.
    found: list[bytes] = []
    while b"after" not in found:
        found += payloads(gather(consumer, 1))
    assert found == [b"meanwhile", b"after"] or (found == [b"after"] and not broker.keeps_sessions_over_restart)
    assert consumer.health.reconnects >= 1
    assert consumer.health.problem is None


def test_the_broker_keeps_messages_for_a_consumer_that_is_away(broker, clients):
    clients.consumer(broker).stop()
    clients.send(broker, numbers(5))
    assert payloads(gather(clients.consumer(broker), 5)) == numbers(5)


def test_wrong_credentials_are_said_in_words_and_tried_again(broker_with_password, clients):
    url = broker_with_password.url.replace("right", "wrong")
    consumer = Consumer(parse_url(url), client_id="hub", subscriptions=["city/#"], now=lambda: NOW)
    consumer.start()
    try:
        until(lambda: "refused" in str(consumer.health.problem), "a refusal")
        problem = str(consumer.health.problem)
        assert "not authori" in problem.lower() or "user name or password" in problem.lower()
        assert "wrong" not in problem
        assert consumer.take(1, 0.0) == []
        assert not consumer.health.connected
    finally:
        consumer.stop()
    assert clients.publisher(broker_with_password).wait_connected(WAIT_S)


@pytest.fixture(params=["embedded", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def broker_with_password(request: pytest.FixtureRequest) -> Broker:
    make = request.getfixturevalue("make_embedded_broker" if request.param == "embedded" else "make_mosquitto")
    made: Broker = make(users={"hub": "right"})
    return made


def test_a_broker_that_is_not_there_is_said_in_words_and_stopping_is_quick():
    consumer = Consumer(parse_url("mqtt://127.0.0.1:1"), client_id="hub", subscriptions=["city/#"], now=lambda: NOW)
    consumer.start()
    until(lambda: "refused" in str(consumer.health.problem), "a refusal")
    began = time.monotonic()
    consumer.stop()
    assert time.monotonic() - began < 2.0


def test_tls_is_verified(make_mosquitto, clients):
    broker = make_mosquitto(tls=True)
    if broker.ca_certificate is None:
        pytest.skip("this Mosquitto has no certificate of ours")
    consumer = clients.consumer(broker, ca=str(broker.ca_certificate))
    publisher = clients.publisher(broker, ca=str(broker.ca_certificate))
    publisher.publish(TOPIC, b"x" * 100_000)
    for payload in numbers(100):
        publisher.publish(TOPIC, payload)
    assert payloads(gather(consumer, 101))[1:] == numbers(100)

    stranger = Publisher(parse_url(broker.url), client_id="stranger")
    stranger.start()
    try:
        until(lambda: "certificate" in str(stranger.health.problem).lower(), "a refusal of the certificate")
        assert not stranger.connected
    finally:
        stranger.stop()


def test_a_ca_file_that_is_none_is_refused_at_once(tmp_path):
    with pytest.raises(BadAddress, match="CA file"):
        Publisher(parse_url("mqtts://127.0.0.1"), client_id="x", ca=str(tmp_path / "nothing.pem"))


def test_a_will_is_left_and_a_birth_is_announced(broker, clients):
    consumer = clients.consumer(broker)
    status = "city/01/camera/cam-1/status"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from ingest.mqtt import Publisher, parse_url\n"
            f"publisher = Publisher(parse_url(sys.argv[1]), client_id='cam', will=({status!r}, b'offline'),"
            f" birth=({status!r}, b'online'))\n"
            "publisher.start()\n"
            "time.sleep(600)\n",
            broker.url,
        ]
    )
    try:
        assert payloads(gather(consumer, 1)) == [b"online"]
    finally:
        process.kill()
        process.wait()
    assert payloads(gather(consumer, 1)) == [b"offline"]
    # Retained: who comes later hears it as the last state.
    later = clients.consumer(broker, name="later")
    (last,) = gather(later, 1)
    assert (last.payload, last.retained) == (b"offline", True)


def test_a_publisher_hears_what_it_subscribed_to_and_survives_its_own_callback(broker, clients):
    asked = "city/01/camera/cam-1/evidence/request"
    heard: list[tuple[str, bytes]] = []
    done = threading.Event()

    def callback(topic: str, payload: bytes) -> None:
        if payload == b"bad":
            raise ValueError("this is what a callback may do")
        heard.append((topic, payload))
        done.set()

    camera = clients.publisher(broker, "camera")
    camera.subscribe(asked, callback)
    assert camera.wait_connected(WAIT_S)
    hub = clients.consumer(broker)
    until(lambda: (hub.publish(asked, b"bad"), time.sleep(0.05), hub.publish(asked, b"good"), done.wait(0.5))[-1], "it")
    assert heard[0] == (asked, b"good")
    assert camera.connected


def test_a_publisher_keeps_what_it_cannot_send_and_drops_the_oldest(broker, clients):
    consumer = clients.consumer(broker)
    broker.stop()
    publisher = clients.publisher(broker)
    for number in range(10_010):
        publisher.publish(TOPIC, b"%d" % number)
    assert publisher.health.dropped == 10
    broker.start()
    if broker.keeps_sessions_over_restart:  # else what is published before the consumer is back reaches nobody
        assert gather(consumer, 1)
    assert not publisher.flush(WAIT_S), "what was dropped was not sent"


def test_what_is_no_topic_is_not_published():
    publisher = Publisher(parse_url("mqtt://127.0.0.1:1"), client_id="x")
    for topic in ("", "city/#", "city/+/x", "a\0b", "x" * 70_000):
        with pytest.raises(ValueError, match="no topic"):
            publisher.publish(topic, b"")


def test_the_health_of_a_consumer_tells_when_it_last_heard(broker, clients):
    consumer = clients.consumer(broker)
    assert consumer.health == Health(
        connected=True,
        protocol=consumer.health.protocol,
        last_message_monotonic=None,
        held=0,
        reconnects=0,
        dropped=0,
        problem=None,
    )
    clients.send(broker, [json.dumps({"at": (NOW - timedelta(1)).isoformat()}).encode()])
    gather(consumer, 1)
    heard = consumer.health.last_message_monotonic
    assert heard is not None
    assert time.monotonic() - heard < WAIT_S
    assert consumer.health.held == 1
