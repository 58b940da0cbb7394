"""Brings a database up to date: an address in, the names of the migrations that were applied out.

Migrations are plain SQL files, `NNNN_name.sql`, applied in order of their names, each in its own transaction, under an
advisory lock so that two roles that start at once do not collide. `NNNN_name.EDITION.sql` is applied on that edition
only: `plain`, `timescale` (either licence) or `community`. A file that was changed after it was applied is an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from hub.store.edition import Edition, edition_of, edition_to_be, extension_of
from hub.store.partitions import make_ahead
from hub.store.queue_schema import bring_up_to_date, missing

FOLDER = Path(__file__).parent / "migrations"
LOCK = 0x6C69616E  # ours among advisory locks: "lian"

QUEUE_FROM = "0007_deliveries"  # from here on the queue's tables stand beside ours

_APPLIES: dict[str, frozenset[Edition]] = {
    "": frozenset(Edition),
    "plain": frozenset({Edition.PLAIN}),
    "timescale": frozenset({Edition.APACHE, Edition.COMMUNITY}),
    "community": frozenset({Edition.COMMUNITY}),
}


class MigrationError(RuntimeError):
    """The database cannot be brought up to date; the message says why and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file: its name without `.sql`, the editions it is for, and its text."""

    name: str
    editions: frozenset[Edition]
    text: str

    @property
    def checksum(self) -> str:
        """Return the SHA-256 of the text, by which a later change of the file is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return every migration of `folder` in order."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        name, _, suffix = path.stem.partition(".")
        number = name.partition("_")[0]
        if suffix not in _APPLIES or len(number) != 4 or not number.isdecimal():
            raise MigrationError(f"{path.name}: a migration is named NNNN_what.sql or NNNN_what.EDITION.sql")
        found.append(Migration(name=path.stem, editions=_APPLIES[suffix], text=path.read_text(encoding="utf-8")))
    return found


def migrate(dsn: str, *, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing to the database at `dsn` and return the names; raise MigrationError where that fails."""
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            return _apply(connection, migrations(folder))
    except psycopg.OperationalError as error:
        raise MigrationError(f"the database cannot be reached: {_first_line(error)}") from error


def pending(connection: Connection[Any], *, folder: Path = FOLDER) -> list[str]:
    """Return the names of the migrations that the database still lacks; raise MigrationError for a changed one."""
    known = _applied(connection)
    edition = edition_of(connection) if known else edition_to_be(connection)
    files = migrations(folder)
    ours = [one.name for one in _missing(files, known, edition)]
    return ours + (missing(connection) if _has_queue(files) else [])


def _apply(connection: Connection[Any], files: Sequence[Migration]) -> list[str]:
    known = _applied(connection)
    if not known:
        _install_extension(connection)
    edition = edition_of(connection) if known else edition_to_be(connection)
    applied = []
    for one in _missing(files, known, edition):
        try:
            with connection.transaction():
                connection.execute(one.text)
                connection.execute(
                    "INSERT INTO migrations (name, checksum, applied_at) VALUES (%s, %s, clock_timestamp())",
                    (one.name, one.checksum),
                )
        except psycopg.Error as error:
            raise MigrationError(f"migration {one.name} failed, nothing of it is kept: {_first_line(error)}") from error
        applied.append(one.name)
    if _has_queue(files):
        applied += _queue(connection)
    if edition_of(connection) is Edition.PLAIN:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        make_ahead(connection, row[0])
    return applied


def _has_queue(files: Sequence[Migration]) -> bool:
    return any(one.name == QUEUE_FROM for one in files)


def _queue(connection: Connection[Any]) -> list[str]:
    """Bring the queue's own tables up to date: its library ships their SQL."""
    try:
        return bring_up_to_date(connection)
    except psycopg.Error as error:
        raise MigrationError(
            f"the queue's own migration failed, nothing of it is kept: {_first_line(error)}"
        ) from error


def _applied(connection: Connection[Any]) -> dict[str, str]:
    row = connection.execute("SELECT to_regclass('migrations') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return {}
    return dict(connection.execute("SELECT name, checksum FROM migrations").fetchall())


def _missing(files: Sequence[Migration], known: dict[str, str], edition: Edition) -> list[Migration]:
    names = {one.name for one in files}
    unknown = sorted(set(known) - names)
    if unknown:
        raise MigrationError(
            f"the database has migrations that this version does not know ({', '.join(unknown)}): "
            "it was migrated by a newer version; run that one, or restore the backup made before the upgrade"
        )
    for one in files:
        if known.get(one.name, one.checksum) != one.checksum:
            raise MigrationError(
                f"migration {one.name} was changed after it was applied: restore the file, and put the change into "
                "a new migration"
            )
    return [one for one in files if one.name not in known and edition in one.editions]


def _install_extension(connection: Connection[Any]) -> None:
    """Make the table of migrations, and the extension where the server offers it, before anything else."""
    with connection.transaction():
        extension = extension_of(connection)
        if extension.usable and extension.installed is None:
            try:
                connection.execute("CREATE EXTENSION timescaledb")
            except psycopg.errors.InsufficientPrivilege as error:
                raise MigrationError(
                    "the server offers TimescaleDB but this role may not install it: run CREATE EXTENSION timescaledb "
                    "in this database as a superuser once, then migrate again"
                ) from error
        connection.execute(
            sql.SQL(
                """CREATE TABLE IF NOT EXISTS migrations (
                       name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)"""
            )
        )


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
