"""The closed loop of a case: what is legal, what each order leaves behind, and the laws that hold in every story."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from hub.cases import orders
from hub.cases.case import Case, Deadline, Draft
from hub.cases.document import (
    case_document,
    evaluation_document,
    evaluation_from,
    pause_document,
    pause_from,
    step_document,
    step_from,
)
from hub.cases.level import ClockKind, Level
from hub.cases.lifecycle import EVENT_OF, PAUSED, TABLE, apply, collect, diagram, possible
from hub.cases.orders import Order
from hub.cases.stage import CHINESE, Event, Stage, Suspension
from hub.cases.steps import IllegalStep

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ALERT, SECOND, REPORT, OTHER = (UUID(int=number) for number in (1, 2, 3, 9))
DAY = Deadline(
    clock=ClockKind.URGENT, condition="leak", warn_at=NOW + timedelta(hours=19.2), due_at=NOW + timedelta(hours=24)
)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def new(**more: object) -> Case:
    draft = Draft(
        title="Leak in Nanhu Road",
        grid="03",
        district="Nanhu",
        severity=Severity.MAJOR,
        rule="water.leak",
        alerts=(ALERT, SECOND),
        reports=(REPORT,),
    )
    return collect(replace(draft, **more), case_id=UUID(int=7), number="2026-000007", by="Li", at=NOW)  # type: ignore[arg-type]


def told(case: Case, *given_orders: Order) -> Case:
    for order in given_orders:
        case, _ = apply(case, order)
    return case


def filed() -> Case:
    return told(new(), orders.File(by="Li", at=after(1), category="0104", deadline=DAY, plan_version="p1"))


def dispatched() -> Case:
    return told(filed(), orders.Dispatch(by="Wang", at=after(2), department="water", squad="water-1"))


def handled() -> Case:
    return told(dispatched(), orders.Take(by="crew", at=after(3), until=after(33)))


def done() -> Case:
    return told(handled(), orders.ReportDone(by="crew", at=after(20), note="clamped"))


def closed() -> Case:
    return told(done(), orders.Verify(by="Wang", at=after(25)), orders.Close(by="Wang", at=after(26)))


def suspended() -> Case:
    return told(
        handled(),
        orders.AskSuspension(by="crew", at=after(10), note="the part comes tomorrow"),
        orders.Suspend(by="Zhao", at=after(12), until=after(72), note="agreed"),
    )


def test_a_leak_goes_round_the_whole_loop() -> None:
    case = done()
    case, event = apply(case, orders.Rework(by="Wang", at=after(30), note="still wet"))
    assert (event, case.stage, case.reworks, case.taken_by) == (Event.REWORKED, Stage.DISPATCHED, 1, None)
    case = told(
        case,
        orders.Take(by="crew", at=after(31)),
        orders.ReportDone(by="crew", at=after(60), photos=("a" * 64,)),
        orders.Verify(by="Wang", at=after(70)),
        orders.Close(by="Wang", at=after(71)),
        orders.Evaluate(by="Zhao", at=after(90), score=4, note="quick the second time"),
    )
    assert (case.stage, case.closed_at, case.revision) == (Stage.CLOSED, after(71), 11)
    assert case.evaluation is not None
    assert case.evaluation.score == 4
    assert (case.department, case.departments, case.due_at) == ("water", ("water",), DAY.due_at)


def test_a_refusal_gives_it_back_to_the_dispatcher_and_the_department_still_sees_it() -> None:
    case = told(handled(), orders.Refuse(by="crew", at=after(5), note="a gas pipe, not ours"))
    assert (case.stage, case.department, case.departments, case.taken_by) == (Stage.FILED, None, ("water",), None)


def test_a_lease_holds_against_others_until_it_lapses() -> None:
    case = handled()
    with pytest.raises(IllegalStep, match="is taken by crew until"):
        apply(case, orders.Take(by="other", at=after(10)))
    with pytest.raises(IllegalStep, match="is not over"):
        apply(case, orders.Lapse(by="lianqin", at=after(32)))
    assert told(case, orders.Take(by="crew", at=after(10), until=after(50))).taken_until == after(50)
    assert told(case, orders.Progress(by="crew", at=after(10), until=after(60))).taken_until == after(60)
    assert told(case, orders.Take(by="other", at=after(33))).taken_by == "other"
    lapsed = told(case, orders.Lapse(by="lianqin", at=after(33)))
    assert (lapsed.stage, lapsed.taken_by, lapsed.taken_until) == (Stage.DISPATCHED, None, None)


def test_a_suspension_stops_the_clock_and_the_lease_for_as_long_as_it_lasts() -> None:
    case = suspended()
    with pytest.raises(IllegalStep, match="resume it first"):
        apply(case, orders.Overdue(by="lianqin", at=after(60 * 48)))
    resumed = told(case, orders.Resume(by="lianqin", at=after(42)))
    assert resumed.suspension is Suspension.NONE
    assert resumed.due_at == DAY.due_at + timedelta(minutes=30)
    assert resumed.warn_at == DAY.warn_at + timedelta(minutes=30)
    assert (resumed.taken_until, resumed.suspended_total_s) == (after(63), 1800)
    assert [(pause.since, pause.until) for pause in resumed.pauses] == [(after(12), after(42))]


def test_a_suspension_that_nobody_ended_in_time_counts_until_its_end() -> None:
    resumed = told(suspended(), orders.Resume(by="lianqin", at=after(1000)))
    assert resumed.suspended_total_s == 3600
    assert resumed.due_at == DAY.due_at + timedelta(hours=1)


def test_the_plan_may_say_when_a_resumed_case_is_due() -> None:
    later = replace(DAY, warn_at=after(3000), due_at=after(4000))
    resumed = told(suspended(), orders.Resume(by="lianqin", at=after(42), deadline=later))
    assert (resumed.warn_at, resumed.due_at, resumed.warned) == (after(3000), after(4000), False)


def test_reporting_it_done_ends_a_suspension_early() -> None:
    case = told(suspended(), orders.ReportDone(by="crew", at=after(32)))
    assert (case.stage, case.suspension, case.suspended_total_s) == (Stage.DONE, Suspension.NONE, 1200)


def test_a_case_that_moves_on_takes_its_request_for_suspension_with_it() -> None:
    asked = told(handled(), orders.AskSuspension(by="crew", at=after(10), note="no part"))
    with pytest.raises(IllegalStep, match="asked for already"):
        apply(asked, orders.AskSuspension(by="crew", at=after(11), note="no part"))
    assert told(asked, orders.Refuse(by="crew", at=after(11), note="not ours")).suspension is Suspension.NONE
    assert told(asked, orders.ReportDone(by="crew", at=after(11))).suspension is Suspension.NONE
    assert told(asked, orders.DenySuspension(by="Zhao", at=after(11), note="no")).suspension is Suspension.NONE


def test_warning_and_overdue_come_once_and_not_too_early() -> None:
    case = handled()
    with pytest.raises(IllegalStep, match="too early"):
        apply(case, orders.Warn(by="lianqin", at=DAY.warn_at - timedelta(seconds=1)))
    case = told(case, orders.Warn(by="lianqin", at=DAY.warn_at))
    with pytest.raises(IllegalStep, match="already"):
        apply(case, orders.Warn(by="lianqin", at=DAY.due_at))
    case = told(case, orders.Overdue(by="lianqin", at=DAY.due_at))
    assert (case.warned, case.overdue) == (True, True)


def test_an_escalation_goes_up_only_and_says_to_whom() -> None:
    case = told(handled(), orders.Escalate(by="lianqin", at=after(9), to=Level.CITY, told=("supervisor", "water")))
    assert (case.escalated_to, case.last.told) == (Level.CITY, ("supervisor", "water"))
    with pytest.raises(IllegalStep, match="with the city level already"):
        apply(case, orders.Escalate(by="lianqin", at=after(9), to=Level.DISTRICT))


def test_a_case_is_not_closed_over_an_active_alert_unless_somebody_says_why() -> None:
    verified = told(done(), orders.Verify(by="Wang", at=after(25)))
    with pytest.raises(IllegalStep, match="2 of its alerts are still active"):
        apply(verified, orders.Close(by="Wang", at=after(26), still_active=2, note="fine"))
    with pytest.raises(IllegalStep, match="needs a reason"):
        apply(verified, orders.Close(by="Wang", at=after(26), still_active=2, even_though_active=True))
    order = orders.Close(by="Wang", at=after(26), still_active=1, even_though_active=True, note="the sensor is broken")
    assert told(verified, order).ended_reason == "the sensor is broken"


def test_what_belongs_to_a_case_may_become_one_of_its_own_but_not_all_of_it() -> None:
    case = told(filed(), orders.Split(by="Li", at=after(5), into=OTHER, alerts=(SECOND,)))
    assert (case.alerts, case.reports) == ((ALERT,), (REPORT,))
    with pytest.raises(IllegalStep, match="something must stay"):
        apply(case, orders.Split(by="Li", at=after(6), into=OTHER, alerts=(ALERT,), reports=(REPORT,)))
    with pytest.raises(IllegalStep, match="does not hold"):
        apply(case, orders.Split(by="Li", at=after(6), into=OTHER, alerts=(SECOND,)))
    with pytest.raises(IllegalStep, match="say which"):
        apply(case, orders.Split(by="Li", at=after(6), into=OTHER))


def test_a_case_is_as_severe_as_the_worst_that_joins_it() -> None:
    case = told(new(), orders.AddAlert(by="lianqin", at=after(1), alert=OTHER, severity=Severity.MINOR))
    assert case.severity is Severity.MAJOR
    case = told(case, orders.Join(by="Li", at=after(2), case=OTHER, severity=Severity.CRITICAL))
    assert case.severity is Severity.CRITICAL
    assert told(case, orders.AddAlert(by="Li", at=after(3), alert=UUID(int=4))).severity is Severity.CRITICAL


def test_a_reopened_case_begins_again_with_the_dispatcher_and_counts_it() -> None:
    case = told(closed(), orders.Reopen(by="Zhao", at=after(500), note="it leaks again"))
    assert (case.stage, case.reopens, case.closed_at, case.due_at) == (Stage.FILED, 1, None, None)
    assert (case.department, case.departments) == (None, ("water",))
    not_filed = told(new(), orders.NotFile(by="Li", at=after(1), note="rain water"))
    assert (not_filed.stage, not_filed.ended_reason) == (Stage.NOT_FILED, "rain water")
    assert told(not_filed, orders.Reopen(by="Zhao", at=after(2), note="no rain")).stage is Stage.COLLECTED


@pytest.mark.parametrize(
    ("case", "order"),
    [
        (new(), orders.NotFile(by="Li", at=NOW)),
        (new(), orders.Void(by="Li", at=NOW, note="  ")),
        (new(), orders.Note(by="Li", at=NOW)),
        (new(), orders.Merge(by="Li", at=NOW, into=UUID(int=7))),
        (new(), orders.AddAlert(by="Li", at=NOW, alert=ALERT)),
        (new(), orders.AddReport(by="Li", at=NOW, report=REPORT)),
        (dispatched(), orders.Refuse(by="crew", at=NOW)),
        (dispatched(), orders.Reroute(by="Wang", at=NOW, department="water", squad="water-1")),
        (dispatched(), orders.CallIn(by="Wang", at=NOW, department="water")),
        (dispatched(), orders.Take(by="crew", at=NOW, until=NOW)),
        (handled(), orders.Progress(by="crew", at=NOW)),
        (handled(), orders.Resume(by="crew", at=NOW)),
        (handled(), orders.DenySuspension(by="Zhao", at=NOW, note="no")),
        (handled(), orders.Suspend(by="Zhao", at=NOW, until=NOW - timedelta(1), note="yes")),
        (done(), orders.Rework(by="Wang", at=NOW)),
        (closed(), orders.Evaluate(by="Zhao", at=NOW, score=6)),
        (closed(), orders.Reopen(by="Zhao", at=NOW)),
    ],
)
def test_orders_without_their_words_are_refused(case: Case, order: Order) -> None:
    with pytest.raises(IllegalStep, match=r"\w+ \w+"):
        apply(case, order)


def test_every_order_has_its_event_and_every_event_but_the_first_has_its_order() -> None:
    known = {one for one in vars(orders).values() if isinstance(one, type) and issubclass(one, Order)} - {Order}
    assert set(EVENT_OF) == known
    assert set(EVENT_OF.values()) == set(Event) - {Event.COLLECTED}
    assert {event for _, event in TABLE} == set(EVENT_OF.values())
    assert set(CHINESE) == set(Stage)


def test_every_stage_can_be_reached() -> None:
    reached, grown = {Stage.COLLECTED}, True
    while grown:
        more = {to for (stage, _), to in TABLE.items() if stage in reached} - reached
        reached, grown = reached | more, bool(more)
    assert reached == set(Stage)


def test_from_every_open_stage_a_case_can_be_closed() -> None:
    ends = {Stage.CLOSED}
    for _ in Stage:
        ends |= {stage for (stage, _), to in TABLE.items() if to in ends}
    assert {stage for stage in Stage if stage.is_open} <= ends


def test_an_ended_case_changes_its_stage_only_by_being_reopened_and_final_ones_never_change() -> None:
    assert {event for (stage, event), to in TABLE.items() if not stage.is_open and to is not stage} == {Event.REOPENED}
    assert not [stage for stage, _ in TABLE if stage in (Stage.VOIDED, Stage.MERGED)]


def test_the_diagram_shows_every_way_of_the_table() -> None:
    drawn = diagram()
    ways = {(a, b) for (a, _), b in TABLE.items() if a is not b}
    assert sum("-->" in line for line in drawn.splitlines()) >= len(ways) + 3
    assert "    Done --> Dispatched: reworked" in drawn
    assert "    Voided --> [*]" in drawn


def test_times_carry_a_zone() -> None:
    with pytest.raises(ValueError, match="no timezone"):
        orders.Note(by="Li", at=datetime(2026, 11, 23), note="x")  # noqa: DTZ001
    with pytest.raises(ValueError, match="no timezone"):
        Deadline(clock=ClockKind.URGENT, warn_at=NOW, due_at=datetime(2027, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="before it is over"):
        Deadline(clock=ClockKind.URGENT, warn_at=after(2), due_at=after(1))


# ---------------------------------------------------------------- laws

NOTES = st.sampled_from(["", "because"])
IDS = st.sampled_from([ALERT, SECOND, REPORT, OTHER])
SOME = st.lists(IDS, max_size=2).map(tuple)
LATER = st.integers(-10, 4000).map(after)


def _order(kind: type[Order], **more: st.SearchStrategy[object]) -> st.SearchStrategy[Order]:
    by = st.sampled_from(["crew", "Wang", "Zhao"])
    return st.builds(kind, by=by, at=LATER, note=NOTES, **more)


MORE: dict[type[Order], dict[str, st.SearchStrategy[object]]] = {
    orders.File: {"deadline": st.sampled_from([None, DAY])},
    orders.Dispatch: {"department": st.sampled_from(["water", "gas"]), "squad": st.none()},
    orders.Reroute: {"department": st.sampled_from(["water", "gas"]), "squad": st.none()},
    orders.Take: {"until": st.none() | LATER},
    orders.Progress: {"until": st.none() | LATER},
    orders.AskSuspension: {"until": st.none() | LATER},
    orders.Suspend: {"until": LATER},
    orders.Close: {"still_active": st.integers(0, 2), "even_though_active": st.booleans()},
    orders.Evaluate: {"score": st.integers(0, 6)},
    orders.Merge: {"into": IDS},
    orders.Join: {"case": IDS, "alerts": SOME, "reports": SOME, "severity": st.none() | st.sampled_from(Severity)},
    orders.Split: {"into": IDS, "alerts": SOME, "reports": SOME},
    orders.Escalate: {"to": st.sampled_from(Level)},
    orders.AddAlert: {"alert": IDS},
    orders.AlertCleared: {"alert": IDS},
    orders.AddReport: {"report": IDS},
    orders.CallIn: {"department": st.sampled_from(["water", "transport"])},
}
ORDERS = st.one_of([_order(kind, **MORE.get(kind, {})) for kind in EVENT_OF])
BEGINNINGS = st.sampled_from([new(), filed(), dispatched(), handled(), suspended(), done(), closed()])


@given(BEGINNINGS, st.lists(ORDERS, max_size=20))
def test_in_every_story_the_table_decides_and_what_is_illegal_changes_nothing(case: Case, story: list[Order]) -> None:
    for order in story:
        event = EVENT_OF[type(order)]
        before = case_document(case)
        try:
            changed, happened = apply(case, order)
        except IllegalStep:
            assert case_document(case) == before
            continue
        assert happened is event
        assert (changed.stage, changed.revision) == (TABLE[case.stage, event], case.revision + 1)
        assert event in possible(case)
        assert (changed.last.event, changed.last.by, changed.last.at) == (event, order.by, order.at)
        _sound(changed)
        if case.suspension is Suspension.SUSPENDED:
            assert event in PAUSED
            assert (changed.warned, changed.overdue) == (case.warned, case.overdue)
        case = changed


def _sound(case: Case) -> None:
    """Hold what is true of every case at every moment."""
    assert (case.taken_by is not None) or case.stage not in (Stage.HANDLING, Stage.DONE, Stage.VERIFIED)
    assert (case.taken_until is None) or case.stage is Stage.HANDLING
    assert (case.suspended_at is None) == (case.suspension is not Suspension.SUSPENDED)
    assert case.suspension is Suspension.NONE or case.stage in (Stage.FILED, Stage.DISPATCHED, Stage.HANDLING)
    assert (case.closed_at is not None) == (not case.is_open)
    assert (case.merged_into is not None) == (case.stage is Stage.MERGED)
    assert (case.done_at is not None) or case.stage not in (Stage.DONE, Stage.VERIFIED, Stage.CLOSED)
    assert (case.department is not None) or case.stage in (
        Stage.COLLECTED,
        Stage.FILED,
        Stage.NOT_FILED,
        Stage.VOIDED,
        Stage.MERGED,
    )
    assert {case.department, *case.called_in} - {None} <= set(case.departments)
    assert case.department not in case.called_in
    assert case.suspended_total_s == sum((pause.until - pause.since).total_seconds() for pause in case.pauses)
    assert not case.overdue or case.warned
    if case.warn_at is not None and case.due_at is not None:
        assert case.warn_at <= case.due_at


@given(BEGINNINGS, st.lists(ORDERS, max_size=8))
def test_what_is_written_down_is_read_back(case: Case, story: list[Order]) -> None:
    for order in story:
        try:
            case, _ = apply(case, order)
        except IllegalStep:
            continue
    assert step_from(step_document(case.last)) == case.last
    assert [pause_from(pause_document(pause)) for pause in case.pauses] == list(case.pauses)
    if case.evaluation is not None:
        assert evaluation_from(evaluation_document(case.evaluation)) == case.evaluation
    assert case_document(case)["revision"] == case.revision


def test_a_case_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        new().title = "other"  # type: ignore[misc]
