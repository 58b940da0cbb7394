"""The time series and their native partitions on plain PostgreSQL: made ahead, filled from the default, dropped.

A partition covers [floor, floor + step) in steps counted from the Unix epoch, and its name says when it begins. Rows
outside every partition wait in the default one; `settle` moves them, so that retention can drop whole partitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection, sql

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = 4  # partitions beyond the present one


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One table that grows with time, the column that says when, and how long one of its partitions is."""

    table: str
    at: str
    step: timedelta

    def floor(self, at: datetime) -> datetime:
        """Return when the partition that holds `at` begins."""
        return EPOCH + (at - EPOCH) // self.step * self.step

    def name(self, begin: datetime) -> str:
        """Return the name of the partition that begins then."""
        return f"{self.table}_p{begin:%Y%m%d}"

    def begin(self, name: str) -> datetime | None:
        """Return when the partition of that name begins, or None for the default one."""
        stamp = name.removeprefix(f"{self.table}_p")
        return datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC) if stamp.isdecimal() else None


READINGS = Series(table="readings", at="measured_at", step=timedelta(days=7))
FRAMES = Series(table="frames", at="captured_at", step=timedelta(days=1))
FEED = Series(table="feed", at="at", step=timedelta(days=28))
SERIES = (READINGS, FRAMES, FEED)


def existing(connection: Connection[Any], series: Series) -> dict[datetime, str]:
    """Return the partitions of a series by when they begin."""
    rows = connection.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
        (series.table,),
    ).fetchall()
    begins = ((series.begin(name), name) for (name,) in rows)
    return {begin: name for begin, name in begins if begin is not None}


def make_ahead(connection: Connection[Any], now: datetime) -> list[str]:
    """Make the present partition of each series and the next few where they are missing; return the new names.

    A range of which the default partition already holds rows is settled instead: rows and all.
    """
    made = []
    for series in SERIES:
        have = existing(connection, series)
        for index in range(AHEAD + 1):
            begin = series.floor(now) + index * series.step
            if begin not in have:
                _make(connection, series, begin)
                made.append(series.name(begin))
    return made


def settle(connection: Connection[Any], series: Series) -> list[str]:
    """Move every row of the default partition into a partition of its own time; return the new partitions' names."""
    made = []
    while (begin := _oldest_unsettled(connection, series)) is not None:
        _make(connection, series, begin)
        made.append(series.name(begin))
    return made


def drop_before(connection: Connection[Any], series: Series, before: datetime) -> list[str]:
    """Drop the partitions that end at or before `before`, and such rows of the default one; return what was dropped."""
    dropped = []
    for begin, name in sorted(existing(connection, series).items()):
        if begin + series.step <= before:
            with connection.transaction():
                _patiently(connection)
                connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            dropped.append(name)
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE {} < %s").format(_default(series), sql.Identifier(series.at)),
        (series.floor(before),),
    )
    return dropped


def _make(connection: Connection[Any], series: Series, begin: datetime) -> None:
    """Make one partition, moving the rows there that the default partition holds of its time.

    Writers wait while that happens; SHARE ROW EXCLUSIVE lets readers go on. `lock_timeout` keeps the wait for the lock
    short, so that maintenance gives up rather than holds the writers that queue behind it.
    """
    end = begin + series.step
    table, fresh, at = sql.Identifier(series.table), sql.Identifier(series.name(begin)), sql.Identifier(series.at)
    low, high = sql.Literal(begin), sql.Literal(end)
    with connection.transaction():
        _patiently(connection)
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))
        connection.execute(
            sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(fresh, table)
        )
        connection.execute(
            sql.SQL(
                """WITH moved AS (DELETE FROM {default} WHERE {at} >= {low} AND {at} < {high} RETURNING *)
                   INSERT INTO {fresh} SELECT * FROM moved"""
            ).format(default=_default(series), at=at, low=low, high=high, fresh=fresh)
        )
        connection.execute(
            sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(table, fresh, low, high)
        )


def _oldest_unsettled(connection: Connection[Any], series: Series) -> datetime | None:
    row = connection.execute(
        sql.SQL("SELECT min({}) FROM {}").format(sql.Identifier(series.at), _default(series))
    ).fetchone()
    return None if row is None or row[0] is None else series.floor(row[0])


def _patiently(connection: Connection[Any]) -> None:
    connection.execute("SET LOCAL lock_timeout = '5s'")


def _default(series: Series) -> sql.Identifier:
    return sql.Identifier(f"{series.table}_default")
