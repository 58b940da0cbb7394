"""Takes the last row of a page, gives an opaque cursor, and back again; pure.

Pages are cut by keys and never by offsets, so rows that come or go between two pages shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from hub.api.problem import Problem


def seal(kind: str, keys: Sequence[Any]) -> str:
    """Return the cursor that continues after `keys` (JSON scalars) in a listing of `kind`."""
    text = json.dumps([kind, *keys], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unseal(kind: str, cursor: str, types: tuple[type, ...]) -> list[Any]:
    """Return the keys of `cursor`; raise a problem for one that no page of this listing gave."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _refused() from None
    if not isinstance(found, list) or len(found) != len(types) + 1 or found[0] != kind:
        raise _refused()
    keys = found[1:]
    if any(type(key) is not wanted for key, wanted in zip(keys, types, strict=True)):
        raise _refused()
    return keys


def _refused() -> Problem:
    detail = "the cursor is not one that a page of this listing gave as `next`"
    return Problem("invalid", detail, extra={"errors": [{"in": "query", "parameter": "cursor", "detail": detail}]})
