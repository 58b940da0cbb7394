"""GeoReport's form fields in, a report that can be stored out; what is wrong with them is said as GeoReport says it.

What a client sends beyond the standard's fields is not looked at: clients send their own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.api.problem import Problem
from hub.api.services import reportable_category
from hub.cases.plan import Category, Plan
from hub.distance import Position
from hub.reports.datum import to_wgs84
from hub.reports.report import LONGEST_ADDRESS, LONGEST_DESCRIPTION, Contact

_URL = re.compile(r"https?://[^\s<>\"]{1,2000}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# The longest of what says who reports: enough for every real one.
_CONTACT = {"first_name": 100, "last_name": 100, "phone": 40, "email": 254, "account_id": 128, "device_id": 128}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the form says, each part checked by itself. The position is WGS-84, whatever it was given in."""

    category: Category
    position: Position | None
    description: str
    address: str
    media_url: str
    contact: Contact

    def document(self) -> dict[str, Any]:
        """Return everything that makes two forms the same."""
        return {
            "service_code": self.category.code,
            "position": self.position,
            "description": self.description,
            "address": self.address,
            "media_url": self.media_url,
            "contact": {name: getattr(self.contact, name) for name in _CONTACT},
        }


def read(fields: Mapping[str, str], plan: Plan) -> Said:
    """Return what the fields say; raise the problem that names the first thing that is wrong with them."""
    code = fields.get("service_code", "").strip()
    if not code:
        raise bad("service_code was not provided: GET services lists what can be reported")
    category = reportable_category(plan, code)
    if category is None:
        raise Problem(
            "not-found", f"service_code {code[:100]!r} was not found: GET services lists what can be reported"
        )
    position, address = _position(fields), _line(fields, "address_string", LONGEST_ADDRESS)
    if position is None and not address:
        if fields.get("address_id", "").strip():
            raise bad("address_id is not known here: give lat and long, or address_string")
        raise bad("give lat and long, or address_string: without a place nobody can go there")
    return Said(
        category=category,
        position=position,
        address=address,
        description=_text(fields, "description", LONGEST_DESCRIPTION),
        media_url=_media_url(fields),
        contact=Contact(**{name: _line(fields, name, longest) for name, longest in _CONTACT.items()}),
    )


def bad(description: str) -> Problem:
    """Return the problem of a form that cannot be taken."""
    return Problem("unreadable", description)


def _position(fields: Mapping[str, str]) -> Position | None:
    given = fields.get("lat", "").strip(), fields.get("long", "").strip()
    if not any(given):
        return None
    if not all(given):
        raise bad("lat and long must both be given")
    latitude, longitude = _degrees("lat", given[0], 90), _degrees("long", given[1], 180)
    datum = fields.get("coordinate_system", "").strip().lower() or "wgs84"
    if datum not in ("wgs84", "gcj02"):
        raise bad("coordinate_system must be wgs84 or gcj02")
    position = (longitude, latitude)
    return to_wgs84(position) if datum == "gcj02" else position


def _degrees(name: str, text: str, most: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -most <= value <= most:
        raise bad(f"{name} must be a number from -{most} to {most}")
    return value


def _line(fields: Mapping[str, str], name: str, longest: int) -> str:
    return " ".join(_text(fields, name, longest).split())


def _text(fields: Mapping[str, str], name: str, longest: int) -> str:
    text = _CONTROL.sub(" ", fields.get(name, "").replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > longest:
        raise bad(f"{name} may have at most {longest} characters; this one has {len(text)}")
    return text


def _media_url(fields: Mapping[str, str]) -> str:
    text = fields.get("media_url", "").strip()
    if text and not _URL.fullmatch(text):
        raise bad("media_url must be an address such as https://host/photo.jpg, of at most 2000 characters")
    return text
