"""People who sign in, for tests: an API in, browsers with a session out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import httpx
import psycopg

from hub.people import argon
from hub.people.post import Post
from hub.store.audit import Actor
from hub.store.users import User, create_user
from tests.support.api import Api

PASSWORD = "blue kettle sings at dawn"
_KEPT: list[str] = []


def make_user(
    dsn: str,
    name: str,
    role: str = "operator",
    *,
    department: str | None = None,
    districts: Sequence[str] | None = None,
    must_change: bool = False,
    at: datetime | None = None,
) -> User:
    """Make a person whose password is PASSWORD; hashed once for all tests, since that is meant to take long."""
    from tests.support.stored import NOW

    if not _KEPT:
        _KEPT.append(argon.hashed(PASSWORD))
    with psycopg.connect(dsn) as connection:
        return create_user(
            connection,
            name=name,
            post=Post(role=role, department=department, districts=districts),
            password_hash=_KEPT[0],
            must_change_password=must_change,
            actor=Actor(name="a test"),
            at=at or NOW,
        )


def sign_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    """Sign `client` in, as the console does, and let it repeat the CSRF token from then on."""
    answer = client.post("/api/v1/session", json={"name": name, "password": password})
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer


def browser(api: Api, name: str) -> httpx.Client:
    """Return a browser in which `name` has signed in."""
    client = api.client(None)
    sign_in(client, name).raise_for_status()
    return client
