"""Alerts in the database: detectors and operators never overwrite each other, and repeats change nothing."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.finding import Phase, Reason, Severity
from hub.alerts.alert import Alert, Condition
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import Acknowledge, EventType, IllegalTransition, Shelve, Unacknowledge, Unshelve
from hub.store.alerts import alerts_as_of
from hub.store.chain import verify
from hub.store.command import NoSuchAlert, change_alert, unshelve_due
from hub.store.read_ledger import ledger_total
from hub.store.session import connect, open_session
from hub.store.write import Batch, Store, StoreRefused
from ingest.observation import Box
from tests.support.databases import Database
from tests.support.stored import NOW, after, batch, followed, picture, raised


def feed_of(database: Database) -> list[tuple[int, str]]:
    with connect(database.dsn) as connection:
        return connection.execute("SELECT seq, type FROM feed ORDER BY seq").fetchall()


def sound(database: Database) -> bool:
    with open_session(database.dsn) as session:
        return verify(session).problems == []


def test_an_alert_is_raised_updated_and_cleared_and_the_feed_tells_each(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    worse = followed(start.alert, Phase.UPDATED, second=10, severity=Severity.CRITICAL)
    end = followed(worse.alert, Phase.CLEARED, second=20)
    assert store.write(batch(changes=[start])).feed_seq == 1
    assert store.write(batch(changes=[worse, end])).feed_seq == 3
    assert feed_of(database) == [(1, "alert.raised"), (2, "alert.updated"), (3, "alert.cleared")]
    assert store.recent_alerts(["01"], after(15)) == [end.alert]
    assert store.open_alerts(["01"]) == []
    assert sound(database)
    store.close()


def test_a_new_worker_is_told_of_what_is_open_in_its_grids(database: Database) -> None:
    store = Store(database.dsn)
    mine, other = raised(), raised(subject="gas-2", grid="02", second=1)
    ended = raised(subject="gas-3")
    store.write(batch(changes=[mine, other, ended, followed(ended.alert, Phase.CLEARED, second=3)]))
    (told,) = store.open_findings(["01"])
    assert (told.rule, told.subject, told.since, told.numbers) == (
        mine.alert.rule,
        mine.alert.subject,
        mine.alert.since,
        mine.alert.reason.numbers,
    )
    assert [alert.subject for alert in store.open_alerts(None)] == ["gas-1", "gas-2"]
    store.close()


def test_what_a_restarted_worker_says_again_changes_nothing(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    worse = followed(start.alert, Phase.UPDATED, second=10, severity=Severity.CRITICAL)
    worst = followed(worse.alert, Phase.UPDATED, second=12, severity=Severity.CRITICAL)
    end = followed(worst.alert, Phase.CLEARED, second=20)
    store.write(batch(changes=[start, worse, worst]))
    again = store.write(batch(changes=[start, worse, worst]))
    assert [why for _, why in again.skipped] == ["already there", "older than what is there", "already there"]
    store.write(batch(changes=[end]))
    assert [why for _, why in store.write(batch(changes=[start, worse, end])).skipped] == ["already there"] * 3
    assert len(feed_of(database)) == 4
    store.close()


def test_a_second_alert_of_a_subject_waits_until_the_first_is_over(database: Database) -> None:
    store = Store(database.dsn)
    first, second = raised(since=-60), raised(since=-30, second=5)
    written = store.write(batch(changes=[first, second]))
    assert written.skipped == ((second.alert.alert_id, "another alert of the same rule and subject is active"),)
    over = followed(first.alert, Phase.CLEARED, second=10)
    assert store.write(batch(changes=[over, second])).skipped == ()
    assert store.open_alerts(None) == [second.alert]
    store.close()


def test_news_of_an_unknown_alert_changes_nothing(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    written = store.write(batch(changes=[followed(start.alert, Phase.CLEARED, second=1)]))
    assert written.skipped == ((start.alert.alert_id, "no such alert"),)
    assert feed_of(database) == []
    store.close()


def test_a_batch_takes_no_operators_commands(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    with pytest.raises(StoreRefused, match="detectors' words alone"):
        store.write(batch(changes=[AlertChange(alert=start.alert, type=EventType.ACKNOWLEDGED, at=NOW)]))
    store.close()


def while_held(database: Database, alert: Alert, work: Callable[[], object]) -> Alert:
    """Acknowledge `alert`; start `work` and wait until the database makes it wait for us; only then commit."""
    with connect(database.dsn) as operator:
        with operator.transaction():
            changed, _ = change_alert(operator, alert.alert_id, Acknowledge(by="Li", at=after(15)), "Li")
            thread = threading.Thread(target=work)
            thread.start()
            with connect(database.dsn) as watching:
                watching.execute("SET statement_timeout = '20s'")
                while not watching.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ).fetchone():
                    watching.execute("SELECT pg_sleep(0.01)")
        thread.join(20)
        assert not thread.is_alive()
    return changed


def test_an_acknowledgement_survives_the_clearing_that_waits_behind_it(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    end = followed(start.alert, Phase.CLEARED, second=20)
    while_held(database, start.alert, lambda: store.write(batch(changes=[end])))
    (alert,) = store.recent_alerts(None, NOW)
    assert (alert.condition, alert.acknowledged, alert.acknowledged_by) == (Condition.CLEARED, True, "Li")
    assert alert.revision == 3
    assert feed_of(database) == [(1, "alert.raised"), (2, "alert.acknowledged"), (3, "alert.cleared")]
    assert sound(database)
    store.close()


def test_an_update_behind_an_acknowledgement_does_not_take_it_back(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    worse = followed(start.alert, Phase.UPDATED, second=20, severity=Severity.CRITICAL)
    while_held(database, start.alert, lambda: store.write(batch(changes=[worse])))
    (alert,) = store.open_alerts(None)
    assert (alert.severity, alert.acknowledged_by, alert.revision) == (Severity.CRITICAL, "Li", 3)
    store.close()


def test_a_command_that_makes_no_sense_changes_nothing(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    with connect(database.dsn) as connection:
        with pytest.raises(IllegalTransition), connection.transaction():
            change_alert(connection, start.alert.alert_id, Unacknowledge(by="Li", at=NOW), "Li")
        with pytest.raises(NoSuchAlert), connection.transaction():
            change_alert(connection, uuid4(), Acknowledge(by="Li", at=NOW), "Li")
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (0,)
    assert feed_of(database) == [(1, "alert.raised")]
    store.close()


def test_every_command_is_audited_with_who_and_from_where(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    order = Shelve(by="Li", at=after(5), until=after(3600), reason="crew on site")
    with open_session(database.dsn) as session:
        alert, seq = change_alert(session, start.alert.alert_id, order, "token Li", remote="10.0.0.7")
    assert (alert.shelved_until, seq) == (after(3600), 2)
    with connect(database.dsn) as connection:
        audit = connection.execute("SELECT at, actor, action, target, detail, remote FROM audit").fetchall()
    assert audit == [
        (
            after(5),
            "token Li",
            "alert.shelved",
            f"alert/{alert.alert_id}",
            {
                "rule": "gas.leak",
                "revision": 2,
                "condition": "active",
                "until": "2026-11-23T05:30:00+00:00",
                "reason": "crew on site",
            },
            "10.0.0.7",
        )
    ]
    store.close()


def test_shelving_ends_when_its_time_has_come_and_only_then(database: Database) -> None:
    store = Store(database.dsn)
    soon, later = raised(), raised(subject="gas-2")
    store.write(batch(changes=[soon, later]))
    with connect(database.dsn) as connection:
        for change, until in ((soon, 60), (later, 600)):
            order = Shelve(by="Li", at=after(1), until=after(until), reason="known")
            with connection.transaction():
                change_alert(connection, change.alert.alert_id, order, "Li")
        assert unshelve_due(connection, after(59)) == []
        assert unshelve_due(connection, after(60)) == [soon.alert.alert_id]
        assert unshelve_due(connection, after(60)) == []
        with connection.transaction():
            change_alert(connection, later.alert.alert_id, Unshelve(by="Li", at=after(70)), "Li")
        assert unshelve_due(connection, after(1000)) == []
    assert sound(database)
    store.close()


def test_clearing_ends_a_shelving(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    with open_session(database.dsn) as session:
        order = Shelve(by="Li", at=NOW, until=after(600), reason="known")
        change_alert(session, start.alert.alert_id, order, "Li")
    store.write(batch(changes=[followed(start.alert, Phase.CLEARED, second=20)]))
    (alert,) = store.recent_alerts(None, NOW)
    assert (alert.shelved_until, alert.shelved_by, alert.shelve_reason) == (None, None, None)
    store.close()


def test_a_picture_is_filed_once_and_told_with_its_hash(database: Database) -> None:
    store = Store(database.dsn)
    start = raised(rule="parking.illegal", subject="zone-1@3,4")
    store.write(batch(changes=[start]))
    sight = picture(start.alert)
    assert store.write(batch(pictures=[sight])).stored == 1
    assert store.write(batch(pictures=[sight, picture(start.alert, kind="confirmation")])).duplicate == 1
    with connect(database.dsn) as connection:
        told = connection.execute("SELECT type, alert->'revision', alert->'evidence' FROM feed ORDER BY seq").fetchall()
        (kept,) = connection.execute("SELECT DISTINCT sha256 FROM alert_evidence").fetchone()
    assert [(kind, revision) for kind, revision, _ in told] == [
        ("alert.raised", 1),
        ("alert.evidence", 2),
        ("alert.evidence", 3),
    ]
    assert {one["sha256"] for one in told[-1][2]} == {kept}
    assert [one["kind"] for one in told[-1][2]] == ["confirmation", "first_sight"]
    assert sound(database)
    store.close()


def test_a_picture_that_the_camera_does_not_have_is_told_until_it_comes(database: Database) -> None:
    store = Store(database.dsn)
    start = raised(rule="parking.illegal", subject="zone-1@3,4")
    store.write(batch(changes=[start]))
    assert store.write(batch(pictures=[picture(start.alert, missing="gap")])).stored == 1
    assert store.write(batch(pictures=[picture(start.alert, missing="gap")])).duplicate == 1
    store.write(batch(pictures=[picture(start.alert, second=1)]))
    with connect(database.dsn) as connection:
        told = connection.execute("SELECT alert FROM feed ORDER BY seq").fetchall()
    assert [len(document["evidence"]) for (document,) in told] == [0, 0, 1]
    assert [one["why"] for (document,) in told for one in document["evidence_missing"]] == ["gap"]
    assert sound(database)
    store.close()


def test_a_picture_that_the_hub_gave_up_is_told_and_counts_as_nothing_received(database: Database) -> None:
    store = Store(database.dsn)
    start = raised(rule="parking.illegal", subject="zone-1@3,4")
    store.write(batch(changes=[start]))
    store.write(Batch(at=NOW, given_up=[(picture(start.alert, missing="no_answer"), "01")]))
    with connect(database.dsn) as connection:
        (document,) = connection.execute("SELECT alert FROM feed ORDER BY seq DESC LIMIT 1").fetchone()
        counts, unbalanced = ledger_total(connection, begin=None, end=None, grid=None)
    assert [(one["kind"], one["why"]) for one in document["evidence_missing"]] == [("first_sight", "no_answer")]
    assert (counts.received, counts.stored, unbalanced) == (0, 0, 0)
    assert sound(database)
    store.close()


def test_a_picture_of_an_unknown_alert_is_kept_without_a_feed_row(database: Database) -> None:
    store = Store(database.dsn)
    written = store.write(batch(pictures=[picture(raised().alert)]))
    assert (written.stored, written.feed_seq) == (1, None)
    with psycopg.connect(database.dsn) as connection:
        counts, unbalanced = ledger_total(connection, begin=None, end=None, grid=None)
    assert (counts.stored, unbalanced) == (1, 0)
    store.close()


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
NUMBERS = st.dictionaries(
    TEXTS.filter(lambda key: key != "text"),
    st.none() | st.booleans() | TEXTS | st.integers(-(2**70), 2**70) | st.floats(-1e15, 1e15),
    max_size=4,
)
BOXES = st.builds(Box, TEXTS, st.floats(0, 1), st.none() | st.integers(0, 2**40), *[st.floats(0, 1)] * 4)


@given(text=TEXTS, numbers=NUMBERS, box=st.none() | BOXES, members=st.lists(TEXTS, max_size=3))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_alert_comes_back_as_it_was_stored_and_its_record_holds(
    plain_database: Database, text: str, numbers: dict[str, object], box: Box | None, members: list[str]
) -> None:
    start = raised(subject=uuid4().hex)
    alert = replace(
        start.alert,
        reason=Reason(text, numbers),  # type: ignore[arg-type]
        box=box,
        members=tuple(members),
        sightings={"first_sight": after(0.25)},
        previous_id=uuid4(),
        inhibited_by=uuid4(),
        flapping=True,
        camera_id="cam-1",
    )
    with closing(Store(plain_database.dsn)) as store:
        store.write(batch(changes=[replace(start, alert=alert)]))
        assert alert in store.open_alerts(None)
    with open_session(plain_database.dsn) as session:
        assert verify(session, alert.alert_id).problems == []


def test_numbers_that_are_none_do_not_stop_an_alert(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    odd = replace(start.alert, reason=Reason("a\0b", {"ratio": float("inf"), "of": float("nan")}))
    assert store.write(batch(changes=[replace(start, alert=odd)])).feed_seq == 1
    assert sound(database)
    store.close()


def test_two_workers_that_raise_the_same_alert_at_once_raise_it_once(database: Database) -> None:
    stores = [Store(database.dsn), Store(database.dsn)]
    ready = threading.Barrier(2)
    results = []

    def work(store: Store) -> None:
        store.connect()
        ready.wait()
        results.append(store.write(batch(changes=[raised(), raised(subject="gas-2")])))

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(len(result.skipped) for result in results) == [0, 2]
    assert len(feed_of(database)) == 2
    for store in stores:
        store.close()


def test_an_error_of_the_database_inside_a_session_is_not_hidden(database: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), open_session(database.dsn) as session:
        session.execute("SELECT 1 / 0")


def test_what_was_known_at_a_moment_is_told_as_it_was_then(database: Database) -> None:
    with closing(Store(database.dsn)) as store:
        first, second = raised(), raised(subject="gas-2", second=40)
        store.write(batch(changes=[first], at=NOW))
        store.write(batch(changes=[second], at=after(50)))
        store.write(batch(changes=[followed(first.alert, Phase.CLEARED, second=90)], at=after(100)))
    with connect(database.dsn) as connection:

        def known(moment: float, since: float) -> list[tuple[str, Condition]]:
            found = alerts_as_of(connection, ["01"], after(moment), after(since))
            return [(alert.subject, alert.condition) for alert in found]

        assert known(0, -1000) == []
        assert known(10, -1000) == [("gas-1", Condition.ACTIVE)]
        assert known(60, -1000) == [("gas-1", Condition.ACTIVE), ("gas-2", Condition.ACTIVE)]
        assert known(200, -1000) == [("gas-1", Condition.CLEARED), ("gas-2", Condition.ACTIVE)]
        assert known(200, 150) == [("gas-2", Condition.ACTIVE)]
        assert alerts_as_of(connection, ["02"], after(200), after(0)) == []
