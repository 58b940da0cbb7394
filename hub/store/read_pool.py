"""A few shared connections for the API: a database address in, short transactions out.

The pool opens without waiting and reconnects by itself, so the API starts before its database is there and outlives
its restarts. Whatever goes wrong with the connection, and a statement that runs too long, is a StoreUnavailable.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from hub.store.session import StoreUnavailable, unavailable

# The pool warns of every failed attempt to connect; /readyz and the requests that fail say it once and better.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


class ReadPool:
    """At most `size` connections; a request that finds none free waits `wait_s` and is then refused."""

    def __init__(self, dsn: str, *, size: int = 8, wait_s: float = 3.0, statement_s: float = 15.0) -> None:
        """Take the database's address; nothing is opened before `open`."""
        self.dsn = dsn
        self._pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=wait_s,
            max_waiting=200,
            max_idle=60.0,
            reconnect_timeout=5.0,
            check=ConnectionPool.check_connection,
            kwargs={
                "application_name": "lianqin-api",
                "connect_timeout": 3,
                "options": f"-c statement_timeout={int(statement_s * 1000)} -c timezone=UTC",
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
            },
            open=False,
            name="api",
        )

    def open(self) -> None:
        """Begin to connect in the background."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close(timeout=2.0)

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """Yield a connection in a transaction that commits at the end, or rolls back on any exception."""
        try:
            with unavailable(), self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, PoolClosed, TooManyRequests) as error:
            raise StoreUnavailable("no connection to the database can be had") from error
