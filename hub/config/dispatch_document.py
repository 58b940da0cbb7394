"""A plan goes in; the same as JSON-ready data, and the version that names its meaning, come out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hub.cases.plan import Limit, Match, Name, Plan, Step, Tell


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the whole plan but its version: what is hashed, stored and served."""
    working = plan.working
    return {
        "departments": [
            {
                "id": one.department_id,
                "name": _name(one.name),
                "kind": one.kind,
                "level": one.level.value,
                "regular": one.regular,
                "districts": sorted(one.districts),
            }
            for one in plan.departments.values()
        ],
        "squads": [
            {
                "id": one.squad_id,
                "name": _name(one.name),
                "department": one.department,
                "grids": sorted(one.grids),
                "districts": sorted(one.districts),
            }
            for one in plan.squads.values()
        ],
        "categories": {
            "version": plan.categories_version,
            "entries": [
                {
                    "code": one.code,
                    "name": _name(one.name),
                    "group": _name(one.group),
                    "rules": sorted(one.rules),
                    "reportable": one.reportable,
                    "description": None if one.description is None else _name(one.description),
                    "keywords": list(one.keywords),
                }
                for one in plan.categories.values()
            ],
        },
        "routes": [
            {
                "id": one.route_id,
                "match": _match(one.match),
                "department": one.department,
                "kind": one.kind,
                "level": None if one.level is None else one.level.value,
                "squad": one.squad,
                "calls_in": list(one.calls_in),
            }
            for one in plan.routes
        ],
        "usual_level": plan.usual_level.value,
        "deadlines": [
            {
                "id": one.condition_id,
                "name": _name(one.name),
                "match": _match(one.match),
                "filing": None if one.filing is None else _name(one.filing),
                "closing": None if one.closing is None else _name(one.closing),
                "limits": {severity.value: _limit(limit) for severity, limit in one.limits.items()},
                "reopen_within_s": one.reopen_within_s,
            }
            for one in plan.deadlines
        ],
        "working_time": {
            "timezone": working.timezone.key,
            "hours": [[opens.strftime("%H:%M"), closes.strftime("%H:%M")] for opens, closes in working.hours],
            "weekdays": sorted(working.weekdays),
            "years": sorted(working.years),
            "holidays": [day.isoformat() for day in sorted(working.holidays)],
            "workdays": [day.isoformat() for day in sorted(working.workdays)],
        },
        "escalation": {
            "warn_share": plan.warn_share,
            "warned": {level.value: _step(step) for level, step in plan.escalation.warned.items()},
            "overdue": {level.value: _step(step) for level, step in plan.escalation.overdue.items()},
        },
        "lease": {"usual_s": plan.lease.usual_s, "most_s": plan.lease.most_s},
        "campaigns": [
            {
                "id": one.campaign_id,
                "name": _name(one.name),
                "begins": one.begins.isoformat(),
                "ends": one.ends.isoformat(),
                "match": _match(one.match),
                "calls_in": list(one.calls_in),
            }
            for one in plan.campaigns
        ],
        "public_rules": sorted(plan.public_rules),
        "districts": dict(sorted(plan.districts.items())),
    }


def plan_version(plan: Plan) -> str:
    """Return 12 hexadecimal digits of the SHA-256 of the plan's meaning."""
    text = json.dumps(plan_document(plan), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def tell_text(tell: Tell) -> str:
    """Return who is told, as the file writes it."""
    if tell.role is not None:
        return f"role:{tell.role}"
    if tell.department is not None:
        return f"department:{tell.department}"
    return "handling" if tell.handling else "above"


def _name(name: Name) -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}


def _match(match: Match) -> dict[str, list[str]]:
    parts = {name: sorted(map(str, getattr(match, name))) for name in Match.__slots__}
    return {name: values for name, values in parts.items() if values}


def _limit(limit: Limit) -> dict[str, Any]:
    return {"clock": limit.clock.value, "limit_s": limit.limit_s}


def _step(step: Step) -> dict[str, Any]:
    return {"to": step.to.value, "tell": [tell_text(tell) for tell in step.tell]}
