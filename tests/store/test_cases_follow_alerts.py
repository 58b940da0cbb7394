"""Alerts and the cases they belong with: joining, clearing, opening again, once each, whoever follows and is killed."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from detectors.finding import Phase, Severity
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.cases import orders
from hub.cases.case import Case
from hub.cases.drafting import drafted
from hub.cases.plan import Plan
from hub.config.load_dispatch import load_dispatch
from hub.dispatch.follow_alerts import AlertFollower, follow_alerts
from hub.store.case_command import change_case, open_case
from hub.store.chain import verify
from hub.store.read_cases import find_case
from hub.store.read_feed import items_after
from hub.store.session import connect, open_session
from hub.store.write import Store
from ingest.city import City
from ingest.observation import Box
from tests.support.api import configuration
from tests.support.databases import Database
from tests.support.stored import after, batch, followed, raised


class Town:
    """A town with its plan, its alerts and its follower, over one database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.city: City = configuration(folder).city
        self.plan: Plan = load_dispatch(None, self.city).plan
        self.second = 0.0

    def follower(self) -> AlertFollower:
        return AlertFollower(self.database.dsn, lambda: self.plan, lambda: self.city, lambda: after(self.second))

    def follow(self) -> int:
        follower = self.follower()
        try:
            return follower.look()
        finally:
            follower.close()

    def tell(self, *changes: AlertChange, grid: str = "02") -> None:
        store = Store(self.database.dsn)
        store.write(batch(changes=changes, grid=grid))
        store.close()

    def raise_(self, **about: Any) -> Alert:
        change = raised(**{"rule": "water.leak", "subject": "water-1", "grid": "02", **about})
        self.tell(change)
        return change.alert

    def clear(self, alert: Alert, second: float) -> None:
        self.tell(followed(alert, Phase.CLEARED, second=second))

    def open(self, *alerts: Alert) -> Case:
        with open_session(self.database.dsn) as session:
            return open_case(session, drafted(self.plan, self.city, alerts), actor="Li", at=after(self.second))[0]

    def order(self, case_id: UUID, *given: orders.Order) -> Case:
        for order in given:
            with open_session(self.database.dsn) as session:
                case, _ = change_case(session, case_id, order, actor=order.by)
        return case

    def close(self, case: Case, at: datetime) -> Case:
        return self.order(
            case.case_id,
            orders.File(by="Li", at=at, category="c"),
            orders.Dispatch(by="Wang", at=at, department="district-housing"),
            orders.Take(by="crew", at=at),
            orders.ReportDone(by="crew", at=at),
            orders.Verify(by="Wang", at=at),
            orders.Close(by="Wang", at=at),
        )

    def case(self, case_id: UUID) -> Case:
        with open_session(self.database.dsn) as session:
            found = find_case(session, case_id)
        assert found is not None
        return found

    def told(self) -> list[str]:
        with open_session(self.database.dsn) as session:
            assert verify(session).problems == []
        with open_session(self.database.dsn) as session:
            return [item.type for item in items_after(session, 0, 500)]


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database, tmp_path)


def test_what_is_raised_where_an_open_case_is_joins_it_and_its_end_is_told(town: Town) -> None:
    first = town.raise_()
    case = town.open(first)
    pressure = town.raise_(rule="water.pressure", second=10, severity=Severity.CRITICAL)
    elsewhere = town.raise_(subject="water-2", second=11)
    broken = town.raise_(rule="sensor.fault", second=12)
    assert town.follow() == 1
    town.clear(first, 20)
    town.clear(elsewhere, 21)
    assert town.follow() == 1
    assert town.case(case.case_id).alerts == (first.alert_id, pressure.alert_id)
    assert (case.severity, town.case(case.case_id).severity) == (Severity.MAJOR, Severity.CRITICAL)
    assert broken.alert_id not in town.case(case.case_id).alerts
    assert [kind for kind in town.told() if kind.startswith("case.")] == [
        "case.collected",
        "case.alert_added",
        "case.alert_cleared",
    ]


def test_a_stall_at_the_same_spot_joins_and_one_beside_it_does_not(town: Town) -> None:
    def seen(x: float, second: float) -> Alert:
        change = raised(rule="parking.illegal", subject=f"zone-1@{x},0.5", grid="02", second=second, since=second - 60)
        box = Box("car", 0.9, 1, x, 0.4, x + 0.2, 0.6)
        change = replace(change, alert=replace(change.alert, camera_id="cam-1", box=box))
        town.tell(change)
        return change.alert

    first = seen(0.2, 0)
    case = town.open(first)
    again, beside = seen(0.22, 10), seen(0.6, 20)
    assert town.follow() == 1
    assert town.case(case.case_id).alerts == (first.alert_id, again.alert_id)
    assert beside.alert_id not in town.case(case.case_id).alerts


def test_a_symptom_joins_the_case_of_its_cause(town: Town) -> None:
    cause = town.raise_(rule="streetlight.circuit_out", subject="c-1", grid="01")
    case = town.open(cause)
    change = raised(rule="device.silent", subject="lamp-1", grid="01", second=5)
    change = replace(change, alert=replace(change.alert, inhibited_by=cause.alert_id))
    town.tell(change, grid="01")
    town.follow()
    assert town.case(case.case_id).alerts == (cause.alert_id, change.alert.alert_id)


def closed_case(town: Town) -> tuple[Case, Alert]:
    first = town.raise_()
    case = town.open(first)
    town.clear(first, 30)
    town.follow()
    return town.close(case, after(60)), first


def test_what_comes_back_within_the_plans_time_opens_its_case_again(town: Town) -> None:
    case, first = closed_case(town)
    within_s = town.plan.condition(None).reopen_within_s
    town.second = 60 + within_s
    back = town.raise_(second=town.second, since=town.second - 60)
    assert town.follow() == 1
    again = town.case(case.case_id)
    assert (again.stage.value, again.reopens, again.alerts) == ("filed", 1, (first.alert_id, back.alert_id))
    assert again.due_at is not None
    assert again.due_at > after(town.second)
    assert [kind for kind in town.told()][-2:] == ["case.reopened", "case.alert_added"]
    assert town.follow() == 0


def test_what_comes_back_later_begins_a_case_of_the_same_history(town: Town) -> None:
    case, _ = closed_case(town)
    town.second = 61 + town.plan.condition(None).reopen_within_s
    town.raise_(second=town.second, since=town.second - 60)
    assert town.follow() == 0
    assert town.case(case.case_id).stage.value == "closed"


def test_what_has_cleared_by_the_time_it_is_heard_of_opens_nothing_again(town: Town) -> None:
    case, _ = closed_case(town)
    back = town.raise_(second=70, since=65)
    town.clear(back, 75)
    assert town.follow() == 0
    assert town.case(case.case_id).stage.value == "closed"


def test_a_voided_case_is_left_alone(town: Town) -> None:
    case = town.open(town.raise_())
    town.order(case.case_id, orders.Void(by="Zhao", at=after(5), note="a test"))
    town.tell(followed(town_alert(town, case), Phase.CLEARED, second=6))
    town.raise_(second=10, since=8)
    assert town.follow() == 0


def town_alert(town: Town, case: Case) -> Alert:
    store = Store(town.database.dsn)
    (alert,) = [alert for alert in store.open_alerts(None) if alert.alert_id in case.alerts]
    store.close()
    return alert


def test_three_who_follow_at_once_do_everything_once(town: Town) -> None:
    case = town.open(town.raise_())
    for n in range(20):
        town.raise_(rule=f"water.{'abcdefghijklmnopqrstuvwxyz'[n]}", second=n + 1)
    outcome: list[int] = []
    run_all([lambda: outcome.append(town.follow()) for _ in range(3)])
    town.follow()
    assert len(town.case(case.case_id).alerts) == 21
    assert town.told().count("case.alert_added") == 20


def test_a_follower_killed_between_two_items_leaves_none_out(town: Town) -> None:
    case = town.open(town.raise_())
    for n in range(6):
        town.raise_(rule=f"water.{'abcdef'[n]}", second=n + 1)
    with connect(town.database.dsn) as holding:
        holding.execute("BEGIN")
        holding.execute("SELECT 1 FROM cases FOR UPDATE")  # the follower waits here, having moved its cursor
        follower = town.follower()
        thread = threading.Thread(target=lambda: swallow(follower.look))
        thread.start()
        with connect(town.database.dsn) as watching:
            watching.execute("SET statement_timeout = '20s'")
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while (waiting := watching.execute(query).fetchone()) is None:
                watching.execute("SELECT pg_sleep(0.01)")
            watching.execute("SELECT pg_terminate_backend(%s)", waiting)
        thread.join(20)
        holding.execute("ROLLBACK")
    town.follow()
    assert len(town.case(case.case_id).alerts) == 7
    assert town.told().count("case.alert_added") == 6


def test_it_follows_until_it_is_told_to_stop_and_outlives_its_database(town: Town) -> None:
    case = town.open(town.raise_())
    stop, follower = threading.Event(), town.follower()
    dsn, follower.dsn = follower.dsn, "postgresql://127.0.0.1:1/nowhere"
    thread = threading.Thread(target=follow_alerts, args=(follower, stop, 0.02))
    thread.start()
    town.raise_(rule="water.pressure", second=3)
    follower.dsn = dsn
    deadline = time.monotonic() + 20
    while len(town.case(case.case_id).alerts) < 2:
        assert time.monotonic() < deadline
        stop.wait(0.02)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def swallow(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        return


def run_all(work: list[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
