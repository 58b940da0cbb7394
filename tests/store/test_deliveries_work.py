"""Deliveries to a real receiver over a real database: signed, in order, once, whatever the receiver does."""

from __future__ import annotations

import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from standardwebhooks import Webhook

from hub import clock
from hub.deliveries.pace import LIFETIME
from hub.deliveries.queue import add_jobs
from hub.store import deliveries
from tests.support.api import until
from tests.support.databases import Database
from tests.support.delivering import (
    age,
    delivering,
    make_due,
    make_endpoint,
    present,
    replay,
    states,
)
from tests.support.fed import feed, in_order, raise_alerts
from tests.support.receiver import OK, Receiver, Request, answer, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_every_item_arrives_once_signed_and_in_order_of_its_alert(database: Database, receiver: Receiver) -> None:
    raise_alerts(database, 0, 10, updates=4)
    endpoint, secret = make_endpoint(database, receiver.url())
    with delivering(database):
        until(lambda: len(receiver.taken) >= 50)
        raise_alerts(database, 100, 3)
        until(lambda: len(receiver.taken) >= 53)
    assert sorted(receiver.seqs()) == [seq for seq, _ in feed(database)]
    lanes: dict[str, list[int]] = defaultdict(list)
    for request in receiver.taken:
        event = Webhook(secret).verify(request.body, request.headers)
        assert event["subject"] == f"alert/{event['data']['alert']['id']}"
        assert event["type"] == f"lianqin.{event['data']['type']}"
        assert request.line == "POST /hook HTTP/1.1"
        assert request.headers["content-type"].startswith("application/cloudevents+json")
        lanes[event["subject"]].append(event["data"]["seq"])
    assert all(seqs == sorted(seqs) for seqs in lanes.values())
    assert len({request.headers["webhook-id"] for request in receiver.taken}) == 53
    assert set(states(database, endpoint.endpoint_id).values()) == {"delivered"}
    assert present(database, endpoint.endpoint_id).last_success_at is not None
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_an_endpoint_gets_what_it_asked_for_from_where_it_asked(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 3)
    make_endpoint(plain_database, receiver.url("/none"), rules=("water.*",))
    make_endpoint(plain_database, receiver.url("/new"), after=None)
    make_endpoint(plain_database, receiver.url("/late"), after=2, types=("alert.raised",))
    with delivering(plain_database):
        raise_alerts(plain_database, 10, 2, updates=1)
        until(lambda: len(receiver.taken) >= 7)
    got = defaultdict(list)
    for request in receiver.taken:
        got[request.line.split()[1]].append(request.event["data"]["seq"])
    assert {path: sorted(seqs) for path, seqs in got.items()} == {"/new": [4, 5, 6, 7], "/late": [3, 4, 5]}


def test_a_refused_delivery_holds_up_its_lane_and_no_other(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 4, updates=2)
    poison, other = feed(plain_database)[0], feed(plain_database)[1]
    receiver.behave = lambda request, _: answer(422, b"no\x00pe") if request.event["data"]["seq"] == poison[0] else OK
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with delivering(plain_database):
        until(lambda: len(receiver.taken) == 9)
        mine = [seq for seq, alert in feed(plain_database) if alert == poison[1]]
        assert [states(plain_database, endpoint.endpoint_id)[seq] for seq in mine] == ["pending"] * 3
        assert not set(receiver.seqs()) & set(mine)
        # Its time is over while others get through: it is dead, and what comes after it goes on.
        age(plain_database, LIFETIME)
        make_due(plain_database)
        until(lambda: len(receiver.taken) == 11)
        assert states(plain_database, endpoint.endpoint_id)[poison[0]] == "dead"
        # Mended and replayed, it arrives under the id it always had.
        receiver.behave = lambda *_: OK
        replay(plain_database, endpoint.endpoint_id)
        until(lambda: len(receiver.taken) == 12)
    tried = [each for each in receiver.requests if each.event["data"]["seq"] == poison[0]]
    assert len(tried) >= 3
    assert len({each.headers["webhook-id"] for each in tried}) == 1
    assert len({each.body for each in tried}) == 1
    with psycopg.connect(plain_database.dsn) as connection:
        row = connection.execute(
            "SELECT attempts, status_code, outcome, snippet FROM deliveries WHERE seq = %s", (other[0],)
        ).fetchone()
    assert row == (1, 204, "HTTP 204", "")


def test_what_a_receiver_said_is_kept_for_people(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 1)
    receiver.behave = lambda *_: answer(400, "缺少字段\x07 grid\x00 ".encode() + b"\xff" + b"x" * 600)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with delivering(plain_database):
        until(lambda: present(plain_database, endpoint.endpoint_id).last_error is not None)
    with psycopg.connect(plain_database.dsn) as connection:
        row = connection.execute("SELECT outcome, snippet, status_code FROM deliveries").fetchone()
    assert row is not None
    assert (row[0], row[2]) == ("HTTP 400", 400)
    assert row[1].startswith("缺少字段  grid")
    assert len(row[1]) <= 500


def test_a_receiver_that_is_down_is_probed_by_one_and_gets_everything_in_order_when_it_is_back(
    plain_database: Database,
) -> None:
    raise_alerts(plain_database, 0, 20, updates=2)
    with receiving(lambda *_: answer(500)) as receiver:
        endpoint, _ = make_endpoint(plain_database, receiver.url(), parallel=8)
        with delivering(plain_database):
            until(lambda: present(plain_database, endpoint.endpoint_id).fare.is_probed)
            until(lambda: workers(plain_database) == 0)  # none while it is paused, one afterwards
            asked = len(receiver.requests)
            assert asked <= 5 + 8
            receiver.most_at_once = 0
            for _ in range(3):  # three pauses go by
                make_due(plain_database)
                until(lambda asked=asked: len(receiver.requests) > asked)
                asked = len(receiver.requests)
            assert receiver.most_at_once == 1
            receiver.behave = lambda *_: OK
            make_due(plain_database)
            until(lambda: len(receiver.taken) == 60)
        assert not present(plain_database, endpoint.endpoint_id).fare.is_probed
        in_order(plain_database, receiver)


def workers(database: Database) -> int:
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
    assert row is not None
    return int(row[0])


def test_asked_to_slow_down_it_waits_as_long_as_it_was_told(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 6)
    receiver.behave = lambda *_: answer(429, retry_after="3600")
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    begun = clock.now()
    with delivering(plain_database):
        until(lambda: present(plain_database, endpoint.endpoint_id).fare.paused_until is not None)
        until(lambda: not receiver.at_once)
        paused_until = present(plain_database, endpoint.endpoint_id).fare.paused_until
        assert paused_until is not None
        assert timedelta(seconds=3590) < paused_until - begun < timedelta(seconds=3660)
        before = len(receiver.requests)
        receiver.behave = lambda *_: OK
        make_due(plain_database)
        until(lambda: len(receiver.taken) == 6)
        assert before <= 4
    in_order(plain_database, receiver)


def test_lost_and_stuck_jobs_are_put_right(plain_database: Database, receiver: Receiver) -> None:
    """What kills and lost connections leave behind: a lane without a job, and a job that nobody works on."""
    raise_alerts(plain_database, 0, 2, updates=1)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with psycopg.connect(plain_database.dsn) as connection:
        deliveries.hand_on(connection, endpoint.endpoint_id, at=clock.now(), queue=add_jobs)
    with psycopg.connect(plain_database.dsn) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM procrastinate_jobs ORDER BY id")]
        assert len(ids) == 2
        connection.execute("DELETE FROM procrastinate_jobs WHERE id = %s", (ids[0],))
        # Held by a worker that lives on and sends its heartbeats, but knows nothing of it any more.
        row = connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone()
        assert row is not None
        connection.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() + INTERVAL '1 hour' WHERE id = %s", row
        )
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", (row[0], ids[1])
        )
        connection.execute("UPDATE procrastinate_events SET at = now() - INTERVAL '1 hour'")
    with delivering(plain_database):
        until(lambda: len(receiver.taken) == 4)
    in_order(plain_database, receiver)


def test_several_processes_at_once_send_everything_once(plain_database: Database, receiver: Receiver) -> None:
    endpoint, _ = make_endpoint(plain_database, receiver.url(), parallel=3)
    with delivering(plain_database), delivering(plain_database), delivering(plain_database):
        for turn in range(5):
            raise_alerts(plain_database, 100 * turn, 8, updates=2)
        until(lambda: len(receiver.taken) >= 120)
        until(lambda: "pending" not in states(plain_database, endpoint.endpoint_id).values())
    in_order(plain_database, receiver)
    assert receiver.most_at_once <= 9


def test_a_hanging_endpoint_holds_up_no_other(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 30)
    held = threading.Event()

    def hang(request: Request, connection: socket.socket) -> bytes | None:
        held.wait(20)
        return None

    with receiving(hang) as hanging:
        make_endpoint(plain_database, hanging.url(), parallel=4)
        make_endpoint(plain_database, receiver.url(), parallel=4)
        with delivering(plain_database):
            until(lambda: len(receiver.taken) == 30, wait_s=20)
        held.set()
    in_order(plain_database, receiver)


def test_what_is_handed_on_and_the_cursor_are_one_transaction(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 3)
    endpoint, _ = make_endpoint(plain_database, receiver.url())

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), psycopg.connect(plain_database.dsn) as connection:
        deliveries.hand_on(connection, endpoint.endpoint_id, at=clock.now(), queue=fail)
    assert states(plain_database, endpoint.endpoint_id) == {}
    assert present(plain_database, endpoint.endpoint_id).cursor == 0
