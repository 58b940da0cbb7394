"""How far a caller sees, as a condition in SQL: every query that returns what lies in a grid takes it from here.

Somebody who sees only some grids sees the alerts there.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import Reach

# To be written into a WHERE; its values come from `reach_values`.
ALERT_IN_REACH = "(%(reach_grids)s::text[] IS NULL OR alerts.grid = ANY(%(reach_grids)s::text[]))"


def reach_values(reach: Reach) -> dict[str, Any]:
    """Return the values that the conditions of this file need."""
    return {"reach_grids": reach.grid_list(), "reach_department": reach.department}


def may_see_alert(connection: Connection[Any], alert_id: UUID, reach: Reach) -> bool:
    """Tell whether an alert lies within `reach`."""
    query = f"SELECT 1 FROM alerts WHERE alert_id = %(alert_id)s AND {ALERT_IN_REACH}"
    return connection.execute(query.encode(), {"alert_id": alert_id, **reach_values(reach)}).fetchone() is not None
