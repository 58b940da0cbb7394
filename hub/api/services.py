"""The dispatch plan in, the services of GeoReport out: what citizens may report, in the plan's own categories; pure."""

from __future__ import annotations

from typing import Any

from hub.cases.category import reportable
from hub.cases.plan import Category, Plan


def services(plan: Plan) -> list[dict[str, Any]]:
    """Return what citizens may report, as GeoReport lists it."""
    return [service(category) for category in reportable(plan)]


def service(category: Category) -> dict[str, Any]:
    """Return one service. It has no attributes of its own, and a number is given at once."""
    description = category.description or category.name
    return {
        "service_code": category.code,
        "service_name": f"{category.name.zh} / {category.name.en}",
        "description": f"{description.zh} / {description.en}",
        "metadata": False,
        "type": "realtime",
        "keywords": ", ".join(category.keywords),
        "group": f"{category.group.zh} / {category.group.en}",
    }


def reportable_category(plan: Plan, code: str) -> Category | None:
    """Return the category of that code, if citizens may report it."""
    found = plan.categories.get(code)
    return found if found is not None and found.reportable else None
