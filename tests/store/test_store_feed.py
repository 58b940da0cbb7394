"""The feed under many writers: whoever follows it by its numbers misses nothing and sees nothing twice."""

import random
import threading
from itertools import pairwise

import psycopg
import pytest

from hub.alerts.lifecycle import Acknowledge, Unacknowledge
from hub.store.chain import verify
from hub.store.command import change_alert
from hub.store.feed import CHANNEL
from hub.store.session import connect, open_session
from hub.store.write import Store
from tests.support.databases import Database
from tests.support.stored import NOW, batch, raised

WRITERS, COMMANDS = 8, 15


def test_a_reader_that_follows_eight_slow_writers_misses_nothing(database: Database) -> None:
    store = Store(database.dsn)
    changes = [raised(subject=f"gas-{number}") for number in range(WRITERS)]
    store.write(batch(changes=changes))
    store.close()
    running = threading.Semaphore(0)
    failures: list[BaseException] = []

    def write(number: int) -> None:
        chance = random.Random(number)
        try:
            with connect(database.dsn) as connection:
                for turn in range(COMMANDS):
                    order = (Acknowledge, Unacknowledge)[turn % 2](by="Li", at=NOW)
                    try:
                        with connection.transaction():
                            connection.execute("SELECT pg_sleep(%s)", (chance.random() * 0.02,))
                            change_alert(connection, changes[number].alert.alert_id, order, "Li")
                            # The number is drawn, the row is written, and nobody may see a later one before this one.
                            connection.execute("SELECT pg_sleep(%s)", (chance.random() * 0.01,))
                            if chance.random() < 0.1:
                                raise psycopg.Rollback
                    except psycopg.Rollback:
                        pass
        except BaseException as error:
            failures.append(error)
        finally:
            running.release()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    with connect(database.dsn) as reader:
        done = 0
        while True:
            done += running.acquire(blocking=False)
            finished = done == WRITERS
            cursor = seen[-1] if seen else 0
            rows = reader.execute("SELECT seq FROM feed WHERE seq > %s ORDER BY seq", (cursor,)).fetchall()
            seen += [seq for (seq,) in rows]
            if finished and not rows:
                break
        (count,) = reader.execute("SELECT count(*) FROM feed").fetchone()
    for thread in threads:
        thread.join(20)
    allowed = [error for error in failures if not isinstance(error, ValueError)]
    assert allowed == []
    assert seen == list(range(1, count + 1))
    assert count > WRITERS * COMMANDS // 3
    with open_session(database.dsn) as session:
        assert verify(session).problems == []


def test_numbers_have_no_gap_where_a_transaction_was_rolled_back(database: Database) -> None:
    store = Store(database.dsn)
    first = raised()
    store.write(batch(changes=[first]))
    with connect(database.dsn) as connection, connection.transaction():
        change_alert(connection, first.alert.alert_id, Acknowledge(by="Li", at=NOW), "Li")
        raise_rollback()
    with connect(database.dsn) as connection:
        with connection.transaction():
            change_alert(connection, first.alert.alert_id, Acknowledge(by="Li", at=NOW), "Li")
        numbers = [seq for (seq,) in connection.execute("SELECT seq FROM feed ORDER BY seq")]
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
    assert numbers == [1, 2]
    store.close()


def raise_rollback() -> None:
    raise psycopg.Rollback


def test_a_transaction_wakes_the_feeds_readers_once(database: Database) -> None:
    store = Store(database.dsn)
    store.connect()
    with connect(database.dsn) as reader:
        reader.execute(f"LISTEN {CHANNEL}")
        store.write(batch(changes=[raised(subject=f"gas-{number}") for number in range(5)]))
        told = list(reader.notifies(timeout=5, stop_after=1))
        assert [one.payload for one in told] == ["5"]
        assert list(reader.notifies(timeout=0.2)) == []
    store.close()


@pytest.mark.parametrize("writers", [2, 6])
def test_batches_and_commands_do_not_wait_for_each_other_in_a_ring(database: Database, writers: int) -> None:
    changes = [raised(subject=f"gas-{number}", grid="") for number in range(6)]
    first = Store(database.dsn)
    first.write(batch(changes=changes, grid=""))
    first.close()
    repeats: list[bool] = []

    def work(number: int) -> None:
        store = Store(database.dsn)
        chance = random.Random(number)
        for turn in range(8):
            mixed = chance.sample(changes, len(changes))
            made = batch(changes=[raised(subject=f"x-{number}-{turn}", grid=""), *mixed], grid="")
            repeats.append(store.write(made).repeated)
        store.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert repeats == [False] * (8 * writers)
    with open_session(database.dsn) as session:
        assert verify(session).alerts == 6 + 8 * writers
