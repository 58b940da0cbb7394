"""Takes a camera's id, gives how its zones were changed in the console, from the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection


def zone_changes(connection: Connection[Any], camera_id: str, *, limit: int) -> list[tuple[datetime, str, list[Any]]]:
    """Return the newest changes: when, by whom, and the zones after it as the city file has them."""
    rows = connection.execute(
        """SELECT at, actor, detail->'after' FROM audit WHERE target = %s AND action = 'zones.changed'
           ORDER BY id DESC LIMIT %s""",
        (f"camera/{camera_id}", limit),
    )
    return [(at, actor, after) for at, actor, after in rows]
