"""What somebody wants a case of in; its draft out, with what alerts, reports, the city and the plan say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub.alerts.alert import Alert
from hub.api import model_case_orders as body
from hub.api.case_door import invalid
from hub.api.context import Hub
from hub.cases.case import Case, Draft
from hub.cases.drafting import drafted, drafted_by_hand, drafted_from_reports, leading, split_off
from hub.cases.steps import IllegalStep
from hub.people.caller import EVERYWHERE, Caller
from hub.reports.report import Report
from hub.store.read_alerts import find_alert
from hub.store.read_places import before
from hub.store.reports import NoSuchReport, lock_report, require_in_no_case

if TYPE_CHECKING:
    from psycopg import Connection


def draft_of(connection: Connection[Any], hub: Hub, caller: Caller, order: body.CollectOrder) -> Draft:
    """Return the draft of a new case; raise a problem for what is missing or not seen."""
    city, plan = hub.configuration.city, hub.plan
    if order.category is not None and order.category not in plan.categories:
        raise invalid("#/category", "the dispatch plan has no such category")
    reports = reports_held(connection, caller, order.reports)
    given: dict[str, Any] = {
        "note": order.note,
        "photos": tuple(order.photos),
        "reports": tuple(report.report_id for report in reports),
    }
    if order.alerts:
        alerts = alerts_seen(connection, caller, order.alerts)
        draft = drafted(plan, city, alerts, before=before(connection, city, leading(alerts)), title=order.title)
        return replace(draft, category=order.category or draft.category, place=order.place or draft.place, **given)
    report = reports[0] if reports else None
    grid = order.grid or (None if report is None else report.grid)
    if grid is None:
        raise invalid("#/grid", "is needed where neither an alert nor a report tells it")
    if grid not in city.grids or not caller.reach.sees_grid(grid):
        raise invalid("#/grid", "there is no such grid")
    if report is not None:
        draft = drafted_from_reports(plan, city, reports, grid=grid, severity=order.severity, title=order.title)
        return replace(
            draft,
            category=order.category or draft.category,
            place=order.place or draft.place,
            note=order.note or draft.note,
            photos=tuple(dict.fromkeys((*order.photos, *draft.photos))),
        )
    if order.title is None or order.severity is None:
        raise invalid("#/title" if order.title is None else "#/severity", "is needed where no alert tells it")
    by_hand = drafted_by_hand(
        plan,
        city,
        title=order.title,
        grid=grid,
        severity=order.severity,
        category=order.category,
        place=order.place,
        latitude=order.latitude,
        longitude=order.longitude,
    )
    return replace(by_hand, **given)


def split_draft_of(connection: Connection[Any], hub: Hub, case: Case, order: body.SplitOrder) -> Draft:
    """Return the draft of what is split off from `case`."""
    city, plan = hub.configuration.city, hub.plan
    foreign = set(order.alerts) - set(case.alerts)
    if foreign:
        raise IllegalStep(f"case {case.number} does not hold {', '.join(sorted(map(str, foreign)))}")
    # What belongs to a case is seen by whoever sees the case, in whichever grid it lies.
    alerts = [found.alert for one in order.alerts if (found := find_alert(connection, one, EVERYWHERE)) is not None]
    title = order.title or (None if alerts else case.title)
    if alerts:
        there = before(connection, city, leading(alerts), apart_from=[case.case_id])
        draft = drafted(plan, city, alerts, before=there, title=title)
    else:
        draft = drafted_by_hand(
            plan,
            city,
            title=title or case.title,
            grid=case.grid,
            severity=case.severity,
            category=case.category,
            place=case.place,
            latitude=case.latitude,
            longitude=case.longitude,
        )
    return replace(split_off(case, draft), reports=tuple(dict.fromkeys(order.reports)), note=order.note)


def alerts_seen(connection: Connection[Any], caller: Caller, ids: Sequence[UUID]) -> list[Alert]:
    """Return those alerts, each once; raise a problem for one that the caller does not see."""
    found = []
    for alert_id in dict.fromkeys(ids):
        alert = find_alert(connection, alert_id, caller.reach)
        if alert is None:
            raise invalid("#/alerts", f"there is no alert {alert_id}")
        found.append(alert.alert)
    return found


def reports_held(connection: Connection[Any], caller: Caller, ids: Sequence[UUID]) -> list[Report]:
    """Return those reports, held until the transaction ends, so that no two cases take one."""
    found = []
    for report_id in sorted(set(ids)):
        try:
            report = lock_report(connection, report_id, caller.reach)
        except NoSuchReport as error:
            raise invalid("#/reports", str(error)) from None
        require_in_no_case(connection, report)
        found.append(report)
    return found
