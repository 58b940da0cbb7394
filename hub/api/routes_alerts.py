"""Alerts: found by a filter, and one by its id."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from detectors.finding import Severity
from hub.alerts.alert import Condition
from hub.api import model
from hub.api.context import CallerDep, HubDep, needs
from hub.api.cursor import seal, unseal
from hub.api.instant import Instant, to_instant
from hub.api.model import Cursor, RuleName, Text
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import alert_document, instant
from hub.people.scopes import Scope
from hub.store.read_alerts import AlertFilter, FoundAlert, find_alert, find_alerts

router = APIRouter(prefix=API, tags=["alerts"])

AlertId = Annotated[UUID, Path(description="The alert's id.")]


class AlertQuery(model.Document):
    """Which alerts; what is left out asks for nothing. Repeat a parameter for any of several values."""

    condition: Condition | None = None
    rule: list[RuleName] = Field(default=[], max_length=50, description="A rule, or a domain such as `water.*`.")
    severity: list[Severity] = Field(default=[], max_length=4)
    grid: list[Text] = Field(default=[], max_length=200)
    subject: Text | None = None
    acknowledged: bool | None = None
    shelved: bool | None = Field(default=None, description="true: shelved now; false: not.")
    since: Instant | None = Field(default=None, description="Raised at or after, with a timezone.")
    until: Instant | None = Field(default=None, description="Raised before, with a timezone.")
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=100, ge=1, le=500)


@router.get(
    "/alerts",
    operation_id="listAlerts",
    summary="Find alerts, the newest first",
    response_model=model.AlertPage,
    responses=problems(422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def list_alerts(hub: HubDep, caller: CallerDep, query: Annotated[AlertQuery, Query()]) -> JSONResponse:
    """Return a page of alerts. Pages are cut by (raised_at, id): new alerts shift nothing."""
    after = None
    if query.cursor is not None:
        raised_at, alert_id = unseal("alerts", query.cursor, (to_instant, UUID))
        after = (raised_at, alert_id)
    wanted = AlertFilter(
        condition=query.condition,
        rules=tuple(query.rule),
        severities=tuple(query.severity),
        grids=tuple(query.grid),
        subject=query.subject,
        acknowledged=query.acknowledged,
        shelved=query.shelved,
        since=query.since,
        until=query.until,
    )
    with hub.pool.session() as connection:
        found = find_alerts(connection, wanted, at=hub.now(), after=after, limit=query.limit + 1, reach=caller.reach)
    page, more = found[: query.limit], len(found) > query.limit
    last = page[-1].alert if more else None
    return JSONResponse(
        {
            "items": [document_of(entry) for entry in page],
            "next": seal("alerts", [instant(last.raised_at), str(last.alert_id)]) if last else None,
        }
    )


@router.get(
    "/alerts/{alert_id}",
    operation_id="getAlert",
    summary="One alert",
    response_model=model.Alert,
    responses=problems(404, 422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def get_alert(hub: HubDep, caller: CallerDep, alert_id: AlertId) -> JSONResponse:
    """Return the alert as it is now."""
    with hub.pool.session() as connection:
        found = find_alert(connection, alert_id, caller.reach)
    if found is None:
        raise Problem("not-found", f"there is no alert {alert_id}")
    return JSONResponse(document_of(found))


def document_of(found: FoundAlert) -> dict[str, Any]:
    """Return the alert as it is served."""
    return alert_document(found.alert, found.evidence)
