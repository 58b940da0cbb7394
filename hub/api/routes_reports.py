"""Citizens' reports inside the centre: read, linked to what is known, dismissed with a reason, or made into cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from hub.api import model_reports as model
from hub.api.case_door import refusals
from hub.api.context import ActorDep, CallerDep, Hub, HubDep, needs
from hub.api.cursor import seal, unseal
from hub.api.instant import Instant, to_instant
from hub.api.likely import find_likely
from hub.api.model import Cursor, Document, Text
from hub.api.once_only import Change, Key, carry_out
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.cases.document import case_document, photo_url
from hub.cases.drafting import drafted_from_reports
from hub.cases.orders import AddReport
from hub.dispatch.document import instant
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.reports.duplicates import Likely
from hub.reports.masking import masked
from hub.reports.progress import progress
from hub.reports.report import Report, State
from hub.store.case_command import change_case, open_case
from hub.store.reach import may_see_alert
from hub.store.read_reports import FoundReport, ReportFilter, find_report, find_reports
from hub.store.reports import (
    AlreadyHandled,
    NoSuchReport,
    contact_of,
    dismiss,
    link_to_alert,
    lock_report,
    place_by_hand,
    require_in_no_case,
    restore,
)

if TYPE_CHECKING:
    from psycopg import Connection

router = APIRouter(prefix=API, tags=["reports"])
ReportId = Annotated[UUID, Path(description="The report's id.")]


class ReportQuery(Document):
    """Which reports; what is left out asks for nothing. Repeat a parameter for any of several values."""

    state: list[State] = Field(default=[], max_length=3)
    category: list[Text] = Field(default=[], max_length=100)
    grid: list[Text] = Field(default=[], max_length=200)
    placed: bool | None = Field(default=None, description="true: in a grid; false: nobody has said yet in which.")
    open: bool | None = Field(default=None, description="true: its reporter is still waiting.")
    in_case: bool | None = None
    since: Instant | None = Field(default=None, description="Received at or after, with a timezone.")
    until: Instant | None = Field(default=None, description="Received at or before, with a timezone.")
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=100, ge=1, le=500)


_READ: dict[str, Any] = {"dependencies": [needs(Scope.REPORTS_READ)]}
# Not reports:write: a front end has that, and decides about nothing.
_DECIDE: dict[str, Any] = {
    "response_model": model.Report,
    "responses": problems(400, 404, 409, 413, 422),
    "dependencies": [needs(Scope.CASES_FILE)],
}


@router.get(
    "/reports",
    operation_id="listReports",
    summary="Find citizens' reports, the newest first",
    response_model=model.ReportPage,
    responses=problems(422),
    **_READ,
)
def list_reports(hub: HubDep, caller: CallerDep, query: Annotated[ReportQuery, Query()]) -> JSONResponse:
    """Return a page of reports. A department sees those that are in a case of its own."""
    after = None
    if query.cursor is not None:
        received_at, report_id = unseal("reports", query.cursor, (to_instant, UUID))
        after = (received_at, report_id)
    wanted = ReportFilter(
        states=tuple(state.value for state in query.state),
        categories=tuple(query.category),
        grids=tuple(query.grid),
        placed=query.placed,
        is_open=query.open,
        in_case=query.in_case,
        since=query.since,
        until=query.until,
    )
    with hub.pool.session() as connection:
        found = find_reports(connection, wanted, reach=caller.reach, after=after, limit=query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    last = page[-1].report if more else None
    return JSONResponse(
        {
            "items": [report_document(one, caller) for one in page],
            "next": seal("reports", [instant(last.received_at), str(last.report_id)]) if last else None,
        }
    )


@router.get(
    "/reports/{report_id}",
    operation_id="getReport",
    summary="One report, and what it probably repeats",
    response_model=model.ReportDetail,
    responses=problems(404, 422),
    **_READ,
)
def get_report(hub: HubDep, caller: CallerDep, report_id: ReportId) -> JSONResponse:
    """Return the report with the open alerts, cases and other reports that it probably tells of too, and why."""
    with hub.pool.session() as connection:
        found = _found(connection, caller, report_id)
        similar = find_likely(connection, found.report, hub.configuration.city, hub.plan, caller.reach)
    return JSONResponse(report_document(found, caller) | {"likely": [_likely(one) for one in similar]})


@router.get(
    "/reports/{report_id}/contact",
    operation_id="getReportContact",
    summary="How the reporter can be reached",
    response_model=model.Contact,
    responses=problems(404, 422),
    dependencies=[needs(Scope.CASES_FILE)],
)
def get_contact(hub: HubDep, caller: CallerDep, actor: ActorDep, report_id: ReportId) -> JSONResponse:
    """Return the contact, and note in the audit who asked for it. 404 where it is not known, or not any more."""
    with hub.pool.session() as connection:
        report = _found(connection, caller, report_id).report
        contact = contact_of(connection, report, actor=actor, at=hub.now())
    if contact is None:
        raise Problem("not-found", f"how the reporter of {report.number} can be reached is not known, or not any more")
    return JSONResponse({name: getattr(contact, name) for name in model.Contact.model_fields})


@router.post(
    "/reports/{report_id}/link",
    operation_id="linkReport",
    summary="Say which alert or case a report tells of",
    **_DECIDE,
)
async def link_report(
    request: Request,
    hub: HubDep,
    caller: CallerDep,
    actor: ActorDep,
    report_id: ReportId,
    order: model.LinkOrder,
    key: Key = None,
) -> Any:
    """Link a report to an alert, or let it belong to a case. 409 where something was done with it already."""

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        report = _locked(connection, caller, report_id)
        if order.alert is not None:
            if not may_see_alert(connection, order.alert, caller.reach):
                raise Problem("not-found", f"there is no alert {order.alert}")
            link_to_alert(connection, report, order.alert, actor=actor, at=at)
        elif order.case is not None:
            require_in_no_case(connection, report)
            if report.state is State.DISMISSED:
                raise AlreadyHandled(f"report {report.number} was dismissed; take that back first")
            joined = AddReport(by=caller.name, at=at, note=order.note, report=report_id)
            change_case(connection, order.case, joined, actor=caller.name, reach=caller.reach, remote=actor.remote)
        return report_document(_found(connection, caller, report_id), caller)

    return await carry_out(request, hub, caller, key, _refusing(change))


@router.post(
    "/reports/{report_id}/dismiss",
    operation_id="dismissReport",
    summary="Do nothing about a report, for a reason",
    **_DECIDE,
)
async def dismiss_report(
    request: Request,
    hub: HubDep,
    caller: CallerDep,
    actor: ActorDep,
    report_id: ReportId,
    order: model.DismissOrder,
    key: Key = None,
) -> Any:
    """Close a report without a case. Its reporter is told the reason."""
    return await _simple(
        request,
        hub,
        caller,
        report_id,
        key,
        lambda connection, report, at: dismiss(connection, report, order.reason, actor=actor, at=at),
    )


@router.post(
    "/reports/{report_id}/restore",
    operation_id="restoreReport",
    summary="Take back a link or a dismissal",
    **_DECIDE,
)
async def restore_report(
    request: Request, hub: HubDep, caller: CallerDep, actor: ActorDep, report_id: ReportId, key: Key = None
) -> Any:
    """Make a report new again. A case that it belongs to keeps it."""
    return await _simple(
        request,
        hub,
        caller,
        report_id,
        key,
        lambda connection, report, at: restore(connection, report, actor=actor, at=at),
    )


@router.post(
    "/reports/{report_id}/place",
    operation_id="placeReport",
    summary="Say in which grid a report lies",
    **_DECIDE,
)
async def place_report(
    request: Request,
    hub: HubDep,
    caller: CallerDep,
    actor: ActorDep,
    report_id: ReportId,
    order: model.PlaceOrder,
    key: Key = None,
) -> Any:
    """Put a report into a grid by hand: one that came with an address alone, or that lies in the wrong one."""
    grid = hub.configuration.city.grids.get(order.grid)
    if grid is None or (caller.reach.grids is not None and order.grid not in caller.reach.grids):
        detail = f"there is no grid {order.grid}"
        errors = [{"in": "body", "pointer": "#/grid", "detail": detail}]
        raise Problem("invalid", f"#/grid: {detail}", extra={"errors": errors})
    return await _simple(
        request,
        hub,
        caller,
        report_id,
        key,
        lambda connection, report, at: place_by_hand(connection, report, order.grid, actor=actor, at=at),
    )


@router.post(
    "/reports/{report_id}/collect",
    operation_id="collectReport",
    summary="Open a case for a report",
    status_code=201,
    **_DECIDE | {"response_model": model.Collected},
)
async def collect_report(
    request: Request,
    hub: HubDep,
    caller: CallerDep,
    actor: ActorDep,
    report_id: ReportId,
    order: model.CollectOrder,
    key: Key = None,
) -> Any:
    """Open a case with the report's place, words and photos. 409 where it belongs to one, or lies in no grid yet."""
    city = hub.configuration.city

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        report = _locked(connection, caller, report_id)
        require_in_no_case(connection, report)
        if report.state is State.DISMISSED:
            raise AlreadyHandled(f"report {report.number} was dismissed; take that back first")
        if report.grid is None or report.grid not in city.grids:
            raise AlreadyHandled(f"report {report.number} lies in no grid yet: say in which one it lies first")
        draft = drafted_from_reports(
            hub.plan, city, [report], grid=report.grid, severity=order.severity, title=order.title
        )
        draft = replace(draft, level=order.level or draft.level)
        zone = ZoneInfo(city.timezone)
        case, _ = open_case(connection, draft, actor=caller.name, at=at, zone=zone, remote=actor.remote)
        found = _found(connection, caller, report_id)
        return {"report": report_document(found, caller), "case": case_document(case)}

    return await carry_out(request, hub, caller, key, _refusing(change), status=201)


async def _simple(
    request: Request,
    hub: Hub,
    caller: Caller,
    report_id: UUID,
    key: str | None,
    order: Callable[[Connection[Any], Report, datetime], Report],
) -> Response:
    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        order(connection, _locked(connection, caller, report_id), at)
        return report_document(_found(connection, caller, report_id), caller)

    return await carry_out(request, hub, caller, key, _refusing(change))


def _refusing(change: Change) -> Change:
    """Return `change` with what the store refuses turned into problems."""

    def refusing(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        try:
            with refusals():
                return change(connection, at)
        except NoSuchReport as error:
            raise Problem("not-found", str(error)) from None
        except AlreadyHandled as error:
            raise Problem("illegal-transition", str(error)) from None

    return refusing


def _locked(connection: Connection[Any], caller: Caller, report_id: UUID) -> Report:
    return lock_report(connection, report_id, caller.reach)


def _found(connection: Connection[Any], caller: Caller, report_id: UUID) -> FoundReport:
    found = find_report(connection, report_id, caller.reach)
    if found is None:
        raise Problem("not-found", f"there is no report {report_id}")
    return found


def report_document(found: FoundReport, caller: Caller) -> dict[str, Any]:
    """Return a report as it is served to `caller`."""
    report, told = found.report, progress(found.report, found.case, found.alert)
    whole = Scope.CASES_FILE in caller.scopes
    case = None
    if found.case is not None:
        case = {
            "id": str(found.case_id),
            "number": found.case.number,
            "stage": found.case.stage.value,
            "due_at": instant(found.case.due_at),
        }
    return {
        "id": str(report.report_id),
        "number": str(report.number),
        "state": report.state.value,
        "open": told.is_open,
        "told": told.notes,
        "received_at": instant(report.received_at),
        "updated_at": instant(told.updated_at),
        "source": report.source_name,
        "category": report.category,
        "category_name": report.category_name,
        "description": report.description if whole else masked(report.description),
        "address": report.address if whole else masked(report.address),
        "latitude": report.latitude,
        "longitude": report.longitude,
        "grid": report.grid,
        "placed": report.placed.value,
        "gap_m": round(report.gap_m, 1),
        "photos": [{"sha256": sha256, "url": photo_url(sha256)} for sha256 in report.photos],
        "media_url": report.media_url or None,
        "alert": str(report.alert_id) if report.alert_id else None,
        "case": case,
        "reason": report.reason or None,
        "handled_by": report.handled_by,
        "handled_at": instant(report.handled_at),
    }


def _likely(one: Likely) -> dict[str, Any]:
    return {
        "kind": one.thing.kind.value,
        "id": str(one.thing.thing_id),
        "title": one.thing.title,
        "grid": one.thing.grid,
        "score": one.score,
        "reasons": [{"why": ground.why.value, "number": ground.number} for ground in one.grounds],
    }
