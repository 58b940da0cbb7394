"""Brings the queue library's own tables up to date: a connection in, the names of what was applied out.

The library ships its schema whole and, for databases made before, migrations. A fresh database takes the whole and has
every migration with it; an older one takes those it lacks. Each is applied in a transaction of its own.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from psycopg import Connection

PREFIX = "procrastinate/"


def missing(connection: Connection[Any]) -> list[str]:
    """Return the names of what the database still lacks."""
    if not _exists(connection, "procrastinate_jobs"):
        return [f"{PREFIX}schema"]
    known = {name for (name,) in connection.execute("SELECT name FROM queue_migrations")}
    return [f"{PREFIX}{name}" for name, _ in _shipped() if name not in known]


def bring_up_to_date(connection: Connection[Any]) -> list[str]:
    """Apply what the database lacks and return the names; call it under the lock of migrations."""
    shipped = _shipped()
    if not _exists(connection, "procrastinate_jobs"):
        whole = (resources.files("procrastinate") / "sql" / "schema.sql").read_text(encoding="utf-8")
        with connection.transaction():
            connection.execute(whole.encode())
            _note(connection, [name for name, _ in shipped])
        return [f"{PREFIX}schema"]
    known = {name for (name,) in connection.execute("SELECT name FROM queue_migrations")}
    applied = []
    for name, text in shipped:
        if name not in known:
            with connection.transaction():
                connection.execute(text.encode())
                _note(connection, [name])
            applied.append(f"{PREFIX}{name}")
    return applied


def _shipped() -> list[tuple[str, str]]:
    folder = resources.files("procrastinate") / "sql" / "migrations"
    return sorted(
        (found.name.removesuffix(".sql"), found.read_text(encoding="utf-8"))
        for found in folder.iterdir()
        if found.name.endswith(".sql")
    )


def _exists(connection: Connection[Any], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return row is not None and bool(row[0])


def _note(connection: Connection[Any], names: list[str]) -> None:
    connection.execute(
        """INSERT INTO queue_migrations (name, applied_at)
           SELECT name, clock_timestamp() FROM unnest(%s::text[]) AS name""",
        (names,),
    )
