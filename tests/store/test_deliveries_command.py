"""`lianqin deliveries …`, the doctor's view of deliveries, and the api role that delivers by itself."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from standardwebhooks import Webhook

from hub import clock
from hub.cli import main
from hub.settings import from_environment
from hub.store.maintain import Keep, maintain
from hub.store.write import Store
from hub.worker.doctor_deliveries import look_at_deliveries
from tests.support.api import until
from tests.support.databases import Database
from tests.support.delivering import delivering, states
from tests.support.receiver import Receiver, answer, receiving
from tests.support.stored import batch, raised
from tests.support.town import write_city

KEY = "a key for tests, long enough to be one"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def surroundings(plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of every command here."""
    given = {
        "LIANQIN_DATABASE_URL": plain_database.dsn,
        "LIANQIN_SECRET_KEY": KEY,
        "LIANQIN_DATA": str(tmp_path / "data"),
        "LIANQIN_CITY": str(write_city(tmp_path)),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


class Command:
    """Runs `lianqin deliveries WORDS` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: str, status: int = 0) -> str:
        self._monkeypatch.setattr(sys, "argv", ["lianqin", "deliveries", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        assert int(ended.value.code or 0) == status, out + err
        assert "Traceback" not in err
        return out if status in (0, 1) else err


@pytest.fixture
def command(
    surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    return Command(monkeypatch, capsys)


def some_alerts(database: Database, first: int, count: int) -> None:
    store = Store(database.dsn)
    store.write(batch(changes=[raised(subject=f"gas-{n}", second=n) for n in range(first, first + count)]))
    store.close()


def test_an_endpoint_is_made_tried_and_mended_by_command(
    plain_database: Database, receiver: Receiver, command: Command
) -> None:
    assert "there are no endpoints" in command("endpoints")
    some_alerts(plain_database, 0, 3)
    url = receiver.url("/hook?key=1")
    assert "(--private allows it)" in command("add", url, status=2)
    made = json.loads(command("add", url, "--private", "--types", "alert.*", "--after", "0", "--json"))
    name = made["id"]
    assert command("ping", name).startswith("HTTP 204 in ")
    Webhook(made["secret"]).verify(receiver.taken[0].body, receiver.taken[0].headers)
    receiver.taken.clear()

    receiver.behave = lambda *_: answer(422, "缺少字段".encode())
    assert "HTTP 422" in command("ping", name, status=1)
    with delivering(plain_database):
        until(lambda: "HTTP 422" in command("list", "--state", "pending"))
        assert "3 waiting, 0 dead; HTTP 422" in command("endpoints")
        assert "3 are dead" in command("skip", name)
        (first, *_) = [json.loads(line) for line in command("list", "--state", "dead", "--json").splitlines()][::-1]
        receiver.behave = lambda *_: answer(200)
        assert "1 are sent again" in command("replay", str(first["id"]))
        until(lambda: receiver.seqs() == [1])
        assert "2 are sent again" in command("replay", "--endpoint", name)
        until(lambda: sorted(receiver.seqs()) == [1, 2, 3])
        assert "everything from 3 on" in command("replay", "--endpoint", name, "--from-seq", "3")
        until(lambda: sorted(receiver.seqs()) == [1, 2, 3, 3])

        fresh = json.loads(command("rotate", name, "--overlap-h", "0", "--json"))["secret"]
        command("change", name, "--grids", "01,02", "--description", "派遣平台")
        some_alerts(plain_database, 10, 1)
        until(lambda: len(receiver.taken) == 5)
    Webhook(fresh).verify(receiver.taken[4].body, receiver.taken[4].headers)
    shown = json.loads(command("endpoints", "--json"))
    assert (shown["grids"], shown["description"], shown["state"]) == (["01", "02"], "派遣平台", "on")
    command("disable", name)
    assert " off " in command("endpoints")
    command("enable", name)
    command("remove", name)
    assert "there are no endpoints" in command("endpoints")


def test_what_cannot_be_done_is_said_in_one_line(command: Command) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for words, says in (
        (("add", "ftp://a.example/"), "begins with https://"),
        (("add", "https://10.0.0.5/"), "lies inside; allow the host by name to send there (--private allows it)"),
        (("add", "https://169.254.169.254/", "--private"), "never sent to"),
        (("add", "https://a.example/", "--types", "raised"), "such as case.dispatched"),
        (("ping", nobody), "there is no endpoint"),
        (("enable", nobody), "there is no endpoint"),
        (("rotate", nobody), "there is no endpoint"),
        (("replay",), "say which"),
        (("replay", "12"), "there is no delivery 12"),
        (("list", "--state", "lost"), "there is no state 'lost'"),
    ):
        said = command(*words, status=2)
        assert says in said
        assert said.count("\n") == 1


def test_the_doctor_names_what_does_not_get_through(
    plain_database: Database, receiver: Receiver, command: Command, surroundings: dict[str, str]
) -> None:
    def look(**environment: str) -> tuple[bool, str]:
        found = look_at_deliveries(from_environment({**surroundings, **environment}))
        return found.ok, found.detail

    assert look() == (True, "no endpoint wants the feed sent")
    name = json.loads(command("add", receiver.url(), "--private", "--description", "platform", "--json"))["id"]
    assert look() == (True, "1 of 1 endpoints are on")
    assert "platform: its secret comes from another key" in look(LIANQIN_SECRET_KEY="k" * 32)[1]
    with psycopg.connect(plain_database.dsn) as connection:
        connection.execute("UPDATE delivery_endpoints SET cursor = -1")
    some_alerts(plain_database, 0, 1)
    with psycopg.connect(plain_database.dsn) as connection:
        connection.execute("UPDATE feed SET at = now() - INTERVAL '5 minutes'")
    good, detail = look()
    assert not good
    assert "does a role that delivers run" in detail
    with psycopg.connect(plain_database.dsn) as connection:
        connection.execute(
            """UPDATE delivery_endpoints SET cursor = 1, failing_since = now() - INTERVAL '1 hour',
                   last_error = 'timeout: no answer within 15 s'"""
        )
    good, detail = look()
    assert not good
    assert "timeout: no answer within 15 s" in detail
    command("disable", name)
    assert look()[0]  # who switched it off knows
    with psycopg.connect(plain_database.dsn) as connection:
        connection.execute("UPDATE delivery_endpoints SET disabled_reason = 'the receiver answered 410 Gone'")
    assert look() == (
        False,
        "platform: disabled: the receiver answered 410 Gone; `lianqin deliveries enable` when it is mended",
    )


def test_the_api_role_delivers_by_itself_unless_it_is_told_not_to(
    plain_database: Database, receiver: Receiver, command: Command, surroundings: dict[str, str], tmp_path: Path
) -> None:
    command("add", receiver.url(), "--private")
    for number, (deliver, expected) in enumerate((("no", 0), ("yes", 2)), start=1):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        environment = {
            **os.environ,
            **surroundings,
            "LIANQIN_HTTP_PORT": str(port),
            "LIANQIN_DELIVER_IN_API": deliver,
            "LIANQIN_MQTT_URL": "mqtt://127.0.0.1:1",
        }
        log = tmp_path / f"api-{number}.log"
        with log.open("wb") as out:
            role = subprocess.Popen([sys.executable, "-m", "hub.cli", "api"], env=environment, stdout=out, stderr=out)
        try:
            until(lambda log=log: "listening" in log.read_text())
            some_alerts(plain_database, number, 1)
            until(lambda expected=expected: len(receiver.taken) == expected)
            with psycopg.connect(plain_database.dsn) as connection:
                beats = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
            assert (beats == (0,)) is (deliver == "no")
        finally:
            role.send_signal(signal.SIGTERM)
            assert role.wait(20) == 0, log.read_text()
    assert sorted(receiver.seqs()) == [1, 2]


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(
    plain_database: Database, receiver: Receiver, command: Command
) -> None:
    some_alerts(plain_database, 0, 2)
    receiver.behave = lambda request, _: answer(204 if request.event["data"]["seq"] == 1 else 422)
    made = json.loads(command("add", receiver.url(), "--private", "--after", "0", "--json"))
    with delivering(plain_database):
        until(lambda: len(receiver.requests) >= 2)
        until(lambda: "delivered" in command("list"))
    with psycopg.connect(plain_database.dsn) as connection:
        row = connection.execute("SELECT endpoint_id FROM delivery_endpoints").fetchone()
    assert row is not None
    assert str(row[0]) == made["id"]
    day = timedelta(days=1)
    keep = Keep(readings=400 * day, detections=30 * day, evidence=180 * day, deliveries=90 * day)
    assert "removed 1 deliveries" in maintain(plain_database.dsn, now=clock.now() + 91 * day, keep=keep)
    assert states(plain_database, row[0]) == {2: "pending"}
