"""The feed over HTTP: pulled, waited for and streamed, it gives every item once and in order, whatever is cut off."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.api.stream import EventStream, StalledReader, events
from hub.api.tail import Event, FeedTail
from hub.store.session import StoreUnavailable
from hub.store.tokens import create_token, list_tokens, revoke_token
from tests.support.api import Api, serving, sse, until
from tests.support.databases import Database
from tests.support.stored import batch, raised


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


@pytest.fixture
def each_api(database: Database, tmp_path: Path) -> Iterator[Api]:
    """The API over each edition, for what leans on the tables' kind."""
    with serving(database.dsn, tmp_path) as running:
        yield running


def raise_some(api: Api, first: int, count: int) -> None:
    """Raise alerts in several transactions, some with more than one."""
    at = first
    while at < first + count:
        size = min(1 + at % 3, first + count - at)
        api.write(batch(changes=[raised(subject=f"gas-{n}", second=n) for n in range(at, at + size)]))
        at += size


def table(api: Api) -> list[tuple[int, str]]:
    return [(seq, str(alert_id)) for seq, alert_id in api.rows("SELECT seq, alert_id FROM feed ORDER BY seq")]


def test_pulling_page_by_page_gives_the_table(each_api: Api) -> None:
    raise_some(each_api, 0, 17)
    client, after, seen = each_api.client("dispatch"), 0, list[tuple[int, str]]()
    for _ in range(10):
        page = client.get("/api/v1/feed", params={"after": after, "limit": 5}).json()
        seen += [(item["seq"], item["alert"]["id"]) for item in page["items"]]
        after = page["next"]
        if not page["items"]:
            break
    assert seen == table(each_api)
    assert page == {"items": [], "next": 17, "newest": 17}
    assert client.get("/api/v1/feed?after=9223372036854775806&limit=1").json()["newest"] == 17


def test_who_waits_is_answered_when_something_comes(each_api: Api) -> None:
    client = each_api.client("dispatch")
    until(lambda: each_api.hub.tail.newest == 0)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(client.get, "/api/v1/feed?after=0&wait=20")
        assert not waiting.done()
        raise_some(each_api, 0, 1)
        answer = waiting.result(timeout=15)
    assert [item["seq"] for item in answer.json()["items"]] == [1]
    assert client.get("/api/v1/feed?after=1&wait=0.1").json() == {"items": [], "next": 1, "newest": 1}


def test_a_stream_without_a_cursor_begins_now_and_says_where(api: Api) -> None:
    raise_some(api, 0, 3)
    with api.client("dispatch").stream("GET", "/api/v1/feed/stream") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        head = [next(lines) for _ in range(3)]
        assert head[2] == "id: 3"
        raise_some(api, 3, 1)
        number, item = next(sse(lines))
    assert (number, item["seq"], item["type"]) == (4, 4, "alert.raised")
    assert item == api.client("dispatch").get("/api/v1/feed?after=3").json()["items"][0]


def test_resuming_a_stream_wherever_it_was_cut_off_gives_the_table(each_api: Api) -> None:
    chance, total = random.Random(7), 120
    client, seen = each_api.client("dispatch"), list[tuple[int, str]]()
    writer = threading.Thread(target=raise_some, args=(each_api, 0, total))
    writer.start()
    last = 0
    while len(seen) < total:
        take = chance.randint(1, 25)
        with client.stream("GET", "/api/v1/feed/stream", headers={"Last-Event-ID": str(last)}) as stream:
            assert stream.status_code == 200
            for number, item in sse(stream.iter_lines()):
                seen.append((number, item["alert"]["id"]))
                last, take = number, take - 1
                if take == 0 or len(seen) == total:
                    break
    writer.join(timeout=30)
    assert seen == table(each_api)


def test_a_reader_far_behind_catches_up_from_the_table(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path, feed_kept=5) as api:
        raise_some(api, 0, 40)
        until(lambda: api.hub.tail.newest == 40)
        assert api.hub.tail.after(1, 10) is None  # the table alone can tell
        with api.client("dispatch").stream("GET", "/api/v1/feed/stream?after=0") as stream:
            events = sse(stream.iter_lines())
            assert [next(events)[0] for _ in range(40)] == list(range(1, 41))
            raise_some(api, 40, 2)
            assert [next(events)[0] for _ in range(2)] == [41, 42]


def test_many_streams_share_a_few_connections(api: Api) -> None:
    ready, counted = threading.Barrier(41, timeout=30), list[int]()

    def follow(_: int) -> None:
        with api.client("dispatch") as client, client.stream("GET", "/api/v1/feed/stream?after=0") as stream:
            lines = stream.iter_lines()
            next(lines)
            ready.wait()
            events = sse(lines)
            counted.append(sum(1 for _ in range(10) if next(events)))

    with ThreadPoolExecutor(40) as threads:
        done = [threads.submit(follow, n) for n in range(40)]
        ready.wait()
        held = api.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        raise_some(api, 0, 10)
        for one in done:
            one.result(timeout=30)
    assert counted == [10] * 40
    assert held[0][0] <= 12
    until(lambda: api.hub.streams == 0)


def test_what_is_no_longer_kept_is_gone_and_said(api: Api) -> None:
    raise_some(api, 0, 6)
    api.rows("DELETE FROM feed WHERE seq <= 4 RETURNING 1")
    client = api.client("dispatch")
    answer = client.get("/api/v1/feed?after=2")
    assert (answer.status_code, answer.json()["oldest"]) == (410, 5)
    assert client.get("/api/v1/feed/stream?after=2").status_code == 410
    # Nothing is missing between 4 and 5, and 0 asks for whatever there is.
    assert [item["seq"] for item in client.get("/api/v1/feed?after=4").json()["items"]] == [5, 6]
    assert [item["seq"] for item in client.get("/api/v1/feed?after=0").json()["items"]] == [5, 6]


def test_a_cursor_that_is_no_number_is_refused(api: Api) -> None:
    client = api.client("dispatch")
    for last in ("x", "-1", "1.5", "9" * 30):
        assert client.get("/api/v1/feed/stream", headers={"Last-Event-ID": last}).status_code == 422
    for query in ("after=-1", "after=x", "limit=0", "limit=501", "wait=31", "aftr=1"):
        assert client.get(f"/api/v1/feed?{query}").status_code == 422


def test_a_stream_survives_the_end_of_its_database_connection(api: Api) -> None:
    with api.client("dispatch").stream("GET", "/api/v1/feed/stream?after=0") as stream:
        events = sse(stream.iter_lines())
        raise_some(api, 0, 1)
        assert next(events)[0] == 1
        api.rows(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        raise_some(api, 1, 3)
        assert [next(events)[0] for _ in range(3)] == [2, 3, 4]


def test_the_stream_of_a_revoked_token_ends(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path, heartbeat_s=0.1) as api:
        with api.client("dispatch").stream("GET", "/api/v1/feed/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith(":")
            with psycopg.connect(api.dsn) as connection:
                (token,) = [token for token in list_tokens(connection) if token.role == "dispatch"]
                assert revoke_token(connection, token.token_id)
            assert list(sse(lines)) == []  # it ends, and by itself
        assert api.client("dispatch").get("/api/v1/feed").status_code == 401


def test_a_stream_ends_when_its_token_does_and_beats_until_then(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path, heartbeat_s=0.1) as api:
        with psycopg.connect(api.dsn) as connection:
            short = create_token(connection, "short", "dispatch", api.hub.now() + timedelta(hours=1))
        headers = {"Authorization": f"Bearer {short}"}
        with api.client(None).stream("GET", "/api/v1/feed/stream", headers=headers) as stream:
            lines = stream.iter_lines()
            heartbeats = (line for line in lines if line == ": still here")
            assert next(heartbeats)
            assert next(heartbeats)
            api.pass_time(timedelta(hours=1))
            assert len(list(heartbeats)) < 5


def test_a_reader_that_lags_keeps_its_place_while_the_database_is_away() -> None:
    answers: list[list[Event] | None] = [None, None, [Event(7, b"seven")]]

    async def read(after: int, limit: int) -> list[Event]:
        answer = answers.pop(0)
        if answer is None:
            raise StoreUnavailable("gone for a moment")
        return answer

    async def allowed() -> bool:
        return True

    async def story() -> list[bytes]:
        found = events(FeedTail("postgresql:///nowhere"), 6, read=read, allowed=allowed, heartbeat_s=60)
        return [await anext(found) for _ in range(4)]

    assert asyncio.run(story())[1:] == [b": waiting for the database\n\n"] * 2 + [b"seven"]


def test_a_reader_that_takes_nothing_is_cut_off() -> None:
    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def story() -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x"

        async def receive() -> Any:
            await asyncio.Event().wait()

        ended: list[bool] = []
        answer = EventStream(endless(), on_end=lambda: ended.append(True), stalled_s=0.05)
        with pytest.raises(StalledReader):
            await answer({"type": "http"}, receive, send)
        assert ended == [True]

    asyncio.run(story())
