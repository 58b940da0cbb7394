"""Commands on alerts: an operator's order comes in, is carried out once, audited, and told to the feed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from hub.alerts.lifecycle import (
    Acknowledge,
    Assign,
    Command,
    IllegalTransition,
    Judge,
    Shelve,
    Unacknowledge,
    Unjudge,
    Unshelve,
)
from hub.api import model
from hub.api.context import CallerDep, Hub, HubDep, needs, remote_of
from hub.api.once_only import Key, carry_out
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_alerts import AlertId
from hub.dispatch.document import REAL, alert_document
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store.alerts import evidence_of
from hub.store.command import NoSuchAlert, change_alert
from hub.store.read_board import colleagues

if TYPE_CHECKING:
    from psycopg import Connection

router = APIRouter(prefix=API, tags=["alerts"])
LONGEST_SHELVING = timedelta(days=30)

_COMMAND: dict[str, Any] = {
    "response_model": model.Alert,
    "responses": problems(404, 409, 413, 422),
    "dependencies": [needs(Scope.ALERTS_WRITE)],
}


@router.post(
    "/alerts/{alert_id}/acknowledge", operation_id="acknowledgeAlert", summary="Take notice of an alert", **_COMMAND
)
async def acknowledge(request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, key: Key = None) -> Any:
    """Acknowledge an alert, active or cleared, under the caller's name. 409 if it is acknowledged."""
    return await _carry_out(request, hub, caller, alert_id, key, lambda at: Acknowledge(by=caller.name, at=at))


@router.post(
    "/alerts/{alert_id}/unacknowledge",
    operation_id="unacknowledgeAlert",
    summary="Take an acknowledgement back",
    **_COMMAND,
)
async def unacknowledge(request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, key: Key = None) -> Any:
    """Take the acknowledgement back. 409 if there is none."""
    return await _carry_out(request, hub, caller, alert_id, key, lambda at: Unacknowledge(by=caller.name, at=at))


@router.post(
    "/alerts/{alert_id}/shelve",
    operation_id="shelveAlert",
    summary="Hide an alert for a while",
    **{**_COMMAND, "responses": problems(400, 404, 409, 413, 422)},
)
async def shelve(
    request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, order: model.ShelveOrder, key: Key = None
) -> Any:
    """Shelve an active alert until a stated end, for a stated reason. Shelving again moves the end. 409 if cleared."""

    def shelving(at: datetime) -> Shelve:
        return Shelve(by=caller.name, at=at, until=_shelving_end(order, at), reason=order.reason)

    return await _carry_out(request, hub, caller, alert_id, key, shelving)


@router.post(
    "/alerts/{alert_id}/unshelve", operation_id="unshelveAlert", summary="Show a shelved alert again", **_COMMAND
)
async def unshelve(request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, key: Key = None) -> Any:
    """End the shelving now. 409 if it is not shelved."""
    return await _carry_out(request, hub, caller, alert_id, key, lambda at: Unshelve(by=caller.name, at=at))


@router.post("/alerts/{alert_id}/assign", operation_id="assignAlert", summary="Give an alert to somebody", **_COMMAND)
async def assign(
    request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, order: model.AssignOrder, key: Key = None
) -> Any:
    """Make a person of this hub the owner of the alert, or nobody. 409 if it is theirs; 422 if there is no such one."""
    if order.to is not None and order.to != caller.name:
        await run_sync(_require_colleague, hub, order.to)
    return await _carry_out(request, hub, caller, alert_id, key, lambda at: Assign(by=caller.name, at=at, to=order.to))


@router.post(
    "/alerts/{alert_id}/verdict", operation_id="judgeAlert", summary="Say whether an alert was real", **_COMMAND
)
async def judge(
    request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, order: model.VerdictOrder, key: Key = None
) -> Any:
    """Say that the alert, active or cleared, was real or a false alarm. Saying it again replaces the verdict."""

    def verdict(at: datetime) -> Judge:
        return Judge(by=caller.name, at=at, is_real=order.is_ == REAL, reason=order.reason)

    return await _carry_out(request, hub, caller, alert_id, key, verdict)


@router.post("/alerts/{alert_id}/unverdict", operation_id="unjudgeAlert", summary="Take a verdict back", **_COMMAND)
async def unjudge(request: Request, hub: HubDep, caller: CallerDep, alert_id: AlertId, key: Key = None) -> Any:
    """Take the verdict back. 409 if there is none."""
    return await _carry_out(request, hub, caller, alert_id, key, lambda at: Unjudge(by=caller.name, at=at))


def _require_colleague(hub: Hub, name: str) -> None:
    with hub.pool.session() as connection:
        names = [one.name for one in colleagues(connection)]
    if name not in names:
        raise _invalid("#/to", f"there is nobody called {name!r} here who may take an alert")


async def _carry_out(
    request: Request, hub: Hub, caller: Caller, alert_id: UUID, key: str | None, order: Callable[[datetime], Command]
) -> Response:
    who: dict[str, Any] = {"actor_id": caller.caller_id, "remote": remote_of(request.scope), "reach": caller.reach}

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        try:
            alert, _ = change_alert(connection, alert_id, order(at), caller.name, **who)
        except NoSuchAlert as error:
            raise Problem("not-found", str(error)) from None
        except IllegalTransition as error:
            raise Problem("illegal-transition", str(error)) from None
        return alert_document(alert, evidence_of(connection, [alert_id]).get(alert_id, []))

    return await carry_out(request, hub, caller, key, change)


def _shelving_end(order: model.ShelveOrder, at: datetime) -> datetime:
    if (order.until is None) == (order.for_s is None):
        raise _invalid("#", "give either `until` or `for_s`")
    if order.for_s is not None:
        return at + timedelta(seconds=order.for_s)
    assert order.until is not None
    if not at < order.until <= at + LONGEST_SHELVING:
        raise _invalid("#/until", f"must lie in the future, at most {LONGEST_SHELVING.days} days away")
    return order.until


def _invalid(pointer: str, detail: str) -> Problem:
    errors = [{"in": "body", "pointer": pointer, "detail": detail}]
    return Problem("invalid", f"{pointer}: {detail}", extra={"errors": errors})
