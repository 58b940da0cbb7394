"""The clocks of cases on a real database: warned of, overdue, raised, resumed, lapsed; once, in order, whoever runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import structlog

from hub.cases.case import Case
from hub.cases.level import Level
from hub.cases.orders import Note, Order, ReportDone, Suspend, Take
from hub.cases.stage import Event, Stage, Suspension
from hub.dispatch.escalate import Clocks, Done, keep_clocks
from hub.store.case_command import change_case
from hub.store.chain import verify
from hub.store.plans import plan_versions, stored_plan
from hub.store.session import StoreUnavailable, connect, open_session
from tests.support.api import until
from tests.support.databases import Database
from tests.support.dispatching import Dispatching, dispatched_case, dispatching

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)


@dataclass
class Centre:
    """A database, the town's plan and a clock that a test moves."""

    dsn: str
    town: Dispatching
    at: datetime = MONDAY
    opened: list[Clocks] = field(default_factory=list)

    def clocks(self) -> Clocks:
        made = Clocks(self.dsn, plan=lambda: self.town.plan, city=lambda: self.town.city, now=lambda: self.at)
        self.opened.append(made)
        return made

    def case(self, *, rule: str = "stall.unlicensed", grid: str = "01", level: Level = Level.STREET) -> UUID:
        """File and dispatch a case now, with the plan's deadline."""
        return dispatched_case(self.dsn, self.town.plan, self.at, rule=rule, grid=grid, level=level)

    def order(self, case_id: UUID, order: Order) -> Case:
        with open_session(self.dsn) as connection:
            return change_case(connection, case_id, order, actor=order.by)[0]

    def told(self, case_id: UUID) -> list[tuple[str, datetime, list[str]]]:
        """Return what the feed says of the case's clocks: type, when, to whom."""
        with open_session(self.dsn) as connection:
            rows = connection.execute(
                """SELECT type, at, "case"->'last'->'told' FROM feed WHERE case_id = %s ORDER BY seq""", (case_id,)
            ).fetchall()
        own = {Event.WARNED, Event.OVERDUE, Event.ESCALATED, Event.RESUMED, Event.LAPSED}
        return [(kind, at.astimezone(SHANGHAI), told) for kind, at, told in rows if kind in set(own)]

    def look(self, clocks: Clocks, at: datetime) -> list[Event]:
        self.at = at
        return [one.event for one in clocks.look()]


@pytest.fixture
def centre(plain_database: Database, tmp_path: Path) -> Iterator[Centre]:
    made = Centre(plain_database.dsn, dispatching(tmp_path))
    yield made
    for clocks in made.opened:
        clocks.close()
    with open_session(made.dsn) as connection:
        assert verify(connection).problems == []


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


def test_a_case_that_runs_late_is_warned_of_and_raised_from_the_street_to_the_district_to_the_city(
    centre: Centre,
) -> None:
    case_id = centre.case()
    clocks = centre.clocks()
    # Ten working hours from Monday at eight: eight of them are over on Monday at 18:00, all on Tuesday at 10:00.
    assert centre.look(clocks, local(23, 17, 59)) == []
    assert centre.look(clocks, local(23, 18)) == [Event.WARNED, Event.ESCALATED]
    assert centre.look(clocks, local(24, 9, 59)) == []
    assert centre.look(clocks, local(24, 10)) == [Event.OVERDUE, Event.ESCALATED]
    assert centre.look(clocks, local(30, 10)) == []
    first = ["department:east-street", "department:east-order"]
    second = [*first, "department:city-order", "role:supervisor"]
    assert centre.told(case_id) == [
        (Event.WARNED, local(23, 18), first),
        (Event.ESCALATED, local(23, 18), first),
        (Event.OVERDUE, local(24, 10), second),
        (Event.ESCALATED, local(24, 10), second),
    ]
    case = centre.order(case_id, Note(by="Li", at=centre.at, note="seen"))
    assert (case.warned, case.overdue, case.escalated_to, case.level) == (True, True, Level.CITY, Level.STREET)


def test_at_the_top_nobody_is_above_and_somebody_is_told_all_the_same(centre: Centre) -> None:
    case_id = centre.case(level=Level.CITY)
    clocks = centre.clocks()
    assert centre.look(clocks, local(23, 18)) == [Event.WARNED]
    assert centre.look(clocks, local(24, 10)) == [Event.OVERDUE]
    assert [told for _, _, told in centre.told(case_id)] == [["department:east-street"], ["role:supervisor"]]


def test_after_an_outage_everything_is_caught_up_in_the_order_in_which_it_came_due(centre: Centre) -> None:
    cases = []
    for hour, minute in ((8, 0), (9, 0), (11, 30)):
        centre.at = local(23, hour, minute)
        cases.append(centre.case())
    clocks = centre.clocks()
    centre.at = local(30, 8)
    done = clocks.look()
    assert [one.due_since for one in done] == sorted(one.due_since for one in done)
    first, second, third = dict.fromkeys(one.number for one in done)
    assert [(one.number, one.event, one.due_since) for one in done if one.event is not Event.ESCALATED] == [
        (first, Event.WARNED, local(23, 18)),
        (second, Event.WARNED, local(24, 9)),
        (first, Event.OVERDUE, local(24, 10)),
        (second, Event.OVERDUE, local(24, 11)),
        (third, Event.WARNED, local(24, 11, 30)),
        (third, Event.OVERDUE, local(24, 15, 30)),
    ]
    for case_id in cases:
        assert [kind for kind, _, _ in centre.told(case_id)] == [
            Event.WARNED,
            Event.ESCALATED,
            Event.OVERDUE,
            Event.ESCALATED,
        ]
    assert clocks.look() == []


def test_a_case_that_is_done_or_suspended_is_not_warned_of(centre: Centre) -> None:
    done, suspended = centre.case(), centre.case()
    centre.order(done, Take(by="crew", at=centre.at))
    centre.order(done, ReportDone(by="crew", at=centre.at))
    centre.order(suspended, Suspend(by="Wu", at=centre.at, note="waits for a part", until=local(30, 8)))
    assert centre.look(centre.clocks(), local(27, 8)) == []


def test_a_suspension_ends_by_itself_with_the_working_time_that_was_left(centre: Centre) -> None:
    case_id = centre.case()
    # Three of ten hours are used up; it comes back on a Saturday, when nobody works.
    centre.order(case_id, Suspend(by="Wu", at=local(23, 11), note="waits for a part", until=local(28, 3)))
    clocks = centre.clocks()
    assert centre.look(clocks, local(28, 2, 59)) == []
    # Nobody looked before Sunday: what counts is the agreed end.
    assert centre.look(clocks, local(29, 12)) == [Event.RESUMED]
    case = centre.order(case_id, Note(by="Li", at=centre.at, note="seen"))
    assert case.suspension is Suspension.NONE
    assert case.due_at is not None
    assert (case.due_at.astimezone(SHANGHAI), case.suspended_total_s) == (
        local(30, 17),
        (local(28, 3) - local(23, 11)).total_seconds(),
    )
    assert centre.look(clocks, local(30, 17)) == [Event.WARNED, Event.ESCALATED, Event.OVERDUE, Event.ESCALATED]


def test_a_lease_lapses_and_the_case_is_there_for_anybody_again(centre: Centre) -> None:
    case_id = centre.case()
    centre.order(case_id, Take(by="crew", at=centre.at, until=centre.at + HOUR))
    clocks = centre.clocks()
    assert centre.look(clocks, local(23, 8, 59)) == []
    assert centre.look(clocks, local(23, 9)) == [Event.LAPSED]
    case = centre.order(case_id, Take(by="another crew", at=centre.at, until=centre.at + HOUR))
    assert (case.stage, case.taken_by) == (Stage.HANDLING, "another crew")


def test_one_of_many_works_and_another_takes_over_when_it_ends(centre: Centre) -> None:
    centre.case()
    first, second = centre.clocks(), centre.clocks()
    assert centre.look(first, local(23, 12)) == []
    assert centre.look(second, local(23, 18)) == []
    first.close()
    until(lambda: bool(centre.look(second, local(23, 18))))


def test_a_watch_whose_connection_was_cut_is_taken_up_again(centre: Centre) -> None:
    case_id = centre.case()
    clocks = centre.clocks()
    assert clocks.look() == []
    with connect(centre.dsn) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(StoreUnavailable):
        centre.look(clocks, local(23, 18))
    assert clocks.look() != []
    assert [kind for kind, _, _ in centre.told(case_id)] == [Event.WARNED, Event.ESCALATED]


def test_two_who_look_at_once_do_everything_once(centre: Centre) -> None:
    cases = [centre.case() for _ in range(6)]
    centre.at = local(24, 12)
    done: list[Done] = []
    barrier = threading.Barrier(3)

    def look(clocks: Clocks) -> None:
        barrier.wait()
        for _ in range(5):
            done.extend(clocks.look())
        clocks.close()

    threads = [threading.Thread(target=look, args=(centre.clocks(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 4 * len(cases)
    for case_id in cases:
        assert len(centre.told(case_id)) == 4


def test_a_case_that_cannot_be_helped_keeps_no_other_waiting(centre: Centre) -> None:
    bad, good = centre.case(), centre.case()
    with connect(centre.dsn) as connection:
        (kept,) = connection.execute("SELECT last::text FROM cases WHERE case_id = %s", (bad,)).fetchone() or ("",)
        connection.execute("UPDATE cases SET last = '{}' WHERE case_id = %s", (bad,))  # nobody can read it now
        clocks = centre.clocks()
        assert centre.look(clocks, local(23, 18)) == [Event.WARNED, Event.ESCALATED]
        assert clocks.look() == []
        assert len(centre.told(good)) == 2
        connection.execute("UPDATE cases SET last = %s::jsonb WHERE case_id = %s", (kept, bad))
    # It is tried again once somebody has done something to it.
    assert clocks.look() == []
    centre.order(bad, Note(by="Li", at=centre.at, note="mended"))
    assert centre.look(clocks, centre.at) == [Event.WARNED, Event.ESCALATED]


def test_a_missing_calendar_is_told_of_once_a_day_for_as_long_as_it_is_missing(centre: Centre) -> None:
    clocks = centre.clocks()
    with structlog.testing.capture_logs() as logs:
        for day, hour in ((23, 8), (23, 23), (24, 0), (24, 8), (25, 8)):
            centre.look(clocks, local(day, hour))
    told = [one["doubt"] for one in logs if one["event"] == "dispatch plan"]
    assert [text[:31] for text in told] == ["the calendar of 2026 is missing"] * 2


def test_each_plan_is_kept_under_its_version(centre: Centre) -> None:
    clocks, first = centre.clocks(), centre.town.plan.version
    clocks.look()
    centre.town = replace(
        centre.town, dispatch=replace(centre.town.dispatch, plan=replace(centre.town.plan, version="another"))
    )
    clocks.look()
    with open_session(centre.dsn) as connection:
        assert [version for version, _ in plan_versions(connection)] == ["another", first]
        kept = stored_plan(connection, "another")
        assert kept is not None
        assert kept["usual_level"] == "street"
        assert stored_plan(connection, "never") is None


def test_the_watch_runs_until_it_is_told_to_stop_and_waits_for_a_database(centre: Centre) -> None:
    case_id = centre.case()
    centre.at = local(24, 10)
    stop = threading.Event()
    clocks = centre.clocks()
    address, clocks.dsn = clocks.dsn, "postgresql://127.0.0.1:9/nowhere"
    thread = threading.Thread(target=keep_clocks, args=(clocks, stop, 0.02))
    thread.start()
    try:
        clocks.dsn = address
        until(lambda: len(centre.told(case_id)) == 4)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
