"""How a connection to the broker is, as a value for logs, metrics and readiness."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a connection is. `problem` says in words why it does not stand; None while it does."""

    connected: bool
    protocol: str
    last_message_monotonic: float | None
    held: int
    reconnects: int
    dropped: int
    problem: str | None
