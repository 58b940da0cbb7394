"""Commands on alerts: an operator's order comes in, is carried out once, audited, and told to the feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Request
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
from hub.api.openapi import API, problems
from hub.api.problem import MEDIA_TYPE, Problem
from hub.api.routes_alerts import AlertId
from hub.dispatch.document import REAL, alert_document
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store import once
from hub.store.alerts import evidence_of
from hub.store.command import NoSuchAlert, change_alert
from hub.store.read_board import colleagues

router = APIRouter(prefix=API, tags=["alerts"])
LONGEST_SHELVING = timedelta(days=30)

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A key of your own, for a day: the same request with it is carried out once and answered alike.",
    ),
]

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
    body = await request.body()
    asked = None
    if key is not None:
        asked = once.Request(token_id=caller.caller_id, key=key, route=f"POST {request.url.path}", body=body)
    remote = remote_of(request.scope)
    answer, again = await run_sync(_change, hub, caller, alert_id, order, asked, request.url.path, remote)
    media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
    headers = {"Idempotency-Replayed": "true"} if again else {}
    return Response(answer.text, status_code=answer.status, media_type=media_type, headers=headers)


def _change(
    hub: Hub,
    caller: Caller,
    alert_id: UUID,
    order: Callable[[datetime], Command],
    asked: once.Request | None,
    path: str,
    remote: str,
) -> tuple[once.Answer, bool]:
    """Carry the order out, once for its key; return the answer, and whether it had been given before."""
    at = hub.now()
    with hub.pool.session() as connection:
        if asked is not None:
            try:
                before = once.begin(connection, asked, at)
            except once.KeyReused as error:
                raise Problem("key-reused", str(error)) from None
            if before is not None:
                return before, True
        try:
            alert, _ = change_alert(
                connection,
                alert_id,
                order(at),
                caller.name,
                actor_id=caller.caller_id,
                remote=remote,
                reach=caller.reach,
            )
        except NoSuchAlert as error:
            answer = _refused(Problem("not-found", str(error)), path)
        except IllegalTransition as error:
            answer = _refused(Problem("illegal-transition", str(error)), path)
        else:
            evidence = evidence_of(connection, [alert_id]).get(alert_id, [])
            answer = once.Answer(status=200, text=json.dumps(alert_document(alert, evidence)))
        if asked is not None:
            once.keep(connection, asked, answer)
    return answer, False


def _refused(problem: Problem, path: str) -> once.Answer:
    return once.Answer(status=problem.status, text=json.dumps(problem.document(path)))


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
