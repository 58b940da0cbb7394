"""The ingest worker in a thread of the test, on clocks and with a window of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.clock import Clock
from hub.config.load import load
from hub.store.write import Store
from hub.worker.ingest_role import IngestWorker
from hub.worker.metrics import Metrics
from ingest.mqtt import Consumer, parse_url
from ingest.topics import subscriptions
from tests.support.brokers import Broker


@contextmanager
def working(
    dsn: str, broker: Broker, town: tuple[Path, Path], *, clock: Clock | None = None, window: int = 4000
) -> Iterator[IngestWorker]:
    """Run a worker for the whole of `town`; give it once it is connected, and stop it in order at the end."""
    hub_clock, stop = clock or Clock(), threading.Event()
    consumer = Consumer(
        parse_url(broker.url), client_id="ingest", subscriptions=subscriptions(None), now=hub_clock.now, window=window
    )
    worker = IngestWorker(
        name="test",
        configuration=load(*town),
        grids=None,
        consumer=consumer,
        store=Store(dsn),
        clock=hub_clock,
        metrics=Metrics(),
        stop=stop,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert consumer.wait_connected(20)
        yield worker
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
