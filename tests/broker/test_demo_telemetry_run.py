"""The demo city speaks over a real broker, in real time, until it is stopped."""

import threading
import time
from datetime import timedelta

from hub import clock
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document
from hub.demo.telemetry import run
from ingest.mqtt import Consumer, Message, parse_url


def test_the_city_publishes_as_it_lives_and_stops_when_asked(broker):
    document = city_document({camera.camera_id: 9000 for camera in CAMERAS})
    consumer = Consumer(parse_url(broker.url), client_id="hub", subscriptions=["city/#"], now=clock.now)
    consumer.start()
    assert consumer.wait_connected(30)
    stop = threading.Event()
    started_at = clock.now() + timedelta(seconds=0.5)
    city = threading.Thread(
        target=run, args=(broker.url, document), kwargs={"started_at": started_at, "stop": stop}, daemon=True
    )
    city.start()
    try:
        heard: list[Message] = []
        deadline = time.monotonic() + 30
        while len({message.topic.split("/")[2] for message in heard}) < 4 or len(heard) < 60:
            assert time.monotonic() < deadline, f"{len(heard)} messages came"
            messages = consumer.take(100, 0.1)
            consumer.ack(messages)
            heard += messages
    finally:
        stop.set()
        city.join(20)
        consumer.stop()
    assert not city.is_alive()
    assert {message.topic.split("/")[2] for message in heard} == {"gateway", "water", "drainage", "gas"}
    assert min(message.received_at for message in heard) >= started_at
