"""Cases in the database: locked rows in, changed rows and the feed rows that tell of them out.

Whoever changes a case first locks its row, two of them in the order of their ids. Which alerts belong to it stands in
the case itself and in `case_alerts`, where the database sees to it that no alert belongs to two open cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from detectors.finding import Severity
from hub.cases.case import CASE_FIELDS, Case
from hub.cases.document import (
    case_document,
    evaluation_document,
    evaluation_from,
    pause_document,
    pause_from,
    step_document,
    step_from,
)
from hub.cases.level import ClockKind, Level
from hub.cases.stage import Event, Stage, Suspension
from hub.store.feed import FeedRow
from hub.store.photos import link_photos
from hub.store.record import link
from hub.store.rows import as_jsonb, plain_text, storable

CASE_SELECT = ", ".join(f"cases.{name}" for name in CASE_FIELDS)
_WRITTEN = (*CASE_FIELDS, "updated_at", "record_hash")
_INSERT = sql.SQL("INSERT INTO cases ({}) VALUES ({})").format(
    sql.SQL(", ").join(map(sql.Identifier, _WRITTEN)), sql.SQL(", ").join(map(sql.Placeholder, _WRITTEN))
)
_UPDATE = sql.SQL("UPDATE cases SET {} WHERE case_id = %(case_id)s").format(
    sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in _WRITTEN if name != "case_id"
    )
)


@dataclass(slots=True)
class LockedCase:
    """A case whose row this transaction holds, and the head of its record."""

    case: Case
    record_hash: str


def lock_cases(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, LockedCase]:
    """Lock the rows of those cases, in order of their ids so that two transactions cannot wait for each other."""
    wanted = sorted(set(ids))
    rows = connection.execute(
        f"SELECT {CASE_SELECT}, record_hash FROM cases WHERE case_id = ANY(%s) ORDER BY case_id FOR UPDATE".encode(),
        (wanted,),
    ).fetchall()
    return {row[0]: LockedCase(case_from_row(row), row[-1]) for row in rows}


def insert(connection: Connection[Any], case: Case, *, now: datetime) -> FeedRow:
    """Put a new case down and return the feed row that tells of it."""
    row = feed_row(case, "", Event.COLLECTED)
    connection.execute(_INSERT, {**case_to_row(case), "updated_at": now, "record_hash": row.hash})
    _link_alerts(connection, case)
    link_photos(connection, case.case_id, case.last.photos)
    return row


def write(connection: Connection[Any], held: LockedCase, case: Case, event: Event, *, now: datetime) -> FeedRow:
    """Put `case` in place of the locked one and return the feed row that tells of it."""
    row = feed_row(case, held.record_hash, event)
    before, held.case, held.record_hash = held.case, case, row.hash
    connection.execute(_UPDATE, {**case_to_row(case), "updated_at": now, "record_hash": row.hash})
    if (before.alerts, before.is_open) != (case.alerts, case.is_open):
        _link_alerts(connection, case)
    link_photos(connection, case.case_id, case.last.photos)
    return row


def feed_row(case: Case, previous: str, event: Event) -> FeedRow:
    """Return the feed row that tells of `event`, the last that happened to `case`."""
    document = storable(case_document(case))
    return FeedRow(
        at=case.last.at,
        kind=event.value,
        case_id=case.case_id,
        grid=case.grid,
        document=document,
        previous_hash=previous,
        hash=link(previous, kind=event.value, at=case.last.at, document=document, about="case"),
    )


def held_by(connection: Connection[Any], alerts: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Return the id and the number of the open case that each of those alerts belongs to, where it does."""
    rows = connection.execute(
        """SELECT alert_id, case_id, number FROM case_alerts JOIN cases USING (case_id)
           WHERE case_alerts.open AND alert_id = ANY(%s)""",
        (list(alerts),),
    )
    return {alert_id: (case_id, number) for alert_id, case_id, number in rows}


def still_active(connection: Connection[Any], case_id: UUID) -> int:
    """Return how many alerts of a case are active."""
    row = connection.execute(
        """SELECT count(*) FROM case_alerts JOIN alerts USING (alert_id)
           WHERE case_id = %s AND condition = 'active'""",
        (case_id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def next_number(connection: Connection[Any], year: int) -> str:
    """Return the next number of that year; the year's counter is held until the transaction ends."""
    row = connection.execute(
        """INSERT INTO case_numbers (year, number) VALUES (%s, 1)
           ON CONFLICT (year) DO UPDATE SET number = case_numbers.number + 1 RETURNING number""",
        (year,),
    ).fetchone()
    assert row is not None
    return f"{year}-{row[0]:06d}"


def case_from_row(row: Sequence[Any]) -> Case:
    """Return the case of a row that begins with CASE_FIELDS; what follows in the row is not looked at."""
    values = dict(zip(CASE_FIELDS, row, strict=False))
    for name, kind in _WORDS.items():
        values[name] = None if values[name] is None else kind(values[name])
    for name in ("called_in", "departments", "alerts", "reports"):
        values[name] = tuple(values[name])
    values["last"] = step_from(values["last"])
    values["pauses"] = tuple(pause_from(pause) for pause in values["pauses"])
    values["evaluation"] = None if values["evaluation"] is None else evaluation_from(values["evaluation"])
    return Case(**values)


def case_to_row(case: Case) -> dict[str, Any]:
    """Return the columns of `case` by name, as psycopg takes them."""
    values = {name: _column(getattr(case, name)) for name in CASE_FIELDS}
    values["last"] = as_jsonb(step_document(case.last))
    values["pauses"] = Jsonb([pause_document(pause) for pause in case.pauses])
    values["evaluation"] = None if case.evaluation is None else as_jsonb(evaluation_document(case.evaluation))
    return values


_WORDS: dict[str, type] = {
    "stage": Stage,
    "level": Level,
    "severity": Severity,
    "clock": ClockKind,
    "escalated_to": Level,
    "suspension": Suspension,
}


def _column(value: Any) -> Any:
    if isinstance(value, str):
        return plain_text(str(value))
    return list(value) if isinstance(value, tuple) else value


def _link_alerts(connection: Connection[Any], case: Case) -> None:
    connection.execute("DELETE FROM case_alerts WHERE case_id = %s", (case.case_id,))
    if case.alerts:
        connection.execute(
            "INSERT INTO case_alerts (alert_id, case_id, open) SELECT unnest(%s::uuid[]), %s, %s",
            (list(case.alerts), case.case_id, case.is_open),
        )
