"""How far a caller sees, as a condition in SQL: every query that returns what lies in a grid takes it from here.

Somebody who sees only some grids sees the alerts there, and those that belong to a case they see: a case of their
grids, and of their department where they have one, may gather alerts from beyond.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import Reach

# To be written into a WHERE; its values come from `reach_values`.
ALERT_IN_REACH = """(%(reach_grids)s::text[] IS NULL OR alerts.grid = ANY(%(reach_grids)s::text[]) OR EXISTS (
    SELECT 1 FROM case_alerts JOIN cases USING (case_id)
    WHERE case_alerts.alert_id = alerts.alert_id AND cases.grid = ANY(%(reach_grids)s::text[])
          AND (%(reach_department)s::text IS NULL OR %(reach_department)s = ANY(cases.departments))))"""

CASE_IN_REACH = """(%(reach_grids)s::text[] IS NULL OR cases.grid = ANY(%(reach_grids)s::text[]))
    AND (%(reach_department)s::text IS NULL OR cases.departments @> ARRAY[%(reach_department)s::text])"""


def reach_values(reach: Reach) -> dict[str, Any]:
    """Return the values that the conditions of this file need."""
    return {"reach_grids": reach.grid_list(), "reach_department": reach.department}


def may_see_alert(connection: Connection[Any], alert_id: UUID, reach: Reach) -> bool:
    """Tell whether an alert lies within `reach`."""
    query = f"SELECT 1 FROM alerts WHERE alert_id = %(alert_id)s AND {ALERT_IN_REACH}"
    return connection.execute(query.encode(), {"alert_id": alert_id, **reach_values(reach)}).fetchone() is not None
