"""Lets a request in only with a valid token: everything, also what does not exist, but the liveness probe.

It stands before the routes, so that a route added later cannot forget it, and so that strangers cannot tell what is
there. It reads no body.
"""

from __future__ import annotations

import math

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.api.context import Hub
from hub.api.problem import Problem
from hub.log import logger
from hub.store.session import StoreUnavailable
from hub.store.tokens import Token, find_token

log = logger("gate")
OPEN = frozenset({"/livez"})


class Gate:
    """ASGI middleware that puts the caller's token into the scope, or answers 401, 429 or 503 itself."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        """Take what lies behind the gate, and the shared parts."""
        self._app, self._hub = app, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass or answer it."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        try:
            scope["token"] = await self._admit(Headers(scope=scope), remote_of(scope))
        except Problem as problem:
            await problem.answer(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, headers: Headers, remote: str) -> Token:
        scheme, _, secret = headers.get("authorization", "").strip().partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Problem(
                "unauthenticated",
                "send a token with the request: `Authorization: Bearer lq_…`; the API is under /api/v1",
                headers={"WWW-Authenticate": 'Bearer realm="lianqin"'},
            )
        wait_s = self._hub.failures.wait_s(remote, self._hub.monotonic())
        if wait_s > 0:
            raise Problem(
                "too-many-failures",
                f"too many failed tokens came from your address; try again in {math.ceil(wait_s)} s",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )
        try:
            token = await run_sync(self._find, secret)
        except StoreUnavailable as error:
            raise unavailable(error) from None
        if token is None:
            self._hub.failures.note(remote, self._hub.monotonic())
            self._hub.metrics.failed_tokens.inc()
            log.warning("a token was refused", remote=remote)
            raise Problem(
                "unauthenticated",
                "the token is not valid: it is unknown, expired or revoked",
                headers={"WWW-Authenticate": 'Bearer realm="lianqin", error="invalid_token"'},
            )
        return token

    def _find(self, secret: str) -> Token | None:
        with self._hub.pool.session() as connection:
            return find_token(connection, secret, self._hub.now())


def unavailable(error: StoreUnavailable) -> Problem:
    """Return the problem that tells a client of a database that does not answer; the cause is for the log."""
    log.error("the database does not answer", error=str(error))
    return Problem(
        "unavailable",
        "the hub's database does not answer; nothing is lost, try again",
        extra={"problems": ["database"]},
        headers={"Retry-After": "2"},
    )


def remote_of(scope: Scope) -> str:
    """Return the address the request came from."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
