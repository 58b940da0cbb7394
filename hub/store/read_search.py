"""Search over what the database holds: words and a reach in, the newest alerts that they fit out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.store.rows import ALERT_SELECT, alert_from_row


def contains(text: str) -> str:
    """Return the LIKE pattern of what contains `text`, its wildcards taken as they are written."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def search_alerts(
    connection: Connection[Any],
    text: str,
    *,
    subjects: Sequence[str],
    rules: Sequence[str],
    grids: Sequence[str] | None,
    limit: int,
) -> list[Alert]:
    """Return the newest alerts whose id begins with `text`, whose subject contains it or is one of `subjects`.

    `rules` are those that `text` means by name. An alert's reason is searched too: it is what operators remember.
    """
    rows = connection.execute(
        f"""SELECT {ALERT_SELECT} FROM alerts
            WHERE (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
              AND (subject = ANY(%(subjects)s) OR rule = ANY(%(rules)s) OR subject ILIKE %(contains)s
                   OR alert_id::text LIKE %(begins)s OR reason ->> 'text' ILIKE %(contains)s)
            ORDER BY raised_at DESC, alert_id DESC LIMIT %(limit)s""".encode(),
        {
            "grids": None if grids is None else list(grids),
            "subjects": list(subjects),
            "rules": list(rules),
            "contains": contains(text),
            "begins": contains(text.lower())[1:],
            "limit": limit,
        },
    )
    return [alert_from_row(row) for row in rows]
