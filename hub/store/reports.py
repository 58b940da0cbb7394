"""Writes citizens' reports: what was handed in, and what the centre does with it; contacts apart, for a while.

Nothing here tells the feed: a report becomes news when it becomes part of a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection, sql

from hub.people.caller import EVERYWHERE, Reach
from hub.photos import Photo
from hub.reports.geocode import Placed
from hub.reports.report import NOBODY, Contact, Placing, Report, State
from hub.store.audit import Actor, note
from hub.store.photos import keep_photo
from hub.store.reach import reach_values
from hub.store.rows import plain_text

REPORT_FIELDS = tuple(each.name for each in fields(Report))
REPORT_SELECT = ", ".join(f"reports.{name}" for name in REPORT_FIELDS)
_WRITTEN = tuple(name for name in REPORT_FIELDS if name != "number")
_INSERT = sql.SQL("INSERT INTO reports ({}) VALUES ({}) RETURNING number").format(
    sql.SQL(", ").join(map(sql.Identifier, _WRITTEN)), sql.SQL(", ").join(map(sql.Placeholder, _WRITTEN))
)
_CONTACT = tuple(each.name for each in fields(Contact))
# Which cases a report is in: of its own, or because of the alert that it was linked to.
IN_A_CASE = """(SELECT case_id FROM cases WHERE cases.reports @> ARRAY[reports.report_id]
                UNION ALL
                SELECT case_alerts.case_id FROM case_alerts JOIN cases USING (case_id)
                WHERE case_alerts.alert_id = reports.alert_id
                      AND (cases.closed_at IS NULL OR cases.closed_at >= reports.received_at))"""

# Whoever sees some grids sees the reports that lie in them; a department those alone that are in a case of its own, or
# tell of an alert in one. A report of which nobody knows yet where it lies is for those who see the whole city.
REPORT_IN_REACH = """(%(reach_grids)s::text[] IS NULL OR reports.grid = ANY(%(reach_grids)s::text[]))
    AND (%(reach_department)s::text IS NULL
         OR reports.report_id IN (SELECT unnest(cases.reports) FROM cases
                                  WHERE cases.departments @> ARRAY[%(reach_department)s::text])
         OR reports.alert_id IN (SELECT case_alerts.alert_id FROM case_alerts JOIN cases USING (case_id)
                                 WHERE cases.departments @> ARRAY[%(reach_department)s::text]))"""


class NoSuchReport(LookupError):
    """There is no report with this id, or none that the caller can see."""


class AlreadyHandled(RuntimeError):
    """The report as it stands does not allow it: something was done with it already, or is still missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What a front end hands in, looked over and placed."""

    category: str
    category_name: str
    placed: Placed
    description: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    media_url: str = ""
    contact: Contact = NOBODY
    photos: tuple[Photo, ...] = ()


def add_report(connection: Connection[Any], given: HandedIn, *, source: UUID, source_name: str, at: datetime) -> Report:
    """Store a report with its photos and its contact in the caller's transaction; return it with its number."""
    report = Report(
        report_id=uuid4(),
        number=0,
        received_at=at,
        updated_at=at,
        source=source,
        source_name=source_name,
        category=given.category,
        category_name=given.category_name,
        description=plain_text(given.description),
        address=plain_text(given.address),
        latitude=given.latitude,
        longitude=given.longitude,
        grid=given.placed.grid,
        placed=given.placed.placing,
        gap_m=given.placed.gap_m,
        photos=tuple(dict.fromkeys(photo.sha256 for photo in given.photos)),
        media_url=plain_text(given.media_url),
    )
    for photo in given.photos:
        keep_photo(connection, photo, at=at, by=source_name)
    row = connection.execute(_INSERT, _columns(report)).fetchone()
    assert row is not None
    if not given.contact.is_empty:
        values = {name: plain_text(getattr(given.contact, name)) for name in _CONTACT}
        connection.execute(
            sql.SQL("INSERT INTO report_contacts (report_id, stored_at, {}) VALUES (%(report_id)s, %(at)s, {})").format(
                sql.SQL(", ").join(map(sql.Identifier, _CONTACT)), sql.SQL(", ").join(map(sql.Placeholder, _CONTACT))
            ),
            {"report_id": report.report_id, "at": at, **values},
        )
    return replace(report, number=row[0])


def lock_report(connection: Connection[Any], report_id: UUID, reach: Reach = EVERYWHERE) -> Report:
    """Return a report whose row the transaction then holds; raise NoSuchReport."""
    query = f"""SELECT {REPORT_SELECT} FROM reports
                WHERE reports.report_id = %(report_id)s AND {REPORT_IN_REACH} FOR UPDATE OF reports"""
    row = connection.execute(query.encode(), {"report_id": report_id, **reach_values(reach)}).fetchone()
    if row is None:
        raise NoSuchReport(f"there is no report {report_id}")
    return report_from_row(row)


def link_to_alert(connection: Connection[Any], report: Report, alert_id: UUID, *, actor: Actor, at: datetime) -> Report:
    """Note that a locked report tells of an alert; raise AlreadyHandled where something was done with it before."""
    _require_new(connection, report)
    changed = replace(report, state=State.LINKED, alert_id=alert_id)
    return _handled(connection, changed, actor, "report.linked", {"alert": str(alert_id)}, at)


def dismiss(connection: Connection[Any], report: Report, reason: str, *, actor: Actor, at: datetime) -> Report:
    """Note that nothing is done about a locked report, for a reason that its reporter is told."""
    _require_new(connection, report)
    changed = replace(report, state=State.DISMISSED, reason=plain_text(reason))
    return _handled(connection, changed, actor, "report.dismissed", {"reason": changed.reason}, at)


def restore(connection: Connection[Any], report: Report, *, actor: Actor, at: datetime) -> Report:
    """Take back a link or a dismissal of a locked report."""
    if report.state is State.NEW:
        raise AlreadyHandled(f"report {report.number} is neither linked nor dismissed")
    changed = replace(report, state=State.NEW, alert_id=None, reason="", handled_by=None, handled_at=None)
    note(connection, actor, "report.restored", f"report/{report.report_id}", at=at, detail={"was": report.state.value})
    return _write(connection, replace(changed, updated_at=at))


def place_by_hand(connection: Connection[Any], report: Report, grid: str, *, actor: Actor, at: datetime) -> Report:
    """Note in which grid a locked report lies, as somebody says who knows."""
    detail = {"grid": grid, "was": report.grid}
    note(connection, actor, "report.placed", f"report/{report.report_id}", at=at, detail=detail)
    return _write(connection, replace(report, grid=grid, placed=Placing.BY_HAND, gap_m=0.0, updated_at=at))


def require_in_no_case(connection: Connection[Any], report: Report) -> None:
    """Raise AlreadyHandled for a locked report that a case holds already."""
    query = f"""SELECT cases.number FROM reports JOIN LATERAL {IN_A_CASE} AS holding ON true JOIN cases USING (case_id)
                WHERE reports.report_id = %s AND cases.stage <> 'merged' ORDER BY cases.opened_at DESC LIMIT 1"""
    row = connection.execute(query.encode(), (report.report_id,)).fetchone()
    if row is not None:
        raise AlreadyHandled(f"report {report.number} belongs to case {row[0]} already")


def contact_of(connection: Connection[Any], report: Report, *, actor: Actor, at: datetime) -> Contact | None:
    """Return how the reporter can be reached, None where nobody knows; that it was looked at is audited."""
    query = sql.SQL("SELECT {} FROM report_contacts WHERE report_id = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, _CONTACT))
    )
    row = connection.execute(query, (report.report_id,)).fetchone()
    if row is None:
        return None
    note(connection, actor, "report.contact_read", f"report/{report.report_id}", at=at)
    return Contact(**dict(zip(_CONTACT, row, strict=True)))


def forget_contacts(connection: Connection[Any], *, now: datetime, keep: timedelta) -> int:
    """Remove the contacts of reports of which nothing was heard for so long; return how many.

    What is heard is what happens to the report itself and to a case that it is in.
    """
    query = f"""DELETE FROM report_contacts USING reports
                WHERE report_contacts.report_id = reports.report_id AND report_contacts.stored_at < %(before)s
                      AND reports.updated_at < %(before)s
                      AND NOT EXISTS (SELECT 1 FROM {IN_A_CASE} AS holding JOIN cases USING (case_id)
                                      WHERE cases.updated_at >= %(before)s)"""
    return connection.execute(query.encode(), {"before": now - keep}).rowcount


def report_from_row(row: Sequence[Any]) -> Report:
    """Return the report of a row that begins with REPORT_SELECT; what follows in the row is not looked at."""
    values = dict(zip(REPORT_FIELDS, row, strict=False))
    values["placed"], values["state"] = Placing(values["placed"]), State(values["state"])
    values["photos"] = tuple(values["photos"])
    return Report(**values)


def _require_new(connection: Connection[Any], report: Report) -> None:
    if report.state is not State.NEW:
        what = "linked to an alert" if report.state is State.LINKED else "dismissed"
        raise AlreadyHandled(f"report {report.number} was {what} by {report.handled_by} already; take that back first")
    require_in_no_case(connection, report)


def _handled(
    connection: Connection[Any], report: Report, actor: Actor, action: str, detail: dict[str, Any], at: datetime
) -> Report:
    note(connection, actor, action, f"report/{report.report_id}", at=at, detail=detail)
    return _write(connection, replace(report, handled_by=actor.name, handled_at=at, updated_at=at))


def _write(connection: Connection[Any], report: Report) -> Report:
    connection.execute(
        """UPDATE reports SET state = %(state)s, alert_id = %(alert_id)s, reason = %(reason)s, grid = %(grid)s,
                  placed = %(placed)s, gap_m = %(gap_m)s, handled_by = %(handled_by)s, handled_at = %(handled_at)s,
                  updated_at = %(updated_at)s
           WHERE report_id = %(report_id)s""",
        _columns(report),
    )
    return report


def _columns(report: Report) -> dict[str, Any]:
    values = {name: getattr(report, name) for name in _WRITTEN}
    return values | {"photos": list(report.photos), "placed": report.placed.value, "state": report.state.value}
