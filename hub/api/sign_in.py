"""Takes a name and a password, a ticket, or what a provider said of somebody; gives a session. Blocks on the database.

Every attempt is audited, also those that fail, each in a transaction of its own.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.api.context import Hub
from hub.api.problem import Problem
from hub.log import logger
from hub.people import argon
from hub.people.lockout import keys
from hub.people.names import name_key
from hub.store import attempts
from hub.store.audit import Actor, note
from hub.store.sessions import Session, begin_session, is_known_there, use_ticket
from hub.store.users import User, password_hash_of, renew_hash

if TYPE_CHECKING:
    from psycopg import Connection

log = logger("sign-in")
_looked_at = threading.BoundedSemaphore(8)
NOT_RIGHT = "the name or the password is not right"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its cookie, itself, and whose it is."""

    secret: str
    session: Session
    user: User


def by_password(hub: Hub, name: str, password: str, *, remote: str, agent: str) -> SignedIn:
    """Begin a session for who has this name and password; raise the problem that says why not.

    Whether the name or the password was wrong, or the account is disabled, is told to nobody. Only so many are looked
    at together: each takes its time, and whoever floods the hub with them must not keep others from working.
    """
    if not _looked_at.acquire(blocking=False):
        raise Problem(
            "unavailable",
            "too many people sign in at this moment; try again",
            extra={"problems": ["sign-in"]},
            headers={"Retry-After": "2"},
        )
    try:
        return _by_password(hub, name, password, remote=remote, agent=agent)
    finally:
        _looked_at.release()


def _by_password(hub: Hub, name: str, password: str, *, remote: str, agent: str) -> SignedIn:
    at, key = hub.now(), name_key(name)
    with hub.pool.session() as connection:
        found = password_hash_of(connection, name)
        user, kept = found if found is not None else (None, None)
        known = user is not None and is_known_there(connection, user.user_id, remote, at)
        counted = keys(key, remote, known_there=known)
        wait_s = attempts.attempt(connection, counted, at)
    if wait_s > 0:
        # Told to nobody but the log: what a stranger can do without end must not make the audit grow without end.
        log.warning("an attempt to sign in has to wait", remote=remote, wait_s=round(wait_s))
        raise too_many(wait_s)
    # Without a connection: this takes as long as it is meant to.
    right = argon.fits(password, kept)
    fresh = argon.hashed(password) if right and kept is not None and argon.is_outdated(kept) else None
    with hub.pool.session() as connection:
        again = password_hash_of(connection, name)
        if not right or again is None or again[1] != kept or again[0].disabled_at is not None:
            why = "disabled" if right and again is not None and again[0].disabled_at is not None else "not right"
            note(connection, _who(user, remote), "session.refused", _target(user), at=at, detail={"why": why})
            began = None
        else:
            user = again[0]
            attempts.succeeded(connection, counted, at)
            if fresh is not None:
                renew_hash(connection, user, fresh)
            began = begin(hub, connection, user, how="password", remote=remote, agent=agent)
    if began is None:
        raise Problem("sign-in-refused", NOT_RIGHT)
    return began


def by_ticket(hub: Hub, ticket: str, *, remote: str, agent: str) -> SignedIn:
    """Begin a session for whom the ticket was made; raise the problem of one that opens nothing."""
    at = hub.now()
    require_patience(hub, remote)
    with hub.pool.session() as connection:
        user = use_ticket(connection, ticket, at)
        if user is None:
            note(connection, Actor(name="a ticket", remote=remote), "session.refused", "ticket", at=at)
            began = None
        else:
            began = begin(hub, connection, user, how="ticket", remote=remote, agent=agent)
    if began is None:
        hub.failures.note(remote, hub.monotonic())
        raise Problem("sign-in-refused", "the ticket opens nothing: it was used, or its time is over; ask for another")
    return began


def begin(
    hub: Hub,
    connection: Connection[Any],
    user: User,
    *,
    how: str,
    remote: str,
    agent: str,
    until: datetime | None = None,
) -> SignedIn:
    """Begin the session of somebody who has proved who they are, in the caller's transaction; `until` ends it sooner.

    With `until` it continues a session under a new secret, which is no signing in.
    """
    at = hub.now()
    secret, session = begin_session(
        connection,
        user,
        how=how,
        at=at,
        limits=hub.sessions,
        remote=remote,
        agent=agent,
        until=until,
    )
    if until is None:
        actor = Actor(name=user.name, actor_id=user.user_id, remote=remote)
        note(connection, actor, "session.begun", f"user/{user.user_id}", at=at, detail={"how": how})
    return SignedIn(secret, session, user)


def require_patience(hub: Hub, remote: str) -> None:
    """Raise the problem of an address that failed too often with tokens, tickets or codes."""
    wait_s = hub.failures.wait_s(remote, hub.monotonic())
    if wait_s > 0:
        raise too_many(wait_s)


def too_many(wait_s: float) -> Problem:
    """Return the problem of an attempt that has to wait."""
    return Problem(
        "too-many-failures",
        f"signing in failed too often; try again in {math.ceil(wait_s)} s",
        extra={"wait_s": math.ceil(wait_s)},
        headers={"Retry-After": str(math.ceil(wait_s))},
    )


def _who(user: User | None, remote: str) -> Actor:
    # A name that nobody has is not written down: it may be a password, typed into the wrong field.
    return Actor(name="somebody unknown" if user is None else user.name, remote=remote)


def _target(user: User | None) -> str:
    return "user/unknown" if user is None else f"user/{user.user_id}"
