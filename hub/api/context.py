"""What the parts of one API process share, and how a route gets at it."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.requests import HTTPConnection

from hub.api.allowance import Allowance
from hub.api.failures import FailedTokens
from hub.api.live_pictures import LivePictures
from hub.api.map_view import MapView
from hub.api.metrics import Metrics
from hub.api.problem import Problem
from hub.api.tail import FeedTail
from hub.api.tour import TourFile
from hub.cases.plan import Plan
from hub.clock import Clock
from hub.config.load import Configuration
from hub.config.load_dispatch import Dispatch
from hub.deliveries.lane import Sender
from hub.people.admission import Admission
from hub.people.caller import EVERYWHERE, Caller
from hub.people.scopes import Scope, roles_with
from hub.store.audit import Actor
from hub.store.read_pool import ReadPool
from hub.store.sessions import Limits

if TYPE_CHECKING:
    from hub.people.provider import Provider


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
    live: LivePictures
    files: tuple[Path | None, Path | None] = (None, None)  # the city file and the detectors file, where they are known
    map_view: MapView = field(default_factory=MapView)
    tour: TourFile = field(default_factory=TourFile)
    reports_allowance: Allowance = field(default_factory=lambda: Allowance(a_minute=60, burst=60))
    sessions: Limits = field(default_factory=Limits)
    public_url: str = ""
    provider: Provider | None = None
    failures: FailedTokens = field(default_factory=FailedTokens)
    sender: Sender | None = None  # None: this process has no key, so it makes no endpoints and sends nothing
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


def remote_of(scope: MutableMapping[str, Any]) -> str:
    """Return the address the request came from."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def hub_of(request: HTTPConnection) -> Hub:
    """Return the shared parts."""
    return cast(Hub, request.app.state.hub)


def admission_of(connection: HTTPConnection) -> Admission:
    """Return what the gate found out; nothing behind the gate is reached without it."""
    return cast(Admission, connection.scope["admission"])


def caller_of(connection: HTTPConnection) -> Caller:
    """Return who makes the request."""
    return admission_of(connection).caller


def actor_of(connection: HTTPConnection) -> Actor:
    """Return who makes the request as the audit names them."""
    caller = caller_of(connection)
    return Actor(name=caller.name, actor_id=caller.caller_id, remote=remote_of(connection.scope))


def require(caller: Caller, scope: Scope) -> None:
    """Raise the problem that says what is missing, unless `caller` may do `scope`."""
    if scope not in caller.scopes:
        raise Problem(
            "forbidden",
            f"this needs the scope {scope}, which the role {caller.role} has not; "
            f"it comes with: {', '.join(roles_with(scope))}",
            extra={"scope": scope.value},
        )


def _allowed(connection: HTTPConnection, scopes: SecurityScopes, _: Annotated[Any, Security(_BEARER)]) -> Caller:
    caller = caller_of(connection)
    for scope in map(Scope, scopes.scopes):
        require(caller, scope)
    return caller


def _allowed_everywhere(caller: Annotated[Caller, Security(_allowed)]) -> Caller:
    if caller.reach != EVERYWHERE:
        raise Problem(
            "forbidden",
            "this is for those who see the whole city: it cannot be parted by districts or departments",
            extra={"scope": None},
        )
    return caller


def needs(scope: Scope) -> Any:
    """Return the dependency that lets only callers with `scope` pass."""
    return Security(_allowed, scopes=[scope.value])


def needs_everywhere(scope: Scope) -> Any:
    """Return the dependency that lets only callers pass who have `scope` and see the whole city."""
    return Security(_allowed_everywhere, scopes=[scope.value])


def needs_any() -> Any:
    """Return the dependency of a route that every caller may use; it is there for the documentation."""
    return Security(_allowed)


HubDep = Annotated[Hub, Depends(hub_of)]
CallerDep = Annotated[Caller, Depends(caller_of)]
AdmissionDep = Annotated[Admission, Depends(admission_of)]
ActorDep = Annotated[Actor, Depends(actor_of)]
