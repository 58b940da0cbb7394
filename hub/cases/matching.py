"""What a case is and where go in with a Match, whether it fits, or what speaks against it, comes out; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detectors.finding import Severity
from hub.cases import category
from hub.cases.plan import Match, Plan
from ingest.city import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is to be dispatched, as far as the plan asks: what it is, how bad, and where."""

    rule: str | None
    grid: str
    district: str
    category: str | None = None
    severity: Severity = Severity.MINOR
    zone: str | None = None
    zone_kind: str | None = None


def with_category(plan: Plan, matter: Matter) -> Matter:
    """Return `matter` with the category that the plan gives to its rule, unless it has one."""
    return matter if matter.category else replace(matter, category=category.code(plan, matter.rule))


def against(match: Match, matter: Matter) -> str | None:
    """Return the first part of `match` that does not fit, for people, or None where everything fits."""
    if not fits_subject(match, matter.rule, matter.category):
        return f"it is not for {matter.rule or matter.category or 'a case without rule and category'}"
    for wanted, have, what in (
        (match.severities, matter.severity, "severity"),
        (match.zones, matter.zone, "zone"),
        (match.zone_kinds, matter.zone_kind, "kind of zone"),
        (match.grids, matter.grid, "grid"),
        (match.districts, matter.district, "district"),
    ):
        if wanted and have not in wanted:
            return f"it is for {what} {', '.join(sorted(wanted))}, not {have or 'none'}"
    return None


def fits_subject(match: Match, rule: str | None, category: str | None) -> bool:
    """Tell whether `match` is for a case of that rule and category, wherever it is."""
    if not (match.rules or match.domains or match.categories):
        return True
    domain = rule.partition(".")[0] if rule else None
    return rule in match.rules or domain in match.domains or category in match.categories


def lines_naming(plan: Plan, zone: str) -> tuple[str, ...]:
    """Return what in the plan is for this zone by name: it must not be taken away before the plan is changed."""
    tables = (
        *(("route", one.route_id, one.match) for one in plan.routes),
        *(("filing condition", one.condition_id, one.match) for one in plan.deadlines),
        *(("campaign", one.campaign_id, one.match) for one in plan.campaigns),
    )
    return tuple(f"{what} {name}" for what, name, match in tables if zone in match.zones)


def zone_of(city: City, subject: str | None, camera_id: str | None) -> tuple[str | None, str | None]:
    """Return id and kind of the zone in which an alert's `subject` lies ("zone@x,y"); (None, None) for any other."""
    camera = city.cameras.get(camera_id or "")
    if camera is None or not subject:
        return None, None
    name = subject.rpartition("@")[0] or subject
    found = next((zone for zone in camera.zones if zone.zone_id == name), None)
    return (None, None) if found is None else (found.zone_id, found.kind.value)
