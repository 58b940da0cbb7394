"""Takes a case and a legal order, gives what the order changes besides the stage; raises where its words forbid it.

The stage, the last step and the revision are `lifecycle.py`'s; here is what each order asks for and leaves
behind; pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from detectors.finding import Severity
from hub.cases import orders
from hub.cases.case import Case, Evaluation, require_aware
from hub.cases.orders import Order
from hub.cases.stage import Stage, Suspension
from hub.cases.standstill import NO_SUSPENSION, going_on, move_deadline, resumed, set_deadline

T = TypeVar("T")


class IllegalStep(ValueError):
    """The order makes no sense for the case as it stands; the message says which and why."""


def take_step(case: Case, order: Order) -> Case:
    """Return `case` with what `order` changes; raise IllegalStep."""
    return _STEPS[type(order)](case, order)


def _file(case: Case, order: orders.File) -> Case:
    return replace(
        case,
        filed_at=case.filed_at or order.at,
        category=order.category or case.category,
        level=order.level or case.level,
        plan_version=order.plan_version or case.plan_version,
        **set_deadline(order.deadline),
    )


def _not_file(case: Case, order: orders.NotFile) -> Case:
    return replace(case, ended_reason=_words(order, "not filing it"), closed_at=order.at, **NO_SUSPENSION)


def _send(case: Case, order: orders.Dispatch | orders.Reroute) -> Case:
    if not order.department:
        raise IllegalStep(f"say which department case {case.number} goes to")
    comes_along = order.called_in if isinstance(order, orders.Dispatch) else ()
    called_in = tuple(one for one in _with(case.called_in, comes_along) if one != order.department)
    if isinstance(order, orders.Reroute) and (case.department, case.squad) == (order.department, order.squad):
        raise IllegalStep(f"case {case.number} is with {order.department} already")
    resumed = order.resumed if isinstance(order, orders.Reroute) else None
    return replace(
        going_on(case, order.at, resumed),
        dispatched_at=order.at,
        department=order.department,
        departments=_with(case.departments, (order.department, *called_in)),
        squad=order.squad,
        called_in=called_in,
        level=order.level or case.level,
        plan_version=order.plan_version or case.plan_version,
        taken_by=None,
        taken_until=None,
        **set_deadline(order.deadline),
    )


def _take(case: Case, order: orders.Take) -> Case:
    _future(order.until, order.at, "a lease")
    if case.stage is Stage.HANDLING and case.taken_by != order.by and not _lapsed(case, order.at):
        until = case.taken_until
        raise IllegalStep(
            f"case {case.number} is taken by {case.taken_by}"
            if until is None
            else f"case {case.number} is taken by {case.taken_by} until {until.isoformat(timespec='seconds')}"
        )
    return replace(case, taken_by=order.by, taken_until=order.until)


def _lapse(case: Case, order: orders.Lapse) -> Case:
    if not _lapsed(case, order.at):
        raise IllegalStep(f"the lease on case {case.number} is not over")
    return replace(case, taken_by=None, taken_until=None)


def _progress(case: Case, order: orders.Progress) -> Case:
    _future(order.until, order.at, "a lease")
    if not order.note.strip() and not order.photos and order.until is None:
        raise IllegalStep("progress needs words, a picture or a longer lease")
    return replace(case, taken_until=order.until or case.taken_until)


def _refuse(case: Case, order: orders.Refuse) -> Case:
    _words(order, "refusing it")
    return replace(going_on(case, order.at), department=None, squad=None, taken_by=None, taken_until=None)


def _report_done(case: Case, order: orders.ReportDone) -> Case:
    return replace(going_on(case, order.at, order.resumed), done_at=order.at, taken_until=None)


def _verify(case: Case, order: orders.Verify) -> Case:
    return replace(case, verified_at=order.at)


def _rework(case: Case, order: orders.Rework) -> Case:
    _words(order, "sending it back")
    return replace(
        case,
        reworks=case.reworks + 1,
        done_at=None,
        verified_at=None,
        taken_by=None,
        taken_until=None,
        **move_deadline(order.resumed),
        **set_deadline(order.deadline),
    )


def _ask_suspension(case: Case, order: orders.AskSuspension) -> Case:
    _words(order, "asking for suspension")
    _future(order.until, order.at, "a suspension")
    if case.suspension is not Suspension.NONE:
        raise IllegalStep(f"suspension of case {case.number} is asked for already")
    return replace(case, suspension=Suspension.ASKED, suspended_until=order.until)


def _suspend(case: Case, order: orders.Suspend) -> Case:
    _words(order, "suspending it")
    _future(order.until, order.at, "a suspension")
    return replace(case, suspension=Suspension.SUSPENDED, suspended_at=order.at, suspended_until=order.until)


def _deny_suspension(case: Case, order: orders.DenySuspension) -> Case:
    _words(order, "denying the suspension")
    if case.suspension is not Suspension.ASKED:
        raise IllegalStep(f"nobody asked for suspension of case {case.number}")
    return replace(case, **NO_SUSPENSION)


def _resume(case: Case, order: orders.Resume) -> Case:
    if case.suspension is not Suspension.SUSPENDED:
        raise IllegalStep(f"case {case.number} is not suspended")
    return replace(case, **resumed(case, order.at, order.deadline))


def _close(case: Case, order: orders.Close) -> Case:
    if order.still_active:
        which = "an alert of it is" if order.still_active == 1 else f"{order.still_active} of its alerts are"
        if not order.even_though_active:
            raise IllegalStep(f"{which} still active: send it back, or close it even so, with a note that says why")
        _words(order, "closing it although an alert is active")
    return replace(case, closed_at=order.at, ended_reason=order.note or None)


def _evaluate(case: Case, order: orders.Evaluate) -> Case:
    if not 1 <= order.score <= 5:
        raise IllegalStep("a score lies between 1 (bad) and 5 (good)")
    return replace(case, evaluation=Evaluation(score=order.score, by=order.by, at=order.at, note=order.note))


def _void(case: Case, order: orders.Void) -> Case:
    words = _words(order, "voiding it")
    return replace(case, ended_reason=words, closed_at=order.at, taken_until=None, **NO_SUSPENSION)


def _merge(case: Case, order: orders.Merge) -> Case:
    if order.into == case.case_id:
        raise IllegalStep("a case cannot be merged into itself")
    return replace(case, merged_into=order.into, closed_at=order.at, taken_until=None, **NO_SUSPENSION)


def _join(case: Case, order: orders.Join) -> Case:
    if order.case == case.case_id:
        raise IllegalStep("a case cannot be merged into itself")
    return replace(
        case,
        alerts=_with(case.alerts, order.alerts),
        reports=_with(case.reports, order.reports),
        severity=_worse(case.severity, order.severity),
    )


def _split(case: Case, order: orders.Split) -> Case:
    if not order.alerts and not order.reports:
        raise IllegalStep("say which alerts or reports become a case of their own")
    foreign = [*set(order.alerts) - set(case.alerts), *set(order.reports) - set(case.reports)]
    if foreign:
        raise IllegalStep(f"case {case.number} does not hold {', '.join(sorted(map(str, foreign)))}")
    alerts = tuple(one for one in case.alerts if one not in order.alerts)
    reports = tuple(one for one in case.reports if one not in order.reports)
    if not alerts and not reports:
        raise IllegalStep(f"something must stay with case {case.number}")
    return replace(case, alerts=alerts, reports=reports)


def _reopen(case: Case, order: orders.Reopen) -> Case:
    _words(order, "reopening it")
    return replace(
        case,
        reopens=case.reopens + 1,
        closed_at=None,
        ended_reason=None,
        done_at=None,
        verified_at=None,
        dispatched_at=None,
        department=None,
        squad=None,
        taken_by=None,
        taken_until=None,
        evaluation=None,
        warn_at=None if order.deadline is None else order.deadline.warn_at,
        due_at=None if order.deadline is None else order.deadline.due_at,
        clock=None if order.deadline is None else order.deadline.clock,
        condition=case.condition if order.deadline is None else order.deadline.condition,
        warned=False,
        overdue=False,
        escalated_to=None,
    )


def _warn(case: Case, order: orders.Warn) -> Case:
    if case.warn_at is None or order.at < case.warn_at:
        raise IllegalStep(f"it is too early to warn of case {case.number}")
    if case.warned:
        raise IllegalStep(f"case {case.number} was warned of already")
    return replace(case, warned=True)


def _overdue(case: Case, order: orders.Overdue) -> Case:
    if case.due_at is None or order.at < case.due_at:
        raise IllegalStep(f"case {case.number} is not overdue")
    if case.overdue:
        raise IllegalStep(f"case {case.number} is overdue already")
    return replace(case, warned=True, overdue=True)


def _escalate(case: Case, order: orders.Escalate) -> Case:
    now = case.escalated_to or case.level
    if order.to.rank <= now.rank:
        raise IllegalStep(f"case {case.number} is with the {now} level already")
    return replace(case, escalated_to=order.to)


def _note(case: Case, order: orders.Note) -> Case:
    if not order.note.strip() and not order.photos:
        raise IllegalStep("a note needs words or a picture")
    return case


def _add_alert(case: Case, order: orders.AddAlert) -> Case:
    if order.alert in case.alerts:
        raise IllegalStep(f"alert {order.alert} belongs to case {case.number} already")
    return replace(case, alerts=(*case.alerts, order.alert), severity=_worse(case.severity, order.severity))


def _alert_cleared(case: Case, order: orders.AlertCleared) -> Case:
    if order.alert not in case.alerts:
        raise IllegalStep(f"alert {order.alert} does not belong to case {case.number}")
    return case


def _add_report(case: Case, order: orders.AddReport) -> Case:
    if order.report in case.reports:
        raise IllegalStep(f"report {order.report} belongs to case {case.number} already")
    return replace(case, reports=(*case.reports, order.report))


def _call_in(case: Case, order: orders.CallIn) -> Case:
    if order.department in (case.department, *case.called_in):
        raise IllegalStep(f"case {case.number} is with {order.department} already")
    return replace(
        case,
        called_in=(*case.called_in, order.department),
        departments=_with(case.departments, (order.department,)),
    )


def _words(order: Order, what: str) -> str:
    if not order.note.strip():
        raise IllegalStep(f"{what} needs a reason")
    return order.note


def _future(until: datetime | None, at: datetime, what: str) -> None:
    if until is None:
        return
    require_aware(until)
    if until <= at:
        raise IllegalStep(f"{what} must end in the future")


def _lapsed(case: Case, at: datetime) -> bool:
    return case.taken_until is not None and at >= case.taken_until


def _worse(one: Severity, other: Severity | None) -> Severity:
    order = list(Severity)  # worst first
    return one if other is None or order.index(one) <= order.index(other) else other


def _with(ids: tuple[T, ...], more: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys([*ids, *more]))


_STEPS: dict[type[Order], Callable[[Case, Any], Case]] = {
    orders.File: _file,
    orders.NotFile: _not_file,
    orders.Dispatch: _send,
    orders.Reroute: _send,
    orders.Take: _take,
    orders.Lapse: _lapse,
    orders.Progress: _progress,
    orders.Refuse: _refuse,
    orders.ReportDone: _report_done,
    orders.Verify: _verify,
    orders.Rework: _rework,
    orders.AskSuspension: _ask_suspension,
    orders.Suspend: _suspend,
    orders.DenySuspension: _deny_suspension,
    orders.Resume: _resume,
    orders.Close: _close,
    orders.Evaluate: _evaluate,
    orders.Void: _void,
    orders.Merge: _merge,
    orders.Join: _join,
    orders.Split: _split,
    orders.Reopen: _reopen,
    orders.Warn: _warn,
    orders.Overdue: _overdue,
    orders.Escalate: _escalate,
    orders.Note: _note,
    orders.AddAlert: _add_alert,
    orders.AlertCleared: _alert_cleared,
    orders.AddReport: _add_report,
    orders.CallIn: _call_in,
}
