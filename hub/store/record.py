"""An alert's or a case's hash-linked record: what happened to it and the hash before in, the hash so far out; pure.

Each feed row of an alert carries `hash = SHA-256(previous hash || canonical JSON of {type, at, alert})`, the first
one's previous hash being empty; a row of a case has `case` in place of `alert`. The document holds the SHA-256 of each
picture, so a picture, a row or their order cannot be changed without every later hash changing too; the last hash also
stands in the alert's or the case's own row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.dispatch.document import instant


def link(previous: str, *, kind: str, at: datetime, document: Mapping[str, Any], about: str = "alert") -> str:
    """Return the hash that follows `previous` when `kind` happened at `at` and left the alert or case as `document`."""
    body = canonical({"type": kind, "at": instant(at), about: document})
    return hashlib.sha256(previous.encode("ascii") + body).hexdigest()


def canonical(document: Any) -> bytes:
    """Return JSON with one spelling for one meaning: sorted keys, no spaces, whole numbers without point or exponent.

    The database keeps numbers as decimals and gives 1e22 back as an integer; after this both are spelled alike.
    """
    return json.dumps(_plain(document), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))  # the decimal as it is written: int(1e23) is another number
    if isinstance(value, Mapping):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    return value
