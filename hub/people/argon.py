"""Passwords as they are kept: a password in, its argon2id hash out, and back whether one fits; the one user of argon2.

The costs are those that RFC 9106 recommends where memory is scarce: 64 MiB and three passes. `checks_at_once` bounds
what many people signing in at the same time can take.
"""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from hub.people.passwords import LONGEST, normal

CHECKS_AT_ONCE = 2
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_turn = threading.BoundedSemaphore(CHECKS_AT_ONCE)


def hashed(password: str) -> str:
    """Return what is stored of `password`."""
    with _turn:
        return _HASHER.hash(normal(password))


def fits(password: str, kept: str | None) -> bool:
    """Tell whether `password` belongs to the hash `kept`; None takes as long and never fits."""
    if len(password) > LONGEST:
        return False
    kept_or_nobody = kept or _nobody()
    with _turn:
        try:
            return _HASHER.verify(kept_or_nobody, normal(password)) and kept is not None
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Tell whether a hash was made with other costs than today's, and should be made anew at the next signing in."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    """Return a hash that no password has: checking against it takes as long as against a real one."""
    return _HASHER.hash(secrets.token_urlsafe(32))
