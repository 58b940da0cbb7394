"""Endpoints of deliveries as they are kept: made, found, changed, rotated, switched on and off, removed; audited.

No secret is stored: a salt is, from which the hub's key, which is not in the database, makes the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import dict_row

from hub.deliveries.endpoint import Endpoint, Filter, Settings
from hub.deliveries.pace import Fare
from hub.store.audit import Actor, note
from hub.store.read_feed import newest_seq

COLUMNS = """endpoint_id, url, description, types, rules, grids, departments, private_host, parallel, active,
    disabled_reason, disabled_at, created_at, created_by, rotated_at, previous_until, key_check, cursor, failures,
    slowness, paused_until, failing_since, last_success_at, last_attempt_at, last_error, revision"""


class NoSuchEndpoint(LookupError):
    """There is no endpoint with this id."""


class Stale(RuntimeError):
    """The endpoint was changed since; `revision` is the present one."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"the endpoint was changed since: its revision is {revision} now")
        self.revision = revision


def create_endpoint(
    connection: Connection[Any],
    settings: Settings,
    *,
    endpoint_id: UUID,
    salt: bytes,
    key_check: str,
    after: int | None,
    actor: Actor,
    at: datetime,
) -> Endpoint:
    """Make an endpoint that gets every item of the feed above `after`, or only what comes from now on for None."""
    newest = newest_seq(connection)
    cursor = newest if after is None else min(after, newest)
    connection.execute(
        """INSERT INTO delivery_endpoints (endpoint_id, url, description, types, rules, grids, departments,
               private_host, parallel, created_at, created_by, salt, rotated_at, key_check, cursor)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (endpoint_id, *_chosen(settings), at, actor.name, salt, at, key_check, cursor),
    )
    _note(connection, actor, "endpoint.created", endpoint_id, at, {**_said(settings), "after": cursor})
    return find_endpoint(connection, endpoint_id)


def find_endpoint(connection: Connection[Any], endpoint_id: UUID, *, lock: bool = False) -> Endpoint:
    """Return one endpoint, held until the transaction ends where `lock` says so; raise NoSuchEndpoint."""
    query = f"SELECT {COLUMNS} FROM delivery_endpoints WHERE endpoint_id = %s" + (" FOR NO KEY UPDATE" if lock else "")
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query.encode(), (endpoint_id,)).fetchone()
    if row is None:
        raise NoSuchEndpoint(f"there is no endpoint {endpoint_id}")
    return endpoint_from(row)


def list_endpoints(connection: Connection[Any]) -> list[Endpoint]:
    """Return every endpoint, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(f"SELECT {COLUMNS} FROM delivery_endpoints ORDER BY created_at, endpoint_id".encode())
        return [endpoint_from(row) for row in rows]


def salts_of(connection: Connection[Any], endpoint_id: UUID, at: datetime) -> list[bytes]:
    """Return the salts of the secrets to sign with at `at`, the newest first."""
    row = connection.execute(
        """SELECT salt, CASE WHEN previous_until > %s THEN previous_salt END FROM delivery_endpoints
           WHERE endpoint_id = %s""",
        (at, endpoint_id),
    ).fetchone()
    if row is None:
        raise NoSuchEndpoint(f"there is no endpoint {endpoint_id}")
    return [bytes(salt) for salt in row if salt is not None]


def change_endpoint(
    connection: Connection[Any],
    endpoint_id: UUID,
    settings: Settings,
    *,
    revision: int | None,
    actor: Actor,
    at: datetime,
) -> Endpoint:
    """Give an endpoint other settings; raise NoSuchEndpoint, or Stale where `revision` is no longer the present one.

    With another address it is tried at once: what the old one answered says nothing of the new one.
    """
    before = find_endpoint(connection, endpoint_id, lock=True)
    if revision is not None and revision != before.revision:
        raise Stale(before.revision)
    connection.execute(
        """UPDATE delivery_endpoints SET url = %s, description = %s, types = %s, rules = %s, grids = %s,
               departments = %s, private_host = %s, parallel = %s, revision = revision + 1 WHERE endpoint_id = %s""",
        (*_chosen(settings), endpoint_id),
    )
    if (before.settings.url, before.settings.private_host) != (settings.url, settings.private_host):
        _begin_anew(connection, endpoint_id)
    _note(connection, actor, "endpoint.changed", endpoint_id, at, _said(settings))
    return find_endpoint(connection, endpoint_id)


def rotate(
    connection: Connection[Any],
    endpoint_id: UUID,
    *,
    salt: bytes,
    key_check: str,
    previous_until: datetime | None,
    actor: Actor,
    at: datetime,
) -> Endpoint:
    """Give an endpoint a new secret; until `previous_until` messages are signed with the one before, too."""
    find_endpoint(connection, endpoint_id, lock=True)
    connection.execute(
        """UPDATE delivery_endpoints SET salt = %(salt)s, rotated_at = %(at)s, key_check = %(check)s,
               previous_salt = CASE WHEN %(until)s::timestamptz IS NOT NULL THEN salt END,
               previous_until = %(until)s, revision = revision + 1 WHERE endpoint_id = %(id)s""",
        {"salt": salt, "at": at, "check": key_check, "until": previous_until, "id": endpoint_id},
    )
    until = None if previous_until is None else previous_until.isoformat()
    _note(connection, actor, "endpoint.rotated", endpoint_id, at, {"previous_until": until})
    return find_endpoint(connection, endpoint_id)


def switch(
    connection: Connection[Any], endpoint_id: UUID, *, on: bool, reason: str | None, actor: Actor, at: datetime
) -> Endpoint:
    """Switch an endpoint on or off. Off, nothing is lost: its cursor stands, what is pending waits."""
    before = find_endpoint(connection, endpoint_id, lock=True)
    if before.active == on:
        return before
    connection.execute(
        """UPDATE delivery_endpoints SET active = %(on)s, disabled_at = %(at)s, disabled_reason = %(reason)s,
               revision = revision + 1 WHERE endpoint_id = %(id)s""",
        {"on": on, "at": None if on else at, "reason": None if on else reason, "id": endpoint_id},
    )
    if on:
        _begin_anew(connection, endpoint_id)
    kind = "endpoint.enabled" if on else "endpoint.disabled"
    _note(connection, actor, kind, endpoint_id, at, {} if on else {"reason": reason})
    return find_endpoint(connection, endpoint_id)


def remove_endpoint(connection: Connection[Any], endpoint_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Remove an endpoint with its deliveries and what was queued for it."""
    before = find_endpoint(connection, endpoint_id, lock=True)
    connection.execute("DELETE FROM delivery_endpoints WHERE endpoint_id = %s", (endpoint_id,))
    connection.execute("DELETE FROM procrastinate_jobs WHERE queue_name = %s AND status = 'todo'", (str(endpoint_id),))
    _note(connection, actor, "endpoint.removed", endpoint_id, at, _said(before.settings))


def hub_id(connection: Connection[Any]) -> UUID:
    """Return the id by which receivers know this hub."""
    row = connection.execute("SELECT hub_id FROM delivery_hub").fetchone()
    if row is None:  # somebody emptied the table; a new one is better than silence
        made = uuid4()
        connection.execute("INSERT INTO delivery_hub (hub_id) VALUES (%s) ON CONFLICT DO NOTHING", (made,))
        return made
    found: UUID = row[0]
    return found


def endpoint_from(row: dict[str, Any]) -> Endpoint:
    """Return the endpoint of a row that has at least COLUMNS."""
    return Endpoint(
        endpoint_id=row["endpoint_id"],
        settings=Settings(
            url=row["url"],
            description=row["description"],
            filter=Filter(**{name: tuple(row[name]) for name in ("types", "rules", "grids", "departments")}),
            private_host=row["private_host"],
            parallel=row["parallel"],
        ),
        fare=Fare(
            failures=row["failures"],
            slowness=row["slowness"],
            paused_until=row["paused_until"],
            failing_since=row["failing_since"],
        ),
        **{
            name: row[name]
            for name in (
                *("active", "cursor", "created_at", "created_by", "key_check", "rotated_at", "previous_until"),
                *("disabled_reason", "disabled_at", "last_success_at", "last_attempt_at", "last_error", "revision"),
            )
        },
    )


def _begin_anew(connection: Connection[Any], endpoint_id: UUID) -> None:
    """Forget how an endpoint fared, and let what waits be due at once, with all its time before it."""
    connection.execute(
        """UPDATE delivery_endpoints SET failures = 0, slowness = 0, paused_until = NULL, failing_since = NULL,
               last_error = NULL WHERE endpoint_id = %s""",
        (endpoint_id,),
    )
    connection.execute(
        """UPDATE deliveries SET next_at = NULL, first_tried_at = NULL, refusals = 0
           WHERE endpoint_id = %s AND state = 'pending'""",
        (endpoint_id,),
    )
    connection.execute(
        """UPDATE procrastinate_jobs SET scheduled_at = NULL
           WHERE queue_name = %s AND status = 'todo' AND scheduled_at IS NOT NULL""",
        (str(endpoint_id),),
    )


def _chosen(settings: Settings) -> Sequence[Any]:
    chosen = settings.filter
    return (
        settings.url,
        settings.description,
        list(chosen.types),
        list(chosen.rules),
        list(chosen.grids),
        list(chosen.departments),
        settings.private_host,
        settings.parallel,
    )


def _said(settings: Settings) -> dict[str, Any]:
    """Return what the audit says of settings: an address may hold a key in its query, so that stays out."""
    names = ("url", "description", "types", "rules", "grids", "departments", "private_host", "parallel")
    said = dict(zip(names, _chosen(settings), strict=True))
    return {**said, "url": settings.url.partition("?")[0]}


def _note(
    connection: Connection[Any], actor: Actor, action: str, endpoint_id: UUID, at: datetime, detail: dict[str, Any]
) -> None:
    note(connection, actor, action, f"endpoint/{endpoint_id}", at=at, detail=detail)
