"""Who may sign in, and with which tokens machines come: for those who manage people, and see the whole city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.responses import Response

from hub.api import model_people as model
from hub.api.context import ActorDep, CallerDep, HubDep, needs_everywhere
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.people import argon
from hub.people.first_password import first_password
from hub.people.passwords import weakness
from hub.people.post import Post, UserRefused
from hub.people.scopes import Scope
from hub.store.audit import note
from hub.store.sessions import end_sessions_of
from hub.store.tokens import TokenRefused, create_token, list_tokens, revoke_token
from hub.store.users import (
    User,
    change_user,
    create_user,
    disable_user,
    enable_user,
    forget_failures,
    list_users,
    set_password,
    user_of,
)

router = APIRouter(prefix=API, tags=["people"])
_READ: dict[str, Any] = {"dependencies": [needs_everywhere(Scope.PEOPLE_READ)]}
_WRITE: dict[str, Any] = {"dependencies": [needs_everywhere(Scope.PEOPLE_WRITE)]}


@router.get(
    "/users",
    operation_id="listUsers",
    summary="Everybody who may sign in, or could once",
    response_model=model.UserList,
    responses=problems(),
    **_READ,
)
def get_users(hub: HubDep) -> JSONResponse:
    """Return everybody, in order of their names."""
    with hub.pool.session() as connection:
        return JSONResponse({"items": [user.document() for user in list_users(connection)]})


@router.post(
    "/users",
    operation_id="createUser",
    summary="Let somebody sign in",
    status_code=201,
    response_model=model.MadeUser,
    responses=problems(400, 413, 422),
    **_WRITE,
)
def post_user(hub: HubDep, actor: ActorDep, order: model.NewUser) -> JSONResponse:
    """Make a person with a first password, told only here, which must be changed when it is first used."""
    password = order.password or first_password()
    weak = weakness(password, names=(order.name, order.display_name or "")) if order.password else None
    if weak is not None:
        raise _not_valid("#/password", weak.text)
    kept = argon.hashed(password)
    with hub.pool.session() as connection, _refusals():
        made = create_user(
            connection,
            name=order.name,
            display_name=order.display_name or "",
            post=Post(role=order.role, department=order.department, districts=order.districts),
            password_hash=kept,
            actor=actor,
            at=hub.now(),
        )
    told = None if order.password else password
    return JSONResponse({"user": made.document(), "password": told}, status_code=201)


@router.get(
    "/users/{user_id}",
    operation_id="getUser",
    summary="One person",
    response_model=model.UserDocument,
    responses=problems(404, 422),
    **_READ,
)
def get_user(hub: HubDep, user_id: UUID) -> JSONResponse:
    """Return one person."""
    with hub.pool.session() as connection:
        return JSONResponse(_known(connection, user_id).document())


@router.patch(
    "/users/{user_id}",
    operation_id="changeUser",
    summary="Give somebody another role, department, districts or name to show",
    response_model=model.UserDocument,
    responses=problems(400, 404, 413, 422),
    **_WRITE,
)
def patch_user(hub: HubDep, caller: CallerDep, actor: ActorDep, user_id: UUID, order: model.UserChange) -> JSONResponse:
    """Change what is named; it holds at once, in every session. Nobody takes from themselves what this needs."""
    given = order.model_fields_set
    with hub.pool.session() as connection, _refusals():
        user = _known(connection, user_id)
        post = Post(
            role=order.role or user.role,
            department=order.department if "department" in given else user.department,
            districts=order.districts if "districts" in given else user.districts,
        )
        held = Post(role=user.role, department=user.department, districts=user.districts)
        if user_id == caller.caller_id and post.checked() != held.checked():
            raise UserRefused("you cannot take your own role or reach from yourself: ask another administrator")
        changed = change_user(connection, user, post=post, display_name=order.display_name, actor=actor, at=hub.now())
    return JSONResponse(changed.document())


@router.post(
    "/users/{user_id}/disable",
    operation_id="disableUser",
    summary="End what somebody may do here",
    response_model=model.UserDocument,
    responses=problems(404, 422),
    **_WRITE,
)
def post_disable(hub: HubDep, caller: CallerDep, actor: ActorDep, user_id: UUID) -> JSONResponse:
    """End it at once, with every session; the name stays in the audit. Doing it again changes nothing."""
    with hub.pool.session() as connection, _refusals():
        if user_id == caller.caller_id:
            raise UserRefused("you cannot disable yourself: ask another administrator")
        disable_user(connection, _known(connection, user_id), actor=actor, at=hub.now())
        return JSONResponse(_known(connection, user_id).document())


@router.post(
    "/users/{user_id}/enable",
    operation_id="enableUser",
    summary="Let a disabled person in again",
    response_model=model.UserDocument,
    responses=problems(404, 422),
    **_WRITE,
)
def post_enable(hub: HubDep, actor: ActorDep, user_id: UUID) -> JSONResponse:
    """Let the person sign in again. Doing it again changes nothing."""
    with hub.pool.session() as connection:
        enable_user(connection, _known(connection, user_id), actor=actor, at=hub.now())
        return JSONResponse(_known(connection, user_id).document())


@router.post(
    "/users/{user_id}/reset-password",
    operation_id="resetPassword",
    summary="Give somebody a new first password",
    response_model=model.MadeUser,
    responses=problems(404, 422),
    **_WRITE,
)
def post_reset(hub: HubDep, actor: ActorDep, user_id: UUID) -> JSONResponse:
    """Return a first password, told only here; every session ends, and failed attempts are forgotten."""
    password, at = first_password(), hub.now()
    kept = argon.hashed(password)
    with hub.pool.session() as connection, _refusals():
        user = _known(connection, user_id)
        if user.issuer is not None:
            raise UserRefused("this person signs in through the provider: the password is kept there")
        set_password(connection, user, kept, actor=actor, at=at, must_change=True, action="user.password_reset")
        end_sessions_of(connection, user_id, at=at, by="the password was reset")
        return JSONResponse({"user": _known(connection, user_id).document(), "password": password})


@router.post(
    "/users/{user_id}/unlock",
    operation_id="unlockUser",
    summary="Forget somebody's failed attempts",
    status_code=204,
    response_class=Response,
    responses=problems(404, 422),
    **_WRITE,
)
def post_unlock(hub: HubDep, actor: ActorDep, user_id: UUID) -> Response:
    """Let the next attempt to sign in be looked at without a wait."""
    with hub.pool.session() as connection:
        user = _known(connection, user_id)
        forget_failures(connection, user.name)
        note(connection, actor, "user.unlocked", f"user/{user_id}", at=hub.now(), detail={"name": user.name})
    return Response(status_code=204)


@router.delete(
    "/users/{user_id}/sessions",
    operation_id="endSessionsOfUser",
    summary="Sign somebody out everywhere",
    response_model=model.Ended,
    responses=problems(404, 422),
    **_WRITE,
)
def delete_sessions_of(hub: HubDep, actor: ActorDep, user_id: UUID) -> JSONResponse:
    """End every session of a person at once."""
    at = hub.now()
    with hub.pool.session() as connection:
        user = _known(connection, user_id)
        ended = end_sessions_of(connection, user_id, at=at, by="ended by an administrator")
        detail = {"name": user.name, "ended": ended}
        note(connection, actor, "session.ended_everywhere", f"user/{user_id}", at=at, detail=detail)
    return JSONResponse({"ended": ended})


@router.get(
    "/tokens",
    operation_id="listTokens",
    summary="Every token, without its secret",
    response_model=model.TokenList,
    responses=problems(),
    **_READ,
)
def get_tokens(hub: HubDep) -> JSONResponse:
    """Return every token there was, the newest last."""
    with hub.pool.session() as connection:
        return JSONResponse({"items": [token.document() for token in list_tokens(connection)]})


@router.post(
    "/tokens",
    operation_id="createToken",
    summary="Make a token for a machine",
    status_code=201,
    response_model=model.MadeToken,
    responses=problems(400, 413, 422),
    **_WRITE,
)
def post_token(hub: HubDep, actor: ActorDep, order: model.NewToken) -> JSONResponse:
    """Return the token, told only here: only its hash is kept."""
    expires_at = hub.now() + timedelta(days=order.days) if order.days else None
    with hub.pool.session() as connection:
        try:
            made = create_token(
                connection,
                order.name,
                order.role,
                expires_at,
                department=order.department,
                districts=order.districts,
                actor=actor,
            )
        except TokenRefused as error:
            raise _not_valid("#", str(error)) from None
    return JSONResponse({"token": made, "name": order.name, "role": order.role}, status_code=201)


@router.delete(
    "/tokens/{token_id}",
    operation_id="revokeToken",
    summary="End a token",
    status_code=204,
    response_class=Response,
    responses=problems(404, 422),
    **_WRITE,
)
def delete_token(hub: HubDep, actor: ActorDep, token_id: UUID) -> Response:
    """End it at once."""
    with hub.pool.session() as connection:
        if not revoke_token(connection, token_id, actor=actor):
            raise Problem("not-found", f"there is no token {token_id} in use")
    return Response(status_code=204)


def _known(connection: Any, user_id: UUID) -> User:
    user = user_of(connection, user_id)
    if user is None:
        raise Problem("not-found", f"there is nobody with the id {user_id}")
    return user


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the store refuses into a problem that names it."""
    try:
        yield
    except UserRefused as error:
        raise _not_valid("#", str(error)) from None


def _not_valid(pointer: str, detail: str) -> Problem:
    errors = [{"in": "body", "pointer": pointer, "detail": detail}]
    return Problem("invalid", f"{pointer}: {detail}", extra={"errors": errors})
