"""Cases in the database: numbered, told in the one feed, proved by their chain; of two at once each is heard."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from detectors.finding import Phase, Severity
from hub.cases import orders
from hub.cases.case import Case, Deadline, Draft
from hub.cases.level import ClockKind, Level
from hub.cases.stage import Stage, Suspension
from hub.cases.steps import IllegalStep
from hub.people.caller import Reach
from hub.store.case_command import (
    NoSuchCase,
    RevisionChanged,
    change_case,
    merge_cases,
    open_case,
    split_case,
)
from hub.store.cases import lock_cases
from hub.store.chain import verify
from hub.store.read_feed import items_after, items_of_case
from hub.store.session import connect, open_session
from hub.store.write import Store
from tests.support.databases import Database
from tests.support.stored import after, batch, followed, raised

DAY = Deadline(clock=ClockKind.WORKING, condition="leak", warn_at=after(19 * 3600), due_at=after(24 * 3600))


def draft(**more: object) -> Draft:
    """Return a draft of a case without alerts, unless it is told of some."""
    base = Draft(title="Leak in Nanhu Road", grid="01", district="Nanhu", severity=Severity.MAJOR, rule="water.leak")
    return replace(base, **more)  # type: ignore[arg-type]


def opened(database: Database, *, second: float = 0, **more: Any) -> Case:
    with open_session(database.dsn) as session:
        return open_case(session, draft(**more), actor="Li", at=after(second))[0]


def ordered(database: Database, case: Case, *given: orders.Order) -> Case:
    for order in given:
        with open_session(database.dsn) as session:
            case, _ = change_case(session, case.case_id, order, actor=order.by)
    return case


def dispatched(database: Database, **more: Any) -> Case:
    return ordered(
        database,
        opened(database, **more),
        orders.File(by="Li", at=after(1), deadline=DAY, level=Level.DISTRICT),
        orders.Dispatch(by="Wang", at=after(2), department="water", squad="water-1"),
    )


def problems(database: Database) -> list[str]:
    with open_session(database.dsn) as session:
        return [problem.difference.value for problem in verify(session).problems]


def alert(database: Database, **about: object) -> UUID:
    change = raised(**about)
    store = Store(database.dsn)
    store.write(batch(changes=[change]))
    store.close()
    return change.alert.alert_id


def test_a_case_goes_round_its_loop_and_the_feed_tells_each_step_once(database: Database) -> None:
    gas = alert(database)
    case = dispatched(database, alerts=(gas,), photos=())
    case = ordered(
        database,
        case,
        orders.Take(by="crew", at=after(3), until=after(600)),
        orders.Progress(by="crew", at=after(4), note="digging"),
        orders.AskSuspension(by="crew", at=after(5), note="no part", until=after(90)),
        orders.Suspend(by="Zhao", at=after(6), until=after(66), note="yes"),
        orders.Resume(by="lianqin", at=after(66)),
        orders.Escalate(by="lianqin", at=after(67), to=Level.CITY, told=("Zhao",)),
        orders.CallIn(by="Wang", at=after(67), department="transport"),
        orders.ReportDone(by="crew", at=after(68), note="clamped"),
        orders.Rework(by="Wang", at=after(69), note="still wet"),
        orders.Take(by="crew", at=after(70)),
        orders.ReportDone(by="crew", at=after(71)),
        orders.Verify(by="Wang", at=after(72)),
        orders.Close(by="Wang", at=after(73), even_though_active=True, note="the sensor is slow"),
        orders.Evaluate(by="Zhao", at=after(74), score=4, note="good"),
    )
    with open_session(database.dsn) as session:
        items = items_of_case(session, case.case_id)
        stored = lock_cases(session, [case.case_id])[case.case_id].case
    assert stored == case
    assert (case.stage, case.reworks, case.suspended_total_s, case.number) == (Stage.CLOSED, 1, 60.0, "2026-000001")
    assert case.due_at == after(24 * 3600 + 60)
    assert [item.type.removeprefix("case.") for item in items] == [
        *("collected", "filed", "dispatched", "taken", "progressed", "suspension_asked", "suspended", "resumed"),
        *("escalated", "called_in", "reported_done", "reworked", "taken", "reported_done", "verified", "closed"),
        "evaluated",
    ]
    assert [item.case["revision"] for item in items if item.case] == list(range(1, 18))
    assert problems(database) == []
    with connect(database.dsn) as connection:
        audit = connection.execute("SELECT actor, action FROM audit WHERE target = %s", (f"case/{case.case_id}",))
        assert len(audit.fetchall()) == 17


def test_numbers_count_within_the_year_of_the_citys_zone(database: Database) -> None:
    china = timezone(timedelta(hours=8))
    turn = datetime(2026, 12, 31, 16, tzinfo=UTC)  # midnight there
    found = []
    for at in (turn - timedelta(seconds=1), turn, turn + timedelta(seconds=1)):
        with open_session(database.dsn) as session:
            found.append(open_case(session, draft(), actor="Li", at=at, zone=china)[0].number)
    assert found == ["2026-000001", "2027-000001", "2027-000002"]


def test_an_order_that_makes_no_sense_changes_nothing(database: Database) -> None:
    case = opened(database)
    with pytest.raises(IllegalStep, match="it is collected"), open_session(database.dsn) as session:
        change_case(session, case.case_id, orders.Verify(by="Li", at=after(1)), actor="Li")
    with pytest.raises(NoSuchCase), open_session(database.dsn) as session:
        change_case(session, uuid4(), orders.Note(by="Li", at=after(1), note="x"), actor="Li")
    with connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM feed").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (1,)


def test_an_alert_belongs_to_one_open_case_at_most(database: Database) -> None:
    gas = alert(database)
    first = opened(database, alerts=(gas,))
    with pytest.raises(IllegalStep, match="belongs to case 2026-000001"):
        opened(database, alerts=(gas,))
    other = opened(database)
    with pytest.raises(IllegalStep, match="belongs to another case"):
        ordered(database, other, orders.AddAlert(by="Li", at=after(5), alert=gas))
    ordered(database, first, orders.Void(by="Zhao", at=after(6), note="a test"))
    assert ordered(database, other, orders.AddAlert(by="Li", at=after(7), alert=gas)).alerts == (gas,)
    assert problems(database) == []


def test_a_case_is_not_closed_over_an_active_alert_by_accident(database: Database) -> None:
    change = raised()
    store = Store(database.dsn)
    store.write(batch(changes=[change]))
    case = dispatched(database, alerts=(change.alert.alert_id,))
    verified = ordered(
        database,
        case,
        orders.Take(by="crew", at=after(3)),
        orders.ReportDone(by="crew", at=after(4)),
        orders.Verify(by="Wang", at=after(5)),
    )
    with pytest.raises(IllegalStep, match="still active"):
        ordered(database, verified, orders.Close(by="Wang", at=after(6)))
    store.write(batch(changes=[followed(change.alert, Phase.CLEARED, second=7)]))
    store.close()
    assert ordered(database, verified, orders.Close(by="Wang", at=after(8))).stage is Stage.CLOSED


def test_two_cases_become_one_and_keep_what_belonged_to_either(database: Database) -> None:
    one, two = alert(database), alert(database, subject="gas-2")
    first, second = opened(database, alerts=(one,)), opened(database, alerts=(two,), reports=(UUID(int=5),))
    with open_session(database.dsn) as session:
        merged, joined, seq = merge_cases(
            session, second.case_id, first.case_id, by="Wang", at=after(5), note="the same leak", actor="Wang"
        )
    assert (merged.stage, merged.merged_into) == (Stage.MERGED, first.case_id)
    assert (joined.alerts, joined.reports, seq) == ((one, two), (UUID(int=5),), 6)
    with pytest.raises(IllegalStep, match="it is merged"):
        ordered(database, merged, orders.Note(by="Li", at=after(6), note="x"))
    with pytest.raises(IllegalStep, match="it is merged"), open_session(database.dsn) as session:
        merge_cases(session, first.case_id, second.case_id, by="Wang", at=after(7), actor="Wang")
    assert problems(database) == []


def test_part_of_a_case_becomes_one_of_its_own(database: Database) -> None:
    one, two = alert(database), alert(database, subject="gas-2")
    case = opened(database, alerts=(one, two))
    with open_session(database.dsn) as session:
        left, new, _ = split_case(
            session, case.case_id, draft(title="The other leak", alerts=(two,)), by="Wang", at=after(5), actor="Wang"
        )
    assert (left.alerts, new.alerts, new.split_from, new.number) == ((one,), (two,), case.case_id, "2026-000002")
    assert problems(database) == []


def test_a_case_outside_the_reach_is_not_there(database: Database) -> None:
    case = dispatched(database)
    note = orders.Note(by="x", at=after(5), note="seen")
    for reach in (Reach(grids=frozenset({"02"})), Reach(department="gas"), Reach(grids=frozenset())):
        with pytest.raises(NoSuchCase), open_session(database.dsn) as session:
            change_case(session, case.case_id, note, actor="x", reach=reach)
        with open_session(database.dsn) as session:
            assert [item for item in items_after(session, 0, 100, reach) if item.case is not None] == []
    near = Reach(grids=frozenset({"01"}), department="water")
    with open_session(database.dsn) as session:
        change_case(session, case.case_id, note, actor="x", reach=near)
        # What happened before the department had it is not told to it.
        assert [item.type for item in items_after(session, 0, 100, near)] == ["case.dispatched", "case.noted"]


def test_a_department_still_sees_what_it_refused(database: Database) -> None:
    case = ordered(database, dispatched(database), orders.Refuse(by="crew", at=after(5), note="not ours"))
    with open_session(database.dsn) as session:
        order = orders.Note(by="crew", at=after(6), note="ask the gas company")
        seen, _ = change_case(session, case.case_id, order, actor="crew", reach=Reach(department="water"))
    assert seen.stage is Stage.FILED


def test_of_two_dispatchers_at_once_one_is_told_of_the_other(database: Database) -> None:
    case = ordered(database, opened(database), orders.File(by="Li", at=after(1)))
    outcome: list[object] = []

    def second() -> None:
        try:
            with open_session(database.dsn) as session:
                order = orders.Dispatch(by="Zhou", at=after(3), department="gas")
                outcome.append(change_case(session, case.case_id, order, actor="Zhou", expected_revision=case.revision))
        except RevisionChanged as error:
            outcome.append(error)

    with connect(database.dsn) as first, first.transaction():
        order = orders.Dispatch(by="Wang", at=after(2), department="water")
        change_case(first, case.case_id, order, actor="Wang", expected_revision=case.revision)
        thread = threading.Thread(target=second)
        thread.start()
        with connect(database.dsn) as watching:
            watching.execute("SET statement_timeout = '20s'")
            while not watching.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone():
                watching.execute("SELECT pg_sleep(0.01)")
    thread.join(20)
    (told,) = outcome
    assert isinstance(told, RevisionChanged)
    assert (told.case.revision, told.case.department) == (3, "water")
    assert "it is at revision 3, you gave 2" in str(told)
    assert problems(database) == []


def test_of_many_who_begin_a_case_of_one_alert_at_once_one_does(database: Database) -> None:
    gas = alert(database)
    outcome: list[str] = []

    def begin() -> None:
        try:
            outcome.append(opened(database, alerts=(gas,)).number)
        except IllegalStep as error:
            outcome.append(str(error))

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(outcome) == 6
    assert [one for one in outcome if "part of another case" not in one and "is open" not in one] == ["2026-000001"]
    assert problems(database) == []


def test_many_at_once_give_each_case_its_own_number(database: Database) -> None:
    threads = [threading.Thread(target=opened, args=(database,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with connect(database.dsn) as connection:
        numbers = [number for (number,) in connection.execute("SELECT number FROM cases ORDER BY number")]
    assert numbers == [f"2026-{n:06d}" for n in range(1, 9)]
    assert problems(database) == []


@pytest.mark.parametrize(
    ("spoil", "difference"),
    [
        ("UPDATE cases SET due_at = due_at + interval '1 day'", "changed_case"),
        ("UPDATE cases SET record_hash = 'x'", "wrong_head"),
        ("""UPDATE feed SET "case" = jsonb_set("case", '{department}', '"gas"') WHERE seq = 3""", "changed_row"),
        ("UPDATE feed SET prev_hash = 'x' WHERE seq = 2", "broken_link"),
        ("DELETE FROM feed WHERE seq = 2", "missing_numbers"),
        ("DELETE FROM case_photos; DELETE FROM case_alerts; DELETE FROM cases", "no_case"),
        ("UPDATE photos SET content = 'another'", "changed_picture"),
        ("DELETE FROM case_photos; DELETE FROM photos", "missing_picture"),
    ],
)
def test_whatever_is_changed_behind_the_hubs_back_is_found(
    plain_database: Database, spoil: str, difference: str
) -> None:
    with connect(plain_database.dsn) as connection:
        sha256 = "df7e70e5021544f4834bbee64a9e3789febc4be81470df629cad6ddb03320a5c"  # of the letter B
        connection.execute("INSERT INTO photos VALUES (%s, 'image/png', 'B', 1, now(), 'crew')", (sha256,))
    ordered(plain_database, dispatched(plain_database), orders.Note(by="crew", at=after(9), photos=(sha256,)))
    assert problems(plain_database) == []
    with connect(plain_database.dsn) as connection:
        connection.execute(spoil)
    assert difference in problems(plain_database)


def test_one_case_can_be_proved_alone(plain_database: Database) -> None:
    case, other = opened(plain_database), opened(plain_database)
    with connect(plain_database.dsn) as connection:
        connection.execute("UPDATE cases SET title = 'x' WHERE case_id = %s", (other.case_id,))
    with open_session(plain_database.dsn) as session:
        good = verify(session, case.case_id)
    assert (good.cases, good.alerts, good.problems) == (1, 0, [])
    with open_session(plain_database.dsn) as session:
        (bad,) = verify(session, other.case_id).problems
    assert (bad.case_id, bad.text) == (other.case_id, "the case differs from its record in title")


def test_a_row_of_the_feed_tells_of_an_alert_or_of_a_case_never_of_both_or_neither(database: Database) -> None:
    case = opened(database)
    with connect(database.dsn) as connection:
        for spoil in ("alert_id = gen_random_uuid(), alert = '{}'", 'case_id = NULL, "case" = NULL'):
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute(f"UPDATE feed SET {spoil}".encode())
        row = connection.execute("SELECT case_id FROM cases").fetchone()
    assert row == (case.case_id,)


def test_what_postgresql_cannot_hold_is_replaced(database: Database) -> None:
    case = opened(database, title="a\0b", place="\ud800")
    with open_session(database.dsn) as session:
        stored = lock_cases(session, [case.case_id])[case.case_id].case
    assert (stored.title, stored.place, stored.suspension) == ("a\ufffdb", "?", Suspension.NONE)
    assert problems(database) == []
