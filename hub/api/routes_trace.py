"""Why an alert was raised, or why none was: answered at once for short spans; longer ones are runs of kind `trace`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from hub.api import model_trace
from hub.api.context import Hub, HubDep, needs_everywhere
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.people.caller import EVERYWHERE
from hub.people.scopes import Scope
from hub.store.read_alerts import find_alert
from hub.store.recorded_alerts import look_up_recorded
from hub.store.recording import StoredRecording
from hub.tuning.trace.moment import NotYet, require_past
from hub.tuning.trace.request import Request, of_alert, trace
from hub.tuning.trace.scope import UnknownRule

router = APIRouter(prefix=f"{API}/tuning", tags=["tuning"])
AT_ONCE = timedelta(hours=6)  # of recording; longer takes longer than a request should


@router.get(
    "/trace",
    operation_id="traceAlert",
    summary="Why an alert was raised, or why none was",
    response_model=model_trace.TraceDocument,
    responses=problems(404, 422),
    dependencies=[needs_everywhere(Scope.TUNE_READ)],
)
def read_trace(
    hub: HubDep,
    alert: Annotated[UUID | None, Query(description="An alert; else give rule, subject and at.")] = None,
    rule: Annotated[str | None, Query(max_length=100)] = None,
    subject: Annotated[
        str | None, Query(max_length=300, description="A device, circuit, camera, zone, or place `zone@x,y`.")
    ] = None,
    at: Annotated[AwareDatetime | None, Query(description="When nothing was raised, or something was.")] = None,
    around_s: Annotated[float, Query(ge=1, le=10800, description="Seconds before and after it.")] = 600.0,
    what_if: Annotated[
        bool, Query(description="Look for the thresholds, one or two, that would have changed the answer: slower.")
    ] = False,
) -> JSONResponse:
    """Judge the time around it again by the detectors that run live, and tell what they went by."""
    request = _request(hub, alert, rule, subject, at, around_s, what_if)
    since, until = request.span
    if until - since > AT_ONCE:
        raise Problem(
            "invalid",
            f"at once a trace looks at {AT_ONCE.total_seconds() / 3600:g} hours at most: start a run of the kind trace",
        )
    try:
        answer = trace(StoredRecording(hub.pool.dsn), hub.configuration, request)
    except UnknownRule as error:
        raise Problem("invalid", str(error)) from None
    with hub.pool.session() as connection:
        look_up_recorded(connection, answer)
    return JSONResponse(answer)


def _request(
    hub: Hub,
    alert: UUID | None,
    rule: str | None,
    subject: str | None,
    at: AwareDatetime | None,
    around_s: float,
    what_if: bool,
) -> Request:
    if alert is not None:
        if rule is not None or subject is not None or at is not None:
            raise Problem("invalid", "give alert, or rule, subject and at, not both")
        with hub.pool.session() as connection:
            found = find_alert(connection, alert, EVERYWHERE)
        if found is None:
            raise Problem("not-found", f"there is no alert {alert}")
        return of_alert(found.alert, around_s=around_s, wants_what_if=what_if)
    if rule is None or subject is None or at is None:
        raise Problem("invalid", "give alert, or rule, subject and at")
    try:
        require_past(at, hub.now())
    except NotYet as error:
        raise Problem("invalid", str(error)) from None
    return Request(rule=rule, subject=subject, at=at, around_s=around_s, wants_what_if=what_if)
