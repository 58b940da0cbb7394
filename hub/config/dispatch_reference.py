"""What docs/dispatch.md says of the dispatch file and of the shipped plan, made from the code and from the plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from detectors.finding import Severity
from hub.cases.plan import Limit, Match, Plan
from hub.config import dispatch_table, dispatch_time
from hub.config.dispatch_document import tell_text
from hub.config.dispatch_file import DispatchFile
from hub.config.load_dispatch import load_dispatch
from ingest.city import City, Grid

# Where each part stands in the file, in its order.
PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("", DispatchFile),
    ("departments[]", dispatch_table.DepartmentEntry),
    ("squads[]", dispatch_table.SquadEntry),
    ("categories", dispatch_table.CategoriesEntry),
    ("categories.entries[]", dispatch_table.CategoryEntry),
    ("routes[]", dispatch_table.RouteEntry),
    ("….match", dispatch_table.MatchEntry),
    ("routes[].to", dispatch_table.TargetEntry),
    ("deadlines[]", dispatch_table.ConditionEntry),
    ("deadlines[].limits.SEVERITY", dispatch_table.LimitEntry),
    ("working_time", dispatch_time.WorkingTimeEntry),
    ("working_time.calendars[]", dispatch_time.YearEntry),
    ("escalation", dispatch_time.EscalationEntry),
    ("escalation.….LEVEL", dispatch_time.StepEntry),
    ("lease", dispatch_time.LeaseEntry),
    ("campaigns[]", dispatch_table.CampaignEntry),
)


def settings_table() -> str:
    """Return every setting of the dispatch file with default and meaning, as a Markdown table."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for where, model in PARTS:
        for name, field in model.model_fields.items():
            setting = f"{where}.{name}" if where else name
            lines.append(f"| `{setting}` | {_default(field)} | {_cell(field.description or '')} |")
    return "\n".join(lines)


def departments_table() -> str:
    """Return the shipped departments, as a Markdown table."""
    lines = ["| department | 名称 | name | level | kind |", "|---|---|---|---|---|"]
    for one in _shipped().departments.values():
        level = one.level.value if one.regular else "X"
        lines.append(f"| `{one.department_id}` | {one.name.zh} | {one.name.en} | {level} | `{one.kind}` |")
    return "\n".join(lines)


def routes_table() -> str:
    """Return the shipped table of routes, as a Markdown table."""
    lines = ["| route | for | leads to | calls in |", "|---|---|---|---|"]
    for one in _shipped().routes:
        level = f", {one.level} level" if one.level else ", at the level asked" if one.kind else ""
        called = ", ".join(f"`{department}`" for department in one.calls_in)
        lines.append(f"| `{one.route_id}` | {_match(one.match)} | `{one.department or one.kind}`{level} | {called} |")
    return "\n".join(lines)


def deadlines_table() -> str:
    """Return the shipped filing conditions with their limits, as a Markdown table."""
    severities = " | ".join(severity.value for severity in Severity)
    lines = [f"| filing condition | for | {severities} | comes back within |", "|---|---|---|---|---|---|---|"]
    for one in _shipped().deadlines:
        limits = " | ".join(_limit(one.limits[severity]) for severity in Severity)
        back = f"{one.reopen_within_s / 86400:g} days"
        lines.append(f"| `{one.condition_id}` {one.name.zh} | {_match(one.match)} | {limits} | {back} |")
    return "\n".join(lines)


def escalation_table() -> str:
    """Return what the shipped plan does with cases that run late, as a Markdown table."""
    plan = _shipped()
    share = f"{plan.warn_share:.0%}"
    lines = [f"| level of the case | at {share} | told | at 100% | told |", "|---|---|---|---|---|"]
    for level, warned in plan.escalation.warned.items():
        overdue = plan.escalation.overdue[level]
        cells = []
        for step in (warned, overdue):
            cells.append("stays" if step.to is level else f"raised to the {step.to} level")
            cells.append(", ".join(f"`{tell_text(tell)}`" for tell in step.tell))
        lines.append(f"| {level} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shipped() -> Plan:
    grid = Grid(grid_id="01", name="")
    city = City(
        name="", timezone="Asia/Shanghai", latitude=0, longitude=0, grids={"01": grid}, devices={}
    )  # the shipped plan names nothing of a city
    return load_dispatch(None, city).plan


def _match(match: Match) -> str:
    parts = {name: sorted(map(str, getattr(match, name))) for name in Match.__slots__}
    named = ", ".join(
        f"`{value}.*`" if part == "domains" else f"`{value}`" for part, values in parts.items() for value in values
    )
    return named or "everything else"


def _limit(limit: Limit) -> str:
    return f"{limit.limit_s / 3600:g} h {limit.clock}"


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.default if field.default is not PydanticUndefined else field.default_factory()
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        return "as below"
    return f"`{json.dumps(value, ensure_ascii=False)}`" if value not in ([], {}) else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").rstrip(".")


def parts() -> Iterator[tuple[str, Any]]:
    """Yield each generated part of docs/dispatch.md: its name and what makes it."""
    yield "departments", departments_table
    yield "routes", routes_table
    yield "deadlines", deadlines_table
    yield "escalation", escalation_table
    yield "settings", settings_table
