"""Sessions of people in the database: a person or a cookie in, a session out; only hashes of secrets are kept.

A session ends when it is ended, when nothing was heard of it for the idle time, or at its latest end, whichever comes
first. What its person may do is read anew with every request, so a change of role holds at once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import class_row

from hub.people.lockout import KNOWN_FOR
from hub.people.network import network_of
from hub.store.rows import plain_text
from hub.store.users import User, user_of

TICKET_PREFIX = "lqt_"
LONGEST = 200
_SEEN_NOTED_EVERY = timedelta(seconds=30)
_COLUMNS = """session_id, user_id, csrf, how, remote, agent, created_at, last_seen_at, expires_at, ended_at,
              ended_by"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a session lasts: without a sign of life, and at most."""

    idle: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session as kept: everything but its secret."""

    session_id: UUID
    user_id: UUID
    csrf: str
    how: str
    remote: str
    agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None


class Over(StrEnum):
    """Why a cookie opens nothing."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    IDLE = "idle"
    EXPIRED = "expired"
    DISABLED = "disabled"


def digest(secret: str) -> str:
    """Return what is stored of a cookie or a ticket."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def begin_session(
    connection: Connection[Any],
    user: User,
    *,
    how: str,
    at: datetime,
    limits: Limits,
    remote: str,
    agent: str,
    until: datetime | None = None,
) -> tuple[str, Session]:
    """Begin a session for somebody who has proved to be `user`; return the cookie, which is never kept, and it.

    It lasts as long as `limits` say, or until `until`.
    """
    secret = secrets.token_urlsafe(32)
    session = Session(
        session_id=uuid4(),
        user_id=user.user_id,
        csrf=secrets.token_urlsafe(24),
        how=how,
        remote=remote,
        agent=plain_text(agent)[:LONGEST],
        created_at=at,
        last_seen_at=at,
        expires_at=at + limits.longest if until is None else until,
        ended_at=None,
        ended_by=None,
    )
    connection.execute(
        """INSERT INTO sessions (session_id, user_id, hash, csrf, how, remote, network, agent, created_at, last_seen_at,
                                 expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            session.session_id,
            user.user_id,
            digest(secret),
            session.csrf,
            how,
            remote,
            network_of(remote),
            session.agent,
            at,
            at,
            session.expires_at,
        ),
    )
    connection.execute("UPDATE users SET signed_in_at = %s WHERE user_id = %s", (at, user.user_id))
    return secret, session


def find_session(connection: Connection[Any], secret: str, at: datetime, limits: Limits) -> tuple[Session, User] | Over:
    """Return the session that this cookie opens and whose it is, noting that it is alive; or why it opens nothing."""
    if not secret or len(secret) > LONGEST:
        return Over.UNKNOWN
    row = connection.execute("SELECT session_id FROM sessions WHERE hash = %s", (digest(secret),)).fetchone()
    return Over.UNKNOWN if row is None else session_alive(connection, row[0], at, limits)


def session_alive(
    connection: Connection[Any], session_id: UUID, at: datetime, limits: Limits
) -> tuple[Session, User] | Over:
    """Return the session of this id and whose it is, noting that it is alive; or why it is over."""
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        query = f"SELECT {_COLUMNS} FROM sessions WHERE session_id = %s"
        session = cursor.execute(query, (session_id,)).fetchone()
    user = None if session is None else user_of(connection, session.user_id)
    if session is None or user is None:
        return Over.UNKNOWN
    over = _over(session, at, limits)
    if over is not None:
        return over
    if user.disabled_at is not None:
        return Over.DISABLED
    if at - session.last_seen_at >= _SEEN_NOTED_EVERY:
        connection.execute(
            "UPDATE sessions SET last_seen_at = %s WHERE session_id = %s AND last_seen_at < %s", (at, session_id, at)
        )
    return session, user


def end_session(connection: Connection[Any], session_id: UUID, *, at: datetime, by: str) -> bool:
    """End a session at once; return False where it was over."""
    ended = connection.execute(
        "UPDATE sessions SET ended_at = %s, ended_by = %s WHERE session_id = %s AND ended_at IS NULL",
        (at, by, session_id),
    )
    return bool(ended.rowcount)


def end_sessions_of(
    connection: Connection[Any], user_id: UUID, *, at: datetime, by: str, but: UUID | None = None
) -> int:
    """End all sessions of a person, but one; return how many."""
    return connection.execute(
        """UPDATE sessions SET ended_at = %s, ended_by = %s
           WHERE user_id = %s AND ended_at IS NULL AND session_id IS DISTINCT FROM %s::uuid""",
        (at, by, user_id, but),
    ).rowcount


def sessions_of(connection: Connection[Any], user_id: UUID, *, at: datetime, limits: Limits) -> list[Session]:
    """Return the sessions of a person that are not over, the newest first."""
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM sessions
                WHERE user_id = %s AND ended_at IS NULL AND expires_at > %s AND last_seen_at > %s
                ORDER BY created_at DESC, session_id""",
            (user_id, at, at - limits.idle),
        ).fetchall()


def is_known_there(connection: Connection[Any], user_id: UUID, remote: str, at: datetime) -> bool:
    """Tell whether this person has signed in from that network lately."""
    row = connection.execute(
        "SELECT 1 FROM sessions WHERE user_id = %s AND network = %s AND created_at > %s LIMIT 1",
        (user_id, network_of(remote), at - KNOWN_FOR),
    ).fetchone()
    return row is not None


def make_ticket(connection: Connection[Any], user: User, *, at: datetime, valid: timedelta) -> str:
    """Return a ticket that opens one session for `user`, once, until its time is over."""
    ticket = TICKET_PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO session_tickets (hash, user_id, expires_at) VALUES (%s, %s, %s)",
        (digest(ticket), user.user_id, at + valid),
    )
    return ticket


def use_ticket(connection: Connection[Any], ticket: str, at: datetime) -> User | None:
    """Take a ticket away and return whose it was; None for one that opens nothing."""
    if not ticket.startswith(TICKET_PREFIX) or len(ticket) > LONGEST:
        return None
    row = connection.execute(
        "DELETE FROM session_tickets WHERE hash = %s RETURNING user_id, expires_at", (digest(ticket),)
    ).fetchone()
    if row is None or row[1] <= at:
        return None
    user = user_of(connection, row[0])
    return None if user is None or user.disabled_at is not None else user


def _over(session: Session, at: datetime, limits: Limits) -> Over | None:
    if session.ended_at is not None:
        return Over.ENDED
    if at >= session.expires_at:
        return Over.EXPIRED
    return Over.IDLE if at - session.last_seen_at >= limits.idle else None
