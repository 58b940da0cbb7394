"""A moment that is asked about and the present go in; a refusal where it lies ahead comes out; pure."""

from __future__ import annotations

from datetime import datetime


class NotYet(ValueError):
    """The moment has not come: whatever was said of it would be guessed."""


def require_past(at: datetime, now: datetime) -> None:
    """Raise NotYet where `at` lies after `now`."""
    if at > now:
        raise NotYet("at: lies in the future, and nothing of it is on record yet")
