"""A report, the city and the plan in, what it probably repeats out: asks the store, lets pure code judge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hub.cases.category import of_rule
from hub.cases.plan import Plan
from hub.distance import Position
from hub.people.caller import Reach
from hub.reports.duplicates import WEIGHING, Kind, Likely, Thing, likely
from hub.reports.report import Report
from hub.store.read_reports import AlertNear, alerts_near, cases_and_reports_near
from ingest.city import City

if TYPE_CHECKING:
    from psycopg import Connection


def find_likely(connection: Connection[Any], report: Report, city: City, plan: Plan, reach: Reach) -> list[Likely]:
    """Return what `report` probably tells of too, as far as `reach` goes."""
    position = _position(report.longitude, report.latitude)
    about = Thing(
        kind=Kind.REPORT,
        thing_id=report.report_id,
        title=report.category_name,
        since=report.received_at,
        position=position,
        grid=report.grid,
        category=report.category,
        group=_group(plan, report.category),
    )
    # Somebody stands on one side of a street and the grid ends in its middle: a position is looked for in every grid.
    grids = None if position is not None else [report.grid or ""]
    near = alerts_near(connection, report.received_at, apart=WEIGHING.apart, reach=reach, grids=grids)
    things = [_of_alert(alert, city, plan) for alert in near]
    things += [
        replace(thing, group=_group(plan, thing.category))
        for thing in cases_and_reports_near(
            connection,
            position,
            report.grid,
            report.received_at,
            radius_m=WEIGHING.far_m,
            apart=WEIGHING.apart,
            reach=reach,
        )
    ]
    return likely(about, things)


def place_of(city: City, subject: str, camera_id: str | None) -> Position | None:
    """Return where an alert's subject lies: the device, the camera, or the middle of a circuit's lamps."""
    thing = city.devices.get(subject) or city.cameras.get(camera_id or subject)
    if thing is not None:
        return _position(thing.longitude, thing.latitude)
    circuit = city.circuits.get(subject)
    if circuit is None:
        return None
    lamps = [city.devices[lamp] for lamp in circuit.lamps]
    spots = [(one.longitude, one.latitude) for one in lamps if one.longitude is not None and one.latitude is not None]
    if not spots:
        return None
    return sum(east for east, _ in spots) / len(spots), sum(north for _, north in spots) / len(spots)


def _of_alert(alert: AlertNear, city: City, plan: Plan) -> Thing:
    category = of_rule(plan, alert.rule)
    return Thing(
        kind=Kind.ALERT,
        thing_id=alert.alert_id,
        title=f"{alert.rule} {alert.subject}",
        since=alert.since,
        until=alert.until,
        position=place_of(city, alert.subject, alert.camera_id),
        grid=alert.grid,
        category=category.code if category else None,
        group=category.group.en if category else None,
    )


def _group(plan: Plan, code: str | None) -> str | None:
    category = plan.categories.get(code or "")
    return category.group.en if category else None


def _position(longitude: float | None, latitude: float | None) -> Position | None:
    return None if longitude is None or latitude is None else (longitude, latitude)
