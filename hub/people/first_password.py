"""Makes a first password, to be handed over and changed when it is first used."""

from __future__ import annotations

import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when read out


def first_password() -> str:
    """Return some 89 random bits, in groups that can be read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(6)) for _ in range(3))
