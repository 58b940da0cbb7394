"""Deliveries to a real receiver while its endpoint is paused, moved, re-keyed, replayed, skipped and removed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hub import clock
from hub.deliveries.post import Limits
from hub.deliveries.queue import add_jobs
from hub.deliveries.signing import key_from_text, new_salt
from hub.store import deliveries, endpoints
from tests.support.api import until
from tests.support.databases import Database
from tests.support.delivering import (
    KEY,
    TESTER,
    delivering,
    make_due,
    make_endpoint,
    present,
    states,
)
from tests.support.fed import in_order, raise_alerts
from tests.support.receiver import OK, Receiver, Request, answer, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_gone_disables_and_enabling_goes_on_where_it_stopped(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 3)
    receiver.behave = lambda *_: answer(410)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with delivering(plain_database):
        until(lambda: not present(plain_database, endpoint.endpoint_id).active)
        assert "410" in (present(plain_database, endpoint.endpoint_id).disabled_reason or "")
        raise_alerts(plain_database, 10, 3)
        receiver.behave = lambda *_: OK
        with psycopg.connect(plain_database.dsn) as connection:
            endpoints.switch(connection, endpoint.endpoint_id, on=True, reason=None, actor=TESTER, at=clock.now())
        until(lambda: len(receiver.taken) == 6)
    in_order(plain_database, receiver)
    with psycopg.connect(plain_database.dsn) as connection:
        actions = [row[0] for row in connection.execute("SELECT action FROM audit ORDER BY id")]
    assert actions == ["endpoint.created", "endpoint.disabled", "endpoint.enabled"]


def test_who_is_paused_gets_what_is_being_posted_only_once(plain_database: Database, receiver: Receiver) -> None:
    """One answer asks for a pause while others are slow: they are waited for, not cut off and posted again."""
    raise_alerts(plain_database, 0, 4)

    def slow_but_one(request: Request, _: object) -> bytes:
        if request.event["data"]["seq"] == 1 and len(receiver.requests) <= 4:
            until(lambda: receiver.at_once == 4)
            return answer(429, retry_after="2")
        time.sleep(4.5)  # longer than a process that ends would wait
        return OK

    receiver.behave = slow_but_one
    endpoint, _ = make_endpoint(plain_database, receiver.url(), parallel=4)
    with delivering(plain_database, limits=Limits()):
        until(lambda: list(states(plain_database, endpoint.endpoint_id).values()) == ["delivered"] * 4)
    assert sorted(each.event["data"]["seq"] for each in receiver.requests) == [1, 1, 2, 3, 4]


def test_a_new_address_is_tried_at_once(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint, _ = make_endpoint(plain_database, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with delivering(plain_database):
            until(lambda: present(plain_database, endpoint.endpoint_id).last_error is not None)
            assert "timeout" in (present(plain_database, endpoint.endpoint_id).last_error or "")
            with psycopg.connect(plain_database.dsn) as connection:
                changed = replace(endpoint.settings, url=receiver.url())
                endpoints.change_endpoint(
                    connection, endpoint.endpoint_id, changed, revision=1, actor=TESTER, at=clock.now()
                )
            until(lambda: len(receiver.taken) == 2)


def test_while_a_secret_is_rotated_both_verify_and_afterwards_one(plain_database: Database, receiver: Receiver) -> None:
    endpoint, old = make_endpoint(plain_database, receiver.url())
    salt = new_salt()
    new = KEY.secret(endpoint.endpoint_id, salt)
    with psycopg.connect(plain_database.dsn) as connection:
        endpoints.rotate(
            connection,
            endpoint.endpoint_id,
            salt=salt,
            key_check=endpoint.key_check,
            previous_until=clock.now() + timedelta(hours=24),
            actor=TESTER,
            at=clock.now(),
        )
    with delivering(plain_database):
        raise_alerts(plain_database, 0, 1)
        until(lambda: len(receiver.taken) == 1)
        with psycopg.connect(plain_database.dsn) as connection:
            connection.execute("UPDATE delivery_endpoints SET previous_until = now() - INTERVAL '1 second'")
        raise_alerts(plain_database, 1, 1)
        until(lambda: len(receiver.taken) == 2)
    during, later = receiver.taken
    for secret in (old, new):
        Webhook(secret).verify(during.body, during.headers)
    Webhook(new).verify(later.body, later.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(later.body, later.headers)


def test_with_another_key_nothing_is_sent_wrongly_signed(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 2)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    other, _ = make_endpoint(plain_database, receiver.url("/other"))
    stranger = key_from_text("another key, also long enough to be one")
    with psycopg.connect(plain_database.dsn) as connection:
        connection.execute(
            "UPDATE delivery_endpoints SET key_check = %s WHERE endpoint_id = %s",
            (stranger.check(other.endpoint_id), other.endpoint_id),
        )
    with delivering(plain_database, key=stranger):
        until(lambda: len(receiver.taken) == 2)
    assert {each.line for each in receiver.requests} == {"POST /other HTTP/1.1"}
    assert present(plain_database, endpoint.endpoint_id).cursor == 0


def test_replaying_from_a_number_sends_everything_from_there_again(
    plain_database: Database, receiver: Receiver
) -> None:
    raise_alerts(plain_database, 0, 5, updates=1)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with delivering(plain_database):
        until(lambda: len(receiver.taken) == 10)
        first = {each.event["data"]["seq"]: each.headers["webhook-id"] for each in receiver.taken}
        with psycopg.connect(plain_database.dsn) as connection:
            assert deliveries.replay_from(connection, endpoint.endpoint_id, 4) == 3
        until(lambda: len(receiver.taken) == 17)
    again = receiver.taken[10:]
    assert sorted(each.event["data"]["seq"] for each in again) == list(range(4, 11))
    assert all(first[each.event["data"]["seq"]] == each.headers["webhook-id"] for each in again)


def test_who_is_skipped_to_the_newest_gets_only_what_comes(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 5)
    receiver.behave = lambda *_: answer(500)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with delivering(plain_database):
        until(lambda: present(plain_database, endpoint.endpoint_id).fare.is_probed)
        with psycopg.connect(plain_database.dsn) as connection:
            assert deliveries.skip_to_newest(connection, endpoint.endpoint_id, at=clock.now()) == 5
        receiver.behave = lambda *_: OK
        make_due(plain_database)
        raise_alerts(plain_database, 10, 2)
        until(lambda: len(receiver.taken) == 2)
    assert sorted(receiver.seqs()) == [6, 7]
    assert list(states(plain_database, endpoint.endpoint_id).values()) == ["dead"] * 5 + ["delivered"] * 2


def test_a_lane_that_outlived_its_endpoint_is_forgotten(plain_database: Database, receiver: Receiver) -> None:
    kept, _ = make_endpoint(plain_database, receiver.url())
    with psycopg.connect(plain_database.dsn) as connection:
        add_jobs(connection, uuid4(), ["alert/1"])  # what was being posted while its endpoint was removed comes back so
        add_jobs(connection, kept.endpoint_id, ["alert/1"])
        assert deliveries.forget_orphans(connection) == 1
        left = connection.execute("SELECT queue_name FROM procrastinate_jobs").fetchall()
    assert left == [(str(kept.endpoint_id),)]


def test_a_removed_endpoint_leaves_nothing_behind(plain_database: Database, receiver: Receiver) -> None:
    raise_alerts(plain_database, 0, 3)
    receiver.behave = lambda *_: answer(422)
    endpoint, _ = make_endpoint(plain_database, receiver.url())
    with delivering(plain_database):
        until(lambda: len(receiver.requests) >= 3)
        with psycopg.connect(plain_database.dsn) as connection:
            endpoints.remove_endpoint(connection, endpoint.endpoint_id, actor=TESTER, at=clock.now())

        def is_empty() -> bool:
            with psycopg.connect(plain_database.dsn) as connection:
                found = connection.execute(
                    "SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM procrastinate_jobs)"
                ).fetchone()
            return found == (0, 0)

        until(is_empty)
