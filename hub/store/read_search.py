"""Search over what the database holds: words and a reach in, the newest alerts and cases that they fit out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from detectors.finding import Severity
from hub.alerts.alert import Alert
from hub.cases.stage import Stage
from hub.people.caller import Reach
from hub.store.rows import ALERT_SELECT, alert_from_row


def contains(text: str) -> str:
    """Return the LIKE pattern of what contains `text`, its wildcards taken as they are written."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def search_alerts(
    connection: Connection[Any],
    text: str,
    *,
    subjects: Sequence[str],
    rules: Sequence[str],
    grids: Sequence[str] | None,
    limit: int,
) -> list[Alert]:
    """Return the newest alerts whose id begins with `text`, whose subject contains it, or that are of `subjects`.

    `rules` are those that `text` means by name. An alert's reason is searched too: it is what operators remember.
    """
    rows = connection.execute(
        f"""SELECT {ALERT_SELECT} FROM alerts
            WHERE (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
              AND (split_part(subject, '@', 1) = ANY(%(subjects)s) OR camera_id = ANY(%(subjects)s)
                   OR rule = ANY(%(rules)s) OR subject ILIKE %(contains)s
                   OR alert_id::text LIKE %(begins)s OR reason ->> 'text' ILIKE %(contains)s)
            ORDER BY raised_at DESC, alert_id DESC LIMIT %(limit)s""".encode(),
        {
            "grids": None if grids is None else list(grids),
            "subjects": list(subjects),
            "rules": list(rules),
            "contains": contains(text),
            "begins": contains(text.lower())[1:],
            "limit": limit,
        },
    )
    return [alert_from_row(row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCase:
    """One case in few words."""

    case_id: UUID
    number: str
    title: str
    stage: Stage
    severity: Severity
    grid: str
    opened_at: datetime


def search_cases(
    connection: Connection[Any], text: str, *, subjects: Sequence[str], reach: Reach, limit: int
) -> list[FoundCase]:
    """Return the newest cases whose number, title, place or subject contains `text`, or whose subject is named so."""
    rows = connection.execute(
        """SELECT case_id, number, title, stage, severity, grid, opened_at FROM cases
           WHERE (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
             AND (%(department)s::text IS NULL OR %(department)s = ANY(departments))
             AND (subject = ANY(%(subjects)s) OR number LIKE %(contains)s OR title ILIKE %(contains)s
                  OR place ILIKE %(contains)s OR subject ILIKE %(contains)s)
           ORDER BY opened_at DESC, case_id DESC LIMIT %(limit)s""",
        {
            "grids": reach.grid_list(),
            "department": reach.department,
            "subjects": list(subjects),
            "contains": contains(text),
            "limit": limit,
        },
    )
    return [
        FoundCase(
            case_id=row[0],
            number=row[1],
            title=row[2],
            stage=Stage(row[3]),
            severity=Severity(row[4]),
            grid=row[5],
            opened_at=row[6],
        )
        for row in rows
    ]
