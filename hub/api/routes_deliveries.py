"""Where the feed is sent: endpoints made, changed, tried, switched, and sent to again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from hub.api import model_deliveries
from hub.api.case_door import IfMatch, revision_of
from hub.api.context import CallerDep, Hub, HubDep, actor_of, needs_everywhere
from hub.api.endpoint_door import filter_of, found_or_problem, invalid, sender_of, settled, shown
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.deliveries.cloud_event import ping_message
from hub.deliveries.endpoint import Endpoint, Settings
from hub.deliveries.pace import Word, word
from hub.deliveries.queue import add_jobs
from hub.deliveries.signing import new_salt
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store import deliveries, endpoints
from hub.store.audit import note
from hub.store.read_deliveries import loads
from hub.store.read_feed import newest_seq

if TYPE_CHECKING:
    from psycopg import Connection

router = APIRouter(prefix=f"{API}/deliveries", tags=["deliveries"])

EndpointId = Annotated[UUID, Path(description="The endpoint's id.")]
_WRITE = [needs_everywhere(Scope.DELIVERIES_WRITE)]


@router.get(
    "/endpoints",
    operation_id="listEndpoints",
    summary="Where events are sent",
    response_model=model_deliveries.EndpointList,
    responses=problems(),
    dependencies=[needs_everywhere(Scope.DELIVERIES_READ)],
)
def list_all(hub: HubDep, caller: CallerDep) -> JSONResponse:
    """Return every endpoint with how it fares."""
    with hub.pool.session() as connection:
        found = endpoints.list_endpoints(connection)
        waiting, newest = loads(connection), newest_seq(connection)
    return JSONResponse({"items": [shown(hub, caller, each, waiting, newest) for each in found]})


@router.post(
    "/endpoints",
    operation_id="createEndpoint",
    summary="Have events sent somewhere",
    status_code=201,
    response_model=model_deliveries.NewEndpoint,
    responses=problems(400, 409, 413, 422),
    dependencies=_WRITE,
)
def create(request: Request, hub: HubDep, caller: CallerDep, order: model_deliveries.EndpointOrder) -> JSONResponse:
    """Make an endpoint and return it with its secret, which nobody can read again."""
    sender = sender_of(hub)
    settings = settled(
        hub,
        caller,
        Settings(
            url=order.url,
            description=order.description,
            filter=filter_of(order.types, order.rules, order.grids, order.departments),
            private_host=order.private_host,
            parallel=order.parallel,
        ),
    )
    endpoint_id, salt = uuid4(), new_salt()
    with hub.pool.session() as connection:
        made = endpoints.create_endpoint(
            connection,
            settings,
            endpoint_id=endpoint_id,
            salt=salt,
            key_check=sender.key.check(endpoint_id),
            after=order.after,
            actor=actor_of(request),
            at=hub.now(),
        )
        document = shown(hub, caller, made, {}, newest_seq(connection))
    return JSONResponse({**document, "secret": sender.key.secret(endpoint_id, salt)}, status_code=201)


@router.get(
    "/endpoints/{endpoint_id}",
    operation_id="getEndpoint",
    summary="One endpoint",
    response_model=model_deliveries.Endpoint,
    responses=problems(404),
    dependencies=[needs_everywhere(Scope.DELIVERIES_READ)],
)
def get_one(hub: HubDep, caller: CallerDep, endpoint_id: EndpointId) -> JSONResponse:
    """Return one endpoint with how it fares."""
    return _answered(hub, caller, lambda connection: endpoints.find_endpoint(connection, endpoint_id))


@router.patch(
    "/endpoints/{endpoint_id}",
    operation_id="changeEndpoint",
    summary="Change an endpoint",
    response_model=model_deliveries.Endpoint,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=_WRITE,
)
def change(
    request: Request,
    hub: HubDep,
    caller: CallerDep,
    endpoint_id: EndpointId,
    order: model_deliveries.EndpointChange,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Change what is given; with another address it is tried at once. 409 where somebody was quicker."""

    def changed(connection: Connection[Any]) -> Endpoint:
        before = endpoints.find_endpoint(connection, endpoint_id, lock=True)
        given = order.model_dump(exclude_unset=True)
        names = ("types", "rules", "grids", "departments")
        chosen = {name: given.get(name) or () for name in names if name in given}
        old = before.settings.filter
        wanted = Settings(
            url=given.get("url") or before.settings.url,
            description=given["description"] or "" if "description" in given else before.settings.description,
            filter=filter_of(*(chosen.get(name, getattr(old, name)) for name in names)),
            private_host=given.get("private_host", before.settings.private_host),
            parallel=given.get("parallel") or before.settings.parallel,
        )
        try:
            return endpoints.change_endpoint(
                connection,
                endpoint_id,
                settled(hub, caller, wanted),
                revision=revision_of(if_match),
                actor=actor_of(request),
                at=hub.now(),
            )
        except endpoints.Stale as error:
            raise Problem("changed-meanwhile", str(error), extra={"revision": error.revision}) from None

    return _answered(hub, caller, changed)


@router.delete(
    "/endpoints/{endpoint_id}",
    operation_id="removeEndpoint",
    summary="Remove an endpoint",
    status_code=204,
    response_class=Response,
    responses=problems(404),
    dependencies=_WRITE,
)
def remove(request: Request, hub: HubDep, endpoint_id: EndpointId) -> Response:
    """Remove an endpoint with the record of its deliveries; nothing more is sent there."""
    with found_or_problem(), hub.pool.session() as connection:
        endpoints.remove_endpoint(connection, endpoint_id, actor=actor_of(request), at=hub.now())
    return Response(status_code=204)


@router.post(
    "/endpoints/{endpoint_id}/enable",
    operation_id="enableEndpoint",
    summary="Switch an endpoint on",
    response_model=model_deliveries.Endpoint,
    responses=problems(404),
    dependencies=_WRITE,
)
def enable(request: Request, hub: HubDep, caller: CallerDep, endpoint_id: EndpointId) -> JSONResponse:
    """Send again, from where it stopped: nothing of the time in between is left out."""
    return _answered(
        hub,
        caller,
        lambda connection: endpoints.switch(
            connection, endpoint_id, on=True, reason=None, actor=actor_of(request), at=hub.now()
        ),
    )


@router.post(
    "/endpoints/{endpoint_id}/disable",
    operation_id="disableEndpoint",
    summary="Switch an endpoint off",
    response_model=model_deliveries.Endpoint,
    responses=problems(404),
    dependencies=_WRITE,
)
def disable(request: Request, hub: HubDep, caller: CallerDep, endpoint_id: EndpointId) -> JSONResponse:
    """Send nothing until it is switched on again; its place in the feed is kept."""
    reason = f"switched off by {caller.name}"
    return _answered(
        hub,
        caller,
        lambda connection: endpoints.switch(
            connection, endpoint_id, on=False, reason=reason, actor=actor_of(request), at=hub.now()
        ),
    )


@router.post(
    "/endpoints/{endpoint_id}/rotate",
    operation_id="rotateEndpointSecret",
    summary="Give an endpoint a new secret",
    response_model=model_deliveries.NewEndpoint,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=_WRITE,
)
def rotate(
    request: Request, hub: HubDep, caller: CallerDep, endpoint_id: EndpointId, order: model_deliveries.RotateOrder
) -> JSONResponse:
    """Return the new secret, this once. For the overlap messages carry two signatures, one with the secret before."""
    sender, salt, at = sender_of(hub), new_salt(), hub.now()

    def rotated(connection: Connection[Any]) -> Endpoint:
        before = endpoints.find_endpoint(connection, endpoint_id, lock=True)
        check = sender.key.check(endpoint_id)
        # A secret that came from another key cannot be signed with any more.
        overlaps = order.overlap_s > 0 and before.key_check == check
        return endpoints.rotate(
            connection,
            endpoint_id,
            salt=salt,
            key_check=check,
            previous_until=at + timedelta(seconds=order.overlap_s) if overlaps else None,
            actor=actor_of(request),
            at=at,
        )

    return _answered(hub, caller, rotated, {"secret": sender.key.secret(endpoint_id, salt)})


@router.post(
    "/endpoints/{endpoint_id}/ping",
    operation_id="pingEndpoint",
    summary="Send a test message now",
    response_model=model_deliveries.Ping,
    responses=problems(404, 409),
    dependencies=_WRITE,
)
async def ping(request: Request, hub: HubDep, endpoint_id: EndpointId) -> JSONResponse:
    """Send one signed `lianqin.ping` and return what came of it; how the endpoint fares is not touched."""
    endpoint, salts, hub_id = await run_sync(_ping_needs, hub, request, endpoint_id)
    sender = sender_of(hub)
    if endpoint.key_check != sender.key.check(endpoint_id):
        raise Problem("not-writable", "the secret comes from another key than this process has: rotate it")
    message = ping_message(endpoint_id, hub_id, uuid4(), hub.now())
    settings = endpoint.settings
    outcome = await sender.send(endpoint_id, settings.url, settings.private_host, salts, message)
    return JSONResponse(
        {
            "taken": word(outcome) is Word.TAKEN,
            "status_code": outcome.status,
            "outcome": str(outcome),
            "snippet": outcome.snippet,
            "took_s": round(outcome.took_s, 3),
        }
    )


@router.post(
    "/endpoints/{endpoint_id}/replay",
    operation_id="replayEndpoint",
    summary="Send what is dead, or everything from a number on, again",
    response_model=model_deliveries.Replayed,
    responses=problems(400, 404, 413, 422),
    dependencies=_WRITE,
)
def replay(request: Request, hub: HubDep, endpoint_id: EndpointId, order: model_deliveries.ReplayOrder) -> JSONResponse:
    """Send again under the same ids: a receiver that keeps them recognises what it has."""
    if (order.dead is None) == (order.from_seq is None):
        raise invalid("#", "give either `dead` or `from_seq`")
    with found_or_problem(), hub.pool.session() as connection:
        count = None
        if order.from_seq is None:
            count = deliveries.replay_dead(connection, endpoint_id, at=hub.now(), queue=add_jobs)
        else:
            deliveries.replay_from(connection, endpoint_id, order.from_seq)
        cursor = endpoints.find_endpoint(connection, endpoint_id).cursor
        detail = {"dead": count} if count is not None else {"from_seq": order.from_seq}
        note(
            connection,
            actor_of(request),
            "endpoint.replayed",
            f"endpoint/{endpoint_id}",
            at=hub.now(),
            detail=detail,
        )
    return JSONResponse({"deliveries": count, "cursor": cursor})


@router.post(
    "/endpoints/{endpoint_id}/skip",
    operation_id="skipToNewest",
    summary="Leave out what waits, go on with what comes",
    response_model=model_deliveries.Skipped,
    responses=problems(404),
    dependencies=_WRITE,
)
def skip(request: Request, hub: HubDep, endpoint_id: EndpointId) -> JSONResponse:
    """Let what waits be dead (it can be replayed) and set the cursor to the feed's end."""
    with found_or_problem(), hub.pool.session() as connection:
        count = deliveries.skip_to_newest(connection, endpoint_id, at=hub.now())
        cursor = endpoints.find_endpoint(connection, endpoint_id).cursor
        target, detail = f"endpoint/{endpoint_id}", {"deliveries": count, "cursor": cursor}
        note(connection, actor_of(request), "endpoint.skipped", target, at=hub.now(), detail=detail)
    return JSONResponse(detail)


def _answered(
    hub: Hub, caller: Caller, work: Callable[[Connection[Any]], Endpoint], more: dict[str, Any] | None = None
) -> JSONResponse:
    with found_or_problem(), hub.pool.session() as connection:
        endpoint = work(connection)
        document = shown(hub, caller, endpoint, loads(connection), newest_seq(connection))
    return JSONResponse({**document, **(more or {})})


def _ping_needs(hub: Hub, request: Request, endpoint_id: UUID) -> tuple[Endpoint, tuple[bytes, ...], UUID]:
    with found_or_problem(), hub.pool.session() as connection:
        endpoint = endpoints.find_endpoint(connection, endpoint_id)
        salts = endpoints.salts_of(connection, endpoint_id, hub.now())
        note(connection, actor_of(request), "endpoint.pinged", f"endpoint/{endpoint_id}", at=hub.now())
        return endpoint, tuple(salts), endpoints.hub_id(connection)
