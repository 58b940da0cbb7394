"""Reads the board: what an operator must see now, ranked, with how many symptoms hang on each and the case it is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from detectors.finding import Severity
from hub.alerts.incidents import BLINDING
from hub.people.caller import Reach
from hub.people.scopes import Scope, roles_with
from hub.store.reach import ALERT_IN_REACH, CASE_IN_REACH, reach_values
from hub.store.read_alerts import FoundAlert, with_evidence
from hub.store.rows import ALERT_SELECT, alert_from_row

# hub/alerts/incidents.py says the same; a test holds the two together.
_SEVERITY = "array_position(ARRAY[{}]::text[], alerts.severity)".format(", ".join(f"'{one.value}'" for one in Severity))
_DEALT_WITH = (
    "(acknowledged OR coalesce(shelved_until > %(at)s, false) OR coalesce(verdict ->> 'is' = 'false_alarm', false))"
)
_RANK = f"({_DEALT_WITH}::int * 8 + {_SEVERITY})"
_INCIDENT = f"condition = 'active' AND inhibited_by IS NULL AND {ALERT_IN_REACH}"

Place = tuple[int, datetime, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLink:
    """The open case that an alert is in."""

    case_id: UUID
    number: str
    stage: str
    department: str | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """An open alert that is no symptom; its symptoms, the case it is in, and its place in the order."""

    found: FoundAlert
    symptoms: tuple[UUID, ...]
    case: CaseLink | None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """An open alert that makes others stale: a silent device, a lost or moved camera."""

    alert_id: UUID
    rule: str
    subject: str
    members: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many incidents of one severity there are, by whether they are dealt with and shelved."""

    severity: str
    dealt_with: bool
    shelved: bool
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody who may take an alert upon themselves."""

    name: str
    display_name: str
    role: str


def incidents(
    connection: Connection[Any], *, at: datetime, after: Place | None, limit: int, reach: Reach
) -> list[Incident]:
    """Return up to `limit` incidents within `reach`, the most pressing first, beginning below the place `after`."""
    values: dict[str, Any] = {"at": at, "limit": limit, **reach_values(reach)}
    below = ""
    if after is not None:
        values |= {"rank": after[0], "after_at": after[1], "after_id": after[2]}
        below = f"""AND ({_RANK} > %(rank)s OR ({_RANK} = %(rank)s
                         AND (raised_at, alert_id) < (%(after_at)s, %(after_id)s)))"""
    rows = connection.execute(
        f"""SELECT {ALERT_SELECT}, {_RANK} AS rank FROM alerts WHERE {_INCIDENT} {below}
            ORDER BY rank, raised_at DESC, alert_id DESC LIMIT %(limit)s""".encode(),
        values,
    ).fetchall()
    found = with_evidence(connection, [alert_from_row(row) for row in rows])
    ids = [one.alert.alert_id for one in found]
    symptoms, cases = _symptoms(connection, ids, reach), _cases(connection, ids, reach)
    return [
        Incident(
            one,
            tuple(symptoms.get(one.alert.alert_id, ())),
            cases.get(one.alert.alert_id),
            (row[-1], one.alert.raised_at, one.alert.alert_id),
        )
        for one, row in zip(found, rows, strict=True)
    ]


def counted(connection: Connection[Any], *, at: datetime, reach: Reach) -> list[Counted]:
    """Return how many incidents there are of each severity."""
    with connection.cursor(row_factory=class_row(Counted)) as cursor:
        return cursor.execute(
            f"""SELECT severity, {_DEALT_WITH} AS dealt_with, coalesce(shelved_until > %(at)s, false) AS shelved,
                       count(*) AS number
                FROM alerts WHERE {_INCIDENT} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""".encode(),
            {"at": at, **reach_values(reach)},
        ).fetchall()


def blinding(connection: Connection[Any], reach: Reach) -> list[Blind]:
    """Return the open alerts, symptoms too, by which a subject is known to be neither heard nor seen."""
    with connection.cursor(row_factory=class_row(Blind)) as cursor:
        return cursor.execute(
            f"""SELECT alert_id, rule, subject, members FROM alerts
                WHERE condition = 'active' AND rule = ANY(%(rules)s) AND {ALERT_IN_REACH}
                ORDER BY raised_at, alert_id""".encode(),
            {"rules": list(BLINDING), **reach_values(reach)},
        ).fetchall()


def colleagues(connection: Connection[Any]) -> list[Colleague]:
    """Return everybody who may take an alert, in order of their names."""
    with connection.cursor(row_factory=class_row(Colleague)) as cursor:
        return cursor.execute(
            """SELECT name, display_name, role FROM users WHERE disabled_at IS NULL AND role = ANY(%s)
               ORDER BY name_key""",
            (roles_with(Scope.ALERTS_WRITE),),
        ).fetchall()


def _symptoms(connection: Connection[Any], ids: Sequence[UUID], reach: Reach) -> dict[UUID, list[UUID]]:
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    rows = connection.execute(
        f"""SELECT inhibited_by, alert_id FROM alerts
            WHERE condition = 'active' AND inhibited_by = ANY(%(ids)s) AND {ALERT_IN_REACH}
            ORDER BY raised_at, alert_id""".encode(),
        {"ids": list(ids), **reach_values(reach)},
    )
    for cause, symptom in rows:
        found[cause].append(symptom)
    return found


def _cases(connection: Connection[Any], ids: Sequence[UUID], reach: Reach) -> dict[UUID, CaseLink]:
    rows = connection.execute(
        f"""SELECT case_alerts.alert_id, cases.case_id, number, stage, department, overdue
            FROM case_alerts JOIN cases USING (case_id)
            WHERE case_alerts.open AND case_alerts.alert_id = ANY(%(ids)s) AND {CASE_IN_REACH}""".encode(),
        {"ids": list(ids), **reach_values(reach)},
    )
    return {
        alert_id: CaseLink(case_id=case_id, number=number, stage=stage, department=department, overdue=overdue)
        for alert_id, case_id, number, stage, department, overdue in rows
    }
