"""Documents of GeoReport v2 in, their JSON or XML out; errors too, in the one form that its clients know. Pure.

Both forms are made from the same data: a list of entries, each a flat mapping (only attributes of a service nest). JSON
is the list itself, XML has an element around the list and one around each entry, empty where the value is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.etree.ElementTree import Element

from starlette.responses import Response

from hub.dispatch import plain_xml
from hub.dispatch.plain_xml import element, leaf

PREFIX = "/open311/"
BASE = f"{PREFIX}v2"
# Where reports are handed in, and how much such a form may have: three photos of 8 MiB and the words.
FORMS_WITH_PHOTOS = (f"{BASE}/requests.json", f"{BASE}/requests.xml")
FORM_BYTES = 3 * 8 * 1024 * 1024 + 256 * 1024
KEY_NEEDED = (
    "an api_key is needed: a token with the role reports, in the address, in the form of a report, or as a bearer token"
)
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
Form = Literal["json", "xml"]
MEDIA_TYPES: dict[Form, str] = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
# list -> (the element around it, the element around each entry)
_ELEMENTS: dict[str, tuple[str, str]] = {
    "services": ("services", "service"),
    "requests": ("service_requests", "request"),
    "errors": ("errors", "error"),
    "attributes": ("attributes", "attribute"),
    "values": ("values", "value"),
    "endpoints": ("endpoints", "endpoint"),
    "formats": ("formats", "format"),
}


def form_of(path: str) -> Form:
    """Return the form that a path asks for by its ending: XML, which every server has, unless it says JSON."""
    return "json" if path.endswith(".json") else "xml"


def answer(
    kind: str, entries: Any, form: Form, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a list of `kind` ("services", "requests", "errors") as the answer, in the form that was asked for."""
    content = as_json(entries) if form == "json" else plain_xml.document(_list(kind, entries))
    return Response(content, status_code=status, media_type=MEDIA_TYPES[form], headers=dict(headers or {}))


def single(name: str, document: Mapping[str, Any], form: Form) -> Response:
    """Return one document, in XML an element called `name`: a service's definition, or the discovery."""
    content = as_json(document) if form == "json" else plain_xml.document(_entry(name, document))
    return Response(content, media_type=MEDIA_TYPES[form])


def error(path: str, status: int, description: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error as GeoReport's clients know it."""
    return answer(
        "errors", [{"code": status, "description": description}], form_of(path), status=status, headers=headers
    )


def as_json(document: Any) -> bytes:
    """Return data as JSON; ASCII alone, because it may repeat what a client sent, valid Unicode or not."""
    return json.dumps(document, ensure_ascii=True).encode("ascii")


def _list(kind: str, entries: Sequence[Any]) -> Element:
    around, each = _ELEMENTS[kind]
    return element(around, *(_entry(each, one) if isinstance(one, Mapping) else leaf(each, one) for one in entries))


def _entry(name: str, document: Mapping[str, Any]) -> Element:
    children = (_list(key, value) if isinstance(value, list) else leaf(key, value) for key, value in document.items())
    return element(name, *children)
