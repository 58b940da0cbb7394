"""What a judging answered in; which alerts on record are meant by it, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from hub.tuning.recorded import Recorded, name_recorded, sought

if TYPE_CHECKING:
    from psycopg import Connection

    from hub.tuning.recorded import Sought


def look_up_recorded(connection: Connection[Any], answer: Any) -> None:
    """Write into each alert that an answer tells of which recorded one it is, None where it is none of them."""
    what = sought(answer)
    if what is not None:
        name_recorded(answer, recorded_alerts(connection, what))


def recorded_alerts(connection: Connection[Any], what: Sought) -> list[Recorded]:
    """Return the alerts whose lives touch the span that is sought, in order of raising."""
    with connection.cursor(row_factory=class_row(Recorded)) as cursor:
        return cursor.execute(
            """
            SELECT alert_id, rule, subject, since, raised_at, cleared_at
            FROM alerts
            WHERE rule = ANY(%(rules)s) AND grid = ANY(%(grids)s)
              AND (cleared_at IS NULL OR cleared_at >= %(since)s)
              AND (%(until)s::timestamptz IS NULL OR since <= %(until)s)
            ORDER BY raised_at, alert_id
            """,
            {"rules": list(what.rules), "grids": list(what.grids), "since": what.since, "until": what.until},
        ).fetchall()
