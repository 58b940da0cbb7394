"""Writes the audit: who did what to what, when and from where; in the transaction of what was done.

The database refuses to change or remove a row, and links each into a chain of hashes when its transaction commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.store.rows import as_jsonb, plain_text

LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does it: the name that the audit shows, the id that never changes, the address it came from."""

    name: str
    actor_id: UUID | None = None
    remote: str | None = None


COMMAND_LINE = Actor(name="command line")


def note(
    connection: Connection[Any],
    actor: Actor,
    action: str,
    target: str,
    *,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note that `actor` did `action` (`what.done`) to `target` (`kind/id`). Never give it a secret."""
    connection.execute(
        """INSERT INTO audit (at, actor, actor_id, action, target, detail, remote)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (
            at,
            plain_text(actor.name)[:LONGEST],
            actor.actor_id,
            action,
            plain_text(target)[:LONGEST],
            as_jsonb(detail or {}),
            actor.remote,
        ),
    )
