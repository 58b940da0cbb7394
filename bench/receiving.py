"""How much the ingest role stores durably, beside what the bare parts can do in the same minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.parts import an_hour_ago, bare, flood, fresh, role, when_stored
from bench.town import READINGS_A_BATCH, batches
from hub import clock
from hub.config.load import load
from ingest.decode import Decoder
from tests.support.servers import Servers

COLUMNS = "device_id, quantity, measured_at, value, received_at, grid, late"
TYPES = ("text", "text", "timestamptz", "float8", "timestamptz", "text", "bool")
MERGED_ROWS = (2_000, 10_000)  # rows in one transaction; the better of the two is the ceiling


def bare_loop(servers: Servers, messages: int) -> float:
    """Return how many single-reading messages a second paho receives and acknowledges, doing nothing else."""
    with fresh(servers) as (_, broker):
        receiver, publisher = bare(broker, messages), flood(broker, "singles", messages, an_hour_ago())
        publisher.go()
        began = publisher.result()[0]
        return messages / (receiver.result()[0] - began)


def durable(servers: Servers, city: Path, kind: str, messages: int) -> float:
    """Return how many observations a second `lianqin ingest` stores, each acknowledged after its commit."""
    count = messages * (READINGS_A_BATCH if kind == "batches" else 1)
    with fresh(servers) as (database, broker), role("ingest", database, broker, city, "connected to"):
        publisher = flood(broker, kind, messages, an_hour_ago())
        publisher.go()
        ended = when_stored(database.dsn, count)
        return count / (ended - publisher.result()[0])


def merging(servers: Servers, city: Path, messages: int) -> float:
    """Return how many readings a second COPY and a merge store, with the rows ready made and nothing else to do."""
    best = 0.0
    for size in MERGED_ROWS:
        with fresh(servers) as (database, _), psycopg.connect(database.dsn) as connection:
            rows = list(_rows(city, messages, an_hour_ago()))
            connection.execute("CREATE TEMPORARY TABLE incoming (LIKE readings) ON COMMIT DELETE ROWS")
            connection.commit()
            began = time.monotonic()
            for first in range(0, len(rows), size):
                _merge(connection, rows[first : first + size])
            best = max(best, len(rows) / (time.monotonic() - began))
    return best


def _merge(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        with cursor.copy("COPY incoming FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(TYPES)
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO readings ({COLUMNS}) SELECT {COLUMNS} FROM incoming ON CONFLICT DO NOTHING")
    connection.commit()


def _rows(city: Path, messages: int, begin: datetime) -> Iterator[tuple[Any, ...]]:
    decoder, now = Decoder(load(city, None).city), clock.now()
    for topic, payload in batches(messages, begin):
        found = decoder.decode(topic, payload, now)
        for one in found.observations:
            yield one.device_id, one.quantity.value, one.measured_at, one.value, now, found.grid, False
