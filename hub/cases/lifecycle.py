"""Takes a case and an order, gives the case after it: a table-driven state machine with no I/O and no clock.

A case runs in a closed loop, as Chinese digital city management practises it: it is collected, filed, dispatched, taken
in hand, reported done, verified by somebody other than the crew, and closed; only then evaluated. From every stage
there is a way back or out. A refusal returns it to the dispatcher. Rework sends it back to the department, where it has
to be taken again, and is counted. What is not filed, voided or merged ends without having been settled, with a reason.
A closed case changes its stage in one way only, by being reopened; voided and merged ones never change again.

Three things run beside the stage. The deadline's clock is watched while somebody has something to do: filed,
dispatched or handled. A lease says for how long a taker holds it; when it lapses the case is dispatched again, to
whoever takes it next. A suspension is asked for by those who handle it and approved by a supervisor, with an end;
until then the clock stands still, and PAUSED is all that may happen. To report it done ends a suspension early.

Every pair of stage and event is either in TABLE or illegal. An illegal order raises and changes nothing.
`docs/cases.md` shows the diagram that `diagram()` draws from the same table.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hub.cases import orders
from hub.cases.case import Case, Draft, Step, require_aware
from hub.cases.orders import Order
from hub.cases.stage import CHINESE, OPEN, Event, Stage, Suspension
from hub.cases.steps import IllegalStep, take_step

_SAME_STAGE: dict[Event, tuple[Stage, ...]] = {
    Event.PROGRESSED: (Stage.HANDLING,),
    Event.SUSPENSION_ASKED: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.SUSPENDED: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.SUSPENSION_DENIED: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.RESUMED: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.WARNED: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.OVERDUE: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.ESCALATED: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.CALLED_IN: (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING, Stage.DONE),
    Event.JOINED: (Stage.COLLECTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.SPLIT: (Stage.COLLECTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLING),
    Event.ALERT_ADDED: OPEN,
    Event.ALERT_CLEARED: OPEN,
    Event.REPORT_ADDED: OPEN,
    Event.NOTED: (*OPEN, Stage.CLOSED, Stage.NOT_FILED),
    Event.EVALUATED: (Stage.CLOSED,),
}

TABLE: dict[tuple[Stage, Event], Stage] = {
    (Stage.COLLECTED, Event.FILED): Stage.FILED,
    (Stage.COLLECTED, Event.NOT_FILED): Stage.NOT_FILED,
    (Stage.FILED, Event.DISPATCHED): Stage.DISPATCHED,
    (Stage.FILED, Event.NOT_FILED): Stage.NOT_FILED,
    (Stage.DISPATCHED, Event.TAKEN): Stage.HANDLING,
    (Stage.DISPATCHED, Event.REROUTED): Stage.DISPATCHED,
    (Stage.DISPATCHED, Event.REFUSED): Stage.FILED,
    (Stage.HANDLING, Event.TAKEN): Stage.HANDLING,
    (Stage.HANDLING, Event.LAPSED): Stage.DISPATCHED,
    (Stage.HANDLING, Event.REROUTED): Stage.DISPATCHED,
    (Stage.HANDLING, Event.REFUSED): Stage.FILED,
    (Stage.HANDLING, Event.REPORTED_DONE): Stage.DONE,
    (Stage.DONE, Event.VERIFIED): Stage.VERIFIED,
    (Stage.DONE, Event.REWORKED): Stage.DISPATCHED,
    (Stage.VERIFIED, Event.CLOSED): Stage.CLOSED,
    (Stage.VERIFIED, Event.REWORKED): Stage.DISPATCHED,
    (Stage.CLOSED, Event.REOPENED): Stage.FILED,
    (Stage.NOT_FILED, Event.REOPENED): Stage.COLLECTED,
    **{(stage, Event.VOIDED): Stage.VOIDED for stage in OPEN if stage is not Stage.VERIFIED},
    **{
        (stage, Event.MERGED): Stage.MERGED
        for stage in (Stage.COLLECTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLING)
    },
    **{(stage, event): stage for event, stages in _SAME_STAGE.items() for stage in stages},
}

# All that may happen to a case while it is suspended.
PAUSED = frozenset(
    {
        Event.RESUMED,
        Event.REPORTED_DONE,
        Event.REROUTED,
        Event.VOIDED,
        Event.MERGED,
        Event.JOINED,
        Event.SPLIT,
        Event.ALERT_ADDED,
        Event.ALERT_CLEARED,
        Event.REPORT_ADDED,
        Event.CALLED_IN,
        Event.NOTED,
    }
)

EVENT_OF: dict[type[Order], Event] = {
    orders.File: Event.FILED,
    orders.NotFile: Event.NOT_FILED,
    orders.Dispatch: Event.DISPATCHED,
    orders.Reroute: Event.REROUTED,
    orders.Take: Event.TAKEN,
    orders.Lapse: Event.LAPSED,
    orders.Progress: Event.PROGRESSED,
    orders.Refuse: Event.REFUSED,
    orders.ReportDone: Event.REPORTED_DONE,
    orders.Verify: Event.VERIFIED,
    orders.Rework: Event.REWORKED,
    orders.AskSuspension: Event.SUSPENSION_ASKED,
    orders.Suspend: Event.SUSPENDED,
    orders.DenySuspension: Event.SUSPENSION_DENIED,
    orders.Resume: Event.RESUMED,
    orders.Close: Event.CLOSED,
    orders.Evaluate: Event.EVALUATED,
    orders.Void: Event.VOIDED,
    orders.Merge: Event.MERGED,
    orders.Join: Event.JOINED,
    orders.Split: Event.SPLIT,
    orders.Reopen: Event.REOPENED,
    orders.Warn: Event.WARNED,
    orders.Overdue: Event.OVERDUE,
    orders.Escalate: Event.ESCALATED,
    orders.Note: Event.NOTED,
    orders.AddAlert: Event.ALERT_ADDED,
    orders.AlertCleared: Event.ALERT_CLEARED,
    orders.AddReport: Event.REPORT_ADDED,
    orders.CallIn: Event.CALLED_IN,
}


def collect(draft: Draft, *, case_id: UUID, number: str, by: str, at: datetime) -> Case:
    """Return the new case that `draft` describes: collected, not yet filed."""
    require_aware(at)
    if not draft.title.strip():
        raise IllegalStep("a case needs a title")
    return Case(
        case_id=case_id,
        number=number,
        title=draft.title,
        stage=Stage.COLLECTED,
        grid=draft.grid,
        district=draft.district,
        level=draft.level,
        severity=draft.severity,
        opened_at=at,
        opened_by=by,
        history=draft.history or case_id,
        last=Step(event=Event.COLLECTED, by=by, at=at, note=draft.note, photos=draft.photos),
        category=draft.category,
        rule=draft.rule,
        subject=draft.subject,
        camera_id=draft.camera_id,
        latitude=draft.latitude,
        longitude=draft.longitude,
        place=draft.place,
        alerts=draft.alerts,
        reports=draft.reports,
        recurrences=draft.recurrences,
        previous=draft.previous,
        split_from=draft.split_from,
    )


def apply(case: Case, order: Order) -> tuple[Case, Event]:
    """Return the case after `order`, and what to call that; or raise IllegalStep, which says why not."""
    event = EVENT_OF[type(order)]
    stage = require_legal(case, event)
    told = order.told if isinstance(order, orders.Warn | orders.Overdue | orders.Escalate) else ()
    changed = replace(
        take_step(case, order),
        stage=stage,
        last=Step(event=event, by=order.by, at=order.at, note=order.note, photos=order.photos, told=told),
        revision=case.revision + 1,
    )
    return changed, event


def require_legal(case: Case, event: Event) -> Stage:
    """Return the stage that `event` leads to; raise IllegalStep where the table or a suspension forbids it."""
    stage = TABLE.get((case.stage, event))
    if stage is None:
        raise IllegalStep(f"{event} makes no sense for case {case.number}: it is {case.stage}")
    if case.suspension is Suspension.SUSPENDED and event not in PAUSED:
        raise IllegalStep(f"{event} must wait: case {case.number} is suspended; resume it first")
    return stage


def possible(case: Case) -> frozenset[Event]:
    """Return the events that the table and a suspension allow now; an order's own conditions come on top."""
    open_ways = {event for stage, event in TABLE if stage is case.stage}
    if case.suspension is Suspension.SUSPENDED:
        return frozenset(open_ways & PAUSED)
    without = {Event.RESUMED}
    without |= {Event.SUSPENSION_ASKED} if case.suspension is Suspension.ASKED else {Event.SUSPENSION_DENIED}
    return frozenset(open_ways - without)


def diagram() -> str:
    """Return the state machine as a Mermaid state diagram, drawn from TABLE; what stays in its stage is left out."""
    names = {stage: stage.name.title().replace("_", "") for stage in Stage}
    lines = ["stateDiagram-v2", f"    [*] --> {names[Stage.COLLECTED]}: collected"]
    lines += [f"    {names[stage]}: {stage} {CHINESE[stage]}" for stage in Stage]
    ways = sorted((list(Stage).index(a), list(Stage).index(b), e) for (a, e), b in TABLE.items() if a is not b)
    stages = list(Stage)
    lines += [f"    {names[stages[a]]} --> {names[stages[b]]}: {short(event)}" for a, b, event in ways]
    final = [stage for stage in Stage if not any(a is stage for a, _ in TABLE)]
    lines += [f"    {names[stage]} --> [*]" for stage in final]
    return "\n".join(lines)


def short(event: Event) -> str:
    """Return the event's name without its domain."""
    return event.value.removeprefix("case.")
