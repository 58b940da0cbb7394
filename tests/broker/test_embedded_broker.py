"""What the hub needs of a broker, asked alike of the demo's own and of Mosquitto."""

import threading
from collections.abc import Callable, Iterator

import pytest

from hub.demo.broker import BrokerStartError, serve
from tests.support.brokers import Broker
from tests.support.mqtt_client import Client, quiet_for

Connect = Callable[..., Client]


@pytest.fixture
def connect(broker: Broker) -> Iterator[Connect]:
    yield from _connect(broker)


@pytest.fixture
def connect_embedded(embedded_broker: Broker) -> Iterator[Connect]:
    yield from _connect(embedded_broker)


def _connect(broker: Broker) -> Iterator[Connect]:
    made: list[Client] = []
    kept: set[str] = set()

    def connect(name: str, **options: object) -> Client:
        client = Client(broker, name, **options)  # type: ignore[arg-type]
        made.append(client)
        if options.get("clean") is False:
            kept.add(name)
        return client

    yield connect
    for client in made:
        client.leave()
    # A broker that outlives the test must not keep its sessions.
    for name in kept:
        Client(broker, name).leave()


def test_a_message_reaches_each_subscriber_once_though_two_filters_match(connect: Connect) -> None:
    hub, lamp = connect("hub"), connect("lamp")
    hub.subscribe("city/#")
    hub.subscribe("city/+/lamp/+/telemetry")
    lamp.publish("city/01/lamp/L1/telemetry", b"{}")
    lamp.publish("city/01/lamp/L1/last", b"{}")
    assert [message.topic for message in hub.expect(2)] == ["city/01/lamp/L1/telemetry", "city/01/lamp/L1/last"]


def test_a_retained_status_greets_a_new_subscriber_and_is_marked_as_retained(connect: Connect) -> None:
    lamp = connect("lamp")
    lamp.publish("city/01/lamp/L1/status", b"online", retain=True)
    hub = connect("hub")
    hub.subscribe("city/#")
    lamp.publish("city/01/lamp/L1/telemetry", b"{}")
    status, telemetry = hub.expect(2)
    assert (status.payload, status.retain) == (b"online", True)
    assert (telemetry.payload, telemetry.retain) == (b"{}", False)


def test_a_device_that_connects_is_not_sent_what_others_subscribed_to(connect: Connect) -> None:
    lamp = connect("lamp")
    lamp.publish("city/01/lamp/L1/status", b"online", retain=True)
    connect("hub").subscribe("city/#")
    newcomer = connect("newcomer", clean=False)
    assert quiet_for(newcomer, 0.3)


def test_an_empty_retained_message_clears_the_status(connect: Connect) -> None:
    lamp = connect("lamp")
    lamp.publish("city/01/lamp/L1/status", b"online", retain=True)
    lamp.publish("city/01/lamp/L1/status", b"", retain=True)
    hub = connect("hub")
    hub.subscribe("city/#")
    assert quiet_for(hub, 0.3)


def test_a_broken_connection_publishes_the_last_will_and_retains_it(connect: Connect) -> None:
    hub = connect("hub")
    hub.subscribe("city/+/+/+/status")
    connect("lamp", will="city/01/lamp/L1/status").break_off()
    assert hub.expect(1)[0].payload == b"offline"
    late = connect("late")
    late.subscribe("city/+/+/+/status")
    assert late.expect(1)[0].retain


def test_an_orderly_goodbye_publishes_no_will(connect: Connect) -> None:
    hub = connect("hub")
    hub.subscribe("city/+/+/+/status")
    connect("lamp", will="city/01/lamp/L1/status").leave()
    assert quiet_for(hub, 0.3)


def test_a_client_that_falls_silent_is_missed_after_its_keep_alive(connect: Connect) -> None:
    hub = connect("hub")
    hub.subscribe("city/+/+/+/status")
    connect("lamp", will="city/01/lamp/L1/status", keep_alive_s=1).fall_silent()
    assert hub.expect(1)[0].payload == b"offline"


def test_a_persistent_session_keeps_what_came_while_its_client_was_away(connect: Connect) -> None:
    hub = connect("hub", clean=False)
    hub.subscribe("city/#")
    hub.break_off()
    lamp = connect("lamp")
    lamp.publish_all([("city/01/lamp/L1/telemetry", str(number).encode()) for number in range(50)])
    back = connect("hub", clean=False)
    kept = back.expect(50)
    assert back.resumed
    assert [int(message.payload) for message in kept] == list(range(50))
    assert not any(message.retain for message in kept)


def test_what_was_not_acknowledged_comes_again_on_the_next_connection_in_order(connect: Connect) -> None:
    hub = connect("hub", clean=False, ack=False)
    hub.subscribe("city/#")
    connect("lamp").publish_all([("city/01/lamp/L1/telemetry", str(number).encode()) for number in range(6)])
    first = hub.expect(6)
    hub.ack(first[0])
    hub.ack(first[1])
    # The acknowledgements are on their way once a later round trip is done.
    hub.subscribe("elsewhere")
    hub.break_off()
    back = connect("hub", clean=False, ack=False)
    again = back.expect(4)
    assert [int(message.payload) for message in again] == [2, 3, 4, 5]
    assert all(message.dup for message in again)


def test_a_message_waits_for_its_acknowledgement_longer_than_five_seconds(connect_embedded: Connect) -> None:
    hub = connect_embedded("hub", clean=False, ack=False)
    hub.subscribe("city/#")
    connect_embedded("lamp").publish("city/01/lamp/L1/telemetry", b"{}")
    hub.expect(1)
    assert quiet_for(hub, 5.5)
    hub.break_off()
    assert connect_embedded("hub", clean=False).expect(1)[0].dup


def test_a_second_connection_of_the_same_client_takes_the_session_over(connect: Connect) -> None:
    connect("hub", clean=False).subscribe("city/#")
    taker = connect("hub", clean=False)
    connect("lamp").publish("city/01/lamp/L1/telemetry", b"{}")
    assert taker.expect(1)[0].payload == b"{}"


def test_a_subscriber_that_never_acknowledges_holds_up_nobody_else(connect: Connect) -> None:
    connect("stuck", ack=False).subscribe("city/#")
    hub, lamp = connect("hub"), connect("lamp")
    hub.subscribe("city/#")
    lamp.publish_all([("city/01/lamp/L1/telemetry", str(number).encode()) for number in range(3000)])
    assert len(hub.expect(3000, 30)) == 3000


def test_a_picture_of_half_a_mebibyte_arrives_whole(connect: Connect) -> None:
    picture = bytes(range(256)) * 2048
    hub, camera = connect("hub"), connect("camera")
    hub.subscribe("city/+/camera/+/evidence")
    camera.publish("city/01/camera/C1/evidence", picture)
    assert hub.expect(1)[0].payload == picture


@pytest.mark.parametrize("kind", ["embedded", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
@pytest.mark.parametrize(("user", "password"), [("", ""), ("hub", "wrong"), ("stranger", "secret")])
def test_nobody_unknown_gets_in(request: pytest.FixtureRequest, kind: str, user: str, password: str) -> None:
    make = request.getfixturevalue("make_embedded_broker" if kind == "embedded" else "make_mosquitto")
    guarded = make(users={"hub": "secret"})
    stranger = Client(guarded, "stranger", user=user, password=password)
    assert "Not authorized" in stranger.refused
    stranger.leave()
    known = Client(guarded, "hub", user="hub", password="secret")
    assert not known.refused
    known.leave()


def test_a_port_that_is_taken_is_named(embedded_broker: Broker) -> None:
    with pytest.raises(BrokerStartError, match=str(embedded_broker.port)):
        serve(embedded_broker.host, embedded_broker.port, lambda: None, threading.Event())
