"""A case, what somebody wants done to it, and the dispatch plan in; the whole order out, with what the plan adds; pure.

A dispatcher need not say which department, which squad and by when: the plan does. What is said goes before it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hub.cases import orders
from hub.cases.case import Case, Deadline
from hub.cases.deadline import due
from hub.cases.escalation import after_suspension, deadline_after
from hub.cases.level import Level
from hub.cases.matching import zone_of
from hub.cases.orders import Order
from hub.cases.plan import Plan
from hub.cases.routing import Route, route
from hub.cases.stage import Stage, Suspension
from hub.cases.steps import IllegalStep
from ingest.city import City


def planned(plan: Plan, city: City, case: Case, order: Order) -> Order:
    """Return `order` on `case` with what the plan says where nobody said otherwise; raise IllegalStep.

    A department or squad that the plan does not know is refused, so that nothing is sent to nobody.
    """
    if isinstance(order, orders.ReportDone | orders.Reroute):
        order = replace(order, resumed=_resumed(plan, case, order.at))
    match order:
        case orders.File():
            return _filed(plan, city, case, order)
        case orders.Dispatch():
            return _dispatched(plan, city, case, order)
        case orders.Reroute():
            return _rerouted(plan, city, case, order)
        case orders.CallIn():
            require_department(plan, order.department)
        case orders.Progress() if order.until is None and case.taken_until is not None:
            # A sign of life: the lease goes on, and never gets shorter by it.
            return replace(order, until=max(case.taken_until, order.at + timedelta(seconds=plan.lease.usual_s)))
        case orders.Resume():
            return replace(order, deadline=_resumed(plan, case, order.at))
        case orders.Rework() if order.deadline is None:
            return replace(order, resumed=_sent_back(plan, case, order.at))
        case orders.Reopen() if case.stage is Stage.CLOSED:
            return replace(order, deadline=deadline_of(plan, case, case.condition, order.at))
    return order


def route_of(plan: Plan, city: City, case: Case, *, at: datetime, level: Level | None, category: str | None) -> Route:
    """Return where the plan sends `case`."""
    zone, zone_kind = zone_of(city, case.subject, case.camera_id)
    return route(
        plan,
        rule=case.rule,
        category=category or case.category,
        grid=case.grid,
        district=case.district,
        zone=zone,
        zone_kind=zone_kind,
        severity=case.severity,
        level=level,
        at=at,
    )


def deadline_of(plan: Plan, case: Case, condition: str | None, at: datetime) -> Deadline:
    """Return the deadline of `case` if its clock begins at `at`."""
    found = due(plan, condition=condition, severity=case.severity, from_=at)
    return Deadline(clock=found.clock, condition=condition, warn_at=found.warn_at, due_at=found.due_at)


def require_department(plan: Plan, department: str, squad: str | None = None) -> None:
    """Raise IllegalStep for a department that is not in the plan, or a squad that is not one of its own."""
    if department not in plan.departments:
        raise IllegalStep(f"the dispatch plan has no department {department!r}; it has {_listed(plan.departments)}")
    if squad is None:
        return
    own = sorted(one.squad_id for one in plan.squads.values() if one.department == department)
    if squad not in own:
        raise IllegalStep(f"{department} has no squad {squad!r}; it has {_listed(own) or 'none'}")


def _resumed(plan: Plan, case: Case, at: datetime) -> Deadline | None:
    """Return the deadline of `case` if its suspension ends at `at`; None for one that is not suspended."""
    if case.suspension is not Suspension.SUSPENDED or case.suspended_until is None:
        return None
    return after_suspension(plan, case, min(at, case.suspended_until))


def _sent_back(plan: Plan, case: Case, at: datetime) -> Deadline | None:
    """Return the deadline of `case` if it is sent back at `at`: the clock stood while it waited to be looked at."""
    return None if case.done_at is None else deadline_after(plan, case, since=case.done_at, until=at)


def _filed(plan: Plan, city: City, case: Case, order: orders.File) -> orders.File:
    if order.category is not None and order.category not in plan.categories:
        raise IllegalStep(f"the dispatch plan has no category {order.category!r}")
    found = route_of(plan, city, case, at=order.at, level=order.level, category=order.category)
    return replace(
        order,
        category=order.category or case.category or found.category,
        level=order.level or found.level,
        deadline=order.deadline or deadline_of(plan, case, found.condition, order.at),
        plan_version=plan.version,
    )


def _dispatched(plan: Plan, city: City, case: Case, order: orders.Dispatch) -> orders.Dispatch:
    found = route_of(plan, city, case, at=order.at, level=order.level or case.level, category=None)
    department, squad = order.department, order.squad
    if not department:
        if found.department is None:
            raise IllegalStep(f"{found.reason.text}: say which department case {case.number} goes to")
        department, squad = found.department, squad or found.squad
    require_department(plan, department, squad)
    late = None if case.due_at is not None else deadline_of(plan, case, case.condition or found.condition, order.at)
    return replace(
        order,
        department=department,
        squad=squad,
        level=order.level or plan.departments[department].level,
        called_in=tuple(one for one in (*order.called_in, *found.called_in) if one != department),
        deadline=order.deadline or late,
        plan_version=plan.version,
    )


def _rerouted(plan: Plan, city: City, case: Case, order: orders.Reroute) -> orders.Reroute:
    require_department(plan, order.department, order.squad)
    level = order.level or plan.departments[order.department].level
    return replace(order, level=level, plan_version=plan.version)


def _listed(names: object) -> str:
    return ", ".join(sorted(names))  # type: ignore[call-overload]
