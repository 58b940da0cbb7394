"""Shadows: begun, looked at, ended; tried in some grids, rolled back, put into force everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from hub.api import model_shadows as model
from hub.api.context import ActorDep, CallerDep, Hub, HubDep, needs, needs_everywhere
from hub.api.endpoint_door import invalid
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_configuration_commands import not_applied
from hub.config.apply import NotApplied
from hub.config.yaml_source import ConfigError
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store import shadows
from hub.store.audit import Actor
from hub.store.configuration_applications import in_force
from hub.store.configuration_versions import version_of
from hub.tuning.shadow.canary import Hands, NotPossible, end_shadow, promote, roll_back, start_canary
from hub.tuning.shadow.guard import Limits
from hub.tuning.shadow.shadow import Shadow
from hub.tuning.shadow.shown import shadow_document, shadow_documents

if TYPE_CHECKING:
    from psycopg import Connection

router = APIRouter(prefix=f"{API}/tuning/shadows", tags=["tuning"])

ShadowId = Annotated[UUID, Path(description="The shadow's id.")]
BANNER = timedelta(days=1)  # so long a page warns of a roll-back
# What orders that change thresholds have in common.
_FOR_ALL: dict[str, Any] = {
    "response_model": model.ShadowDocument,
    "responses": problems(400, 404, 409, 413, 422),
    "dependencies": [needs_everywhere(Scope.TUNE)],
}


@router.post(
    "",
    operation_id="startShadow",
    summary="Judge a candidate silently beside what is in force",
    response_model=model.ShadowDocument,
    status_code=201,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[needs(Scope.TUNE)],
)
def start_shadow(hub: HubDep, caller: CallerDep, actor: ActorDep, order: model.ShadowOrder) -> JSONResponse:
    """Let a version be followed from now on by the tuning role; it raises nothing and dispatches nothing."""
    now = hub.now()
    if order.until is not None and order.until <= now:
        raise invalid("#/until", "this time is over: give a later one, or none")
    grids = _grids(hub, caller, order.grids)
    with hub.pool.session() as connection, _said():
        if version_of(connection, order.version) is None:
            raise Problem("not-found", f"there is no version {order.version}")
        present = in_force(connection)
        started = shadows.start_shadow(
            connection,
            version=order.version,
            grids=grids,
            note=order.note,
            until=order.until,
            base_version=present.version if present else None,
            actor=actor,
            at=now,
        )
        return _answer(hub, connection, caller, started, HTTPStatus.CREATED)


@router.get(
    "",
    operation_id="listShadows",
    summary="Shadows, the newest first",
    response_model=model.ShadowList,
    responses=problems(422),
    dependencies=[needs(Scope.TUNE_READ)],
)
def list_shadows(
    hub: HubDep,
    caller: CallerDep,
    is_open: Annotated[
        bool | None,
        Query(
            alias="open", description="true: those that run, and those rolled back in the last day; false: the rest."
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JSONResponse:
    """Return the shadows that touch what the caller sees, each with its lag and alarms an hour on both sides."""
    now = hub.now()
    with hub.pool.session() as connection:
        if is_open:
            found = shadows.shadows_for_banner(connection, reach=caller.reach, since=now - BANNER)[:limit]
        else:
            found = shadows.list_shadows(connection, reach=caller.reach, is_open=is_open, limit=limit)
        return JSONResponse({"items": shadow_documents(connection, found, at=now, reach=caller.reach)})


@router.get(
    "/{shadow_id}",
    operation_id="getShadow",
    summary="A shadow with what differs so far",
    response_model=model.ShadowDocument,
    responses=problems(404, 422),
    dependencies=[needs(Scope.TUNE_READ)],
)
def get_shadow(hub: HubDep, caller: CallerDep, shadow_id: ShadowId) -> JSONResponse:
    """Return a shadow: how far it has followed, what it would have raised that was not, and the other way round."""
    with hub.pool.session() as connection, _said():
        return _answer(hub, connection, caller, shadows.find_shadow(connection, shadow_id, reach=caller.reach))


@router.post(
    "/{shadow_id}/end",
    operation_id="endShadow",
    summary="End a shadow",
    response_model=model.ShadowDocument,
    responses=problems(400, 403, 404, 409, 413, 422),
    dependencies=[needs(Scope.TUNE)],
)
def end(hub: HubDep, caller: CallerDep, actor: ActorDep, shadow_id: ShadowId, order: model.ShadowNote) -> JSONResponse:
    """Follow it no longer; what differed is kept. A canary is rolled back or promoted instead."""
    with hub.pool.session() as connection, _said():
        shadow = shadows.find_shadow(connection, shadow_id, reach=caller.reach)
        beyond = [grid for grid in shadow.grids if not caller.reach.sees_grid(grid)]
        if beyond:
            raise Problem("forbidden", "the shadow also follows grids that you do not see", extra={"scope": None})
        return _answer(hub, connection, caller, end_shadow(_hands(hub, connection, actor), shadow_id, order.note))


@router.post(
    "/{shadow_id}/canary",
    operation_id="startCanary",
    summary="Put the candidate into force in some grids",
    **_FOR_ALL,
)
def canary(
    hub: HubDep, caller: CallerDep, actor: ActorDep, shadow_id: ShadowId, order: model.CanaryOrder
) -> JSONResponse:
    """Apply the candidate as an override for these grids; too many alarms there, and it is rolled back by itself."""
    try:
        limits = Limits(**order.limits.model_dump())
    except ValueError as error:
        raise invalid("#/limits", str(error)) from None
    grids = _grids(hub, caller, order.grids)
    with hub.pool.session() as connection, _said():
        done = start_canary(_hands(hub, connection, actor), shadow_id, grids=grids, limits=limits)
        return _answer(hub, connection, caller, done)


@router.post(
    "/{shadow_id}/promote",
    operation_id="promoteShadow",
    summary="Put the candidate into force everywhere",
    **_FOR_ALL,
)
def promote_shadow(
    hub: HubDep, caller: CallerDep, actor: ActorDep, shadow_id: ShadowId, order: model.ShadowNote
) -> JSONResponse:
    """Apply the version in every grid; the shadow ends with it."""
    with hub.pool.session() as connection, _said():
        return _answer(hub, connection, caller, promote(_hands(hub, connection, actor), shadow_id, order.note))


@router.post(
    "/{shadow_id}/rollback",
    operation_id="rollBackShadow",
    summary="Take a canary out of force",
    **_FOR_ALL,
)
def roll_back_shadow(
    hub: HubDep, caller: CallerDep, actor: ActorDep, shadow_id: ShadowId, order: model.ShadowNote
) -> JSONResponse:
    """Remove the canary's override, and nothing else; the shadow ends with it."""
    with hub.pool.session() as connection, _said():
        why = order.note or "rolled back by hand"
        return _answer(hub, connection, caller, roll_back(_hands(hub, connection, actor), shadow_id, why))


def _answer(
    hub: Hub, connection: Connection[Any], caller: Caller, shadow: Shadow, status: int = HTTPStatus.OK
) -> JSONResponse:
    city = hub.configuration.city
    document = shadow_document(connection, shadow, city=city, at=hub.now(), reach=caller.reach)
    return JSONResponse(document, status_code=status)


def _hands(hub: Hub, connection: Connection[Any], actor: Actor) -> Hands:
    return Hands(connection, hub.files, actor, hub.now)


def _grids(hub: Hub, caller: Caller, wanted: Sequence[str] | None) -> list[str]:
    seen = [grid for grid in sorted(hub.configuration.city.grids) if caller.reach.sees_grid(grid)]
    if wanted is None:
        return seen
    unknown = sorted(set(wanted) - set(seen))
    if unknown:
        raise invalid("#/grids", f"there is no grid {', '.join(unknown)} that you see")
    return sorted(set(wanted))


@contextmanager
def _said() -> Iterator[None]:
    """Turn what a shadow cannot be brought to into the problem that says why."""
    try:
        yield
    except shadows.NoSuchShadow as error:
        raise Problem("not-found", str(error)) from None
    except (NotPossible, shadows.TooManyShadows) as error:
        raise Problem("illegal-transition", str(error)) from None
    except NotApplied as error:
        raise not_applied(error) from None
    except ConfigError as error:
        raise invalid("#", "; ".join(error.problems)) from None
