"""Orders on cases: a case's id and an order in, the case after it and its feed number out, audited, in one transaction.

Everything that happens to a case comes this way: people's orders, the dispatch system's, and those of the hub itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection, errors

from hub.cases import orders
from hub.cases.case import Case, Draft
from hub.cases.lifecycle import EVENT_OF, apply, collect
from hub.cases.orders import Order
from hub.cases.stage import Event
from hub.cases.steps import IllegalStep
from hub.people.caller import EVERYWHERE, Reach
from hub.store import feed
from hub.store.audit import Actor
from hub.store.audit import note as note_in_audit
from hub.store.cases import LockedCase, held_by, insert, lock_cases, next_number, still_active, write
from hub.store.feed import FeedRow

Making = Callable[[Case], Order]
_HANDLING = (Event.TAKEN, Event.PROGRESSED, Event.REFUSED, Event.REPORTED_DONE, Event.SUSPENSION_ASKED)


class NoSuchCase(LookupError):
    """There is no case with this id, or none that the caller can see."""


class RevisionChanged(RuntimeError):
    """Somebody else changed the case in the meantime; `case` is what it is now."""

    def __init__(self, case: Case, expected: int) -> None:
        super().__init__(
            f"case {case.number} has changed since: it is at revision {case.revision}, you gave {expected}"
        )
        self.case = case


def open_case(
    connection: Connection[Any],
    draft: Draft,
    *,
    actor: str,
    at: datetime,
    zone: tzinfo = UTC,
    actor_id: UUID | None = None,
    remote: str | None = None,
    case_id: UUID | None = None,
) -> tuple[Case, int]:
    """Open the case that `draft` describes in the caller's transaction; return it and the feed's number for it.

    Its number counts within the year that it is in `zone`. Raises IllegalStep where an alert of it belongs to an open
    case already. The feed's head is held from here until the transaction ends, so end it soon.
    """
    case, row = _opened(connection, draft, actor=actor, at=at, zone=zone, case_id=case_id)
    who = Actor(name=actor, actor_id=actor_id, remote=remote)
    _audit(connection, case, Event.COLLECTED, who, at=at, detail={"title": case.title})
    return case, _told(connection, [row])


def change_case(
    connection: Connection[Any],
    case_id: UUID,
    order: Order | Making,
    *,
    actor: str,
    actor_id: UUID | None = None,
    reach: Reach = EVERYWHERE,
    remote: str | None = None,
    expected_revision: int | None = None,
) -> tuple[Case, int]:
    """Carry out `order` in the caller's transaction; return the case after it and the feed's number for it.

    An order that depends on the case as it stands is given as a function, called under the case's lock. Raises
    NoSuchCase for a case that is not there or outside `reach`, RevisionChanged where it is not at the revision that was
    expected, and IllegalStep where the order makes no sense for the case as it stands; nothing is changed then. To
    merge and to split, which concern two cases, is `merge_cases` and `split_case`. The feed's head is held from here
    until the transaction ends, so end it soon and wait for nothing before.
    """
    held = _locked(connection, [case_id], reach)[case_id]
    _require_revision(held.case, expected_revision)
    if not isinstance(order, Order):
        order = order(held.case)
    if isinstance(order, orders.Merge | orders.Join | orders.Split):
        raise TypeError(f"{type(order).__name__} concerns two cases")
    _require_theirs(held.case, order, reach)
    if isinstance(order, orders.Close):
        order = replace(order, still_active=still_active(connection, case_id))
    return _carry_out(connection, held, order, Actor(name=actor, actor_id=actor_id, remote=remote))


def merge_cases(
    connection: Connection[Any],
    case_id: UUID,
    into: UUID,
    *,
    by: str,
    at: datetime,
    note: str = "",
    actor: str,
    actor_id: UUID | None = None,
    reach: Reach = EVERYWHERE,
    remote: str | None = None,
    expected_revision: int | None = None,
) -> tuple[Case, Case, int]:
    """Let a case go on as part of another, `into`, with its alerts and reports; return both and the feed's number."""
    if case_id == into:
        raise IllegalStep("a case cannot be merged into itself")
    locked = _locked(connection, [case_id, into], reach)
    held, other = locked[case_id], locked[into]
    _require_revision(held.case, expected_revision)
    merged, event = apply(held.case, orders.Merge(by=by, at=at, note=note, into=into))
    joining = held.case
    join = orders.Join(
        by=by,
        at=at,
        note=note,
        case=case_id,
        alerts=joining.alerts,
        reports=joining.reports,
        severity=joining.severity,
    )
    joined, join_event = apply(other.case, join)
    # The one that ends first, so that its alerts are free to belong to the other.
    rows = [
        write(connection, held, merged, event, now=at),
        write(connection, other, joined, join_event, now=at),
    ]
    who = Actor(name=actor, actor_id=actor_id, remote=remote)
    _audit(connection, merged, event, who, at=at, detail={"into": str(into)})
    _audit(connection, joined, join_event, who, at=at, detail={"case": str(case_id)})
    return merged, joined, _told(connection, rows)


def split_case(
    connection: Connection[Any],
    case_id: UUID,
    draft: Draft,
    *,
    by: str,
    at: datetime,
    note: str = "",
    actor: str,
    actor_id: UUID | None = None,
    zone: tzinfo = UTC,
    reach: Reach = EVERYWHERE,
    remote: str | None = None,
    expected_revision: int | None = None,
) -> tuple[Case, Case, int]:
    """Let the alerts and reports of `draft` become a case of their own; return what is left, the new case and the
    feed's number.
    """
    held = _locked(connection, [case_id], reach)[case_id]
    _require_revision(held.case, expected_revision)
    new_id = uuid4()
    split = orders.Split(by=by, at=at, note=note, into=new_id, alerts=draft.alerts, reports=draft.reports)
    left, event = apply(held.case, split)
    row = write(connection, held, left, event, now=at)
    draft = replace(draft, split_from=case_id)
    new, new_row = _opened(connection, draft, actor=by, at=at, zone=zone, case_id=new_id)
    who = Actor(name=actor, actor_id=actor_id, remote=remote)
    _audit(connection, left, event, who, at=at, detail={"into": str(new_id)})
    _audit(connection, new, Event.COLLECTED, who, at=at, detail={"split_from": str(case_id)})
    return left, new, _told(connection, [row, new_row])


def may_see(case: Case, reach: Reach) -> bool:
    """Say whether `case` lies within `reach`: in one of its grids, and with its department now or ever."""
    if reach.grids is not None and case.grid not in reach.grids:
        return False
    return reach.department is None or reach.department in case.departments


def _opened(
    connection: Connection[Any], draft: Draft, *, actor: str, at: datetime, zone: tzinfo, case_id: UUID | None
) -> tuple[Case, FeedRow]:
    held = held_by(connection, draft.alerts)
    if held:
        (alert, (_, number)), *_ = held.items()
        raise IllegalStep(f"alert {alert} belongs to case {number}, which is open")
    number = next_number(connection, at.astimezone(zone).year)
    case = collect(draft, case_id=case_id or uuid4(), number=number, by=actor, at=at)
    try:
        with connection.transaction():  # a savepoint: what the database refuses must not end the caller's transaction
            return case, insert(connection, case, now=at)
    except errors.UniqueViolation:
        raise IllegalStep("an alert of it has this moment become part of another case") from None


def _carry_out(connection: Connection[Any], held: LockedCase, order: Order, actor: Actor) -> tuple[Case, int]:
    case, event = apply(held.case, order)
    try:
        with connection.transaction():
            row = write(connection, held, case, event, now=order.at)
    except errors.UniqueViolation:
        raise IllegalStep("an alert of it belongs to another case, which is open") from None
    _audit(connection, case, event, actor, at=order.at, detail=_details(order))
    return case, _told(connection, [row])


def _locked(connection: Connection[Any], ids: Sequence[UUID], reach: Reach) -> dict[UUID, LockedCase]:
    locked = lock_cases(connection, ids)
    for case_id in ids:
        if case_id not in locked or not may_see(locked[case_id].case, reach):
            raise NoSuchCase(f"there is no case {case_id}")
    return locked


def may_handle(case: Case, event: Event, reach: Reach) -> bool:
    """Say whether a department's hand on a case is its own to lay: it may read what it had, but moves what it has."""
    if reach.department is None or event not in _HANDLING:
        return True
    return reach.department == case.department or (event is not Event.REFUSED and reach.department in case.called_in)


def _require_theirs(case: Case, order: Order, reach: Reach) -> None:
    if not may_handle(case, EVENT_OF[type(order)], reach):
        raise IllegalStep(f"case {case.number} is with {case.department or 'the dispatcher'} now, not with you")


def _require_revision(case: Case, expected: int | None) -> None:
    if expected is not None and case.revision != expected:
        raise RevisionChanged(case, expected)


def _told(connection: Connection[Any], rows: Sequence[FeedRow]) -> int:
    seq = feed.append(connection, rows)
    assert seq is not None
    return seq


def _details(order: Order) -> dict[str, Any]:
    """Return what an order asks for besides who and when, as JSON."""
    named = {each.name: getattr(order, each.name) for each in fields(order) if each.name not in ("by", "at")}
    return {name: _plain(value) for name, value in named.items() if value not in (None, "", ())}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _audit(
    connection: Connection[Any], case: Case, event: Event, actor: Actor, *, at: datetime, detail: dict[str, Any]
) -> None:
    about = {"number": case.number, "revision": case.revision, "stage": case.stage.value, **detail}
    note_in_audit(connection, actor, event.value, f"case/{case.case_id}", at=at, detail=about)
