"""Takes a filter and a reach, gives citizens' reports with what became of them; and what stands open around one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.cases.stage import Stage
from hub.distance import Position, around
from hub.people.caller import EVERYWHERE, Reach
from hub.reports.duplicates import Kind, Thing
from hub.reports.progress import AlertNews, CaseNews
from hub.reports.report import Report
from hub.store.reach import ALERT_IN_REACH, reach_values
from hub.store.reports import IN_A_CASE, REPORT_FIELDS, REPORT_IN_REACH, REPORT_SELECT, report_from_row

_ENDED = "('closed', 'not_filed', 'voided', 'merged')"
_NEWS = f"""LEFT JOIN LATERAL (
                SELECT cases.case_id, cases.number, cases.stage, cases.updated_at, cases.due_at, cases.department
                FROM {IN_A_CASE} AS holding JOIN cases USING (case_id)
                ORDER BY cases.stage = 'merged', cases.closed_at IS NULL DESC, cases.opened_at DESC LIMIT 1
            ) AS news ON true
            LEFT JOIN LATERAL (
                SELECT condition, updated_at FROM alerts WHERE alerts.alert_id = reports.alert_id LIMIT 1
            ) AS told ON true"""  # lateral: one probe a row, however few rows the planner expects
_IS_CLOSED = f"""(CASE WHEN news.stage IS NOT NULL THEN news.stage IN {_ENDED}
                       ELSE reports.state = 'dismissed'
                            OR (reports.state = 'linked' AND coalesce(told.condition, 'active') = 'cleared') END)"""
_COLUMNS = f"""{REPORT_SELECT}, news.case_id, news.number, news.stage, news.updated_at, news.due_at, news.department,
               told.condition, told.updated_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """Which reports; an empty part asks for nothing. `since` ≤ received_at ≤ `until`."""

    numbers: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    placed: bool | None = None
    is_open: bool | None = None
    in_case: bool | None = None
    source: UUID | None = None
    photo: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundReport:
    """One report, and what became of it."""

    report: Report
    case_id: UUID | None
    case: CaseNews | None
    alert: AlertNews | None


def find_reports(
    connection: Connection[Any],
    wanted: ReportFilter,
    *,
    reach: Reach = EVERYWHERE,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[FoundReport]:
    """Return up to `limit` reports of `wanted` within `reach`, the newest first, beginning below `after`."""
    query = f"""SELECT {_COLUMNS} FROM reports {_NEWS}
        WHERE {REPORT_IN_REACH}
          AND (%(numbers)s::bigint[] IS NULL OR reports.number = ANY(%(numbers)s))
          AND (%(categories)s::text[] IS NULL OR reports.category = ANY(%(categories)s))
          AND (%(states)s::text[] IS NULL OR reports.state = ANY(%(states)s))
          AND (%(grids)s::text[] IS NULL OR reports.grid = ANY(%(grids)s))
          AND (%(placed)s::boolean IS NULL OR (reports.grid IS NOT NULL) = %(placed)s)
          AND (%(is_open)s::boolean IS NULL OR NOT {_IS_CLOSED} = %(is_open)s)
          AND (%(in_case)s::boolean IS NULL OR (news.case_id IS NOT NULL) = %(in_case)s)
          AND (%(source)s::uuid IS NULL OR reports.source = %(source)s)
          AND (%(photo)s::text IS NULL OR reports.photos @> ARRAY[%(photo)s])
          AND (%(since)s::timestamptz IS NULL OR reports.received_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR reports.received_at <= %(until)s)
          AND (%(after_at)s::timestamptz IS NULL
               OR (reports.received_at, reports.report_id) < (%(after_at)s, %(after_id)s::uuid))
        ORDER BY reports.received_at DESC, reports.report_id DESC LIMIT %(limit)s"""
    values = {
        "numbers": list(wanted.numbers) or None,
        "categories": list(wanted.categories) or None,
        "states": list(wanted.states) or None,
        "grids": list(wanted.grids) or None,
        "placed": wanted.placed,
        "is_open": wanted.is_open,
        "in_case": wanted.in_case,
        "source": wanted.source,
        "photo": wanted.photo,
        "since": wanted.since,
        "until": wanted.until,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
        **reach_values(reach),
    }
    return [_found(row) for row in connection.execute(query.encode(), values)]


def find_report(connection: Connection[Any], report_id: UUID, reach: Reach = EVERYWHERE) -> FoundReport | None:
    """Return one report, or None where it is not there or out of reach."""
    query = f"SELECT {_COLUMNS} FROM reports {_NEWS} WHERE reports.report_id = %(report_id)s AND {REPORT_IN_REACH}"
    row = connection.execute(query.encode(), {"report_id": report_id, **reach_values(reach)}).fetchone()
    return None if row is None else _found(row)


def photo_of_a_report(connection: Connection[Any], wanted: ReportFilter, *, reach: Reach) -> tuple[str, bytes] | None:
    """Return media type and bytes of `wanted.photo`, where a report of `wanted` within `reach` has it."""
    if wanted.photo is None or not find_reports(connection, wanted, reach=reach, limit=1):
        return None
    row = connection.execute("SELECT media_type, content FROM photos WHERE sha256 = %s", (wanted.photo,)).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNear:
    """An alert as far as a likely duplicate needs it; where its subject lies the city file says."""

    alert_id: UUID
    rule: str
    subject: str
    camera_id: str | None
    grid: str
    since: datetime
    until: datetime | None


def alerts_near(
    connection: Connection[Any], at: datetime, *, apart: timedelta, reach: Reach, grids: list[str] | None
) -> list[AlertNear]:
    """Return the alerts of `grids` (None: all) that were active within `apart` of `at`, the newest first."""
    query = f"""SELECT alert_id, rule, subject, camera_id, grid, since, cleared_at FROM alerts
                WHERE (condition = 'active' OR cleared_at >= %(from)s) AND since <= %(to)s AND inhibited_by IS NULL
                      AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s)) AND {ALERT_IN_REACH}
                ORDER BY raised_at DESC, alert_id DESC LIMIT 5000"""
    values = {"from": at - apart, "to": at + apart, "grids": grids, **reach_values(reach)}
    return [
        AlertNear(
            alert_id=row[0], rule=row[1], subject=row[2], camera_id=row[3], grid=row[4], since=row[5], until=row[6]
        )
        for row in connection.execute(query.encode(), values)
    ]


def cases_and_reports_near(
    connection: Connection[Any],
    position: Position | None,
    grid: str | None,
    at: datetime,
    *,
    radius_m: float,
    apart: timedelta,
    reach: Reach,
) -> list[Thing]:
    """Return the cases and the other reports around a position (without one: in the grid) and about that time.

    Their groups are not told; the plan knows them by category.
    """
    west, south, east, north = around(position, radius_m) if position else (None, None, None, None)
    values = {
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "grid": grid,
        "from": at - apart,
        "to": at + apart,
        **reach_values(reach),
    }
    place = """((%(west)s::float8 IS NULL OR latitude IS NULL) AND grid = %(grid)s
                OR longitude BETWEEN %(west)s AND %(east)s AND latitude BETWEEN %(south)s AND %(north)s)"""
    found = [
        Thing(
            kind=Kind.CASE,
            thing_id=row[0],
            title=f"{row[1]} {row[2]}",
            since=row[3],
            until=row[4],
            position=_position(row[5], row[6]),
            grid=row[7],
            category=row[8],
        )
        for row in connection.execute(
            f"""SELECT case_id, number, title, opened_at, closed_at, longitude, latitude, grid, category FROM cases
                WHERE {place} AND stage NOT IN ('not_filed', 'voided', 'merged')
                      AND (closed_at IS NULL OR closed_at >= %(from)s) AND opened_at <= %(to)s
                      AND (%(reach_grids)s::text[] IS NULL OR grid = ANY(%(reach_grids)s))
                      AND (%(reach_department)s::text IS NULL OR departments @> ARRAY[%(reach_department)s::text])
                ORDER BY opened_at DESC LIMIT 1000""".encode(),
            values,
        )
    ]
    found += [
        Thing(
            kind=Kind.REPORT,
            thing_id=row[0],
            title=f"{row[1]} {row[2]}",
            since=row[3],
            # A report tells of a moment; what it tells of lasts for as long as nobody knows better.
            until=row[3],
            position=_position(row[4], row[5]),
            grid=row[6],
            category=row[7],
        )
        for row in connection.execute(
            f"""SELECT report_id, number, category_name, received_at, longitude, latitude, grid, category FROM reports
                WHERE {place} AND received_at BETWEEN %(from)s AND %(to)s AND state <> 'dismissed' AND {REPORT_IN_REACH}
                ORDER BY received_at DESC LIMIT 1000""".encode(),
            values,
        )
    ]
    return found


def _position(longitude: float | None, latitude: float | None) -> Position | None:
    return None if longitude is None or latitude is None else (longitude, latitude)


def _found(row: Any) -> FoundReport:
    case_id, number, stage, changed_at, due_at, department, condition, told_at = row[len(REPORT_FIELDS) :]
    case = None
    if case_id is not None:
        case = CaseNews(number=number, stage=Stage(stage), updated_at=changed_at, due_at=due_at, department=department)
    alert = None if condition is None else AlertNews(active=condition == "active", updated_at=told_at)
    return FoundReport(report_from_row(row), case_id, case, alert)
