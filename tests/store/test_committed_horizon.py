"""What a worker says it has listened to is whole: who reads that far, again and again, beside it misses nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psycopg
from prometheus_client import CollectorRegistry

from hub.clock import SYSTEM
from hub.config.load import load
from hub.store.listening import heard_until
from hub.store.write import Store
from hub.worker.ingest_role import IngestWorker
from hub.worker.metrics import Metrics
from ingest.health import Health
from ingest.observation import Reading
from ingest.window import Message, Window
from tests.support.databases import Database
from tests.support.load import write_town

LASTS_S = 5.0
# A commit that takes a while leaves much on its way when somebody looks.
SLOW_COMMIT = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.15); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON batches DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow();
"""


class Wire:
    """A connection whose messages come from a thread of this test, through the real window."""

    health = Health(
        connected=True, protocol="test", last_message_monotonic=None, held=0, reconnects=0, dropped=0, problem=None
    )

    def __init__(self) -> None:
        self.window = Window(400)
        self.sent = 0

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def publish(self, *_: object) -> None: ...

    @property
    def waiting(self) -> int:
        return self.window.waiting

    def take(self, limit: int, wait_s: float) -> list[Message]:
        return self.window.take(min(limit, 50), wait_s)  # so small a batch leaves some behind

    def ack(self, messages: Sequence[Message]) -> None:
        self.window.give_back(messages)

    def flow(self, until_s: float) -> None:
        """Let messages in as fast as they are taken."""
        while time.monotonic() < until_s:
            if self.window.full:
                time.sleep(0.0005)
                continue
            with self.window.arriving:
                at = SYSTEM.now()
                report = {"at": at.isoformat(), "values": {"methane_pct_lel": 0.1 + self.sent * 1e-6}}
                topic = f"city/0{1 + self.sent % 2}/gas/gas-{self.sent % 2}/telemetry"
                self.window.put(Message(topic, json.dumps(report).encode(), 0, 1, False, at))
            self.sent += 1


def test_who_reads_as_far_as_was_listened_misses_nothing(plain_database: Database, tmp_path: Path) -> None:
    with psycopg.connect(plain_database.dsn) as connection:
        connection.execute(SLOW_COMMIT)
    wire, stop = Wire(), threading.Event()
    worker = IngestWorker(
        name="worker",
        configuration=load(*write_town(tmp_path)),
        grids=None,
        consumer=wire,  # type: ignore[arg-type]
        store=Store(plain_database.dsn),
        clock=SYSTEM,
        metrics=Metrics(CollectorRegistry()),
        stop=stop,
    )
    working = threading.Thread(target=worker.run)
    flowing = threading.Thread(target=wire.flow, args=(time.monotonic() + LASTS_S,))
    reader = Store(plain_database.dsn)
    begin: datetime = SYSTEM.now()
    first, read, looks = begin, list[Reading](), 0
    working.start()
    flowing.start()
    try:
        with psycopg.connect(plain_database.dsn, autocommit=True) as connection:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                over = not flowing.is_alive() and wire.waiting == 0 and wire.window.held == 0
                whole = heard_until(connection, ["01"])
                if whole is not None and whole > begin:
                    read += [one for one, _ in reader.recorded(None, begin, whole) if isinstance(one, Reading)]
                    begin, looks = whole, looks + 1
                    if over and looks and begin > (read[-1].received_at if read else first):
                        break
                time.sleep(0.002)
    finally:
        stop.set()
        flowing.join(30)
        working.join(30)
    everything = [one for one, _ in reader.recorded(None, first, SYSTEM.now()) if isinstance(one, Reading)]
    reader.close()
    assert looks >= 4
    assert len(everything) == wire.sent > 500
    assert read == everything
