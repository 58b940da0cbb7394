"""Signing in and out: people's sessions, each a cookie that scripts cannot read; and their own passwords."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from hub.api import model_people as model
from hub.api import sign_in
from hub.api.context import AdmissionDep, Hub, HubDep, actor_of, needs_any, remote_of
from hub.api.gate import cookie_name
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant
from hub.people import argon
from hub.people.admission import Admission
from hub.people.lockout import keys
from hub.people.names import name_key
from hub.people.passwords import weakness
from hub.people.reach import reach_of
from hub.people.scopes import ROLE_SCOPES
from hub.store import attempts
from hub.store.audit import note
from hub.store.sessions import Session, end_session, end_sessions_of, session_alive, sessions_of
from hub.store.users import User, password_hash_of, set_password, user_of

router = APIRouter(prefix=API, tags=["people"])
_OPEN: dict[str, Any] = {"openapi_extra": {"security": []}}
_OWN: dict[str, Any] = {"dependencies": [needs_any()]}
_COOKIE = {"Set-Cookie": {"schema": {"type": "string"}, "description": "The session; HttpOnly, SameSite=Strict."}}


@router.post(
    "/session",
    operation_id="signIn",
    summary="Sign in with a name and a password",
    response_model=model.SessionDocument,
    responses={200: {"headers": _COOKIE}, **problems(400, 413, 422)},
    **_OPEN,
)
def post_session(request: Request, hub: HubDep, order: model.SignIn) -> Response:
    """Begin a session. 401 if the name or the password is not right, 429 after too many attempts."""
    found = sign_in.by_password(hub, order.name, order.password, remote=remote_of(request.scope), agent=_agent(request))
    return signed_in(request, hub, found)


@router.post(
    "/session/ticket",
    operation_id="signInWithTicket",
    summary="Sign in with a ticket",
    response_model=model.SessionDocument,
    responses={200: {"headers": _COOKIE}, **problems(400, 413, 422)},
    **_OPEN,
)
def post_ticket(request: Request, hub: HubDep, order: model.Ticket) -> Response:
    """Begin a session with a ticket of `lianqin session-ticket`, which opens one, once, within minutes."""
    found = sign_in.by_ticket(hub, order.ticket, remote=remote_of(request.scope), agent=_agent(request))
    return signed_in(request, hub, found)


@router.get(
    "/session/methods",
    operation_id="listSignInMethods",
    summary="How people sign in here",
    response_model=model.SignInMethods,
    **_OPEN,
)
async def get_methods(hub: HubDep) -> JSONResponse:
    """Return whether a name and a password will do, and whether a provider is asked."""
    return JSONResponse({"password": True, "oidc": hub.provider.settings.label if hub.provider else None})


@router.get(
    "/session",
    operation_id="getSession",
    summary="One's own session",
    response_model=model.SessionDocument,
    responses=problems(),
    **_OWN,
)
def get_session(hub: HubDep, admission: AdmissionDep) -> JSONResponse:
    """Return who one is, what one may, and the CSRF token. 403 for tokens, which have no session."""
    session, user = _own(hub, admission)
    return JSONResponse(session_document(hub, session, user))


@router.delete(
    "/session",
    operation_id="signOut",
    summary="Sign out",
    status_code=204,
    responses=problems(),
    response_class=Response,
    **_OWN,
)
def delete_session(request: Request, hub: HubDep, admission: AdmissionDep) -> Response:
    """End one's own session at once, and take its cookie back."""
    _own(hub, admission)
    at = hub.now()
    with hub.pool.session() as connection:
        if end_session(connection, admission.credential_id, at=at, by="signed out"):
            note(connection, actor_of(request), "session.ended", f"user/{admission.caller.caller_id}", at=at)
    answer = Response(status_code=204)
    _forget_cookie(request, answer)
    return answer


@router.get(
    "/sessions",
    operation_id="listSessions",
    summary="One's own sessions, on every device",
    response_model=model.SessionList,
    responses=problems(),
    **_OWN,
)
def list_sessions(hub: HubDep, admission: AdmissionDep) -> JSONResponse:
    """Return the sessions that are not over."""
    _own(hub, admission)
    with hub.pool.session() as connection:
        found = sessions_of(connection, admission.caller.caller_id, at=hub.now(), limits=hub.sessions)
    return JSONResponse(
        {
            "items": [
                {
                    "id": str(session.session_id),
                    "this": session.session_id == admission.credential_id,
                    "how": session.how,
                    "remote": session.remote,
                    "agent": session.agent,
                    "created_at": instant(session.created_at),
                    "last_seen_at": instant(session.last_seen_at),
                    "expires_at": instant(session.expires_at),
                }
                for session in found
            ]
        }
    )


@router.delete(
    "/sessions",
    operation_id="signOutEverywhere",
    summary="Sign out everywhere",
    response_model=model.Ended,
    responses=problems(),
    **_OWN,
)
def delete_sessions(request: Request, hub: HubDep, admission: AdmissionDep) -> Response:
    """End all of one's sessions at once, this one too."""
    _own(hub, admission)
    at, me = hub.now(), admission.caller.caller_id
    with hub.pool.session() as connection:
        ended = end_sessions_of(connection, me, at=at, by="signed out everywhere")
        note(connection, actor_of(request), "session.ended_everywhere", f"user/{me}", at=at, detail={"ended": ended})
    answer = JSONResponse({"ended": ended})
    _forget_cookie(request, answer)
    return answer


@router.delete(
    "/sessions/{session_id}",
    operation_id="endSession",
    summary="End one of one's own sessions",
    status_code=204,
    response_class=Response,
    responses=problems(404, 422),
    **_OWN,
)
def delete_one_session(request: Request, hub: HubDep, admission: AdmissionDep, session_id: UUID) -> Response:
    """End it at once, wherever it is open."""
    _own(hub, admission)
    at, me = hub.now(), admission.caller.caller_id
    with hub.pool.session() as connection:
        mine = {one.session_id for one in sessions_of(connection, me, at=at, limits=hub.sessions)}
        if session_id not in mine or not end_session(connection, session_id, at=at, by="ended from another session"):
            raise Problem("not-found", f"you have no session {session_id}")
        note(connection, actor_of(request), "session.ended", f"user/{me}", at=at, detail={"session": str(session_id)})
    answer = Response(status_code=204)
    if session_id == admission.credential_id:
        _forget_cookie(request, answer)
    return answer


@router.post(
    "/session/password",
    operation_id="changePassword",
    summary="Choose another password",
    response_model=model.SessionDocument,
    responses={200: {"headers": _COOKIE}, **problems(400, 413, 422)},
    **_OWN,
)
def change_password(request: Request, hub: HubDep, admission: AdmissionDep, order: model.NewPassword) -> Response:
    """Change one's own password. Every other session of one's own ends; this one goes on under a new cookie."""
    session, user = _own(hub, admission)
    at, remote = hub.now(), remote_of(request.scope)
    counted = keys(name_key(user.name), remote, known_there=True)
    with hub.pool.session() as connection:
        wait_s = attempts.attempt(connection, counted, at)
        found = password_hash_of(connection, user.name)
    if wait_s > 0:
        raise sign_in.too_many(wait_s)
    kept = found[1] if found is not None else None
    if not argon.fits(order.current, kept):
        with hub.pool.session() as connection:
            note(connection, actor_of(request), "user.password_refused", f"user/{user.user_id}", at=at)
        raise _not_valid("#/current", "this is not the present password")
    with hub.pool.session() as connection:
        attempts.succeeded(connection, counted, at)
    weak = weakness(order.new, names=(user.name, user.display_name))
    if weak is not None:
        raise _not_valid("#/new", weak.text)
    if argon.fits(order.new, kept):
        raise _not_valid("#/new", "this is the present password: choose another")
    made = argon.hashed(order.new)
    with hub.pool.session() as connection:
        again = password_hash_of(connection, user.name)
        if again is None or again[1] != kept:
            raise _not_valid("#/current", "this is not the present password")
        set_password(connection, user, made, actor=actor_of(request), at=at, must_change=False)
        end_sessions_of(connection, user.user_id, at=at, by="the password was changed")
        user = again[0]
        began = sign_in.begin(
            hub, connection, user, how=session.how, remote=remote, agent=_agent(request), until=session.expires_at
        )
        changed = user_of(connection, user.user_id)
        assert changed is not None
    return signed_in(request, hub, sign_in.SignedIn(began.secret, began.session, changed))


def signed_in(request: Request, hub: Hub, found: sign_in.SignedIn) -> Response:
    """Return the answer that hands a new session over."""
    answer = JSONResponse(session_document(hub, found.session, found.user))
    set_cookie(request, answer, found.secret)
    return answer


def set_cookie(request: Request, answer: Response, secret: str) -> None:
    """Let `answer` hand over a session's cookie; it ends with the browser, or when the hub says so."""
    secure = request.url.scheme == "https"
    answer.set_cookie(cookie_name(request.scope), secret, path="/", secure=secure, httponly=True, samesite="strict")


def session_document(hub: Hub, session: Session, user: User) -> dict[str, Any]:
    """Return a person's own session as it is served."""
    reach = reach_of(hub.configuration.city, districts=user.districts, department=user.department)
    return {
        "id": str(session.session_id),
        "user_id": str(user.user_id),
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role,
        "department": user.department,
        "districts": None if user.districts is None else list(user.districts),
        "grids": reach.grid_list(),
        "scopes": sorted(ROLE_SCOPES[user.role]),
        "csrf_token": session.csrf,
        "how": session.how,
        "created_at": instant(session.created_at),
        "expires_at": instant(session.expires_at),
        "idle_s": hub.sessions.idle.total_seconds(),
        "must_change_password": user.must_change_password,
    }


def _own(hub: Hub, admission: Admission) -> tuple[Session, User]:
    """Return the session that asks; a problem for a token, which has none."""
    if admission.by != "session":
        raise Problem("forbidden", "this is for people who have signed in; a token has no session")
    with hub.pool.session() as connection:
        found = session_alive(connection, admission.credential_id, hub.now(), hub.sessions)
    if not isinstance(found, tuple):
        raise Problem("unauthenticated", "the session has just ended: sign in again")
    return found


def _forget_cookie(request: Request, answer: Response) -> None:
    secure = request.url.scheme == "https"
    answer.delete_cookie(cookie_name(request.scope), path="/", secure=secure, httponly=True, samesite="strict")


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _not_valid(pointer: str, detail: str) -> Problem:
    errors = [{"in": "body", "pointer": pointer, "detail": detail}]
    return Problem("invalid", f"{pointer}: {detail}", extra={"errors": errors})
