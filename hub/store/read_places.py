"""The place of an alert in; what was there before it, alerts and cases, on other days and by other cameras, out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.cases.case import Case
from hub.cases.drafting import Before
from hub.cases.recurrence import REACH_M, cameras_in_reach, compare
from hub.cases.stage import Stage
from hub.people.caller import EVERYWHERE, Reach
from hub.store.reach import ALERT_IN_REACH, reach_values
from hub.store.read_cases import cases_with
from hub.store.rows import ALERT_SELECT, alert_from_row
from ingest.city import City

REMEMBERED = timedelta(days=400)  # a stall that comes back with the season is still the same
MOST = 5000  # candidates that are looked at
_NOT_BEFORE = (Stage.VOIDED, Stage.NOT_FILED, Stage.MERGED)


def alerts_at_place(
    connection: Connection[Any],
    city: City,
    alert: Alert,
    *,
    reach: Reach = EVERYWHERE,
    reach_m: float = REACH_M,
) -> list[Alert]:
    """Return the alerts of the same rule at the place of `alert`, itself among them, the latest first."""
    cameras = cameras_in_reach(city, alert, reach_m=reach_m)
    at_place = "camera_id = ANY(%(cameras)s)" if cameras else "subject = %(subject)s"
    query = f"""SELECT {ALERT_SELECT} FROM alerts
                WHERE rule = %(rule)s AND {at_place} AND raised_at >= %(since)s AND {ALERT_IN_REACH}
                ORDER BY raised_at DESC, alert_id DESC LIMIT %(most)s"""
    values = {
        "rule": alert.rule,
        "cameras": cameras,
        "subject": alert.subject,
        "since": alert.raised_at - REMEMBERED,
        "most": MOST,
        **reach_values(reach),
    }
    found = map(alert_from_row, connection.execute(query.encode(), values))
    return [other for other in found if compare(city, alert, other, reach_m=reach_m).is_same]


def before(connection: Connection[Any], city: City, alert: Alert, *, apart_from: Sequence[UUID] = ()) -> Before | None:
    """Return what was at the place of `alert` before as cases; None where it is new. Voided ones do not count."""
    at_place = [found.alert_id for found in alerts_at_place(connection, city, alert)]
    return before_of([case for case in cases_with(connection, at_place) if case.case_id not in apart_from])


def before_of(cases: Sequence[Case]) -> Before | None:
    """Return what those cases of one place, the latest first, are to the next one."""
    counted = [case for case in cases if case.stage not in _NOT_BEFORE]
    if not counted:
        return None
    return Before(history=counted[0].history, cases=len(counted), latest=counted[0].case_id)


def recently_closed(connection: Connection[Any], city: City, alert: Alert) -> Case | None:
    """Return the case at the place of `alert` that was closed last; None where there is none, or one is open."""
    at_place = [found.alert_id for found in alerts_at_place(connection, city, alert)]
    cases = [case for case in cases_with(connection, at_place) if case.stage not in _NOT_BEFORE]
    if not cases or any(case.is_open for case in cases):
        return None
    return max(cases, key=lambda case: (case.closed_at or case.opened_at, case.opened_at))
