"""Batches in: what is stored, what was known already, what the ledger says, and what a lost connection changes."""

from collections import Counter
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.quarantine import list_quarantined, mark_replayed
from hub.store.read_ledger import ledger_rows
from hub.store.write import Batch, Store, StoreRefused, StoreUnavailable
from ingest.observation import Box, EvidencePicture, Frame, Quantity, Reading
from tests.support.databases import Database
from tests.support.lost_answers import LostAnswers
from tests.support.stored import HOUR, JPEG, NOW, after, batch, frame, raised, reading, status, unreadable


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def ledger_of(database: Database) -> dict[tuple[str, datetime], tuple[int, int, int, int]]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        everything = ledger_rows(connection, begin=None, end=None, grid=None, after=None, limit=1000)
    return {(row.grid, row.hour): astuple(row.counts) for row in everything}  # type: ignore[misc]


def test_a_batch_of_everything_is_stored_and_counted(database: Database) -> None:
    store = Store(database.dsn)
    written = store.write(
        batch(
            readings=[reading(0), reading(0, quantity=Quantity.VOLTAGE_V), reading(1)],
            frames=[frame(0)],
            statuses=[status(0)],
            quarantined=[unreadable()],
        )
    )
    assert (written.stored, written.duplicate, written.quarantined, written.feed_seq) == (5, 0, 1, None)
    assert ledger_of(database) == {("01", HOUR): (6, 5, 0, 1)}
    assert rows(database, "SELECT device_id, quantity, value, grid, late FROM readings ORDER BY 2, measured_at") == [
        ("lamp-1", "power_w", 88.5, "01", False),
        ("lamp-1", "power_w", 88.5, "01", False),
        ("lamp-1", "voltage_v", 88.5, "01", False),
    ]
    store.close()


def test_a_batch_whose_answer_was_lost_is_recognised_whole(database: Database) -> None:
    store = Store(database.dsn)
    once = batch(readings=[reading(0)], quarantined=[unreadable()], changes=[raised()])
    first = store.write(once)
    again = store.write(once)
    assert again.repeated
    assert (again.stored, again.duplicate, again.quarantined, again.feed_seq) == (1, 0, 1, first.feed_seq)
    assert ledger_of(database) == {("01", HOUR): (2, 1, 0, 1)}
    assert rows(database, "SELECT count(*) FROM feed") == [(1,)]
    store.close()


def test_a_commit_whose_answer_the_network_swallowed_is_not_repeated(plain_database: Database) -> None:
    with LostAnswers(plain_database.dsn) as network:
        store = Store(network.dsn)
        store.connect()
        once = batch(readings=[reading(0), reading(1)], quarantined=[unreadable()], changes=[raised()])
        network.swallow_the_next_commit()
        with pytest.raises(StoreUnavailable):
            store.write(once)
        written = store.write(once)
        assert written.repeated
        assert (written.stored, written.quarantined, written.feed_seq) == (2, 1, 1)
        assert ledger_of(plain_database) == {("01", HOUR): (3, 2, 0, 1)}
        store.close()


def test_what_the_broker_sends_again_after_a_crash_is_a_duplicate(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=[reading(0), reading(1)], frames=[frame(0)], quarantined=[unreadable()]))
    later = batch(
        readings=[replace(reading(1), received_at=after(9)), reading(2)],
        frames=[frame(0)],
        quarantined=[unreadable(), unreadable(b"[")],
    )
    written = store.write(later)
    assert (written.stored, written.duplicate, written.quarantined) == (1, 3, 1)
    assert ledger_of(database) == {("01", HOUR): (9, 4, 3, 2)}
    assert rows(database, "SELECT times FROM quarantine ORDER BY id") == [(2,), (1,)]
    store.close()


def test_the_first_delivery_of_a_reading_stays_with_its_lateness(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=[reading(0, value=1.0)], late=True))
    store.write(batch(readings=[reading(0, value=2.0)]))
    assert rows(database, "SELECT value, late FROM readings") == [(1.0, True)]
    store.close()


@pytest.mark.parametrize("year", [1999, 2026, 2099])
def test_a_reading_finds_its_place_however_old_or_early_it_is(database: Database, year: int) -> None:
    store = Store(database.dsn)
    at = datetime(year, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
    odd = Reading("w-1", Quantity.FLOW_L_S, 3.0, at, NOW)
    assert store.write(batch(readings=[odd], frames=[Frame("cam-1", at, (), NOW)])).stored == 2
    assert [one for one, _ in store.recorded(None, NOW, after(1))] == [odd, Frame("cam-1", at, (), NOW)]
    store.close()


def test_text_that_the_database_cannot_hold_stops_nothing(database: Database) -> None:
    store = Store(database.dsn)
    odd = Frame("cam-1", NOW, (Box("car\0\ud800", float("nan"), None, 0, 0, 1, 1),), NOW)
    written = store.write(batch(frames=[odd], quarantined=[unreadable(b"\0\xff", topic="city/\0\ud800", grid="\0")]))
    assert (written.stored, written.quarantined) == (1, 1)
    assert rows(database, "SELECT topic, payload, grid FROM quarantine") == [("city/\ufffd?", b"\0\xff", "\ufffd")]
    assert ledger_of(database)["\ufffd", HOUR] == (1, 0, 0, 1)
    store.close()


def test_a_message_quarantined_anew_after_its_replay_is_a_new_row(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(quarantined=[unreadable()]))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        (waiting,) = list_quarantined(connection, waiting_only=True)
        mark_replayed(connection, [waiting.id], NOW)
        assert list_quarantined(connection, waiting_only=True) == []
        assert store.write(batch(quarantined=[unreadable()])).quarantined == 1
        assert [row.id != waiting.id for row in list_quarantined(connection, waiting_only=True)] == [True]
        assert list_quarantined(connection)[0].document()["payload"] == "{"
    store.close()


def test_refused_data_is_named_and_nothing_of_its_batch_is_stored(database: Database) -> None:
    store = Store(database.dsn)
    wrong = EvidencePicture(
        camera_id="cam-1", alert_id="no uuid", kind="clear", captured_at=NOW, received_at=NOW, jpeg=JPEG
    )
    with pytest.raises(StoreRefused, match="alerts and pictures") as refused:
        store.write(batch(readings=[reading(0)], pictures=[wrong]))
    assert refused.value.part == "alerts and pictures"
    assert ledger_of(database) == {}
    assert store.write(batch(readings=[reading(0)])).stored == 1
    store.close()


def test_a_lost_connection_is_opened_again_and_the_batch_stored_once(database: Database) -> None:
    store = Store(database.dsn)
    assert store.claim(["01"]) == []
    once = batch(readings=[reading(0)])
    with psycopg.connect(database.dsn, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'lianqin'"
        )
    with pytest.raises(StoreUnavailable):
        store.write(once)
    assert store.write(once).stored == 1
    rival = Store(database.dsn)
    assert rival.claim(["01", "02"]) == ["01"]
    store.close()
    rival.close()


def test_a_grid_has_one_worker_until_its_connection_ends(database: Database) -> None:
    first, second = Store(database.dsn), Store(database.dsn)
    assert first.claim(["01", "02"]) == []
    assert second.claim(["02", "03"]) == ["02"]
    assert first.claim(["01", "02", "03"]) == []
    first.close()
    # The server notices the end of a connection in its own time.
    with psycopg.connect(database.dsn, autocommit=True) as watching:
        watching.execute("SET statement_timeout = '10s'")
        watching.execute("SELECT pg_advisory_lock(x'6c71'::int, hashtext('02'))")
        watching.execute("SELECT pg_advisory_unlock_all()")
    assert second.claim(["02", "03"]) == []
    second.close()


def test_a_database_without_the_schema_says_what_to_do(empty_database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="run `lianqin migrate`"):
        Store(empty_database.dsn).connect()


def test_no_database_at_all_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        Store("postgresql://127.0.0.1:1/nowhere").connect()


def test_listening_is_extended_and_told(database: Database) -> None:
    store = Store(database.dsn)
    assert store.heard_until(["01"]) is None
    store.write(Batch(at=NOW, listening=("w1", ["01"], NOW, NOW)))
    store.write(Batch(at=NOW, listening=("w1", ["01"], NOW, after(5))))
    store.note_listening("w2", None, after(3), after(9))
    assert [(one.worker, one.until) for one in store.listening(NOW, after(20))] == [("w1", after(5)), ("w2", after(9))]
    assert [one.worker for one in store.listening(after(6), after(20))] == ["w2"]
    assert store.heard_until(["02"]) == after(9)
    store.close()


def test_a_great_batch_and_a_small_one_are_alike(database: Database) -> None:
    store = Store(database.dsn)
    many = [reading(second / 10) for second in range(5000)]
    assert store.write(batch(readings=many)).stored == 5000
    assert store.write(batch(readings=many[::2])).duplicate == 2500
    assert [one for one, _ in store.recorded(["01"], NOW, after(600))] == many
    store.close()


DEVICES, QUANTITIES = ("d1", "d2"), (Quantity.POWER_W, Quantity.LEVEL_M)
KEYS = st.tuples(st.sampled_from(DEVICES), st.sampled_from(QUANTITIES), st.integers(0, 5))
STORIES = st.lists(
    st.tuples(
        st.lists(KEYS, max_size=8),
        st.lists(st.sampled_from([b"{", b"[", b"\xff"]), max_size=3),
        st.sampled_from(["01", "02"]),
        st.integers(0, 2),  # how often the answer is lost and the same batch sent again
        st.integers(0, 3),  # received so many half hours later
    ),
    max_size=6,
)


@given(STORIES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_received_is_stored_and_duplicate_and_quarantined_whatever_happens(
    plain_database: Database,
    story: list[tuple[list[tuple[str, Quantity, int]], list[bytes], str, int, int]],
) -> None:
    store, own = Store(plain_database.dsn), uuid4().hex  # examples share the database, not their devices and grids
    seen: set[object] = set()
    expected: dict[tuple[str, datetime], Counter[str]] = {}
    for keys, garbage, number, repeats, half_hours in story:
        at, grid = NOW + timedelta(minutes=30 * half_hours), f"{own}-{number}"
        made = batch(
            readings=[
                Reading(f"{own}-{number}-{device}", quantity, 1.0, after(second), at)
                for device, quantity, second in keys
            ],
            quarantined=[replace(unreadable(payload, topic=grid, grid=grid), received_at=at) for payload in garbage],
            grid=grid,
        )
        for _ in range(repeats + 1):
            store.write(made)
        hour = expected.setdefault((grid, at.replace(minute=0)), Counter())
        for kind, items in (("stored", keys), ("quarantined", garbage)):
            for item in items:
                hour["received"] += 1
                hour["duplicate" if (number, item) in seen else kind] += 1
                seen.add((number, item))
    found = {key: value for key, value in ledger_of(plain_database).items() if key[0].startswith(own)}
    names = ("received", "stored", "duplicate", "quarantined")
    assert found == {
        key: tuple(counts[name] for name in names) for key, counts in expected.items() if counts["received"]
    }
    assert all(received == stored + known + bad for received, stored, known, bad in found.values())
    store.close()
