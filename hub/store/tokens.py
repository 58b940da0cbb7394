"""Takes names, roles and secrets, keeps access tokens: made, found by their secret, listed, ended.

Only the SHA-256 of a token is stored. A token is 256 random bits, so there is nothing to guess and a slow, salted
hash would protect nothing: that is for passwords, which people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import class_row

from hub import clock
from hub.people.post import Post, UserRefused
from hub.people.scopes import ROLE_SCOPES
from hub.store.audit import COMMAND_LINE, Actor, note

ROLES = tuple(ROLE_SCOPES)
PREFIX = "lq_"
LONGEST = 512
_USE_NOTED_EVERY = timedelta(minutes=1)
_COLUMNS = "token_id, name, role, department, districts, created_at, expires_at, revoked_at, last_used_at"


class TokenRefused(ValueError):
    """The token cannot be made; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token as it is kept: everything but its secret; `districts` None means the whole city."""

    token_id: UUID
    name: str
    role: str
    department: str | None
    districts: Sequence[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_valid(self, at: datetime) -> bool:
        """Tell whether the token opens anything at `at`."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def document(self) -> dict[str, Any]:
        """Return the token as JSON-ready data."""

        def text(at: datetime | None) -> str | None:
            return None if at is None else at.isoformat()

        return {
            "token_id": str(self.token_id),
            "name": self.name,
            "role": self.role,
            "department": self.department,
            "districts": None if self.districts is None else list(self.districts),
            "created_at": text(self.created_at),
            "expires_at": text(self.expires_at),
            "revoked_at": text(self.revoked_at),
            "last_used_at": text(self.last_used_at),
        }


def digest(token: str) -> str:
    """Return what is stored of `token`."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_token(
    connection: Connection[Any],
    name: str,
    role: str,
    expires_at: datetime | None = None,
    token: str | None = None,
    *,
    department: str | None = None,
    districts: Sequence[str] | None = None,
    actor: Actor = COMMAND_LINE,
) -> str:
    """Store a new token for `role` and return its secret, which nobody can read again; `token` gives the secret.

    `districts` None is the whole city.
    """
    try:
        post = Post(role=role, department=department, districts=districts).checked(ROLES)
    except UserRefused as error:
        raise TokenRefused(str(error)) from None
    if not name.strip():
        raise TokenRefused("a token needs a name: it stands in the audit record")
    if token is not None and (not token.isascii() or not token.isprintable() or " " in token or len(token) > LONGEST):
        raise TokenRefused(f"a token is at most {LONGEST} visible ASCII characters without spaces")
    secret = PREFIX + secrets.token_urlsafe(32) if token is None else token
    if not secret:
        raise TokenRefused("a token must not be empty")
    token_id, now = uuid4(), clock.now()
    made = connection.execute(
        """INSERT INTO tokens (token_id, name, role, department, districts, hash, created_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (hash) DO NOTHING""",
        (token_id, name.strip(), role, post.department, post.districts, digest(secret), now, expires_at),
    )
    if not made.rowcount:
        raise TokenRefused("this token is there already")
    detail = {"name": name.strip(), "role": role, "department": post.department, "districts": post.districts}
    note(connection, actor, "token.created", str(token_id), at=now, detail=detail)
    return secret


def ensure_token(dsn: str, *, name: str, role: str, token: str) -> None:
    """Make `token` valid for `role` in the database at `dsn`, whether it was there before or not."""
    with Connection[Any].connect(dsn) as connection:
        found = connection.execute(
            """UPDATE tokens SET name = %s, role = %s, revoked_at = NULL, expires_at = NULL WHERE hash = %s
               RETURNING token_id""",
            (name, role, digest(token)),
        )
        if found.fetchone() is None:
            create_token(connection, name, role, token=token, actor=Actor(name=name))


def find_token(connection: Connection[Any], secret: str, at: datetime) -> Token | None:
    """Return the token with this secret if it is valid at `at`, and note that it was used; else None."""
    if not secret or len(secret) > LONGEST or "\0" in secret:
        return None
    wanted = digest(secret)
    row = connection.execute("SELECT hash, token_id FROM tokens WHERE hash = %s", (wanted,)).fetchone()
    if row is None or not hmac.compare_digest(row[0], wanted):
        return None
    token = token_of(connection, row[1])
    if token is None or not token.is_valid(at):
        return None
    if token.last_used_at is None or at - token.last_used_at >= _USE_NOTED_EVERY:
        connection.execute("UPDATE tokens SET last_used_at = %s WHERE token_id = %s", (at, token.token_id))
    return token


def token_of(connection: Connection[Any], token_id: UUID) -> Token | None:
    """Return the token of this id, valid or not: a long-lived stream asks again and again."""
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM tokens WHERE token_id = %s", (token_id,)).fetchone()


def list_tokens(connection: Connection[Any]) -> list[Token]:
    """Return every token there was, the newest last."""
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY created_at, token_id").fetchall()


def revoke_token(connection: Connection[Any], token_id: UUID, *, actor: Actor = COMMAND_LINE) -> bool:
    """End a token at once; return False when there is none of this id in use."""
    now = clock.now()
    ended = connection.execute(
        "UPDATE tokens SET revoked_at = %s WHERE token_id = %s AND revoked_at IS NULL", (now, token_id)
    )
    if not ended.rowcount:
        return False
    note(connection, actor, "token.revoked", str(token_id), at=now)
    return True
