"""Takes a name as somebody types it, gives how it is compared, or says why nobody can be called that; pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 64
_FORM = re.compile(r"[^\W_][\w.@+-]*")


class BadName(ValueError):
    """Nobody can be called that; the message says what would be right."""


def name_key(name: str) -> str:
    """Return `name` as names are compared: normalised, without capitals, without spaces around it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def checked_name(name: str) -> str:
    """Return a name to sign in with; raise BadName. Letters of any script, digits, and . _ - + @ in between."""
    found = unicodedata.normalize("NFKC", name.strip())
    if not found or len(found) > LONGEST or not _FORM.fullmatch(found):
        raise BadName(
            f"{name!r} cannot be a name to sign in with: it has at most {LONGEST} letters and digits of any script, "
            "and . _ - + @ after the first"
        )
    return found


def checked_display_name(name: str) -> str:
    """Return a name to show; raise BadName."""
    found = unicodedata.normalize("NFC", name.strip())
    if not found or len(found) > 2 * LONGEST or not found.isprintable():
        raise BadName(f"a name to show has 1 to {2 * LONGEST} printable characters")
    return found
