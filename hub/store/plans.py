"""Every dispatch plan that the hub ran with, under its version: a case names the one that it was dispatched by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection

from hub.store.rows import as_jsonb


def save_plan(connection: Connection[Any], version: str, document: Mapping[str, Any]) -> bool:
    """Keep a plan; return whether its version is a new one."""
    return bool(
        connection.execute(
            """INSERT INTO dispatch_plans (version, stored_at, plan)
               VALUES (%s, clock_timestamp(), %s) ON CONFLICT DO NOTHING""",
            (version, as_jsonb(dict(document))),
        ).rowcount
    )


def plan_versions(connection: Connection[Any], limit: int = 100) -> list[tuple[str, datetime]]:
    """Return version and time of storing of the latest `limit` plans, the latest first."""
    return connection.execute(
        "SELECT version, stored_at FROM dispatch_plans ORDER BY stored_at DESC, version LIMIT %s", (limit,)
    ).fetchall()


def stored_plan(connection: Connection[Any], version: str) -> dict[str, Any] | None:
    """Return the plan of that version, or None where the hub never ran with it."""
    row = connection.execute("SELECT plan FROM dispatch_plans WHERE version = %s", (version,)).fetchone()
    return None if row is None else dict(row[0])
