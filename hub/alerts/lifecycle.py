"""Takes an alert and an event, gives the alert after it: a table-driven state machine with no I/O and no clock.

An alert lives in three independent dimensions, after ISA-18.2 / IEC 62682: the condition (active or cleared) is the
detector's word, the acknowledgement is the operator's, and shelving hides it for a stated time and reason. Beside them
stand two words of the operators that change no state: who owns the alert, and whether it was real. Every pair of state
and event is either in TABLE or illegal. An illegal event raises and changes nothing.

`docs/architecture.md` shows the diagram that `diagram()` draws from the same table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from detectors.finding import Finding, Phase
from hub.alerts.alert import Alert, Condition, Verdict, alert_id


class State(StrEnum):
    """Condition × acknowledged; a shelved alert keeps the state below it."""

    ACTIVE_NEW = "active, not acknowledged"
    ACTIVE_ACKED = "active, acknowledged"
    CLEARED_NEW = "cleared, not acknowledged"
    CLEARED_ACKED = "cleared, acknowledged"


class EventType(StrEnum):
    """What can happen to an alert; also the `type` of the feed item that tells of it."""

    RAISED = "alert.raised"
    UPDATED = "alert.updated"
    CLEARED = "alert.cleared"
    ACKNOWLEDGED = "alert.acknowledged"
    UNACKNOWLEDGED = "alert.unacknowledged"
    SHELVED = "alert.shelved"
    UNSHELVED = "alert.unshelved"
    EVIDENCE = "alert.evidence"
    ASSIGNED = "alert.assigned"
    JUDGED = "alert.judged"


TABLE: dict[tuple[State, EventType], State] = {
    (State.ACTIVE_NEW, EventType.UPDATED): State.ACTIVE_NEW,
    (State.ACTIVE_NEW, EventType.CLEARED): State.CLEARED_NEW,
    (State.ACTIVE_NEW, EventType.ACKNOWLEDGED): State.ACTIVE_ACKED,
    (State.ACTIVE_ACKED, EventType.UPDATED): State.ACTIVE_ACKED,
    (State.ACTIVE_ACKED, EventType.CLEARED): State.CLEARED_ACKED,
    (State.ACTIVE_ACKED, EventType.UNACKNOWLEDGED): State.ACTIVE_NEW,
    (State.CLEARED_NEW, EventType.ACKNOWLEDGED): State.CLEARED_ACKED,
    (State.CLEARED_ACKED, EventType.UNACKNOWLEDGED): State.CLEARED_NEW,
    **{
        (state, kind): state
        for state in State
        for kind in (EventType.UNSHELVED, EventType.EVIDENCE, EventType.ASSIGNED, EventType.JUDGED)
    },
    (State.ACTIVE_NEW, EventType.SHELVED): State.ACTIVE_NEW,
    (State.ACTIVE_ACKED, EventType.SHELVED): State.ACTIVE_ACKED,
}


class IllegalTransition(ValueError):
    """The event makes no sense in the alert's state; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """An operator takes notice."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledge:
    """An operator takes the acknowledgement back."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelve:
    """An operator hides an active alert until a stated end, for a stated reason."""

    by: str
    at: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshelve:
    """The end of shelving came, or an operator ended it."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Somebody takes the alert upon themselves, or it is given to somebody; None: to nobody."""

    by: str
    at: datetime
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """An operator says whether the alert was real or a false alarm, with a reason or without."""

    by: str
    at: datetime
    is_real: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudge:
    """An operator takes the verdict back."""

    by: str
    at: datetime


Command = Acknowledge | Unacknowledge | Shelve | Unshelve | Assign | Judge | Unjudge


def state_of(alert: Alert) -> State:
    """Return the alert's state in the table."""
    if alert.condition is Condition.ACTIVE:
        return State.ACTIVE_ACKED if alert.acknowledged else State.ACTIVE_NEW
    return State.CLEARED_ACKED if alert.acknowledged else State.CLEARED_NEW


def raise_alert(
    finding: Finding,
    *,
    config_version: str,
    previous_id: UUID | None = None,
    flapping: bool = False,
    inhibited_by: UUID | None = None,
) -> Alert:
    """Return the new alert of a raised finding; raise IllegalTransition for a finding of another phase."""
    if finding.phase is not Phase.RAISED:
        raise IllegalTransition(f"{finding.rule} on {finding.subject}: {finding.phase} begins no alert")
    return Alert(
        alert_id=alert_id(finding.rule, finding.subject, finding.since),
        rule=finding.rule,
        subject=finding.subject,
        grid=finding.grid,
        severity=finding.severity,
        since=finding.since,
        raised_at=finding.at,
        reason=finding.reason,
        config_version=config_version,
        members=finding.members,
        camera_id=finding.camera_id,
        box=finding.box,
        sightings=dict(finding.sightings),
        previous_id=previous_id,
        flapping=flapping,
        inhibited_by=inhibited_by,
    )


def follow(alert: Alert, finding: Finding) -> tuple[Alert, EventType]:
    """Return the alert after its detector updated or cleared it, and what to call that."""
    kind = {Phase.UPDATED: EventType.UPDATED, Phase.CLEARED: EventType.CLEARED}.get(finding.phase)
    if kind is None:
        raise IllegalTransition(f"alert {alert.alert_id} is already raised")
    _require(alert, kind)
    sightings = {**alert.sightings, **finding.sightings}
    if kind is EventType.CLEARED:
        changed = replace(
            alert,
            condition=Condition.CLEARED,
            cleared_at=finding.at,
            clear_reason=finding.reason,
            sightings=sightings,
            shelved_until=None,
            shelved_by=None,
            shelve_reason=None,
        )
    else:
        changed = replace(
            alert,
            severity=finding.severity,
            reason=finding.reason,
            members=finding.members,
            box=finding.box or alert.box,
            sightings=sightings,
        )
    return replace(changed, revision=alert.revision + 1), kind


def command(alert: Alert, order: Command) -> tuple[Alert, EventType]:
    """Return the alert after an operator's command, and what to call that; or raise IllegalTransition."""
    match order:
        case Acknowledge(by=by, at=at):
            kind = EventType.ACKNOWLEDGED
            # Who takes notice owns it, unless somebody does already.
            changed = replace(alert, acknowledged=True, acknowledged_by=by, acknowledged_at=at, owner=alert.owner or by)
        case Unacknowledge():
            kind = EventType.UNACKNOWLEDGED
            owner = None if alert.owner == alert.acknowledged_by else alert.owner
            changed = replace(alert, acknowledged=False, acknowledged_by=None, acknowledged_at=None, owner=owner)
        case Shelve(by=by, at=at, until=until, reason=reason):
            if until <= at:
                raise IllegalTransition("shelving must end in the future")
            if not reason.strip():
                raise IllegalTransition("shelving needs a reason")
            kind = EventType.SHELVED
            changed = replace(alert, shelved_until=until, shelved_by=by, shelve_reason=reason)
        case Unshelve():
            if alert.shelved_until is None:
                raise IllegalTransition(f"alert {alert.alert_id} is not shelved")
            kind = EventType.UNSHELVED
            changed = replace(alert, shelved_until=None, shelved_by=None, shelve_reason=None)
        case Assign(to=to):
            if to == alert.owner:
                raise IllegalTransition(f"alert {alert.alert_id} belongs to {to or 'nobody'} already")
            kind = EventType.ASSIGNED
            changed = replace(alert, owner=to)
        case Judge(by=by, at=at, is_real=is_real, reason=reason):
            kind = EventType.JUDGED
            changed = replace(alert, verdict=Verdict(is_real=is_real, by=by, at=at, reason=reason))
        case Unjudge():
            if alert.verdict is None:
                raise IllegalTransition(f"alert {alert.alert_id} has no verdict")
            kind = EventType.JUDGED
            changed = replace(alert, verdict=None)
    _require(alert, kind)
    return replace(changed, revision=alert.revision + 1), kind


def diagram() -> str:
    """Return the state machine as a Mermaid state diagram, drawn from TABLE."""
    names = {state: state.name.title().replace("_", "") for state in State}
    lines = ["stateDiagram-v2", f"    [*] --> {names[State.ACTIVE_NEW]}: {EventType.RAISED}"]
    lines += [f"    {names[state]}: {state}" for state in State]
    moves = {(names[a], names[b], str(kind)) for (a, kind), b in TABLE.items()}
    lines += [f"    {a} --> {b}: {kind}" for a, b, kind in sorted(moves)]
    return "\n".join(lines)


def _require(alert: Alert, kind: EventType) -> None:
    if (state_of(alert), kind) not in TABLE:
        raise IllegalTransition(f"{kind} makes no sense for alert {alert.alert_id}: it is {state_of(alert)}")
