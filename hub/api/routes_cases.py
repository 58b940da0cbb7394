"""Cases as they are read: found by a filter, one with its alerts, its timeline, and the history of its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from detectors.finding import Severity
from hub.alerts.alert import Alert
from hub.api import model
from hub.api.case_door import CaseId, commands_for, served
from hub.api.context import CallerDep, Hub, HubDep, needs
from hub.api.cursor import seal, unseal
from hub.api.instant import Instant, to_instant
from hub.api.model import Cursor, Text
from hub.api.model_cases import CaseCounts, CaseDetail, CasePage, PlaceHistory, Timeline
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.cases.case import Case
from hub.cases.document import case_document
from hub.cases.drafting import leading
from hub.cases.level import Level
from hub.cases.recurrence import cameras_in_reach
from hub.cases.stage import Stage, Suspension
from hub.dispatch.document import instant
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store.read_alerts import find_alert
from hub.store.read_cases import NEVER_DUE, CaseFilter, alerts_of, cases_with, count_cases, find_case, find_cases
from hub.store.read_feed import FeedItem, items_of_case
from hub.store.read_places import alerts_at_place

router = APIRouter(prefix=API, tags=["cases"])
SHOWN = 200  # alerts in a place's history


class CaseCountQuery(model.Document):
    """Which cases; what is left out asks for nothing. Repeat a parameter for any of several values."""

    stage: list[Stage] = Field(default=[], max_length=10)
    open: bool = Field(default=False, description="true: only those that have not ended.")
    grid: list[Text] = Field(default=[], max_length=200)
    district: list[Text] = Field(default=[], max_length=50)
    level: list[Level] = Field(default=[], max_length=3)
    department: list[Text] = Field(default=[], max_length=100, description="Who has it now.")
    category: list[Text] = Field(default=[], max_length=100)
    severity: list[Severity] = Field(default=[], max_length=4)
    overdue: bool | None = None
    suspension: list[Suspension] = Field(default=[], max_length=3)
    mine: bool = Field(
        default=False,
        description="true: of a department's user what is with the department now, in charge or called in; "
        "of anybody else what they opened, took, or were the last to touch.",
    )
    alert: UUID | None = Field(default=None, description="Cases that hold or held this alert.")
    report: UUID | None = Field(default=None, description="Cases that hold this report.")
    history: UUID | None = Field(default=None, description="Cases of the same place.")
    q: Text | None = Field(default=None, description="Looked for in number, title, place, subject and category.")
    since: Instant | None = Field(default=None, description="Opened at or after, with a timezone.")
    until: Instant | None = Field(default=None, description="Opened before, with a timezone.")


class CaseQuery(CaseCountQuery):
    """Which cases, in which order, and where to go on."""

    order: Annotated[str, Field(pattern="^(opened|due)$", description="opened: the newest first; due: the next.")] = (
        "opened"
    )
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the rest the same.")
    limit: int = Field(default=100, ge=1, le=500)


@router.get(
    "/cases",
    operation_id="listCases",
    summary="Find cases",
    response_model=CasePage,
    responses=problems(422),
    dependencies=[needs(Scope.CASES_READ)],
)
def list_cases(hub: HubDep, caller: CallerDep, query: Annotated[CaseQuery, Query()]) -> JSONResponse:
    """Return a page of the cases that the caller sees. Pages are cut by keys: new cases shift nothing."""
    by_due = query.order == "due"
    after: tuple[datetime, UUID] | None = None
    if query.cursor is not None:
        at, case_id = unseal(f"cases-{query.order}", query.cursor, (to_instant, UUID))
        after = (at, case_id)
    with hub.pool.session() as connection:
        found = find_cases(
            connection, _wanted(query, caller), reach=caller.reach, after=after, limit=query.limit + 1, by_due=by_due
        )
    page, more = found[: query.limit], len(found) > query.limit
    last = None
    if more:
        key = page[-1].due_at or NEVER_DUE if by_due else page[-1].opened_at
        last = seal(f"cases-{query.order}", [instant(key), str(page[-1].case_id)])
    return JSONResponse({"items": [served(case) for case in page], "next": last})


@router.get(
    "/cases/counts",
    operation_id="countCases",
    summary="Count cases by stage",
    response_model=CaseCounts,
    responses=problems(422),
    dependencies=[needs(Scope.CASES_READ)],
)
def count(hub: HubDep, caller: CallerDep, query: Annotated[CaseCountQuery, Query()]) -> JSONResponse:
    """Return how many of the cases that the caller sees are at which stage."""
    with hub.pool.session() as connection:
        stages = count_cases(connection, _wanted(query, caller), reach=caller.reach)
    return JSONResponse({"stages": stages, "total": sum(stages.values())})


@router.get(
    "/cases/{case_id}",
    operation_id="getCase",
    summary="One case, with its alerts as they are now",
    response_model=CaseDetail,
    responses=problems(404, 422),
    dependencies=[needs(Scope.CASES_READ)],
)
def get_case(hub: HubDep, caller: CallerDep, case_id: CaseId) -> Response:
    """Return the case as it is now; `possible` lists what the caller may order. Its ETag is for If-Match."""
    with hub.pool.session() as connection:
        case = _seen(find_case(connection, case_id, caller.reach), case_id)
        alerts = alerts_of(connection, case_id)
    document = served(case) | {
        "alert_states": [brief(alert) for alert in alerts],
        "possible": commands_for(case, caller),
    }
    return JSONResponse(document, headers={"ETag": f'"{case.revision}"'})


@router.get(
    "/cases/{case_id}/timeline",
    operation_id="getCaseTimeline",
    summary="Everything that happened to a case",
    response_model=Timeline,
    responses=problems(404, 422),
    dependencies=[needs(Scope.CASES_READ)],
)
def get_timeline(hub: HubDep, caller: CallerDep, case_id: CaseId) -> JSONResponse:
    """Return every step from the case's record, in order: who, when, which words and pictures, and what it changed."""
    with hub.pool.session() as connection:
        _seen(find_case(connection, case_id, caller.reach), case_id)
        items = items_of_case(connection, case_id)
    return JSONResponse({"items": timeline(items)})


@router.get(
    "/cases/{case_id}/history",
    operation_id="getCaseHistory",
    summary="What happened at the case's place, before and after",
    response_model=PlaceHistory,
    responses=problems(404, 422),
    dependencies=[needs(Scope.CASES_READ)],
)
def get_history(hub: HubDep, caller: CallerDep, case_id: CaseId) -> JSONResponse:
    """Return alerts and cases of the same place, across days and cameras in reach, as far as the caller sees."""
    with hub.pool.session() as connection:
        case = _seen(find_case(connection, case_id, caller.reach), case_id)
        own = alerts_of(connection, case_id)
        lead = leading(own) if own else None
        same = find_cases(connection, CaseFilter(history=case.history), reach=caller.reach, after=None, limit=SHOWN)
        at_place = [] if lead is None else alerts_at_place(connection, hub.configuration.city, lead, reach=caller.reach)
    return JSONResponse(_place(hub, lead, at_place, same))


@router.get(
    "/places/history",
    operation_id="getPlaceHistory",
    summary="What happened at an alert's place, before and after",
    response_model=PlaceHistory,
    responses=problems(404, 422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def get_place(hub: HubDep, caller: CallerDep, alert: Annotated[UUID, Query()]) -> JSONResponse:
    """Return alerts of the same rule at the same place, across days and cameras in reach, and their cases.

    Cases are shown to those who may read cases.
    """
    reads_cases = Scope.CASES_READ in caller.scopes
    with hub.pool.session() as connection:
        found = find_alert(connection, alert, caller.reach)
        if found is None:
            raise Problem("not-found", f"there is no alert {alert}")
        at_place = alerts_at_place(connection, hub.configuration.city, found.alert, reach=caller.reach)
        ids = [one.alert_id for one in at_place]
        cases = cases_with(connection, ids, caller.reach) if reads_cases else []
    return JSONResponse(_place(hub, found.alert, at_place, cases))


def brief(alert: Alert) -> dict[str, Any]:
    """Return an alert as far as a case asks."""
    return {
        "id": str(alert.alert_id),
        "rule": alert.rule,
        "subject": alert.subject,
        "grid": alert.grid,
        "severity": alert.severity.value,
        "condition": alert.condition.value,
        "since": instant(alert.since),
        "raised_at": instant(alert.raised_at),
        "cleared_at": instant(alert.cleared_at),
    }


def timeline(items: Sequence[FeedItem]) -> list[dict[str, Any]]:
    """Return each step with what it changed; the first one began everything and changed nothing."""
    documents = [item.case or {} for item in items]
    changes: list[dict[str, Any]] = [{}] + [
        {name: value for name, value in after.items() if name not in ("last", "revision") and value != before.get(name)}
        for before, after in pairwise(documents)
    ]
    return [
        {
            "seq": item.seq,
            "type": item.type,
            "at": instant(item.at),
            "by": document["last"]["by"],
            "note": document["last"]["note"],
            "photos": document["last"]["photos"],
            "told": document["last"]["told"],
            "stage": document["stage"],
            "department": document["department"],
            "squad": document["squad"],
            "revision": document["revision"],
            "changed": changed,
        }
        for item, document, changed in zip(items, documents, changes, strict=True)
    ]


def _place(hub: Hub, lead: Alert | None, alerts: Sequence[Alert], cases: Sequence[Case]) -> dict[str, Any]:
    zone = ZoneInfo(hub.configuration.city.timezone)
    return {
        "rule": None if lead is None else lead.rule,
        "subject": None if lead is None else lead.subject,
        "cameras": [] if lead is None else cameras_in_reach(hub.configuration.city, lead),
        "days": len({alert.raised_at.astimezone(zone).date() for alert in alerts}),
        "first_at": instant(min((alert.raised_at for alert in alerts), default=None)),
        "alerts": [brief(alert) for alert in alerts[:SHOWN]],
        "cases": [case_document(case) for case in cases],
    }


def _wanted(query: CaseCountQuery, caller: Caller) -> CaseFilter:
    department = caller.reach.department
    return CaseFilter(
        stages=tuple(query.stage),
        open_only=query.open,
        grids=tuple(query.grid),
        districts=tuple(query.district),
        levels=tuple(query.level),
        departments=tuple(query.department),
        categories=tuple(query.category),
        severities=tuple(query.severity),
        overdue=query.overdue,
        suspension=tuple(query.suspension),
        with_department=department if query.mine else None,
        touched_by=caller.name if query.mine and department is None else None,
        alert=query.alert,
        report=query.report,
        history=query.history,
        text=query.q,
        since=query.since,
        until=query.until,
    )


def _seen(case: Case | None, case_id: UUID) -> Case:
    if case is None:
        raise Problem("not-found", f"there is no case {case_id}")
    return case
