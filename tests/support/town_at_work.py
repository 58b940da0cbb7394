"""The small town's hub at work: its ingest worker, its devices, rows of its database, waiting with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from hub import clock
from hub.config.load import load
from hub.store.write import Store
from hub.worker.ingest_role import IngestWorker
from hub.worker.metrics import Metrics
from ingest.mqtt import Consumer, Publisher, parse_url
from ingest.topics import subscriptions
from tests.support.town import write_city


def until(holds: Callable[[], object], wait_s: float = 60.0) -> None:
    """Wait until `holds()` gives something; fail when it has not in time."""
    deadline = time.monotonic() + wait_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    """Return what `query` finds."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


@contextmanager
def working(dsn: str, url: str, folder: Path, grids: frozenset[str] | None = None) -> Iterator[IngestWorker]:
    """Run a worker of the small town on a thread; what it fails with is raised at the end."""
    configuration = load(write_city(folder), None)
    stop = threading.Event()
    consumer = Consumer(parse_url(url), client_id="ingest", subscriptions=subscriptions(grids), now=clock.now)
    worker = IngestWorker(
        name="test",
        configuration=configuration,
        grids=grids,
        consumer=consumer,
        store=Store(dsn),
        clock=clock.Clock(),
        metrics=Metrics(),
        stop=stop,
    )
    failures: list[BaseException] = []

    def run() -> None:
        try:
            worker.run()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: failures or consumer.wait_connected(0.1))
        yield worker
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


@contextmanager
def publishing(url: str) -> Iterator[Publisher]:
    """Give a publisher that stands for devices; all that it was given has left at the end."""
    publisher = Publisher(parse_url(url), client_id="devices", will=None)
    publisher.start()
    try:
        yield publisher
    finally:
        assert publisher.flush(10)
        publisher.stop()
