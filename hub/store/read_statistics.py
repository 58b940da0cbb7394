"""Counts over alerts for the health of the alarm system: a period and a reach in, counts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from detectors.finding import Severity
from hub.alerts.health import CHATTER_COUNT, CHATTER_S, STALE_H, TEN_MINUTES_S

_SHOWN = "inhibited_by IS NULL"
_WHERE = "raised_at >= %(begin)s AND raised_at < %(end)s AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One subject under one rule, and how often it raised an alarm."""

    rule: str
    subject: str
    grid: str
    count: int
    last_id: UUID
    chattering: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleAlarm:
    """One alarm that has stood for more than a day."""

    alert_id: UUID
    rule: str
    subject: str
    grid: str
    severity: Severity
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCounts:
    """What happened in a period; `symptoms` were raised under a known cause and shown as its number only."""

    per_ten_minutes: tuple[int, ...]
    per_severity: dict[Severity, int]
    per_rule: dict[str, int]
    sources: tuple[Source, ...]
    chattering: tuple[Source, ...]
    stale: tuple[StaleAlarm, ...]
    stale_count: int
    symptoms: int


def alarm_counts(
    connection: Connection[Any], *, begin: datetime, end: datetime, grids: Sequence[str] | None, sources: int = 10
) -> AlarmCounts:
    """Return the counts of [begin, end), cut into whole ten minutes from `begin` on; the busiest `sources` by name."""
    parameters = {
        "begin": begin,
        "end": end,
        "grids": None if grids is None else list(grids),
        "step": timedelta(seconds=TEN_MINUTES_S),
        "chatter": timedelta(seconds=CHATTER_S),
        "earlier": CHATTER_COUNT - 1,
        "stale": end - timedelta(hours=STALE_H),
        "limit": sources,
    }
    windows = [0] * max(1, -(-int((end - begin).total_seconds()) // TEN_MINUTES_S))
    per_severity: dict[Severity, int] = {}
    per_rule: dict[str, int] = {}
    for index, severity, rule, count in connection.execute(
        f"""SELECT floor(extract(epoch FROM raised_at - %(begin)s) / extract(epoch FROM %(step)s))::int,
                   severity, rule, count(*)
            FROM alerts WHERE {_SHOWN} AND {_WHERE} GROUP BY 1, 2, 3""".encode(),
        parameters,
    ):
        windows[index] += count
        per_severity[Severity(severity)] = per_severity.get(Severity(severity), 0) + count
        per_rule[rule] = per_rule.get(rule, 0) + count
    found = connection.execute(
        f"""WITH raised AS (
                SELECT rule, subject, grid, raised_at, alert_id,
                       raised_at - lag(raised_at, %(earlier)s) OVER (PARTITION BY rule, subject ORDER BY raised_at)
                           <= %(chatter)s AS chatters
                FROM alerts WHERE {_SHOWN} AND {_WHERE}),
            counted AS (
                SELECT rule, subject, max(grid) AS grid, count(*) AS count,
                       (array_agg(alert_id ORDER BY raised_at DESC))[1] AS last_id,
                       coalesce(bool_or(chatters), false) AS chattering
                FROM raised GROUP BY rule, subject),
            ranked AS (
                SELECT *, row_number() OVER (ORDER BY count DESC, rule, subject) AS place FROM counted)
            SELECT place, rule, subject, grid, count, last_id, chattering FROM ranked
            WHERE place <= %(limit)s OR chattering ORDER BY place LIMIT 200""".encode(),
        parameters,
    ).fetchall()
    named = [
        (place, Source(rule=rule, subject=subject, grid=grid, count=count, last_id=last_id, chattering=chattering))
        for place, rule, subject, grid, count, last_id, chattering in found
    ]
    standing = "raised_at < %(stale)s AND (cleared_at IS NULL OR cleared_at >= %(end)s)"
    within = "(%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))"
    stale = connection.execute(
        f"""SELECT alert_id, rule, subject, grid, severity, raised_at, count(*) OVER () FROM alerts
            WHERE {_SHOWN} AND {standing} AND {within} ORDER BY raised_at, alert_id LIMIT 50""".encode(),
        parameters,
    ).fetchall()
    symptoms = connection.execute(
        f"SELECT count(*) FROM alerts WHERE NOT ({_SHOWN}) AND {_WHERE}".encode(), parameters
    ).fetchone()
    return AlarmCounts(
        per_ten_minutes=tuple(windows),
        per_severity=per_severity,
        per_rule=per_rule,
        sources=tuple(source for place, source in named if place <= sources),
        chattering=tuple(source for _, source in named if source.chattering),
        stale=tuple(
            StaleAlarm(
                alert_id=row[0], rule=row[1], subject=row[2], grid=row[3], severity=Severity(row[4]), raised_at=row[5]
            )
            for row in stale
        ),
        stale_count=stale[0][6] if stale else 0,
        symptoms=0 if symptoms is None else symptoms[0],
    )
