"""Takes a secret, gives who it lets in; and tells later whether it still does. Blocks on the database."""

from __future__ import annotations

from hub.api.context import Hub
from hub.people.admission import Admission
from hub.people.caller import Caller
from hub.people.reach import reach_of
from hub.store.session import StoreUnavailable
from hub.store.sessions import Over, Session, find_session, session_alive
from hub.store.tokens import Token, find_token, token_of
from hub.store.users import User


def by_token(hub: Hub, secret: str) -> Admission | None:
    """Return whom a bearer token lets in."""
    with hub.pool.session() as connection:
        found = find_token(connection, secret, hub.now())
    return None if found is None else _of_token(hub, found)


def by_session(hub: Hub, secret: str) -> Admission | Over:
    """Return whom a session's cookie lets in, or why it lets in nobody."""
    with hub.pool.session() as connection:
        found = find_session(connection, secret, hub.now(), hub.sessions)
    return found if isinstance(found, Over) else of_session(hub, *found)


def still_admits(hub: Hub, admission: Admission) -> bool:
    """Tell whether what let a caller in still does, for the same role and reach; an open stream asks again and again.

    While the database does not answer nothing can be told, and nothing can be read either: then it does.
    """
    try:
        with hub.pool.session() as connection:
            if admission.by == "session":
                alive = session_alive(connection, admission.credential_id, hub.now(), hub.sessions)
                now = None if isinstance(alive, Over) else of_session(hub, *alive)
            else:
                token = token_of(connection, admission.credential_id)
                now = _of_token(hub, token) if token is not None and token.is_valid(hub.now()) else None
    except StoreUnavailable:
        return True
    return now is not None and now.caller == admission.caller


def of_session(hub: Hub, session: Session, user: User) -> Admission:
    """Return what a session admits its person to."""
    city = hub.configuration.city
    return Admission(
        caller=Caller(
            caller_id=user.user_id,
            name=user.name,
            role=user.role,
            reach=reach_of(city, districts=user.districts, department=user.department),
        ),
        by="session",
        credential_id=session.session_id,
        expires_at=session.expires_at,
        csrf=session.csrf,
        must_change_password=user.must_change_password,
    )


def _of_token(hub: Hub, token: Token) -> Admission:
    city = hub.configuration.city
    return Admission(
        caller=Caller(
            caller_id=token.token_id,
            name=token.name,
            role=token.role,
            reach=reach_of(city, districts=token.districts, department=token.department),
        ),
        by="token",
        credential_id=token.token_id,
        expires_at=token.expires_at,
    )
