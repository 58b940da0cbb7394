"""The OpenAPI description: what the framework makes of the routes, with this API's problems as its errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from hub.api.model import ProblemDocument
from hub.api.problem import KINDS, MEDIA_TYPE

API = "/api/v1"
SESSION: dict[str, list[str]] = {"Session": []}  # a person who has signed in
_EVERYWHERE = (401, 403, 429, 500, 503)
_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_ABOUT = """\
Alerts of a city's sensors and cameras, and the feed by which a dispatch system follows them.

Every request needs `Authorization: Bearer lq_…`, or the cookie of somebody who has signed in. Every error is an RFC
9457 problem. Times carry a timezone; the hub answers in UTC. Unknown parameters are refused, so a misspelt filter never
silently matches everything."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of a route's own problems, beside those that every route has."""
    return {status: _problem(status) for status in sorted({*statuses, *_EVERYWHERE})}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the whole description of `app`."""
    document = get_openapi(
        title=app.title, version=app.version, description=_ABOUT, routes=app.routes, tags=app.openapi_tags
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    document["components"].setdefault("securitySchemes", {})["Session"] = {
        "type": "apiKey",
        "in": "cookie",
        "name": "lianqin-session",
        "description": "What signing in gives; over https its name begins with `__Host-`. What changes something must "
        "repeat the session's `csrf_token` in the header X-CSRF-Token.",
    }
    for operation in _operations(document):
        if operation.get("security") == []:
            continue
        if SESSION not in operation.setdefault("security", []):
            operation["security"].append(SESSION)
        for status, response in operation["responses"].items():
            if status.isdecimal() and int(status) >= 400:
                # The framework describes validation errors in a form of its own, which this API never sends.
                response["content"] = {MEDIA_TYPE: {"schema": _REFERENCE}}
                response["description"] = _problem(int(status))["description"]
        for status in ("401", "429", "503"):
            headers = _HEADERS.get(status)
            if headers and status in operation["responses"]:
                operation["responses"][status]["headers"] = headers
    return document


_HEADERS: dict[str, dict[str, Any]] = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}},
    "429": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
    "503": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}},
}


def _problem(status: int) -> dict[str, Any]:
    kinds = [f"`{kind}`: {title}" for kind, (number, title) in KINDS.items() if number == status]
    return {"description": "; ".join(kinds) or "An error", "content": {MEDIA_TYPE: {"schema": _REFERENCE}}}


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield operation
