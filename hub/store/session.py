"""Connections to the hub's database: an address in, a connection or a named refusal out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, errors

# A network that swallows packets must be noticed in seconds, not after the kernel's quarter of an hour.
_CONNECTION: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "lianqin",
}

# What is wrong with these is the database, not the data: the same batch succeeds once somebody has put it right.
_NOT_THE_DATA = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.InsufficientPrivilege,
    errors.ReadOnlySqlTransaction,
)


class StoreUnavailable(RuntimeError):
    """The database cannot be used now; the same call may succeed later."""


class StoreRefused(ValueError):
    """The database will never take this data; `part` says which part of a batch it was."""

    def __init__(self, part: str, cause: BaseException) -> None:
        super().__init__(f"the database refuses the {part}: {first_line(cause)}")
        self.part = part


def connect(dsn: str) -> Connection[Any]:
    """Return an open connection in autocommit mode, its times in UTC; raise StoreUnavailable."""
    try:
        connection = psycopg.connect(dsn, autocommit=True, **_without_given(dsn))
        connection.execute("SET TIME ZONE 'UTC'")
    except psycopg.Error as error:
        raise StoreUnavailable(first_line(error)) from error
    return connection


@contextmanager
def open_session(dsn: str) -> Iterator[Connection[Any]]:
    """Open a connection for one piece of work in one transaction, which commits when the work ends without error.

    Raises StoreUnavailable where the database cannot be reached or goes away meanwhile.
    """
    with connect(dsn) as connection, unavailable(), connection.transaction():
        yield connection


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn an error that is the database's own into StoreUnavailable; let any other through."""
    try:
        yield
    except psycopg.Error as error:
        if is_unavailable(error):
            raise StoreUnavailable(first_line(error)) from error
        raise


def is_unavailable(error: BaseException) -> bool:
    """Say whether the error lies with the connection or the server, so that trying again later may help."""
    if isinstance(error, errors.ProgramLimitExceeded):
        return False
    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError, *_NOT_THE_DATA))


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text; libpq's go on with hints for people who did not write the address."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _without_given(dsn: str) -> dict[str, Any]:
    """Return our connection settings, less those that the address sets itself."""
    given = psycopg.conninfo.conninfo_to_dict(dsn)
    return {name: value for name, value in _CONNECTION.items() if name not in given}
