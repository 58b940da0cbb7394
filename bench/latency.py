"""How long from a reading on the wire until a consumer of the feed has the alert, under a steady load."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench.parts import flood, fresh, role, until, when_stored
from bench.town import GAS
from hub import clock
from hub.store.tokens import create_token
from ingest.mqtt import Publisher, parse_url
from tests.support.servers import Servers

RATE = 1000  # messages a second beside the leaks
EVERY_S = 0.3
LEVEL = 63.0  # %LEL, above the second level: raised on the very reading


def latencies(servers: Servers, city: Path) -> list[float]:
    """Return the seconds from publishing a leak to its alert on the stream, one for each gas device."""
    with fresh(servers) as (database, broker), role("ingest", database, broker, city, "connected to"):
        with psycopg.connect(database.dsn) as connection:
            token = create_token(connection, "bench", "dispatch")
        with role("api", database, broker, city, "listening", LIANQIN_HTTP_PORT="0") as log:
            stream = Stream(_address(log), token)
            load_s = EVERY_S * len(GAS) + 3
            load = flood(broker, "singles", int(load_s * RATE), clock.ago(120), RATE)
            publisher = Publisher(parse_url(broker.url), client_id="bench-leaks")
            publisher.start()
            if not publisher.wait_connected(10):
                raise TimeoutError("no connection for the leaks")
            load.go()
            time.sleep(2)
            sent = dict(_leaks(publisher))
            until(lambda: len(stream.seen) >= len(GAS), "all alerts on the stream")
            load.result()
            when_stored(database.dsn, int(load_s * RATE))
            publisher.stop()
            stream.close()
    return [stream.seen[device] - sent[device] for device in sent]


def _leaks(publisher: Publisher) -> Iterator[tuple[str, float]]:
    """Publish one leak after the other; yield the device and when, in monotonic seconds."""
    begin = time.monotonic()
    for number, (grid, device) in enumerate(GAS):
        # Spread over the worker's batches and ticks: not a multiple of either.
        time.sleep(max(0.0, begin + number * (EVERY_S + 0.0137) - time.monotonic()))
        at = clock.now() + timedelta(seconds=1)
        payload = json.dumps({"at": at.isoformat(), "values": {"methane_pct_lel": LEVEL}}).encode()
        sent = time.monotonic()
        publisher.publish(f"city/{grid}/gas/{device}/telemetry", payload)
        yield device, sent


class Stream:
    """A consumer of the feed: when it saw which device's alert raised."""

    def __init__(self, address: str, token: str) -> None:
        """Connect; reading goes on in the background."""
        self.seen: dict[str, float] = {}
        where = urlsplit(address)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        self._connection.request("GET", "/api/v1/feed/stream?after=0", headers={"Authorization": f"Bearer {token}"})
        self._answer = self._connection.getresponse()
        if self._answer.status != 200:
            raise RuntimeError(f"the stream answers {self._answer.status}: {self._answer.read()[:200]!r}")
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        """Leave; the thread ends with the connection."""
        self._connection.close()

    def _read(self) -> None:
        try:
            for line in self._answer:
                if line.startswith(b"data:"):
                    came = time.monotonic()
                    item = json.loads(line[5:])
                    if item["type"] == "alert.raised" and item["alert"]["rule"] == "gas.leak":
                        self.seen.setdefault(item["alert"]["subject"], came)
        except (OSError, ValueError, AttributeError):
            return  # closed


def _address(log: Path) -> str:
    for line in log.read_text().splitlines():
        if "listening" in line:
            return str(json.loads(line)["address"])
    raise RuntimeError("the API does not say where it listens")
