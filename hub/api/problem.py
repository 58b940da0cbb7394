"""Takes what went wrong, gives an RFC 9457 problem: every error of the API has this one form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from hub.api import georeport

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:lianqin:problem:"

# name -> (status, title); docs/api.md explains each, held by a test.
KINDS: dict[str, tuple[int, str]] = {
    "unreadable": (400, "The request cannot be read"),
    "unauthenticated": (401, "A valid token or session is needed"),
    "sign-in-refused": (401, "Signing in failed"),
    "forbidden": (403, "The caller's role does not allow this"),
    "csrf": (403, "The request does not come from the hub's own page"),
    "password-change-needed": (403, "The password must be changed first"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "illegal-transition": (409, "The state of the alert or case does not allow this"),
    "changed-meanwhile": (409, "It was changed in the meantime"),
    "not-writable": (409, "The hub cannot write this here"),
    "gone": (410, "It was here, but its time is over"),
    "too-large": (413, "The request is too large"),
    "invalid": (422, "The request is not valid"),
    "key-reused": (422, "The Idempotency-Key was used for another request"),
    "too-many-failures": (429, "Too many failed attempts"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "The hub failed"),
    "unavailable": (503, "The hub cannot serve this at the moment"),
    "not-ready": (503, "The hub is not ready"),
}
# What the framework calls a mistake, and what a caller would call it.
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "there is no such part of the request",
    "uuid_type": "must be a UUID",
    "int_parsing_size": "is too large a number",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "must be an object"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "must be a list"),
}
# What the patterns that keep control characters out would say, had they words.
_UNWANTED = (
    (r"^[^\x00-", "must have no control characters"),
    (r"^[\t\n ]*[^\x00-", "must hold words, and no control characters"),
)
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


class ProblemAnswer(JSONResponse):
    """A problem on its way out; ASCII only, because it may quote what the client sent, valid Unicode or not."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """Return the JSON."""
        return json.dumps(content, ensure_ascii=True).encode("ascii")


@dataclass(slots=True)
class Problem(Exception):
    """One error as the client sees it; `extra` are further members, `headers` go with the answer."""

    kind: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the sentence for people."""
        return self.detail

    @property
    def status(self) -> int:
        """Return the HTTP status of the kind."""
        return KINDS[self.kind][0]

    def document(self, instance: str) -> dict[str, Any]:
        """Return the problem as JSON-ready data; `instance` is the path it happened at."""
        status, title = KINDS[self.kind]
        return {
            "type": PREFIX + self.kind,
            "title": title,
            "status": status,
            "detail": self.detail,
            "instance": quote(instance),
            **self.extra,
        }

    def answer(self, instance: str) -> Response:
        """Return the problem as the answer to a request for the path `instance`: GeoReport has a form of its own."""
        if instance.startswith(georeport.PREFIX):
            return georeport.error(instance, self.status, self.detail, self.headers)
        return ProblemAnswer(self.document(instance), status_code=self.status, headers=dict(self.headers))


def from_status(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the problem for an HTTP error that the framework raised."""
    kind = _BY_STATUS.get(status, "unreadable" if status < 500 else "internal")
    return Problem(kind, detail, headers=headers or {})


def from_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem that names each part of the request which is not valid, and why."""
    found = [_part(error) for error in errors]
    named = "; ".join(
        f"{entry.get('pointer') or entry.get('parameter') or 'body'}: {entry['detail']}" for entry in found
    )
    return Problem("invalid", named[:1000], extra={"errors": found})


def _part(error: Mapping[str, Any]) -> dict[str, str]:
    """Return where and what: a JSON pointer into the body, or the parameter's name."""
    where, *path = [str(step) for step in error.get("loc", ("body",))]
    detail = _plain(error)
    if where == "body":
        if error.get("type") == "json_invalid":
            return {"in": "body", "pointer": "#", "detail": "the body is no valid JSON"}
        steps = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
        return {"in": "body", "pointer": "#" + steps, "detail": detail}
    return {"in": where, "parameter": path[0] if path else "", "detail": detail}


def _plain(error: Mapping[str, Any]) -> str:
    """Return one complaint without the framework's jargon, in the words that the rest of the hub uses."""
    if (known := _PLAIN.get(str(error.get("type")))) is not None:
        return known
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    if (unwanted := next((words for begin, words in _UNWANTED if pattern.startswith(begin)), None)) is not None:
        return unwanted
    said = str(error.get("msg", "is not valid")).removeprefix("Value error, ")
    return re.sub(r"^\w+ should ", "must ", said)
