"""What the routes of deliveries share: requests become settings that can work, endpoints are shown as one may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from hub.api.context import Hub
from hub.api.problem import Problem
from hub.deliveries.addresses import Allowed, BadTarget, suitable
from hub.deliveries.documents import endpoint_document
from hub.deliveries.endpoint import BadFilter, Endpoint, Filter, Settings
from hub.deliveries.lane import Sender
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store.endpoints import NoSuchEndpoint
from hub.store.read_deliveries import Load


@contextmanager
def found_or_problem() -> Iterator[None]:
    """Turn an endpoint that is not there into the problem that says so."""
    try:
        yield
    except NoSuchEndpoint as error:
        raise Problem("not-found", str(error)) from None


def shown(hub: Hub, caller: Caller, endpoint: Endpoint, waiting: dict[UUID, Load], newest: int) -> dict[str, Any]:
    """Return an endpoint's document as the caller may see it."""
    if Scope.DELIVERIES_WRITE not in caller.scopes:
        # What stands in the query of an address is often a key of the receiver's.
        shown = endpoint.settings.url.partition("?")[0]
        endpoint = replace(endpoint, settings=replace(endpoint.settings, url=shown))
    return endpoint_document(
        endpoint,
        waiting.get(endpoint.endpoint_id, Load()),
        newest=newest,
        at=hub.now(),
        known_key=hub.sender is None or endpoint.key_check == hub.sender.key.check(endpoint.endpoint_id),
    )


def sender_of(hub: Hub) -> Sender:
    """Return who signs, or raise the problem that says what this process lacks."""
    if hub.sender is None:
        raise Problem(
            "not-writable",
            "this process has no key to make secrets from: set LIANQIN_SECRET_KEY, or let it write to LIANQIN_DATA",
        )
    return hub.sender


def filter_of(types: Any, rules: Any, grids: Any, departments: Any) -> Filter:
    """Return the filter that the parts make, or raise the problem that says what would be right."""
    parts = (types, rules, grids, departments)
    try:
        chosen = [tuple(dict.fromkeys(part)) for part in parts]
        return Filter(types=chosen[0], rules=chosen[1], grids=chosen[2], departments=chosen[3])
    except BadFilter as error:
        raise invalid("#", str(error)) from None


def settled(hub: Hub, caller: Caller, settings: Settings) -> Settings:
    """Return settings that can work, or raise the problem that says what would be right."""
    try:
        allowed = hub.sender.allowed if hub.sender else Allowed()
        target = suitable(settings.url, settings.private_host, allowed)
    except BadTarget as error:
        raise invalid(
            "#/url", f"{error} (`private_host` names it)" if "by name" in str(error) else str(error)
        ) from None
    try:
        settings.filter.within(caller.reach)
    except BadFilter as error:
        raise invalid("#", str(error)) from None
    unknown = sorted(set(settings.filter.grids) - hub.configuration.city.grids.keys())
    if unknown:
        raise invalid("#/grids", f"the city has no grid {', '.join(unknown)}")
    strangers = sorted(set(settings.filter.departments) - {each for each in hub.plan.departments})
    if strangers:
        raise invalid("#/departments", f"the dispatch plan has no department {', '.join(strangers)}")
    return replace(settings, private_host=None if settings.private_host is None else target.host)


def invalid(pointer: str, detail: str) -> Problem:
    """Return the problem with one part of a body."""
    errors = [{"in": "body", "pointer": pointer, "detail": detail}]
    return Problem("invalid", f"{pointer}: {detail}", extra={"errors": errors})
