"""The plan and a question go in; where it would go, by when, and what was looked at on the way, come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from detectors.finding import Severity
from detectors.rules import RULES
from hub.cases.deadline import Due, due
from hub.cases.level import ClockKind, Level
from hub.cases.matching import Matter, with_category
from hub.cases.plan import Plan
from hub.cases.routing import Considered, Route, route_matter
from hub.dispatch.document import instant
from ingest.city import City


class BadQuestion(ValueError):
    """What was asked about does not exist; `part` is which part of the question, the message says what would."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where `matter` would go if it were filed at `at`, by when, and what was looked at on the way."""

    matter: Matter
    at: datetime
    route: Route
    considered: tuple[Considered, ...]
    due: Due
    plan_version: str


def ask(plan: Plan, matter: Matter, *, level: Level | None, clock: ClockKind | None, at: datetime) -> Answer:
    """Return where `matter` would go at the instant `at`, and why; `clock` overrides that of the filing condition."""
    found, considered = route_matter(plan, matter, level=level, at=at)
    by = due(plan, condition=found.condition, severity=matter.severity, from_=at, clock=clock)
    return Answer(
        matter=with_category(plan, matter),
        at=at,
        route=found,
        considered=considered,
        due=by,
        plan_version=plan.version,
    )


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return where something would go, and why, as JSON-ready data."""
    found, matter, due = answer.route, answer.matter, answer.due
    return {
        "plan_version": answer.plan_version,
        "matter": {
            "rule": matter.rule,
            "category": matter.category,
            "severity": matter.severity.value,
            "grid": matter.grid,
            "district": matter.district,
            "zone": matter.zone,
            "zone_kind": matter.zone_kind,
        },
        "department": found.department,
        "squad": found.squad,
        "level": found.level.value,
        "condition": found.condition,
        "called_in": list(found.called_in),
        "campaigns": list(found.campaigns),
        "reason": {"why": found.reason.why.value, "route": found.reason.route_id, "text": found.reason.text},
        "considered": [{"route": one.route_id, "against": one.against} for one in answer.considered],
        "deadline": {
            "clock": due.clock.value,
            "limit_s": due.limit_s,
            "warn_at": instant(due.warn_at),
            "due_at": instant(due.due_at),
            "unknown_years": list(due.unknown_years),
        },
    }


def described(
    plan: Plan,
    city: City,
    *,
    rule: str | None,
    category: str | None,
    grid: str,
    zone: str | None,
    severity: Severity = Severity.MINOR,
) -> Matter:
    """Return what is to be dispatched from words that a person gave; raise BadQuestion for one that means nothing."""
    if rule is not None and rule not in RULES:
        raise BadQuestion("rule", f"there is no rule {rule}{_meant(rule, list(RULES))}")
    require_category(plan, category)
    if grid not in city.grids:
        raise BadQuestion("grid", f"there is no grid {grid}{_meant(grid, list(city.grids))}")
    kind = None
    if zone is not None:
        zones = {one.zone_id: (one.kind.value, camera.grid) for camera in city.cameras.values() for one in camera.zones}
        if zone not in zones:
            raise BadQuestion("zone", f"there is no zone {zone}{_meant(zone, list(zones))}")
        kind, lies_in = zones[zone]
        if lies_in != grid:
            raise BadQuestion("zone", f"zone {zone} lies in grid {lies_in}, not in {grid}")
    return Matter(
        rule=rule,
        category=category,
        grid=grid,
        district=city.grids[grid].district,
        severity=severity,
        zone=zone,
        zone_kind=kind,
    )


def require_category(plan: Plan, category: str | None) -> None:
    """Raise BadQuestion for a category that the plan does not have."""
    if category is not None and category not in plan.categories:
        raise BadQuestion("category", f"there is no category {category}{_meant(category, list(plan.categories))}")


def _meant(given: str, known: list[str]) -> str:
    near = get_close_matches(given, known, n=1, cutoff=0.6)
    return f"; is {near[0]} meant?" if near else ""
