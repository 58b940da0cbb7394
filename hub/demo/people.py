"""The demo's people: one of each role, all with one password, and a ticket that opens the console on the board."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path

from hub import clock
from hub.people import argon
from hub.people.post import Post
from hub.store.audit import Actor
from hub.store.session import open_session
from hub.store.sessions import make_ticket
from hub.store.users import create_user, enable_user, password_hash_of, set_password, user_named

TICKET = timedelta(minutes=15)
_DEMO = Actor(name="demo")
# name -> (name to show, what for); the district is one of the demo's three.
_PEOPLE: dict[str, tuple[str, Post]] = {
    "admin": ("系统管理员", Post(role="admin")),
    "operator": ("值班员 周岚", Post(role="operator")),
    "dispatcher": ("派遣员 郑衡", Post(role="dispatcher")),
    "supervisor": ("监督员 陆知远", Post(role="supervisor")),
    "engineer": ("工程师 何述", Post(role="engineer")),
    "chengguan": ("城管局 方岩", Post(role="department", department="city-urban-management")),
    "landong": (
        "澜东区城管 温禾",
        Post(role="department", department="district-urban-management", districts=["澜东区"]),
    ),
}
NAMES = tuple(_PEOPLE)


def ensure_people(dsn: str, folder: Path) -> tuple[str, str]:
    """Make the demo's people in the database at `dsn`; return their password, kept in `folder`, and a ticket."""
    password, at = _password(folder), clock.now()
    kept = argon.hashed(password)
    with open_session(dsn) as connection:
        for name, (shown, post) in _PEOPLE.items():
            found = password_hash_of(connection, name)
            if found is None:
                create_user(
                    connection,
                    name=name,
                    display_name=shown,
                    post=post,
                    password_hash=kept,
                    must_change_password=False,
                    actor=_DEMO,
                    at=at,
                )
                continue
            user, before = found
            enable_user(connection, user, actor=_DEMO, at=at)
            if not argon.fits(password, before):
                set_password(connection, user, kept, actor=_DEMO, at=at, must_change=False)
        ticket = make_ticket(connection, user_named(connection, "admin"), at=at, valid=TICKET)
    return password, ticket


def _password(folder: Path) -> str:
    path = folder / "password"
    if path.exists() and (kept := path.read_text().strip()):
        return kept
    password = secrets.token_urlsafe(12)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")
    return password
