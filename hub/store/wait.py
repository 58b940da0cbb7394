"""Waits for a database: an address in, an open connection out, however long that takes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from psycopg import Connection

from hub.store.session import StoreUnavailable, connect


def backoff(first_s: float = 0.2, longest_s: float = 10.0) -> Iterator[float]:
    """Yield waiting times without end: doubling, at most `longest_s`, each drawn between half and whole."""
    wait_s = first_s
    while True:
        yield wait_s * random.uniform(0.5, 1.0)
        wait_s = min(wait_s * 2, longest_s)


def connect_when_there(
    dsn: str,
    *,
    pause: Callable[[float], bool],
    on_failure: Callable[[StoreUnavailable, float], None] | None = None,
) -> Connection[Any] | None:
    """Return an open connection to `dsn`, trying again for ever; None when `pause(seconds)` says to stop.

    `on_failure(error, next_try_s)` is told of each attempt that fails.
    """
    for wait_s in backoff():
        try:
            return connect(dsn)
        except StoreUnavailable as error:
            if on_failure is not None:
                on_failure(error, wait_s)
        if pause(wait_s):
            return None
    return None
