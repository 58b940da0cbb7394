"""The routes of the application and an address in; every method that the address takes out, for the Allow header."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match
from starlette.types import Scope


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """Return the methods of every route at the request's path; the framework names those of the first alone."""
    found: set[str] = set()
    for route in routes:
        matched, _ = route.matches({**scope, "method": ""})
        if matched is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(found))
