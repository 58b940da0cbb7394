"""Takes a filter or a question and a reach, gives labels: operators' verdicts and all others alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import EVERYWHERE, Reach
from hub.store.reach import reach_values
from hub.tuning.judging import Question
from hub.tuning.labels.known import touches
from hub.tuning.labels.label import Label, Source, Verdict
from ingest.city import City

_COLUMNS = "label_id, rule, subject, grid, since, until, verdict, reason, source, weight, said_by, said_at, alert_id"
IN_REACH = "(%(reach_grids)s::text[] IS NULL OR grid = ANY(%(reach_grids)s::text[]))"
BEFORE = timedelta(days=1)  # what began so long before a question's beginning may still be going on in it


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFilter:
    """Which labels; an empty part asks for nothing. Those that touch [since, until]."""

    rules: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    alert_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def find_labels(
    connection: Connection[Any],
    wanted: LabelFilter,
    *,
    reach: Reach = EVERYWHERE,
    after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[Label]:
    """Return up to `limit` labels of `wanted` within `reach`, the newest first, beginning below `after`.

    A subject is asked for by its whole name, or by its zone: everything in it.
    """
    query = f"""SELECT {_COLUMNS} FROM every_label
        WHERE {IN_REACH}
          AND (%(rules)s::text[] IS NULL OR rule = ANY(%(rules)s))
          AND (%(subjects)s::text[] IS NULL OR subject = ANY(%(subjects)s)
               OR split_part(subject, '@', 1) = ANY(%(subjects)s))
          AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
          AND (%(verdicts)s::text[] IS NULL OR verdict = ANY(%(verdicts)s))
          AND (%(sources)s::text[] IS NULL OR source = ANY(%(sources)s))
          AND (%(alert_id)s::uuid IS NULL OR alert_id = %(alert_id)s)
          AND (%(since)s::timestamptz IS NULL OR coalesce(until, greatest(since, said_at)) >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR since <= %(until)s)
          AND (%(after_at)s::timestamptz IS NULL OR (since, label_id) < (%(after_at)s, %(after_id)s::uuid))
        ORDER BY since DESC, label_id DESC LIMIT %(limit)s"""
    values = {
        "rules": list(wanted.rules) or None,
        "subjects": list(wanted.subjects) or None,
        "grids": list(wanted.grids) or None,
        "verdicts": list(wanted.verdicts) or None,
        "sources": list(wanted.sources) or None,
        "alert_id": wanted.alert_id,
        "since": wanted.since,
        "until": wanted.until,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
        **reach_values(reach),
    }
    return [_label(row) for row in connection.execute(query.encode(), values)]


def labels_of(connection: Connection[Any], question: Question, city: City, *, reach: Reach = EVERYWHERE) -> list[Label]:
    """Return the labels that touch `question`, in order of time; which of them count, `match` finds out by its span."""
    query = f"""SELECT {_COLUMNS} FROM every_label
        WHERE {IN_REACH}
          AND (%(rules)s::text[] IS NULL OR rule = ANY(%(rules)s))
          AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
          AND since < %(until)s AND since >= %(from)s - %(before)s::interval
        ORDER BY since, label_id"""
    values = {
        "rules": None if question.rules is None else sorted(question.rules),
        "grids": None if question.grids is None else sorted(question.grids),
        "from": question.since,
        "until": question.until,
        "before": BEFORE,
        **reach_values(reach),
    }
    found = [_label(row) for row in connection.execute(query.encode(), values)]
    return [label for label in found if touches(question, city, label)]


def find_label(connection: Connection[Any], label_id: UUID, reach: Reach = EVERYWHERE) -> Label | None:
    """Return one label, or None where it is not there, was withdrawn or is out of reach."""
    query = f"SELECT {_COLUMNS} FROM every_label WHERE label_id = %(label_id)s AND {IN_REACH}"
    row = connection.execute(query.encode(), {"label_id": label_id, **reach_values(reach)}).fetchone()
    return None if row is None else _label(row)


def _label(row: Sequence[Any]) -> Label:
    label_id, rule, subject, grid, since, until, verdict, reason, source, weight, by, at, alert_id = row
    return Label(
        label_id=label_id,
        rule=rule,
        subject=subject,
        grid=grid,
        since=since,
        until=until if until is None else max(since, until),
        verdict=Verdict(verdict),
        reason=reason,
        source=Source(source),
        weight=weight,
        by=by,
        at=at,
        alert_id=alert_id,
    )
