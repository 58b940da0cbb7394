"""What the parts of one API process share, and how a route gets at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from hub.api.failures import FailedTokens
from hub.api.metrics import Metrics
from hub.api.problem import Problem
from hub.api.tail import FeedTail
from hub.cases.plan import Plan
from hub.clock import Clock
from hub.config.load import Configuration
from hub.config.load_dispatch import Dispatch
from hub.people.caller import Caller
from hub.people.scopes import ROLE_SCOPES, Scope, roles_with
from hub.store.read_pool import ReadPool
from hub.store.tokens import Token


@dataclass(slots=True)
class Hub:
    """One process's shared parts. `configuration` and `dispatch` are replaced when the files change."""

    pool: ReadPool
    tail: FeedTail
    configuration: Configuration
    dispatch: Dispatch
    clock: Clock
    metrics: Metrics
    heartbeat_s: float
    failures: FailedTokens = field(default_factory=FailedTokens)
    monotonic: Callable[[], float] = time.monotonic
    streams: int = 0

    @property
    def plan(self) -> Plan:
        """Return the dispatch plan that holds now."""
        return self.dispatch.plan

    def now(self) -> datetime:
        """Return the present instant."""
        return self.clock.now()


_BEARER = HTTPBearer(auto_error=False, description="An access token, `lq_…`, made by `lianqin token create`.")


def hub_of(request: Request) -> Hub:
    """Return the shared parts."""
    return cast(Hub, request.app.state.hub)


def token_of(request: Request) -> Token:
    """Return the token that the gate let in; nothing behind the gate is reached without one."""
    return cast(Token, request.scope["token"])


def caller_of(request: Request) -> Caller:
    """Return who makes the request; a token sees the whole city."""
    token = token_of(request)
    return Caller(caller_id=token.token_id, name=token.name, role=token.role)


def _allowed(request: Request, scopes: SecurityScopes, _: Annotated[Any, Security(_BEARER)]) -> Token:
    token = token_of(request)
    for scope in map(Scope, scopes.scopes):
        if scope not in ROLE_SCOPES[token.role]:
            raise Problem(
                "forbidden",
                f"this needs the scope {scope}, which the role {token.role} has not; "
                f"it comes with: {', '.join(roles_with(scope))}",
                extra={"scope": scope.value},
            )
    return token


def needs(scope: Scope) -> Any:
    """Return the dependency that lets only tokens with `scope` pass."""
    return Security(_allowed, scopes=[scope.value])


def needs_any() -> Any:
    """Return the dependency of a route that every valid token may use; it is there for the documentation."""
    return Security(_allowed)


HubDep = Annotated[Hub, Depends(hub_of)]
TokenDep = Annotated[Token, Depends(token_of)]
CallerDep = Annotated[Caller, Depends(caller_of)]
