"""What a database can do: a connection in, one of three editions out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import Connection


class Edition(StrEnum):
    """The three databases the hub runs on: same tables, same queries, different keeping."""

    PLAIN = "plain"  # PostgreSQL: native range partitions, the hub's own roll-up and retention
    APACHE = "timescale-apache"  # hypertables; the hub's own roll-up and retention
    COMMUNITY = "timescale-community"  # hypertables, columnstore, continuous aggregates, retention policies

    @property
    def has_hypertables(self) -> bool:
        """Say whether time series are hypertables."""
        return self is not Edition.PLAIN

    @property
    def keeps_itself(self) -> bool:
        """Say whether the database rolls up, compresses and drops by its own policies."""
        return self is Edition.COMMUNITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The timescaledb extension of a server and a database, as far as there is one."""

    preloaded: bool
    available: str | None  # version that CREATE EXTENSION would give
    installed: str | None  # version in this database
    licence: str | None  # "apache" or "timescale"

    @property
    def usable(self) -> bool:
        """Say whether a new database on this server can have hypertables."""
        return self.installed is not None or (self.preloaded and self.available is not None)


def extension_of(connection: Connection[Any]) -> Extension:
    """Return what the server has of timescaledb."""
    row = connection.execute(
        r"""SELECT current_setting('shared_preload_libraries') ~ '\ytimescaledb\y',
                  (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
                  (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
                  current_setting('timescaledb.license', true)"""
    ).fetchone()
    assert row is not None
    preloaded, available, installed, licence = row
    return Extension(preloaded=bool(preloaded), available=available, installed=installed, licence=licence or None)


def edition_of(connection: Connection[Any]) -> Edition:
    """Return the edition of a migrated database: what its tables are, and what its licence allows."""
    row = connection.execute(
        """SELECT c.relkind = 'p' FROM pg_class c
           WHERE c.relname = 'readings' AND c.relnamespace = current_schema()::regnamespace"""
    ).fetchone()
    extension = extension_of(connection)
    if extension.installed is None or (row is not None and row[0]):
        return Edition.PLAIN
    return _licensed(extension)


def edition_to_be(connection: Connection[Any]) -> Edition:
    """Return the edition that an empty database on this server gets."""
    extension = extension_of(connection)
    return _licensed(extension) if extension.usable else Edition.PLAIN


def _licensed(extension: Extension) -> Edition:
    return Edition.COMMUNITY if extension.licence == "timescale" else Edition.APACHE
