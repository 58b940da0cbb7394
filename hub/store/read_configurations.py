"""The configuration versions that the hub has run with, the latest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection


def configuration_versions(connection: Connection[Any], limit: int = 100) -> list[tuple[str, datetime]]:
    """Return version and time of storing of the latest `limit` configurations."""
    return connection.execute(
        "SELECT version, stored_at FROM configurations ORDER BY stored_at DESC, version LIMIT %s", (limit,)
    ).fetchall()
