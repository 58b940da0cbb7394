"""How often somebody looks at the clocks of a case, and how late, changes neither its deadline nor what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from hub.cases import orders
from hub.cases.case import Case, Deadline, Draft, Pause
from hub.cases.deadline import due, measure
from hub.cases.escalation import next_coming, orders_for
from hub.cases.level import ClockKind, Level
from hub.cases.lifecycle import apply, collect
from hub.cases.orders import Order
from hub.cases.planned import planned
from hub.cases.stage import Event, Stage
from hub.cases.steps import IllegalStep
from tests.support.dispatching import Dispatching, dispatching

MONDAY = datetime(2026, 11, 23, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
END = MONDAY + timedelta(days=14)
MINUTES = st.integers(0, 9 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@cache
def town() -> Dispatching:
    with TemporaryDirectory() as folder:
        return dispatching(Path(folder))


def dispatched(level: Level, clock: ClockKind) -> Case:
    """Return a case that was filed and dispatched on Monday at eight, with ten hours on that clock."""
    draft = Draft(title="A case", grid="01", district="East", severity=Severity.MINOR, level=level, rule="gas.leak")
    case = collect(draft, case_id=UUID(int=1), number="2026-000001", by="Li", at=MONDAY)
    found = due(town().plan, condition="rest", severity=Severity.MINOR, from_=MONDAY, clock=clock)
    deadline = Deadline(clock=clock, warn_at=found.warn_at, due_at=found.due_at, condition="rest")
    case, _ = apply(case, orders.File(by="Li", at=MONDAY, deadline=deadline))
    case, _ = apply(case, orders.Dispatch(by="Li", at=MONDAY, department="east-street"))
    return case


def what_people_do(*, reroutes: bool = True) -> st.SearchStrategy[list[Order]]:
    """Orders in time: taken with a lease, suspended for a while, done, sent back, sent to another squad."""
    lasting = st.integers(1, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))

    def suspended(at: datetime, span: timedelta) -> list[Order]:
        return [orders.Suspend(by="Wu", at=at, until=at + span, note="waits")]

    def taken(at: datetime, span: timedelta) -> list[Order]:
        return [orders.Take(by="crew", at=at, until=at + span)]

    def done(at: datetime, span: timedelta) -> list[Order]:
        return [orders.Take(by="crew", at=at), orders.ReportDone(by="crew", at=at + span)]

    def sent_back(at: datetime, _: timedelta) -> list[Order]:
        return [orders.Rework(by="Li", at=at, note="not yet")]

    def rerouted(at: datetime, span: timedelta) -> list[Order]:
        squad = "squad-1" if span > timedelta(days=1) else "squad-2"
        return [orders.Reroute(by="Li", at=at, department="east-street", squad=squad)]

    ways = [suspended, taken, done, sent_back, *([rerouted] if reroutes else [])]
    some = st.lists(st.one_of([st.builds(way, MINUTES, lasting) for way in ways]), max_size=6)
    return some.map(lambda drawn: sorted((order for each in drawn for order in each), key=lambda order: order.at))


def lived(case: Case, ordered: list[Order], looks: list[datetime]) -> tuple[Case, list[Event], list[Pause]]:
    """Return the case at the end, what came by itself, and when its clock stood still: suspended, or sent back later.

    Somebody looks before each order, and at `looks`.
    """
    came: list[Event] = []

    def look(case: Case, at: datetime) -> Case:
        while (coming := next_coming(case)) is not None and coming.at <= at:
            for order in orders_for(town().plan, town().city, case, coming, by="lianqin", at=at):
                case, event = apply(case, order)
                came.append(event)
        return case

    waits: list[Pause] = []
    moments: list[tuple[datetime, int, Order | None]] = [(at, 0, None) for at in (*looks, END)]
    moments += [(order.at, number, order) for number, order in enumerate(ordered, start=1)]
    for at, _, order in sorted(moments, key=lambda moment: moment[:2]):
        case = look(case, at)
        if order is not None:
            try:
                after, event = apply(case, planned(town().plan, town().city, case, order))
            except IllegalStep:
                continue
            if event is Event.REWORKED and case.done_at is not None:
                waits.append(Pause(since=case.done_at, until=at))
            case = after
    return case, came, [*case.pauses, *waits]


def outcome(case: Case) -> dict[str, Any]:
    """Return what of a case must not depend on who looked when."""
    own = replace(case, last=replace(case.last, at=MONDAY))
    names = ("stage", "warn_at", "due_at", "warned", "overdue", "escalated_to", "suspended_total_s", "pauses", "level")
    return {name: getattr(own, name) for name in names}


@given(st.sampled_from(Level), st.sampled_from(ClockKind), what_people_do(), st.lists(MINUTES, max_size=30))
def test_how_often_somebody_looks_changes_nothing(
    level: Level, clock: ClockKind, ordered: list[Order], looks: list[datetime]
) -> None:
    case = dispatched(level, clock)
    seldom, came_late, _ = lived(case, ordered, [])
    often, came, _ = lived(case, ordered, looks)
    assert outcome(often) == outcome(seldom)
    assert came == came_late


@given(st.sampled_from(Level), st.sampled_from(ClockKind), what_people_do())
def test_a_case_has_its_ten_hours_whatever_is_done_to_it(level: Level, clock: ClockKind, ordered: list[Order]) -> None:
    case, _, stood = lived(dispatched(level, clock), ordered, [])
    assert case.due_at is not None
    # What began when all time was over moves nothing.
    pauses = [(pause.since, pause.until) for pause in stood if pause.since < case.due_at]
    assert measure(town().plan.working, clock, MONDAY, case.due_at, pauses) == 10 * 3600


@given(st.sampled_from(Level), st.sampled_from(ClockKind), what_people_do(reroutes=False))
def test_each_thing_comes_once_and_a_case_never_goes_down(level: Level, clock: ClockKind, ordered: list[Order]) -> None:
    case, came, _ = lived(dispatched(level, clock), ordered, [])
    assert came.count(Event.WARNED) <= 1
    assert came.count(Event.OVERDUE) <= 1
    assert case.escalated_to is None or case.escalated_to.rank > level.rank
    assert next_coming(case) is None
    if case.stage in (Stage.DISPATCHED, Stage.HANDLING):
        assert case.overdue
        assert (case.escalated_to is Level.CITY) == (level is not Level.CITY)


def test_work_that_is_sent_back_has_the_time_that_was_left_when_it_was_reported_done() -> None:
    wednesday = MONDAY + timedelta(days=2)
    ordered: list[Order] = [
        orders.Take(by="crew", at=MONDAY),
        orders.ReportDone(by="crew", at=MONDAY + timedelta(hours=9)),  # at 17:00, after seven working hours of ten
        orders.Rework(by="Li", at=wednesday, note="not yet"),
    ]
    case = dispatched(Level.STREET, ClockKind.WORKING)
    for order in ordered:
        case, _ = apply(case, planned(town().plan, town().city, case, order))
    assert (case.warn_at, case.due_at) == (wednesday + timedelta(hours=1), wednesday + timedelta(hours=3))
    _, came, _ = lived(dispatched(Level.STREET, ClockKind.WORKING), ordered, [])
    assert came == [Event.WARNED, Event.ESCALATED, Event.OVERDUE, Event.ESCALATED]
