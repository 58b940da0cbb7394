"""A case, the plan and the time go in; what the clock asks to be done to it now, as orders, comes out.

Four things come by themselves when their time has come: a suspension ends, a taker's lease lapses, a case is warned of
and it is overdue. The last two may raise it to a higher level, and say who is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.cases.case import Case, Deadline
from hub.cases.deadline import resumed
from hub.cases.level import Level
from hub.cases.matching import zone_of
from hub.cases.orders import Escalate, Lapse, Order, Overdue, Resume, Warn
from hub.cases.plan import Plan, Tell
from hub.cases.plan import Step as PlanStep
from hub.cases.routing import route
from hub.cases.stage import Stage, Suspension
from ingest.city import City

RUNNING = frozenset({Stage.FILED, Stage.DISPATCHED, Stage.HANDLING})
NOBODY_YET = "role:dispatcher"  # has a case that was filed and not dispatched


class What(StrEnum):
    """What comes by itself, in the order in which it is done where several things come at one instant."""

    RESUME = "resume"
    LAPSE = "lapse"
    WARN = "warn"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Coming:
    """What comes by itself, and when."""

    at: datetime
    rank: int
    what: What


def next_coming(case: Case) -> Coming | None:
    """Return what comes next by itself for `case`; None where nothing does."""
    return min(_coming(case), default=None)


def orders_for(plan: Plan, city: City, case: Case, coming: Coming, *, by: str, at: datetime) -> list[Order]:
    """Return the orders that carry out `coming` at the instant `at`, which may be later when nobody ran."""
    match coming.what:
        case What.RESUME:
            return [Resume(by=by, at=at, deadline=after_suspension(plan, case, coming.at))]
        case What.LAPSE:
            return [Lapse(by=by, at=at)]
        case What.WARN:
            step = plan.escalation.warned[case.level]
            told = told_of(plan, city, case, step, at)
            first: Order = Warn(by=by, at=at, told=told)
        case What.OVERDUE:
            step = plan.escalation.overdue[case.level]
            told = told_of(plan, city, case, step, at)
            first = Overdue(by=by, at=at, told=told)
    present = case.escalated_to or case.level
    return [first] if step.to.rank <= present.rank else [first, Escalate(by=by, at=at, to=step.to, told=told)]


def told_of(plan: Plan, city: City, case: Case, step: PlanStep, at: datetime) -> tuple[str, ...]:
    """Return who is told, each once: "role:supervisor", "department:city-environment"."""
    return tuple(dict.fromkeys(name for tell in step.tell for name in _names(plan, city, case, tell, step.to, at)))


def _coming(case: Case) -> Iterator[Coming]:
    suspended = case.suspension is Suspension.SUSPENDED
    running = case.stage in RUNNING and not suspended
    for holds, at, what in (
        (suspended, case.suspended_until, What.RESUME),
        (case.stage is Stage.HANDLING and not suspended, case.taken_until, What.LAPSE),
        (running and not case.warned, case.warn_at, What.WARN),
        (running and not case.overdue, case.due_at, What.OVERDUE),
    ):
        if holds and at is not None:
            yield Coming(at=at, rank=list(What).index(what), what=what)


def after_suspension(plan: Plan, case: Case, ended_at: datetime) -> Deadline | None:
    """Return the deadline with what was left of the time when the suspension began; None where there is none."""
    return None if case.suspended_at is None else deadline_after(plan, case, since=case.suspended_at, until=ended_at)


def deadline_after(plan: Plan, case: Case, *, since: datetime, until: datetime) -> Deadline | None:
    """Return the deadline of `case` after its clock stood still between the two; None where it has none."""
    if case.clock is None or case.warn_at is None or case.due_at is None:
        return None
    return Deadline(
        clock=case.clock,
        warn_at=resumed(plan, clock=case.clock, at=until, suspended_at=since, was_due=case.warn_at),
        due_at=resumed(plan, clock=case.clock, at=until, suspended_at=since, was_due=case.due_at),
        condition=case.condition,
    )


def _names(plan: Plan, city: City, case: Case, tell: Tell, to: Level, at: datetime) -> Iterator[str]:
    if tell.role is not None:
        yield f"role:{tell.role}"
    elif tell.department is not None:
        yield f"department:{tell.department}"
    elif tell.handling:
        yield NOBODY_YET if case.department is None else f"department:{case.department}"
    elif tell.above:
        level = case.level.above
        while level is not None and level.rank <= to.rank:
            if (department := _department_at(plan, city, case, level, at)) is not None:
                yield f"department:{department}"
            level = level.above


def _department_at(plan: Plan, city: City, case: Case, level: Level, at: datetime) -> str | None:
    zone, zone_kind = zone_of(city, case.subject, case.camera_id)
    return route(
        plan,
        rule=case.rule,
        category=case.category,
        grid=case.grid,
        district=case.district,
        zone=zone,
        zone_kind=zone_kind,
        severity=case.severity,
        level=level,
        at=at,
    ).department
