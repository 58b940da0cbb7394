"""Attempts to sign in, counted in the database before they are made: an attempt in, how long it must wait out.

An attempt is counted as failed before its password is looked at, in a transaction of its own, and taken back when it
succeeds: a hundred attempts at once are a hundred failures, not one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from hub.people.lockout import FORGOTTEN_AFTER, Patience


def attempt(connection: Connection[Any], keys: Mapping[str, Patience], at: datetime) -> float:
    """Count one attempt under `keys` and return 0; or count nothing and return the seconds it has to wait."""
    names = sorted(keys)
    connection.execute(
        """INSERT INTO sign_in_failures (key, failures, last_at, until)
           SELECT key, 0, %s, %s FROM unnest(%s::text[]) AS key ORDER BY key ON CONFLICT DO NOTHING""",
        (at, at, names),
    )
    rows = connection.execute(
        "SELECT key, failures, last_at, until FROM sign_in_failures WHERE key = ANY(%s) ORDER BY key FOR UPDATE",
        (names,),
    ).fetchall()
    wait_s: float = max((until - at).total_seconds() for _, _, _, until in rows)
    if wait_s > 0:
        return wait_s
    for key, failures, last_at, _ in rows:
        count = 1 if at - last_at >= FORGOTTEN_AFTER else failures + 1
        connection.execute(
            "UPDATE sign_in_failures SET failures = %s, last_at = %s, until = %s WHERE key = %s",
            (count, at, at + timedelta(seconds=keys[key].wait_s(count)), key),
        )
    return 0.0


def succeeded(connection: Connection[Any], keys: Mapping[str, Patience], at: datetime) -> None:
    """Take the attempt back: the account begins anew; the address only loses this one, for it may guess others too."""
    for key in sorted(keys):
        if key.startswith("account "):
            connection.execute("DELETE FROM sign_in_failures WHERE key = %s", (key,))
        else:
            connection.execute(
                "UPDATE sign_in_failures SET failures = greatest(failures - 1, 0), until = %s WHERE key = %s",
                (at, key),
            )
