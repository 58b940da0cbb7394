"""What is worth something now or never, on a real broker: heard at once, and never sent late."""

import time
from collections.abc import Callable

from ingest import topics
from ingest.mqtt import Listener, Publisher, parse_url
from tests.support.brokers import Broker

WAIT_S = 30.0
TOPIC = topics.picture("01", "cam-01")


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def test_a_listener_hears_live_pictures_and_its_wishes_are_heard(broker: Broker) -> None:
    heard: list[tuple[str, bytes]] = []
    wishes: list[bytes] = []
    listener = Listener(
        parse_url(broker.url),
        client_id="viewer",
        filters=[topics.every_picture()],
        heard=lambda topic, payload: heard.append((topic, payload)),
    )
    camera = Publisher(parse_url(broker.url), client_id="vision")
    camera.subscribe(topics.picture_request("01", "cam-01"), lambda _, payload: wishes.append(payload))
    assert not listener.say("live/x", b""), "before it is connected nothing is sent, and nothing is kept"
    assert not camera.offer(TOPIC, b"too early")
    listener.start()
    camera.start()
    try:
        until(lambda: listener.health.connected and camera.connected, "both to be connected")
        until(lambda: listener.say(topics.picture_request("01", "cam-01"), b"wish") and wishes, "the wish")
        camera.publish("city/01/camera/cam-01/detections", b"{}")
        for number in range(20):
            picture = b"%d" % number + bytes(30_000)
            until(lambda picture=picture: camera.offer(TOPIC, picture), "the wire to be free")  # type: ignore[misc]
        until(lambda: len(heard) == 20, "twenty pictures")
    finally:
        camera.stop()
        listener.stop()
    assert {topic for topic, _ in heard} == {TOPIC}
    assert [payload.partition(b"\0")[0] for _, payload in heard] == [b"%d" % number for number in range(20)]


def test_while_the_broker_is_away_pictures_are_not_kept_for_later(broker: Broker) -> None:
    camera = Publisher(parse_url(broker.url), client_id="vision")
    camera.start()
    try:
        assert camera.wait_connected(WAIT_S)
        until(lambda: camera.offer(TOPIC, b"now"), "the wire to be free")
        broker.kill()
        until(lambda: not camera.connected, "the loss to be noticed")
        assert not camera.offer(TOPIC, b"late")
        camera.publish("city/01/camera/cam-01/detections", b"{}")
        assert camera.health.dropped == 0
    finally:
        camera.stop()
