"""Carries out a request at most once for each key of a client: key and request in, the first answer out, every time.

Key, change and answer share one transaction. A second request with the same key waits at the key's row until the first
has committed, so two that race give one change and two equal answers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

KEPT = timedelta(hours=24)


class KeyReused(ValueError):
    """The key was already used for another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request was answered: an HTTP status and the text of a JSON document, repeated to the letter."""

    status: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What makes two requests the same: who, which key, what for, with which body."""

    token_id: UUID
    key: str
    route: str
    body: bytes

    @property
    def hash(self) -> str:
        """Return the SHA-256 of route and body."""
        return hashlib.sha256(self.route.encode() + b"\0" + self.body).hexdigest()


def begin(connection: Connection[Any], request: Request, at: datetime) -> Answer | None:
    """Take the key; return the answer it was given before, or None when the request is to be carried out now.

    Raises KeyReused for a key that stands for another request. A key is forgotten after a day.
    """
    connection.execute(
        "DELETE FROM idempotency WHERE token_id = %s AND key = %s AND created_at < %s",
        (request.token_id, request.key, at - KEPT),
    )
    taken = connection.execute(
        """INSERT INTO idempotency (key, token_id, route, request_hash, created_at) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (request.key, request.token_id, request.route, request.hash, at),
    )
    if taken.rowcount:
        return None
    row = connection.execute(
        "SELECT request_hash, status, response FROM idempotency WHERE token_id = %s AND key = %s FOR UPDATE",
        (request.token_id, request.key),
    ).fetchone()
    if row is None or row[1] is None:
        # The other one was pruned or rolled back in this very moment; the client may try again.
        raise KeyReused("the key is in use by a request that has not ended; try again")
    if row[0] != request.hash:
        raise KeyReused(f"the key {request.key!r} was already used for another request")
    return Answer(status=row[1], text=row[2])


def keep(connection: Connection[Any], request: Request, answer: Answer) -> None:
    """Keep the answer, in the transaction that carried the request out."""
    connection.execute(
        "UPDATE idempotency SET status = %s, response = %s WHERE token_id = %s AND key = %s",
        (answer.status, Jsonb(answer.text), request.token_id, request.key),
    )
