"""Takes a filter and how far somebody sees, gives cases; and what belongs to one case: its alerts, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.cases.case import Case
from hub.people.caller import EVERYWHERE, Reach
from hub.store.cases import CASE_SELECT, case_from_row
from hub.store.reach import CASE_IN_REACH, reach_values
from hub.store.rows import ALERT_SELECT, alert_from_row
from hub.store.where import Where

NEVER_DUE = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases; an empty part asks for nothing. `since` ≤ opened_at < `until`; `text` is looked for anywhere.

    `open_only` leaves out those that have ended. `with_department` are those that are with it now, in charge or called
    in; `taken_by` those that somebody has taken.
    """

    stages: tuple[str, ...] = ()
    open_only: bool = False
    grids: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    overdue: bool | None = None
    suspension: tuple[str, ...] = ()
    with_department: str | None = None
    touched_by: str | None = None
    alert: UUID | None = None
    report: UUID | None = None
    history: UUID | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def find_cases(
    connection: Connection[Any],
    wanted: CaseFilter,
    *,
    reach: Reach,
    after: tuple[datetime, UUID] | None,
    limit: int,
    by_due: bool = False,
) -> list[Case]:
    """Return up to `limit` cases of `wanted` within `reach`, the newest first; or by due date, those without one last.

    Begins behind `after`: the (opened_at, id), or (due_at, id), of the last one that is known.
    """
    where = _where(wanted, reach)
    due = "coalesce(cases.due_at, %(never)s)"
    where.values["never"] = NEVER_DUE
    if after is not None:
        place = f"({due}, cases.case_id) >" if by_due else "(cases.opened_at, cases.case_id) <"
        where.add(f"{place} (%(after_at)s, %(after_id)s)", after_at=after[0], after_id=after[1])
    order = f"{due}, cases.case_id" if by_due else "cases.opened_at DESC, cases.case_id DESC"
    query = f"SELECT {CASE_SELECT} FROM cases WHERE {where} ORDER BY {order} LIMIT %(limit)s"
    rows = connection.execute(query.encode(), {**where.values, "limit": limit})
    return [case_from_row(row) for row in rows]


def count_cases(connection: Connection[Any], wanted: CaseFilter, *, reach: Reach) -> dict[str, int]:
    """Return how many cases of `wanted` there are within `reach`, by stage."""
    where = _where(wanted, reach)
    query = f"SELECT stage, count(*) FROM cases WHERE {where} GROUP BY stage"
    return dict(connection.execute(query.encode(), where.values).fetchall())


def find_case(connection: Connection[Any], case_id: UUID, reach: Reach = EVERYWHERE) -> Case | None:
    """Return one case, or None for one that is not there or outside `reach`."""
    query = f"SELECT {CASE_SELECT} FROM cases WHERE case_id = %(case_id)s AND {CASE_IN_REACH}"
    row = connection.execute(query.encode(), {"case_id": case_id, **reach_values(reach)}).fetchone()
    return None if row is None else case_from_row(row)


def alerts_of(connection: Connection[Any], case_id: UUID) -> list[Alert]:
    """Return the alerts of a case, the first raised first."""
    query = f"""SELECT {ALERT_SELECT} FROM alerts JOIN case_alerts USING (alert_id)
                WHERE case_id = %s ORDER BY raised_at, alert_id"""
    return [alert_from_row(row) for row in connection.execute(query.encode(), (case_id,))]


def cases_with(connection: Connection[Any], alerts: list[UUID], reach: Reach = EVERYWHERE) -> list[Case]:
    """Return the cases within `reach` that hold or held any of those alerts, the latest first."""
    query = f"""SELECT {CASE_SELECT} FROM cases WHERE case_id IN (
                    SELECT case_id FROM case_alerts WHERE alert_id = ANY(%(alerts)s))
                AND {CASE_IN_REACH} ORDER BY opened_at DESC, case_id DESC"""
    rows = connection.execute(query.encode(), {"alerts": alerts, **reach_values(reach)})
    return [case_from_row(row) for row in rows]


def _where(wanted: CaseFilter, reach: Reach) -> Where:
    where = Where()
    where.add(CASE_IN_REACH, **reach_values(reach))
    if wanted.open_only:
        where.add(f"cases.stage NOT IN ({_ENDED})")
    for column, values in (
        ("stage", wanted.stages),
        ("grid", wanted.grids),
        ("district", wanted.districts),
        ("level", wanted.levels),
        ("department", wanted.departments),
        ("category", wanted.categories),
        ("severity", wanted.severities),
        ("suspension", wanted.suspension),
    ):
        if values:
            where.add(f"cases.{column} = ANY(%({column}s)s)", **{f"{column}s": list(values)})
    if wanted.overdue is not None:
        where.add("cases.overdue = %(overdue)s", overdue=wanted.overdue)
    if wanted.with_department is not None:
        where.add(
            "(cases.department = %(mine)s OR cases.called_in @> ARRAY[%(mine)s::text])", mine=wanted.with_department
        )
    if wanted.touched_by is not None:
        where.add("%(person)s IN (cases.opened_by, cases.taken_by, cases.last->>'by')", person=wanted.touched_by)
    if wanted.alert is not None:
        where.add("cases.case_id IN (SELECT case_id FROM case_alerts WHERE alert_id = %(alert)s)", alert=wanted.alert)
    if wanted.report is not None:
        where.add("cases.reports @> ARRAY[%(report)s::uuid]", report=wanted.report)
    if wanted.history is not None:
        where.add("cases.history = %(history)s", history=wanted.history)
    if wanted.text is not None:
        like = "%" + wanted.text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        where.add("concat_ws(' ', number, title, place, subject, category) ILIKE %(like)s", like=like)
    if wanted.since is not None:
        where.add("cases.opened_at >= %(since)s", since=wanted.since)
    if wanted.until is not None:
        where.add("cases.opened_at < %(until)s", until=wanted.until)
    return where


_ENDED = "'closed', 'not_filed', 'voided', 'merged'"  # to the letter as in the index of the open ones
