"""A case and the plan: what nobody said is filled in, what somebody said stands, what nobody has is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from detectors.finding import Severity
from hub.alerts.alert import Alert
from hub.cases import orders
from hub.cases.case import Case
from hub.cases.deadline import due
from hub.cases.drafting import Before, drafted, drafted_from_reports, leading, split_off
from hub.cases.level import ClockKind, Level
from hub.cases.lifecycle import apply, collect
from hub.cases.orders import Order
from hub.cases.plan import Plan, Squad
from hub.cases.planned import planned
from hub.cases.stage import Stage
from hub.cases.steps import IllegalStep
from hub.config.load import load_city
from hub.config.load_dispatch import load_dispatch
from hub.reports.report import Report
from ingest.city import City
from tests.support.stored import raised
from tests.support.town import write_city

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, 09:00 there


@pytest.fixture
def city(tmp_path: Path) -> City:
    return load_city(write_city(tmp_path))


@pytest.fixture
def plan(city: City) -> Plan:
    return load_dispatch(None, city).plan


def alert(**about: object) -> Alert:
    return raised(**{"rule": "water.leak", "subject": "water-1", "grid": "02", **about}).alert


def after(hours: float) -> datetime:
    return MORNING + timedelta(hours=hours)


def ordered(plan: Plan, city: City, case: Case, *given: Order) -> Case:
    for order in given:
        case, _ = apply(case, planned(plan, city, case, order))
    return case


def opened(plan: Plan, city: City, *alerts: Alert) -> Case:
    draft = drafted(plan, city, alerts or (alert(),))
    return collect(draft, case_id=UUID(int=7), number="2026-000007", by="Li", at=MORNING)


def test_an_alert_says_what_the_case_is_and_where(plan: Plan, city: City) -> None:
    draft = drafted(plan, city, [alert()], before=Before(history=UUID(int=1), cases=2, latest=UUID(int=2)))
    assert draft.title == f"{plan.categories['0000000102'].name.zh} water-1"
    assert (draft.category, draft.rule, draft.grid, draft.place) == ("0000000102", "water.leak", "02", "water-1")
    assert (draft.history, draft.recurrences, draft.previous) == (UUID(int=1), 2, UUID(int=2))


def test_the_worst_alert_leads_and_of_those_the_first(plan: Plan, city: City) -> None:
    minor = alert(severity=Severity.MINOR)
    late, first = alert(subject="water-2", second=5), alert(subject="water-3", second=1)
    assert leading([minor, late, first]) == first
    draft = drafted(plan, city, [minor, late, first, first], title="Two leaks")
    assert (draft.title, draft.subject, len(draft.alerts)) == ("Two leaks", "water-3", 3)


def test_a_camera_or_a_circuit_is_named_by_its_name(plan: Plan, city: City) -> None:
    camera = replace(city.cameras["cam-1"], name="South gate", latitude=30.1, longitude=120.1)
    named = replace(city, cameras={"cam-1": camera})
    seen = replace(alert(rule="parking.illegal", subject="zone-1@0.5,0.5"), camera_id="cam-1")
    draft = drafted(plan, named, [seen])
    assert (draft.place, draft.latitude, draft.longitude) == ("South gate", 30.1, 120.1)
    dark = drafted(plan, city, [alert(rule="streetlight.circuit_out", subject="c-1", grid="01")])
    assert (dark.place, dark.latitude) == ("c-1", None)
    assert drafted(plan, replace(city, cameras={}), [seen]).place == "zone-1@0.5,0.5"


def test_reports_alone_can_begin_a_case(plan: Plan, city: City) -> None:
    report = Report(
        report_id=UUID(int=3),
        number=100001,
        received_at=MORNING,
        updated_at=MORNING,
        source=UUID(int=4),
        source_name="hotline",
        category="0000000101",
        category_name="路灯",
        address="South gate",
        latitude=30.2,
        longitude=120.2,
    )
    draft = drafted_from_reports(plan, city, [report], grid="01")
    assert (draft.title, draft.category, draft.severity) == ("路灯 South gate", "0000000101", Severity.MINOR)
    assert (draft.latitude, draft.place) == (30.2, "South gate")


def test_what_is_split_off_stays_at_its_cases_place(plan: Plan, city: City) -> None:
    case = replace(opened(plan, city), latitude=30.3, longitude=120.3, level=Level.CITY)
    draft = split_off(case, drafted(plan, city, [alert(rule="sensor.fault")]))
    assert (draft.split_from, draft.latitude, draft.level) == (case.case_id, 30.3, Level.CITY)


def test_filing_begins_the_deadline_that_the_plan_sets(plan: Plan, city: City) -> None:
    case = ordered(plan, city, opened(plan, city), orders.File(by="Li", at=after(1)))
    wanted = due(plan, condition="facilities-urgent", severity=Severity.MAJOR, from_=after(1))
    assert (case.category, case.condition, case.clock) == ("0000000102", "facilities-urgent", ClockKind.URGENT)
    assert (case.warn_at, case.due_at, case.plan_version) == (wanted.warn_at, wanted.due_at, plan.version)


def test_another_category_is_another_route_and_deadline(plan: Plan, city: City) -> None:
    order = orders.File(by="Li", at=after(1), category="0000000502", level=Level.CITY)
    case = ordered(plan, city, opened(plan, city), order)
    assert (case.category, case.condition, case.level) == ("0000000502", "facilities-urgent", Level.CITY)
    with pytest.raises(IllegalStep, match="no category '0'"):
        ordered(plan, city, opened(plan, city), orders.File(by="Li", at=after(1), category="0"))


def test_the_plan_says_to_whom_and_whom_to_call_in(plan: Plan, city: City) -> None:
    filed = ordered(plan, city, opened(plan, city), orders.File(by="Li", at=after(1)))
    case = ordered(plan, city, filed, orders.Dispatch(by="Wang", at=after(2), department=""))
    assert (case.department, case.called_in, case.level) == ("district-housing", ("x-water",), Level.DISTRICT)
    assert case.due_at == filed.due_at
    assert set(case.departments) == {"district-housing", "x-water"}


def test_a_squad_must_be_the_departments_own(plan: Plan, city: City) -> None:
    squad = Squad(squad_id="crew-1", name=plan.departments["x-gas"].name, department="district-housing")
    plan = replace(plan, squads={"crew-1": squad})
    filed = ordered(plan, city, opened(plan, city), orders.File(by="Li", at=after(1)))
    order = orders.Dispatch(by="Wang", at=after(2), department="city-transport", squad="crew-1")
    with pytest.raises(IllegalStep, match="city-transport has no squad 'crew-1'; it has none"):
        ordered(plan, city, filed, order)
    case = ordered(plan, city, filed, replace(order, department="district-housing"))
    assert (case.department, case.squad) == ("district-housing", "crew-1")


def handled(plan: Plan, city: City) -> Case:
    return ordered(
        plan,
        city,
        opened(plan, city),
        orders.File(by="Li", at=after(1)),
        orders.Dispatch(by="Wang", at=after(1), department=""),
        orders.Take(by="crew", at=after(1), until=after(1.5)),
    )


def test_a_sign_of_life_renews_a_lease_and_never_shortens_it(plan: Plan, city: City) -> None:
    case = ordered(plan, city, handled(plan, city), orders.Progress(by="crew", at=after(1.25), note="digging"))
    assert case.taken_until == after(1.25) + timedelta(seconds=plan.lease.usual_s)
    long = replace(case, taken_until=after(9))
    assert ordered(plan, city, long, orders.Progress(by="crew", at=after(2), note="x")).taken_until == after(9)
    for_good = replace(case, taken_until=None)
    assert ordered(plan, city, for_good, orders.Progress(by="crew", at=after(2), note="x")).taken_until is None


def test_what_was_left_of_working_time_is_left_after_a_suspension(plan: Plan, city: City) -> None:
    parked = replace(alert(rule="parking.illegal", subject="zone-1@0.5,0.5"), camera_id="cam-1")
    case = ordered(
        plan,
        city,
        opened(plan, city, parked),
        orders.File(by="Li", at=after(0)),
        orders.Suspend(by="Zhao", at=after(1), until=after(3), note="agreed"),  # 10:00 to 12:00 there
    )
    assert case.clock is ClockKind.WORKING
    resumed = ordered(plan, city, case, orders.Resume(by="lianqin", at=after(30)))
    wanted = due(
        plan, condition=case.condition, severity=case.severity, from_=after(0), suspensions=[(after(1), after(3))]
    )
    assert (resumed.warn_at, resumed.due_at) == (wanted.warn_at, wanted.due_at)
    assert resumed.suspended_total_s == 7200


def test_a_reopened_case_has_a_new_deadline(plan: Plan, city: City) -> None:
    case = ordered(
        plan,
        city,
        handled(plan, city),
        orders.ReportDone(by="crew", at=after(2)),
        orders.Verify(by="Wang", at=after(3)),
        orders.Close(by="Wang", at=after(4)),
        orders.Reopen(by="Zhao", at=after(100), note="it leaks again"),
    )
    assert (case.stage, case.warned, case.overdue) == (Stage.FILED, False, False)
    assert case.due_at is not None
    assert case.due_at > after(100)


def test_a_department_that_the_plan_lost_is_refused(plan: Plan, city: City) -> None:
    case = handled(plan, city)
    for order in (
        orders.Reroute(by="Wang", at=after(2), department="nobody"),
        orders.CallIn(by="Wang", at=after(2), department="nobody"),
    ):
        with pytest.raises(IllegalStep, match="no department 'nobody'"):
            ordered(plan, city, case, order)
    moved = ordered(plan, city, case, orders.Reroute(by="Wang", at=after(2), department="city-transport"))
    assert (moved.department, moved.level, moved.taken_by) == ("city-transport", Level.CITY, None)
