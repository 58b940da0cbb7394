"""The readings around an alert: what was measured before, while and after, with the limits it was judged by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.alerts.charts import charts_of, devices_of
from hub.api.context import CallerDep, HubDep, needs
from hub.api.model import Document
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_alerts import AlertId
from hub.dispatch.document import instant
from hub.people.scopes import Scope
from hub.store.profiles import profile_of
from hub.store.read_alerts import find_alert
from hub.store.read_series import series
from hub.tuning.baselines.document import expected

router = APIRouter(prefix=API, tags=["alerts"])
LONGEST = timedelta(days=60)


class Limit(Document):
    """A line across the chart."""

    kind: Literal["threshold", "low", "high", "usual"]
    value: float


class Curve(Document):
    """One quantity of one device."""

    device: str
    quantity: str = Field(description="The name carries the unit.")
    limits: list[Limit] = Field(description="What the alert was judged by then, where that is a line.")
    points: list[tuple[datetime, float, float, float]] = Field(description="[instant, lowest, mean, highest] per step.")


class Expected(Document):
    """What was usual, for an alert that was judged by a learnt profile."""

    subject: str = Field(description="Whose profile it is: a device, or the circuit of which it is the lamps' mean.")
    quantity: str
    profile: str = Field(description="The profile's version.")
    points: list[tuple[datetime, float, float, float]] = Field(
        description="[hour, lowest, median, highest expected] for each hour that was learnt."
    )


class Readings(Document):
    """The readings around an alert."""

    begin: datetime
    end: datetime
    step_s: float
    curves: list[Curve]
    expected: list[Expected] = Field(description="Empty for alerts that are judged by no profile.")


class ReadingsQuery(Document):
    """How much before and after."""

    before_s: float = Field(default=1800, ge=60, le=7 * 86400, description="Seconds before the condition began.")
    after_s: float = Field(default=900, ge=0, le=7 * 86400, description="Seconds after it cleared.")


@router.get(
    "/alerts/{alert_id}/readings",
    operation_id="readAlertReadings",
    summary="The readings around an alert",
    response_model=Readings,
    responses=problems(404, 422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def read_readings(
    hub: HubDep, caller: CallerDep, alert_id: AlertId, query: Annotated[ReadingsQuery, Query()]
) -> JSONResponse:
    """Return the quantities the alert was judged by; none for what only a camera saw. At most 600 points each.

    Beyond 36 hours the points are hourly. An alert that speaks for many devices shows the first twelve.
    """
    now = hub.now()
    with hub.pool.session() as connection:
        found = find_alert(connection, alert_id, caller.reach)
        if found is None:
            raise Problem("not-found", f"there is no alert {alert_id}")
        alert, charts = found.alert, charts_of(found.alert)
        begin = alert.since - timedelta(seconds=query.before_s)
        until = now if alert.cleared_at is None else alert.cleared_at + timedelta(seconds=query.after_s)
        end = max(min(until, now, begin + LONGEST), begin + timedelta(seconds=1))
        step, points = series(
            connection,
            devices_of(alert),
            [chart.quantity.value for chart in charts],
            begin=begin,
            end=end,
        )
        version = alert.reason.numbers.get("profile")
        profile = profile_of(connection, version) if isinstance(version, str) else None
    return JSONResponse(
        {
            "begin": instant(begin),
            "end": instant(end),
            "step_s": step.total_seconds(),
            "curves": [
                {
                    "device": device,
                    "quantity": chart.quantity.value,
                    "limits": [{"kind": limit.kind, "value": limit.value} for limit in chart.limits],
                    "points": [
                        [instant(point.at), point.low, point.mean, point.high]
                        for point in points.get((device, chart.quantity.value), ())
                    ],
                }
                for chart in charts
                for device in devices_of(alert)
                if points.get((device, chart.quantity.value))
            ],
            "expected": []
            if profile is None
            else [
                {
                    "subject": profile.subject,
                    "quantity": profile.quantity.value,
                    "profile": profile.version,
                    "points": [
                        [instant(hour), low, median, high]
                        for hour, low, median, high in expected(profile, hub.configuration, begin, end)
                    ],
                }
            ],
        }
    )
