"""The API on a real socket over a real database, for tests: a database in, clients of every role out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from detectors.thresholds import Thresholds
from hub.api.app import create_app
from hub.api.context import Hub
from hub.api.serve import listen, run
from hub.clock import Clock
from hub.config.apply import settle
from hub.config.load import Configuration, config_version, load_city
from hub.store.session import connect
from hub.store.tokens import ROLES, create_token
from hub.store.write import Batch, Store
from tests.support.stored import NOW
from tests.support.town import CITY, write_city

DEPARTMENT = "district-urban-management"


def configuration(folder: Path, city_text: str = CITY) -> Configuration:
    """Return the small town, or the city of another text, with the shipped thresholds."""
    city, thresholds = load_city(write_city(folder, city_text)), Thresholds()
    return Configuration(city, thresholds, config_version(city, thresholds))


@dataclass(slots=True)
class Api:
    """A running API: its address, its database, a token of every role."""

    address: str
    dsn: str
    hub: Hub
    tokens: dict[str, str]
    clock_s: list[float]
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, role: str | None = "admin") -> httpx.Client:
        """Return a client with the token of `role`; None: with none."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        made = httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False)
        self._clients.append(made)
        return made

    def close(self) -> None:
        """Close every client."""
        for client in self._clients:
            client.close()

    def write(self, batch: Batch) -> None:
        """Store `batch` as an ingest worker does."""
        store = Store(self.dsn)
        try:
            store.write(batch)
        finally:
            store.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what `query` finds."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]

    def pass_time(self, span: timedelta) -> None:
        """Let the hub's clock run ahead by `span`."""
        self.clock_s[0] += span.total_seconds()


@contextmanager
def serving(
    dsn: str, folder: Path, *, at: datetime = NOW, tokens: bool = True, city_text: str = CITY, **options: Any
) -> Iterator[Api]:
    """Run the API over the database at `dsn`; the hub's clock stands at `at` until a test moves it.

    `city_text` is its city.yaml; `options` go to the application.
    """
    clock_s = [at.timestamp()]
    # Both clocks move together: a test that lets time pass does not step the wall clock.
    clock = Clock(wall=lambda: clock_s[0], monotonic=lambda: clock_s[0])
    app = create_app(dsn=dsn, configuration=configuration(folder, city_text), clock=clock, **options)
    made: dict[str, str] = {}
    if tokens:
        with psycopg.connect(dsn) as connection:
            made = {role: token_for(connection, role) for role in ROLES}
    stop = threading.Event()
    with listen("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=run, args=(app, listener, stop), name="api under test")
        thread.start()
        api = Api(address, dsn, app.state.hub, made, clock_s)
        try:
            until(lambda: httpx.get(f"{address}/livez", trust_env=False).status_code == 200)
            yield api
        finally:
            api.close()
            stop.set()
            thread.join(timeout=20)
            assert not thread.is_alive(), "the API did not stop"


@contextmanager
def serving_over(dsn: str, folder: Path, thresholds: str, **options: Any) -> Iterator[Api]:
    """Run the API as `serving` does, over files of its own; a detectors file of this text is in force and on record."""
    detectors = folder / "detectors.yaml"
    detectors.write_text(thresholds, encoding="utf-8")
    with serving(dsn, folder, files=(folder / "city.yaml", detectors), **options) as api:
        with connect(api.dsn) as connection:
            settle(connection, api.hub.files, at=api.hub.now())
        yield api


def token_for(connection: psycopg.Connection[Any], role: str, districts: Sequence[str] | None = None) -> str:
    """Return a new token of `role`; a department's belongs to DEPARTMENT."""
    department = DEPARTMENT if role == "department" else None
    return create_token(connection, f"the {role}", role, department=department, districts=districts)


def until(holds: Callable[[], bool], *, wait_s: float = 60.0) -> None:
    """Wait until `holds`; fail after `wait_s`."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def sse(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (id, data) of each event with data in a stream's lines."""
    number, data = -1, ""
    for line in lines:
        if line.startswith("id:"):
            number = int(line[3:])
        elif line.startswith("data:"):
            data = line[5:]
        elif not line and data:
            yield number, json.loads(data)
            data = ""
