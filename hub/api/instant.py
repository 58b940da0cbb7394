"""Takes RFC 3339 text, gives an aware instant; anything else is refused with a sentence that helps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LOST_PLUS = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)? \d\d:\d\d", re.ASCII)


def to_instant(text: Any) -> datetime:
    """Return the instant of `text` in UTC; raise ValueError."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        if isinstance(text, str) and _LOST_PLUS.fullmatch(text):
            raise ValueError("write the + of the timezone as %2B in an address")
        raise ValueError("must be a time with its timezone, such as 2026-11-22T18:00:00+08:00")
    body, offset_s = text.upper(), timedelta()
    if body[17:19] == "60":  # RFC 3339 has leap seconds, Python has not
        body, offset_s = f"{body[:17]}59{body[19:]}", timedelta(seconds=1)
    try:
        return datetime.fromisoformat(body).astimezone(UTC) + offset_s
    except (ValueError, OverflowError):
        raise ValueError("is no time that exists, or one before the year 1 or after 9999") from None


Instant = Annotated[
    datetime, BeforeValidator(to_instant), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
