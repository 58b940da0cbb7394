"""The plan and what is to be dispatched go in; department, squad, level, category and clock come out, with why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from detectors.finding import Severity
from hub.cases import campaign
from hub.cases.level import ClockKind, Level
from hub.cases.matching import Matter, against, with_category
from hub.cases.plan import Department, FilingCondition, Plan, RouteRule


class Why(StrEnum):
    """Why a route was chosen."""

    MATCHED = "matched"  # the first line of the table that fits
    FELL_TO_REST = "fell_to_rest"  # none fits but the last, which fits everything
    RAISED = "raised"  # nobody serves the place at the level asked for, somebody does at a higher one
    NOBODY = "nobody"  # the plan has no department for it at all


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteReason:
    """Why it goes where it goes: for a program (`why`, `route_id`) and for people (`text`)."""

    why: Why
    route_id: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a case goes. `department` is None only where the plan has none that could have it (Why.NOBODY).

    `condition` is the filing condition that sets its deadline, `clock` that deadline's. `called_in` are the X
    departments that come along, by the table of routes or by the running `campaigns`.
    """

    department: str | None
    squad: str | None
    level: Level
    category: str | None
    condition: str
    clock: ClockKind
    called_in: tuple[str, ...]
    campaigns: tuple[str, ...]
    reason: RouteReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One line of the table of routes that was looked at; `against` says why it was passed over, None: it was not."""

    route_id: str
    against: str | None


def route(
    plan: Plan,
    *,
    rule: str | None,
    grid: str,
    at: datetime,
    category: str | None = None,
    district: str | None = None,
    zone: str | None = None,
    zone_kind: str | None = None,
    level: Level | None = None,
    severity: Severity = Severity.MINOR,
) -> Route:
    """Return where a case goes at the instant `at`; the first line of the table of routes that fits wins.

    `rule` is None for a citizens' report, which has a `category`; one that is not given comes from the rule. `district`
    comes from the grid where it is not given. With a `level`, only what is handled there is looked at, and the levels
    above it where nobody there serves the place.
    """
    where = district if district is not None else plan.districts.get(grid, "")
    matter = Matter(
        rule=rule, grid=grid, district=where, category=category, severity=severity, zone=zone, zone_kind=zone_kind
    )
    return route_matter(plan, matter, level=level, at=at)[0]


def route_matter(
    plan: Plan, matter: Matter, *, level: Level | None, at: datetime
) -> tuple[Route, tuple[Considered, ...]]:
    """Return where `matter` goes, and each line of the table that was looked at on the way, in order."""
    matter = with_category(plan, matter)
    condition = condition_of(plan, matter)
    campaigns = tuple(campaign.running(plan, matter, at))
    looked_at: list[Considered] = []
    chosen = _choose(plan, matter, level, looked_at)
    comes_along = [one for each in campaigns for one in each.calls_in]
    if chosen is None:
        department, squad = None, None
        reason = RouteReason(why=Why.NOBODY, route_id=None, text="no line of the dispatch plan leads to a department")
    else:
        line, department, raised_from = chosen
        squad = line.squad or squad_of(plan, department.department_id, matter.grid, matter.district)
        reason = _reason(plan, line, department, raised_from)
        comes_along = [one for one in (*line.calls_in, *comes_along) if one != department.department_id]
    found = Route(
        department=None if department is None else department.department_id,
        squad=squad,
        level=(level or plan.usual_level) if department is None else department.level,
        category=matter.category,
        condition=condition.condition_id,
        clock=condition.limits[matter.severity].clock,
        called_in=tuple(dict.fromkeys(comes_along)),
        campaigns=tuple(each.campaign_id for each in campaigns),
        reason=reason,
    )
    return found, tuple(looked_at)


def condition_of(plan: Plan, matter: Matter) -> FilingCondition:
    """Return the filing condition of `matter`: the first that fits; the last fits everything."""
    return next((one for one in plan.deadlines if against(one.match, matter) is None), plan.deadlines[-1])


def department_for(plan: Plan, line: RouteRule, level: Level | None, district: str) -> Department | None:
    """Return the department to which `line` leads for a place in `district`, at `level` or where that is open."""
    if line.department is not None:
        named = plan.departments[line.department]
        return named if level in (None, named.level) and _serves(named, district) else None
    wanted = line.level or level or plan.usual_level
    if level not in (None, wanted):
        return None
    serving = [
        one
        for one in plan.departments.values()
        if one.kind == line.kind and one.level is wanted and one.regular and _serves(one, district)
    ]
    # One that names the district goes before one that serves them all.
    return min(serving, key=lambda one: not one.districts, default=None)


def squad_of(plan: Plan, department: str, grid: str, district: str) -> str | None:
    """Return the department's squad that works in the grid: one that names it before one of its district, or of all."""
    nearest = [
        (0 if grid in squad.grids else 1 if district in squad.districts else 2, squad_id)
        for squad_id, squad in plan.squads.items()
        if squad.department == department
        and (grid in squad.grids or district in squad.districts or not (squad.grids or squad.districts))
    ]
    return min(nearest, key=lambda each: each[0])[1] if nearest else None


def _choose(
    plan: Plan, matter: Matter, level: Level | None, looked_at: list[Considered]
) -> tuple[RouteRule, Department, Level | None] | None:
    for asked in _upwards(plan, level):
        for line in plan.routes:
            wrong = against(line.match, matter)
            if wrong is None:
                department = department_for(plan, line, asked, matter.district)
                if department is not None:
                    looked_at.append(Considered(route_id=line.route_id, against=None))
                    return line, department, None if asked is level else level or plan.usual_level
                wrong = _nobody(line, asked, matter.district)
            looked_at.append(Considered(route_id=line.route_id, against=wrong))
    return None


def _upwards(plan: Plan, level: Level | None) -> Iterator[Level | None]:
    """Yield the level asked for, or none, and then the levels above it."""
    yield level
    above = (level or plan.usual_level).above
    while above is not None:
        yield above
        above = above.above


def _serves(department: Department, district: str) -> bool:
    return not department.districts or district in department.districts


def _nobody(line: RouteRule, level: Level | None, district: str) -> str:
    if line.level is not None and level not in (None, line.level):
        return f"it is for the {line.level} level"
    who = line.department or line.kind
    where = f" at {level} level" if level else ""
    return f"{who} does not serve {'district ' + district if district else 'the place'}{where}"


def _reason(plan: Plan, line: RouteRule, department: Department, raised_from: Level | None) -> RouteReason:
    whither = f"{department.name.en} ({department.level} level)"
    if raised_from is not None:
        text = f"nobody at {raised_from} level has it; route {line.route_id!r} leads to {whither}"
        return RouteReason(why=Why.RAISED, route_id=line.route_id, text=text)
    if line is plan.routes[-1]:
        text = f"no other route fits; {line.route_id!r}, for all the rest, leads to {whither}"
        return RouteReason(why=Why.FELL_TO_REST, route_id=line.route_id, text=text)
    text = f"route {line.route_id!r} is the first that fits; it leads to {whither}"
    return RouteReason(why=Why.MATCHED, route_id=line.route_id, text=text)
