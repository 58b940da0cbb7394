"""Examines a database: an address in, named checks out, each with what would help where it is not well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection

from hub import clock
from hub.store.edition import Edition, Extension, edition_of, extension_of
from hub.store.migrate import MigrationError, pending
from hub.store.partitions import SERIES, existing
from hub.store.session import StoreUnavailable, connect, first_line

OLDEST_SERVER = 140000
SKEW_ALLOWED_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `detail` says what was found and, where that is not well, what would help."""

    name: str
    ok: bool
    detail: str


def doctor(dsn: str, *, now: Callable[[], datetime] = clock.now) -> list[Check]:
    """Look at the database at `dsn`; a database that does not answer is one failed check, not an error."""
    try:
        connection = connect(dsn)
    except StoreUnavailable as error:
        detail = f"{error}; is LIANQIN_DATABASE_URL right, and does the server run?"
        return [Check(name="database", ok=False, detail=detail)]
    with connection:
        checks = [_version(connection)]
        for look in (_schema, _edition, _keeping, _partitions, _disk):
            try:
                checks.append(look(connection))
            except psycopg.Error as error:
                checks.append(Check(name=look.__name__.strip("_"), ok=False, detail=first_line(error)))
        checks.append(_skew(connection, now))
    return checks


def _version(connection: Connection[Any]) -> Check:
    number = connection.info.server_version
    text = f"PostgreSQL {number // 10000}.{number % 10000} answers"
    if number < OLDEST_SERVER:
        return Check(name="database", ok=False, detail=f"{text}, but {OLDEST_SERVER // 10000} is the oldest supported")
    return Check(name="database", ok=True, detail=text)


def _schema(connection: Connection[Any]) -> Check:
    try:
        missing = pending(connection)
    except MigrationError as error:
        return Check(name="schema", ok=False, detail=str(error))
    if missing:
        return Check(name="schema", ok=False, detail=f"lacks {', '.join(missing)}: run `lianqin migrate`")
    row = connection.execute("SELECT count(*), max(name) FROM migrations").fetchone()
    assert row is not None
    return Check(name="schema", ok=True, detail=f"up to date: {row[0]} migrations, the last is {row[1]}")


def _edition(connection: Connection[Any]) -> Check:
    edition, extension = edition_of(connection), extension_of(connection)
    said = {
        Edition.PLAIN: "plain PostgreSQL: native partitions; roll-up and retention by the hub itself",
        Edition.APACHE: "TimescaleDB, Apache edition: hypertables; roll-up and retention by the hub itself",
        Edition.COMMUNITY: "TimescaleDB, community edition: hypertables, columnstore, continuous aggregates, retention",
    }[edition]
    if edition is Edition.PLAIN and extension.usable:
        said += ". The server offers TimescaleDB; to use it, migrate an empty database and restore the data into it"
    return Check(name="edition", ok=True, detail=said + _extension(edition, extension))


def _extension(edition: Edition, extension: Extension) -> str:
    return "" if edition is Edition.PLAIN else f" (timescaledb {extension.installed}, licence {extension.licence})"


def _keeping(connection: Connection[Any]) -> Check:
    """Say whether the database is being kept in shape, by whoever must."""
    if edition_of(connection) is Edition.COMMUNITY:
        failed = connection.execute(
            """SELECT j.proc_name FROM timescaledb_information.jobs j
               JOIN timescaledb_information.job_stats s USING (job_id)
               WHERE j.hypertable_name = ANY (%s) AND s.last_run_status = 'Failed'""",
            ([series.table for series in SERIES],),
        ).fetchall()
        if failed:
            names = ", ".join(sorted(name for (name,) in failed))
            return Check(name="keeping", ok=False, detail=f"background jobs fail: {names}; see the server's log")
        return Check(name="keeping", ok=True, detail="background jobs run")
    row = connection.execute(
        """SELECT nullif(received_until, '-infinity'),
                  received_until < (SELECT max(until) FROM listening) - INTERVAL '1 day'
           FROM rollup_progress"""
    ).fetchone()
    assert row is not None
    until, behind = row
    if behind:
        detail = f"the hourly roll-up ends at {until}: no role that does the upkeep has run for a day"
        return Check(name="keeping", ok=False, detail=detail)
    return Check(name="keeping", ok=True, detail="the hourly roll-up keeps up")


def _partitions(connection: Connection[Any]) -> Check:
    if edition_of(connection) is not Edition.PLAIN:
        row = connection.execute(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = ANY (%s)",
            ([series.table for series in SERIES],),
        ).fetchone()
        assert row is not None
        return Check(name="partitions", ok=True, detail=f"{row[0]} chunks, made as they are needed")
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    missing, stray, count = [], [], 0
    for series in SERIES:
        have = existing(connection, series)
        count += len(have)
        if series.floor(at) not in have or series.floor(at + series.step) not in have:
            missing.append(series.table)
        if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {series.table}_default)").fetchone() == (True,):
            stray.append(series.table)
    if missing:
        detail = f"none ahead for {', '.join(missing)}: rows wait in the default one until upkeep runs"
        return Check(name="partitions", ok=False, detail=detail)
    waiting = f"; rows of {', '.join(stray)} wait in the default one for upkeep" if stray else ""
    return Check(name="partitions", ok=True, detail=f"{count} partitions, made ahead{waiting}")


def _disk(connection: Connection[Any]) -> Check:
    row = connection.execute(
        """SELECT pg_size_pretty(pg_database_size(current_database())),
                  (SELECT count(*) FROM alerts WHERE condition = 'active')"""
    ).fetchone()
    assert row is not None
    return Check(name="size", ok=True, detail=f"{row[0]} on disk, {row[1]} active alerts")


def _skew(connection: Connection[Any], now: Callable[[], datetime]) -> Check:
    """Compare the hub's clock with the database's, allowing for the way there and back."""
    before = now()
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    after = now()
    assert row is not None
    there: datetime = row[0]
    skew_s = max((before - there).total_seconds(), (there - after).total_seconds(), 0.0)
    detail = f"hub and database differ by {skew_s:.1f} s"
    if timedelta(seconds=skew_s) > timedelta(seconds=SKEW_ALLOWED_S):
        return Check(name="clocks", ok=False, detail=f"{detail}: set both by NTP")
    return Check(name="clocks", ok=True, detail=detail)
