"""Deliveries at work, for tests: a database and a key in, a role that delivers in this process out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from hub import clock
from hub.deliveries.addresses import Allowed
from hub.deliveries.endpoint import Endpoint, Filter, Settings
from hub.deliveries.lane import Sender
from hub.deliveries.post import Limits
from hub.deliveries.queue import add_jobs
from hub.deliveries.serve import Deliverer
from hub.deliveries.signing import HubKey, key_from_text, new_salt
from hub.store import deliveries, endpoints
from hub.store.audit import Actor
from hub.store.read_pool import ReadPool
from tests.support.databases import Database

KEY: HubKey = key_from_text("a key for tests, long enough to be one")
TESTER = Actor(name="the tester")
FAST = Limits(connect_s=1.0, total_s=2.0)


def sender(**options: Any) -> Sender:
    """Return a sender with the tests' key and short limits."""
    options = {"limits": FAST, "agent": "Lianqin-Deliveries/test", "now": clock.now, **options}
    return Sender(options.pop("key", KEY), options.pop("allowed", Allowed()), **options)


def make_endpoint(
    database: Database, url: str, *, host: str | None = "127.0.0.1", after: int | None = 0, **options: Any
) -> tuple[Endpoint, str]:
    """Make an endpoint; return it and its secret."""
    endpoint_id, salt = uuid4(), new_salt()
    parallel = options.pop("parallel", 4)
    with psycopg.connect(database.dsn) as connection:
        made = endpoints.create_endpoint(
            connection,
            Settings(url=url, private_host=host, parallel=parallel, filter=Filter(**options)),
            endpoint_id=endpoint_id,
            salt=salt,
            key_check=KEY.check(endpoint_id),
            after=after,
            actor=TESTER,
            at=clock.now(),
        )
    return made, KEY.secret(endpoint_id, salt)


def present(database: Database, endpoint_id: UUID) -> Endpoint:
    """Return the endpoint as it stands."""
    with psycopg.connect(database.dsn) as connection:
        return endpoints.find_endpoint(connection, endpoint_id)


def states(database: Database, endpoint_id: UUID) -> dict[int, str]:
    """Return the state of each delivery of an endpoint by its sequence number."""
    with psycopg.connect(database.dsn) as connection:
        return dict(
            connection.execute(
                "SELECT seq, state FROM deliveries WHERE endpoint_id = %s ORDER BY seq", (endpoint_id,)
            ).fetchall()
        )


def make_due(database: Database) -> None:
    """Let every wait be over, as if time had passed."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("UPDATE deliveries SET next_at = NULL WHERE state = 'pending'")
        connection.execute("UPDATE delivery_endpoints SET paused_until = NULL")
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


def age(database: Database, by: timedelta) -> None:
    """Let what was tried have been tried so much earlier."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("UPDATE deliveries SET first_tried_at = first_tried_at - %s", (by,))
        connection.execute("UPDATE delivery_endpoints SET failing_since = failing_since - %s", (by,))


def replay(database: Database, which: int | UUID) -> None:
    """Send one delivery again, or every dead one of an endpoint."""
    with psycopg.connect(database.dsn) as connection:
        if isinstance(which, UUID):
            deliveries.replay_dead(connection, which, at=clock.now(), queue=add_jobs)
        else:
            deliveries.replay_one(connection, which, at=clock.now(), queue=add_jobs)


@contextmanager
def delivering(database: Database, **options: Any) -> Iterator[None]:
    """Deliver in a thread until the end."""
    stop = threading.Event()
    pool = ReadPool(database.dsn, size=12)
    pool.open()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with ThreadPoolExecutor(12) as threads:
                deliverer = Deliverer(database.dsn, pool, threads, sender(**options), now=clock.now)
                asyncio.run(deliverer.run(stop))
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=work, name="deliveries under test")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        alive = thread.is_alive()
        pool.close()
        assert not alive, "deliveries did not stop"
        assert not problems, problems
