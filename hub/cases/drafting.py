"""Alerts, or a place somebody named, in; the draft of a case about them out; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from detectors.finding import Severity
from hub.alerts.alert import Alert
from hub.cases.case import Case, Draft
from hub.cases.category import of_rule
from hub.cases.plan import Plan
from hub.cases.recurrence import ground_of
from hub.reports.masking import masked
from hub.reports.report import Report
from ingest.city import City

_WORST_FIRST = list(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was at a place before: the history that its cases share, how many of them there were, and the latest."""

    history: UUID
    cases: int
    latest: UUID


def leading(alerts: Sequence[Alert]) -> Alert:
    """Return the alert that a case of `alerts` is about in the first place: the worst, and of those the first."""
    return min(alerts, key=lambda alert: (_WORST_FIRST.index(alert.severity), alert.raised_at, str(alert.alert_id)))


def drafted(
    plan: Plan, city: City, alerts: Sequence[Alert], *, before: Before | None = None, title: str | None = None
) -> Draft:
    """Return the draft of a case about `alerts`, one or more; the leading one says what it is and where."""
    lead = leading(alerts)
    name, latitude, longitude = _where(city, lead)
    category = of_rule(plan, lead.rule)
    what = lead.rule if category is None else category.name.zh
    return Draft(
        title=title or f"{what} {name}",
        grid=lead.grid,
        district=district_of(city, lead.grid),
        severity=lead.severity,
        level=plan.usual_level,
        category=None if category is None else category.code,
        rule=lead.rule,
        subject=lead.subject,
        camera_id=lead.camera_id,
        latitude=latitude,
        longitude=longitude,
        place=name,
        alerts=tuple(dict.fromkeys(alert.alert_id for alert in alerts)),
        history=None if before is None else before.history,
        recurrences=0 if before is None else before.cases,
        previous=None if before is None else before.latest,
    )


def drafted_by_hand(
    plan: Plan,
    city: City,
    *,
    title: str,
    grid: str,
    severity: Severity,
    category: str | None,
    place: str,
    latitude: float | None,
    longitude: float | None,
) -> Draft:
    """Return the draft of a case that no alert tells of."""
    return Draft(
        title=title,
        grid=grid,
        district=district_of(city, grid),
        severity=severity,
        level=plan.usual_level,
        category=category,
        place=place,
        latitude=latitude,
        longitude=longitude,
    )


def drafted_from_reports(
    plan: Plan,
    city: City,
    reports: Sequence[Report],
    *,
    grid: str,
    severity: Severity | None = None,
    title: str | None = None,
) -> Draft:
    """Return the draft of a case that citizens' reports alone tell of; the first says what it is and where.

    A case goes into the feed, so the reporters' words go in with people's numbers hidden.
    """
    first = reports[0]
    address = masked(first.address)
    return Draft(
        title=title or f"{first.category_name} {address}".strip(),
        grid=grid,
        district=district_of(city, grid),
        severity=severity or Severity.MINOR,
        level=plan.usual_level,
        category=first.category,
        place=address,
        latitude=first.latitude,
        longitude=first.longitude,
        reports=tuple(dict.fromkeys(report.report_id for report in reports)),
        note="\n".join(dict.fromkeys(masked(report.description) for report in reports if report.description)),
        photos=tuple(dict.fromkeys(photo for report in reports for photo in report.photos)),
    )


def split_off(case: Case, draft: Draft) -> Draft:
    """Return the draft of what is split off from `case`, at its place where it has none itself."""
    return replace(
        draft,
        level=case.level,
        category=draft.category or case.category,
        latitude=case.latitude if draft.latitude is None else draft.latitude,
        longitude=case.longitude if draft.longitude is None else draft.longitude,
        place=draft.place or case.place,
        split_from=case.case_id,
    )


def district_of(city: City, grid: str) -> str:
    """Return the district that a grid lies in; empty where the city file names none."""
    return city.grids[grid].district if grid in city.grids else ""


def _where(city: City, alert: Alert) -> tuple[str, float | None, float | None]:
    """Return the name of the alert's place and its coordinates, as far as the city file has them."""
    if alert.camera_id is not None:
        camera = city.cameras.get(alert.camera_id)
        if camera is None:
            return alert.subject, None, None
        ground = ground_of(city, alert) or (camera.latitude, camera.longitude)
        return camera.name or alert.camera_id, *ground
    device = city.devices.get(alert.subject)
    if device is not None:
        return device.name or alert.subject, device.latitude, device.longitude
    circuit = city.circuits.get(alert.subject)
    lamps = [] if circuit is None else [city.devices[lamp] for lamp in circuit.lamps if lamp in city.devices]
    lamp = next((lamp for lamp in lamps if lamp.latitude is not None), None)
    name = alert.subject if circuit is None or not circuit.name else circuit.name
    return name, None if lamp is None else lamp.latitude, None if lamp is None else lamp.longitude
