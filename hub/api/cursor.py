"""Takes the last row of a page, gives an opaque cursor, and back again; pure.

Pages are cut by keys and never by offsets, so rows that come or go between two pages shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from hub.api.problem import Problem


def seal(kind: str, keys: Sequence[Any]) -> str:
    """Return the cursor that continues after `keys` (JSON scalars) in a listing of `kind`."""
    text = json.dumps([kind, *keys], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unseal(kind: str, cursor: str, readers: Sequence[Callable[[Any], Any]]) -> list[Any]:
    """Return the keys of `cursor`, each through its reader; raise a problem for one that no page of `kind` gave.

    A reader raises ValueError or TypeError for what it does not take.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(found, list) or found[:1] != [kind]:
            raise ValueError(cursor)
        return [reader(key) for reader, key in zip(readers, found[1:], strict=True)]
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise _refused() from None


def whole_number(key: Any) -> int:
    """Return a key that the database can compare with its own numbers."""
    if type(key) is not int or not 0 <= key < 2**63:
        raise ValueError(key)
    return key


def plain_text(key: Any) -> str:
    """Return a key that the database can compare with its own text."""
    if not isinstance(key, str) or "\0" in key:
        raise ValueError(key)
    key.encode()  # a lone surrogate raises ValueError
    return key


def _refused() -> Problem:
    detail = "the cursor is not one that a page of this listing gave as `next`"
    return Problem("invalid", detail, extra={"errors": [{"in": "query", "parameter": "cursor", "detail": detail}]})
