"""A rule goes in, the city's category for it comes out: a versioned mapping that is data."""

from __future__ import annotations

from hub.cases.plan import Category, Plan


def code(plan: Plan, rule: str | None) -> str | None:
    """Return the code of the category to which alerts of `rule` belong; None where the plan has none.

    A category that names the rule itself goes before one that names its domain.
    """
    found = of_rule(plan, rule)
    return None if found is None else found.code


def of_rule(plan: Plan, rule: str | None) -> Category | None:
    """Return the category to which alerts of `rule` belong."""
    if rule is None:
        return None
    for name in (rule, rule.partition(".")[0]):
        for category in plan.categories.values():
            if name in category.rules:
                return category
    return None


def reportable(plan: Plan) -> tuple[Category, ...]:
    """Return the categories that citizens may report, in the plan's order."""
    return tuple(category for category in plan.categories.values() if category.reportable)
