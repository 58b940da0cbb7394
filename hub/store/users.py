"""People in the database: made, found, changed, disabled; each change audited. Nobody is ever deleted.

The caller owns the transaction. Names are compared without capitals; passwords come as hashes, except where one is set
anew, and are never read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import class_row

from hub.people.names import BadName, checked_display_name, checked_name, name_key
from hub.people.passwords import WeakPassword, weakness
from hub.people.post import Post, UserRefused
from hub.store.audit import Actor, note

_COLUMNS = """user_id, name, display_name, role, department, districts, password_hash IS NOT NULL AS has_password,
              must_change_password, issuer, subject, created_at, password_at, signed_in_at, disabled_at"""


class NoSuchUser(LookupError):
    """There is nobody of this name or id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person as kept; `districts` None means the whole city."""

    user_id: UUID
    name: str
    display_name: str
    role: str
    department: str | None
    districts: Sequence[str] | None
    has_password: bool
    must_change_password: bool
    issuer: str | None
    subject: str | None
    created_at: datetime
    password_at: datetime | None
    signed_in_at: datetime | None
    disabled_at: datetime | None

    def document(self) -> dict[str, Any]:
        """Return the person as JSON-ready data."""

        def text(at: datetime | None) -> str | None:
            return None if at is None else at.isoformat()

        return {
            "id": str(self.user_id),
            "name": self.name,
            "display_name": self.display_name,
            "role": self.role,
            "department": self.department,
            "districts": None if self.districts is None else list(self.districts),
            "has_password": self.has_password,
            "must_change_password": self.must_change_password,
            "provider": self.issuer,
            "created_at": text(self.created_at),
            "password_at": text(self.password_at),
            "signed_in_at": text(self.signed_in_at),
            "disabled_at": text(self.disabled_at),
        }


def create_user(
    connection: Connection[Any],
    *,
    name: str,
    post: Post,
    actor: Actor,
    at: datetime,
    display_name: str = "",
    password_hash: str | None = None,
    must_change_password: bool = True,
    issuer: str | None = None,
    subject: str | None = None,
) -> User:
    """Make a person; raise UserRefused where that cannot be."""
    try:
        name = checked_name(name)
        shown = checked_display_name(display_name or name)
    except BadName as error:
        raise UserRefused(str(error)) from None
    post = post.checked()
    made = connection.execute(
        """INSERT INTO users (user_id, name, name_key, display_name, role, department, districts, password_hash,
                              must_change_password, issuer, subject, created_at, password_at)
           VALUES (%(id)s, %(name)s, %(key)s, %(shown)s, %(role)s, %(department)s, %(districts)s, %(hash)s, %(must)s,
                   %(issuer)s, %(subject)s, %(at)s, %(password_at)s)
           ON CONFLICT DO NOTHING RETURNING user_id""",
        {
            "id": uuid4(),
            "name": name,
            "key": name_key(name),
            "shown": shown,
            "role": post.role,
            "department": post.department,
            "districts": None if post.districts is None else list(post.districts),
            "hash": password_hash,
            "must": must_change_password and password_hash is not None,
            "issuer": issuer,
            "subject": subject,
            "at": at,
            "password_at": at if password_hash else None,
        },
    ).fetchone()
    if made is None:
        raise UserRefused(f"there is somebody called {name} already")
    note(connection, actor, "user.created", f"user/{made[0]}", at=at, detail={"name": name, **post.document()})
    found = user_of(connection, made[0])
    assert found is not None
    return found


def user_of(connection: Connection[Any], user_id: UUID) -> User | None:
    """Return the person with this id, disabled or not."""
    with connection.cursor(row_factory=class_row(User)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM users WHERE user_id = %s", (user_id,)).fetchone()


def user_named(connection: Connection[Any], name: str) -> User:
    """Return the person of this name, disabled or not; raise NoSuchUser."""
    with connection.cursor(row_factory=class_row(User)) as cursor:
        found = cursor.execute(f"SELECT {_COLUMNS} FROM users WHERE name_key = %s", (name_key(name),)).fetchone()
    if found is None:
        raise NoSuchUser(f"there is nobody called {name!r}")
    return found


def user_at_provider(connection: Connection[Any], issuer: str, subject: str) -> User | None:
    """Return the person whom this provider calls `subject`."""
    with connection.cursor(row_factory=class_row(User)) as cursor:
        query = f"SELECT {_COLUMNS} FROM users WHERE issuer = %s AND subject = %s"
        return cursor.execute(query, (issuer, subject)).fetchone()


def list_users(connection: Connection[Any]) -> list[User]:
    """Return everybody, in order of their names."""
    with connection.cursor(row_factory=class_row(User)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM users ORDER BY name_key").fetchall()


def password_hash_of(connection: Connection[Any], name: str) -> tuple[User, str | None] | None:
    """Return the person of this name with the hash of the password, or None."""
    try:
        user = user_named(connection, name)
    except NoSuchUser:
        return None
    row = connection.execute("SELECT password_hash FROM users WHERE user_id = %s", (user.user_id,)).fetchone()
    assert row is not None
    return user, row[0]


def change_user(
    connection: Connection[Any],
    user: User,
    *,
    actor: Actor,
    at: datetime,
    post: Post | None = None,
    display_name: str | None = None,
    why: str = "",
) -> User:
    """Give a person another post or name to show; what is None stays. Sessions go on with what is new."""
    post = Post(role=user.role, department=user.department, districts=user.districts) if post is None else post
    post = post.checked()
    try:
        shown = user.display_name if display_name is None else checked_display_name(display_name)
    except BadName as error:
        raise UserRefused(str(error)) from None
    districts = None if post.districts is None else list(post.districts)
    changed = replace(user, role=post.role, department=post.department, districts=districts, display_name=shown)
    if changed == replace(user, districts=None if user.districts is None else list(user.districts)):
        return user
    connection.execute(
        "UPDATE users SET role = %s, department = %s, districts = %s, display_name = %s WHERE user_id = %s",
        (post.role, post.department, districts, shown, user.user_id),
    )
    detail = {"name": user.name, "display_name": shown, **post.document(), **({"why": why} if why else {})}
    note(connection, actor, "user.changed", f"user/{user.user_id}", at=at, detail=detail)
    return changed


def disable_user(connection: Connection[Any], user: User, *, actor: Actor, at: datetime) -> bool:
    """End what a person may do here, with all sessions, at once; return False for one disabled before."""
    ended = connection.execute(
        "UPDATE users SET disabled_at = %s WHERE user_id = %s AND disabled_at IS NULL", (at, user.user_id)
    )
    if not ended.rowcount:
        return False
    connection.execute(
        "UPDATE sessions SET ended_at = %s, ended_by = 'disabled' WHERE user_id = %s AND ended_at IS NULL",
        (at, user.user_id),
    )
    connection.execute("DELETE FROM session_tickets WHERE user_id = %s", (user.user_id,))
    note(connection, actor, "user.disabled", f"user/{user.user_id}", at=at, detail={"name": user.name})
    return True


def enable_user(connection: Connection[Any], user: User, *, actor: Actor, at: datetime) -> bool:
    """Let a disabled person in again; return False for one who was not disabled."""
    begun = connection.execute(
        "UPDATE users SET disabled_at = NULL WHERE user_id = %s AND disabled_at IS NOT NULL", (user.user_id,)
    )
    if begun.rowcount:
        note(connection, actor, "user.enabled", f"user/{user.user_id}", at=at, detail={"name": user.name})
    return bool(begun.rowcount)


def set_password(
    connection: Connection[Any],
    user: User,
    password_hash: str,
    *,
    actor: Actor,
    at: datetime,
    must_change: bool,
    action: str = "user.password_changed",
) -> None:
    """Give a person another password, which has been checked and hashed; failures until now are forgotten."""
    connection.execute(
        "UPDATE users SET password_hash = %s, must_change_password = %s, password_at = %s WHERE user_id = %s",
        (password_hash, must_change, at, user.user_id),
    )
    forget_failures(connection, user.name)
    note(connection, actor, action, f"user/{user.user_id}", at=at, detail={"name": user.name})


def renew_hash(connection: Connection[Any], user: User, password_hash: str) -> None:
    """Keep the same password under another hash, made with today's costs."""
    connection.execute("UPDATE users SET password_hash = %s WHERE user_id = %s", (password_hash, user.user_id))


def forget_failures(connection: Connection[Any], name: str) -> None:
    """Let the next attempt to sign in under `name` be looked at without a wait."""
    key = f"account {name_key(name)}"
    connection.execute("DELETE FROM sign_in_failures WHERE key = %s OR starts_with(key, %s)", (key, f"{key} at "))


def require_strong(password: str, *, names: Sequence[str]) -> None:
    """Raise WeakPassword, saying why, where a password may not be used."""
    found = weakness(password, names=names)
    if found is not None:
        raise WeakPassword(found.text)
