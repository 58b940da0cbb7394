"""Lets a request in only with a valid token or session: everything, also what does not exist, but what is open.

It stands before the routes, so that a route added later cannot forget it, and so that strangers cannot tell what is
there. It reads no body. Requests and sockets pass alike; a cookie, which browsers send on their own, needs more than a
token: what changes something must repeat the session's CSRF token, and a socket must come from the hub's own page.
"""

from __future__ import annotations

import hmac
import math
from urllib.parse import parse_qs, urlsplit

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from hub.api import georeport
from hub.api.admit import by_session, by_token
from hub.api.context import Hub
from hub.api.context import remote_of as remote_of
from hub.api.problem import Problem
from hub.log import logger
from hub.people.admission import Admission
from hub.store.session import StoreUnavailable
from hub.store.sessions import Over

log = logger("gate")
COOKIE = "lianqin-session"
SECURE_COOKIE = f"__Host-{COOKIE}"  # over https: the browser then takes it from this very host alone

# What needs no caller. The console's files are the same for everybody and hold nothing of the city.
OPEN = frozenset({"/livez"})
OPEN_FILES = frozenset({"/", "/console", "/favicon.ico"})
OPEN_FILE_PREFIXES = ("/console/", "/assets/")
OPEN_TO_SIGN_IN = frozenset({("POST", "/api/v1/session"), ("POST", "/api/v1/session/ticket")}) | frozenset(
    ("GET", f"/api/v1/session/{name}") for name in ("methods", "oidc", "oidc/callback")
)
# All that somebody may do whose password is still the one that was given to them.
UNTIL_CHANGED = frozenset(
    {("GET", "/api/v1/session"), ("DELETE", "/api/v1/session"), ("POST", "/api/v1/session/password")}
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lianqin"'}
_OVER = {
    Over.UNKNOWN: "the session is not known: sign in",
    Over.ENDED: "the session was ended: sign in again",
    Over.IDLE: "the session ended because nothing was heard of it for too long: sign in again",
    Over.EXPIRED: "the session's time is over: sign in again",
    Over.DISABLED: "your account is disabled: ask who manages the hub's users",
}


class Gate:
    """ASGI middleware that puts the caller into the scope, or answers 401, 403, 429 or 503 itself."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        """Take what lies behind the gate, and the shared parts."""
        self._app, self._hub = app, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            if has_key_in_form(scope):
                pass  # no cookie counts there
            elif is_open(scope):
                if _changes(scope):
                    self._require_own_page(scope, Headers(scope=scope))
            else:
                scope["admission"] = await self._admit(scope)
        except Problem as problem:
            answer = problem.answer(scope["path"])
            if scope["type"] == "websocket" and "websocket.http.response" in scope.get("extensions", {}):
                await WebSocket(scope, receive, send).send_denial_response(answer)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4000 + problem.status})
            else:
                await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> Admission:
        headers = Headers(scope=scope)
        given = headers.getlist("authorization")
        if not given and scope["path"].startswith(georeport.PREFIX) and (key := api_key(scope)):
            return await admitted(self._hub, key, remote_of(scope))
        if len(given) > 1:
            raise Problem("unauthenticated", "a request has one Authorization header at most", headers=_CHALLENGE)
        if given:
            return await self._by_token(given[0], remote_of(scope))
        secret = session_cookie(scope)
        if secret is None and scope["path"].startswith(georeport.PREFIX):
            raise Problem("unauthenticated", georeport.KEY_NEEDED, headers=_CHALLENGE)
        if secret is None:
            raise Problem(
                "unauthenticated",
                "sign in, or send a token with the request: `Authorization: Bearer lq_…`; the API is under /api/v1",
                headers=_CHALLENGE,
            )
        return await self._by_session(scope, headers, secret)

    async def _by_token(self, header: str, remote: str) -> Admission:
        scheme, _, secret = header.strip().partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Problem("unauthenticated", "send the token as `Authorization: Bearer lq_…`", headers=_CHALLENGE)
        return await admitted(self._hub, secret, remote)

    async def _by_session(self, scope: Scope, headers: Headers, secret: str) -> Admission:
        if scope["type"] == "websocket" or _changes(scope):
            self._require_own_page(scope, headers)
        try:
            found = await run_sync(by_session, self._hub, secret)
        except StoreUnavailable as error:
            raise unavailable(error) from None
        if isinstance(found, Over):
            raise Problem("unauthenticated", _OVER[found], extra={"session": found.value}, headers=_CHALLENGE)
        if _changes(scope) and not _repeats(headers, found.csrf or ""):
            raise Problem("csrf", "repeat the session's `csrf_token` in X-CSRF-Token to change something by cookie")
        if found.must_change_password and (scope.get("method"), scope["path"]) not in UNTIL_CHANGED:
            raise Problem(
                "password-change-needed", "choose a password of your own first: POST /api/v1/session/password"
            )
        return found

    def _require_own_page(self, scope: Scope, headers: Headers) -> None:
        """Raise the problem of a request that a page of somebody else made the browser send."""
        origins = headers.getlist("origin")
        if scope["type"] == "websocket" and not origins:
            raise Problem("csrf", "a socket by cookie must come from a page: it lacks its Origin; use a token instead")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") or not all(
            self.is_own(origin, headers) for origin in origins
        ):
            raise Problem("csrf", "the page that sent this is not the hub's own")

    def is_own(self, origin: str, headers: Headers) -> bool:
        """Tell whether `origin` is where the hub's own pages come from: the host asked, or the public address."""
        hosts = headers.getlist("host")
        if self._hub.public_url and origin == _origin(self._hub.public_url):
            return True
        parts = urlsplit(origin)
        return len(hosts) == 1 and parts.scheme in ("http", "https") and parts.netloc.lower() == hosts[0].lower()


async def admitted(hub: Hub, secret: str, remote: str) -> Admission:
    """Return whom a token lets in; raise the problem of one that lets in nobody, or came after too many of those."""
    wait_s = hub.failures.wait_s(remote, hub.monotonic())
    if wait_s > 0:
        raise Problem(
            "too-many-failures",
            f"too many failed tokens came from your address; try again in {math.ceil(wait_s)} s",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )
    try:
        admission = await run_sync(by_token, hub, secret)
    except StoreUnavailable as error:
        raise unavailable(error) from None
    if admission is None:
        hub.failures.note(remote, hub.monotonic())
        hub.metrics.failed_tokens.inc()
        log.warning("a token was refused", remote=remote)
        raise Problem(
            "unauthenticated",
            "the token is not valid: it is unknown, expired or revoked",
            headers={"WWW-Authenticate": 'Bearer realm="lianqin", error="invalid_token"'},
        )
    return admission


def api_key(scope: Scope) -> str | None:
    """Return the `api_key` of GeoReport, which its clients put into the address."""
    try:
        found = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=100).get("api_key", [])
    except ValueError:
        return None
    return found[0].strip() or None if len(found) == 1 else None


def has_key_in_form(scope: Scope) -> bool:
    """Tell whether a request may still bring its token in its body, which its route then must ask for."""
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and scope["path"] in georeport.FORMS_WITH_PHOTOS
        and "authorization" not in Headers(scope=scope)
        and api_key(scope) is None
    )


def is_open(scope: Scope) -> bool:
    """Tell whether a request needs no caller."""
    if scope["type"] != "http":
        return False
    method, path = scope["method"], scope["path"]
    if path in OPEN or (method, path) in OPEN_TO_SIGN_IN:
        return True
    if method not in ("GET", "HEAD"):
        return False
    parts = path.split("/")
    return path in OPEN_FILES or (
        path.startswith(OPEN_FILE_PREFIXES) and not {"", ".", ".."}.intersection(parts[1:-1]) and parts[-1] != ".."
    )


def cookie_name(scope: Scope) -> str:
    """Return what the session's cookie is called for this request."""
    return SECURE_COOKIE if scope["scheme"] in ("https", "wss") else COOKIE


def session_cookie(scope: Scope) -> str | None:
    """Return the session's cookie; None without one, or with two: one of them somebody else has planted."""
    name = cookie_name(scope)
    found = [
        value.strip().strip('"')
        for header in Headers(scope=scope).getlist("cookie")
        for key, _, value in (part.partition("=") for part in header.split(";"))
        if key.strip() == name
    ]
    return found[0] if len(found) == 1 and found[0] else None


def unavailable(error: StoreUnavailable) -> Problem:
    """Return the problem that tells a client of a database that does not answer; the cause is for the log."""
    log.error("the database does not answer", error=str(error))
    return Problem(
        "unavailable",
        "the hub's database does not answer; nothing is lost, try again",
        extra={"problems": ["database"]},
        headers={"Retry-After": "2"},
    )


def _changes(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in _SAFE


def _repeats(headers: Headers, csrf: str) -> bool:
    given = headers.getlist("x-csrf-token")
    return len(given) == 1 and hmac.compare_digest(given[0].encode("utf-8", "replace"), csrf.encode())


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
