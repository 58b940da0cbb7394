"""Runs of the tuning role: asked for over HTTP, worked on by the real role over a real database, answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.store import tuning_runs
from hub.store.audit import COMMAND_LINE
from hub.store.recording import StoredRecording
from hub.store.session import open_session
from hub.store.write import Batch
from hub.tuning.judging import judging_of
from hub.tuning.runs.loaded import Loaded
from hub.tuning.runs.worker import Worker
from ingest.observation import Quantity, Reading
from tests.support.api import Api, configuration, serving, until
from tests.support.databases import Database
from tests.support.stored import NOW, after

RUNS = "/api/v1/tuning/runs"
SINCE, UNTIL = after(-3600), after(3600)


@contextmanager
def working(dsn: str, folder: Path, *, name: str = "role-1", now: Callable[[], Any] = lambda: NOW) -> Iterator[Worker]:
    """Run a tuning role over `dsn`."""
    stop = threading.Event()
    town = configuration(folder)
    worker = Worker(
        name=name,
        dsn=dsn,
        loaded=Loaded(lambda question: judging_of(StoredRecording(dsn), question), 64 * 1024**2),
        configuration=lambda _: town,
        labels=lambda connection, question: [],
        now=now,
        stop=stop,
    )
    thread = threading.Thread(target=worker.run, name="tuning under test")
    thread.start()
    try:
        yield worker
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive(), "the role did not stop"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def question(**changed: Any) -> dict[str, Any]:
    return {"since": SINCE.isoformat(), "until": UNTIL.isoformat(), **changed}


def start(client: httpx.Client, **arguments: Any) -> dict[str, Any]:
    answer = client.post(RUNS, json={"kind": "judge", "arguments": {"question": question(), **arguments}})
    assert answer.status_code == 202, answer.text
    document: dict[str, Any] = answer.json()
    return document


def finished(client: httpx.Client, run: dict[str, Any], *, wait_s: float = 30.0) -> dict[str, Any]:
    deadline = time.monotonic() + wait_s
    while run["ended_at"] is None:
        assert time.monotonic() < deadline, run
        run = client.get(f"{RUNS}/{run['id']}", params={"wait": 5, "revision": run["revision"]}).json()
    return run


def low_pressure(api: Api) -> str:
    """Record an hour in which the water device's pressure lies at 100 kPa for ten minutes."""
    device = next(one for one in api.hub.configuration.city.devices.values() if one.kind.value == "water")
    batch = Batch(at=NOW)
    for second in range(0, 3000, 10):
        value = 100.0 if 600 <= second < 1200 else 300.0 + second % 7
        at = after(second)
        batch.readings.append((Reading(device.device_id, Quantity.PRESSURE_KPA, value, at, at), device.grid, False))
    batch.listening = ("worker", None, SINCE, UNTIL)
    api.write(batch)
    return device.device_id


def test_other_thresholds_raise_other_alerts(api: Api, tmp_path: Path) -> None:
    device = low_pressure(api)
    engineer = api.client("engineer")
    only = {"question": question(rules=["water.pressure"], subjects=[device])}
    with working(api.dsn, tmp_path):
        shipped = finished(engineer, start(engineer, **only))
        lower = finished(engineer, start(engineer, **only, changes={"water.pressure.low_kpa": 50}))
    assert shipped["state"] == lower["state"] == "done", (shipped["problem"], lower["problem"])
    (raised,) = shipped["answer"]["raised"]
    assert (raised["rule"], raised["subject"]) == ("water.pressure", device)
    assert raised["cleared_at"] is not None
    assert raised["recorded_alert_id"] is None, "nobody judged it live"
    assert lower["answer"]["raised"] == []
    assert lower["answer"]["version"] != shipped["answer"]["version"] == api.hub.configuration.version
    assert shipped["took_s"] >= 0
    assert shipped["progress"] == 1


def test_the_same_question_has_the_same_answer_until_something_was_recorded(api: Api, tmp_path: Path) -> None:
    engineer = api.client("engineer")
    with working(api.dsn, tmp_path):
        first = finished(engineer, start(engineer))
        again = start(engineer)
        assert again["id"] == first["id"]
        assert again["answer"] == first["answer"]
        low_pressure(api)
        assert start(engineer)["id"] != first["id"]


def test_a_run_that_nobody_works_on_says_so_and_can_be_cancelled(api: Api) -> None:
    engineer = api.client("engineer")
    run = start(engineer)
    assert run["state"] == "waiting"
    assert "no tuning role runs: start `lianqin tuning`" in run["note"]
    assert start(engineer)["id"] == run["id"], "what is asked twice waits once"
    ended = engineer.post(f"{RUNS}/{run['id']}/cancel").json()
    assert ended["state"] == "cancelled"
    assert engineer.post(f"{RUNS}/{run['id']}/cancel").json()["state"] == "cancelled"
    assert start(engineer)["id"] != run["id"]
    assert [one["kind"] for one in engineer.get(RUNS, params={"mine": True}).json()["items"]] == ["judge", "judge"]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"kind": "dance", "arguments": {}}, "there is no kind of run 'dance'; there are: "),
        ({"kind": "judge", "arguments": {}}, "question: is missing"),
        (
            {"kind": "judge", "arguments": {"question": {"since": UNTIL.isoformat(), "until": SINCE.isoformat()}}},
            "since must lie before until",
        ),
        ({"kind": "judge", "arguments": {"question": question(), "wat": 1}}, "wat: there is no such argument"),
        (
            {"kind": "judge", "arguments": {"question": question(rules=["parking.ilegal"])}},
            "there is no rule parking.ilegal; is parking.illegal meant?",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_words(api: Api, order: dict[str, Any], said: str) -> None:
    answer = api.client("engineer").post(RUNS, json=order)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_run_with_thresholds_that_are_none_fails_with_what_would_be_right(api: Api, tmp_path: Path) -> None:
    engineer = api.client("engineer")
    with working(api.dsn, tmp_path):
        run = finished(engineer, start(engineer, changes={"parking.illegal.dwel_s": 9}))
    assert run["state"] == "failed"
    assert "is parking.illegal.dwell_s meant?" in run["problem"]


def test_a_run_about_what_the_city_has_not_fails_and_does_not_answer_that_nothing_was_raised(
    api: Api, tmp_path: Path
) -> None:
    engineer = api.client("engineer")
    with working(api.dsn, tmp_path):
        subject = finished(engineer, start(engineer, question=question(subjects=["water-l"])))
        grid = finished(engineer, start(engineer, question=question(grids=["77"])))
    assert (subject["state"], grid["state"]) == ("failed", "failed")
    assert subject["problem"] == "the city has no device, circuit, camera or zone water-l; is water-1 meant?"
    assert grid["problem"] == "the city has no grid 77"


def test_what_a_dead_role_left_is_taken_again_and_given_up_in_the_end(plain_database: Database) -> None:
    with open_session(plain_database.dsn) as connection:
        run = tuning_runs.ask(connection, "judge", {}, key="k", is_repeatable=True, actor=COMMAND_LINE, at=NOW)
        at = NOW
        for number in range(tuning_runs.TRIES):
            taken = tuning_runs.take(connection, ["judge"], f"role-{number}", at)
            assert taken is not None
            assert taken.run_id == run.run_id
            assert tuning_runs.take(connection, ["judge"], "other", at) is None, "a role that lives keeps it"
            at += timedelta(seconds=tuning_runs.DEAD_S + 1)
            assert not tuning_runs.finish(connection, run.run_id, "other", at, answer={})
        assert tuning_runs.take(connection, ["judge"], "last", at) is None
        given_up = tuning_runs.find(connection, run.run_id)
    assert given_up.state == "failed"
    assert "ended the role" in (given_up.problem or "")


def test_a_role_that_ends_in_order_leaves_what_it_was_at_to_the_next(plain_database: Database) -> None:
    with open_session(plain_database.dsn) as connection:
        run = tuning_runs.ask(connection, "judge", {}, key="k", is_repeatable=True, actor=COMMAND_LINE, at=NOW)
        assert tuning_runs.take(connection, ["judge"], "one", NOW) is not None
        assert tuning_runs.live(connection, "one", [run.run_id], NOW) == frozenset()
        assert tuning_runs.roles(connection, NOW) == [("one", NOW)]
        tuning_runs.leave(connection, "one")
        assert tuning_runs.roles(connection, NOW) == []
        taken = tuning_runs.take(connection, ["judge"], "two", NOW)
        assert taken is not None
        assert taken.attempts == 1
        tuning_runs.cancel(connection, run.run_id, actor=COMMAND_LINE, at=NOW)
        assert tuning_runs.live(connection, "two", [run.run_id], NOW) == {run.run_id}


def test_a_run_s_file_comes_back_whole(api: Api) -> None:
    made = bytes(range(256)) * 40_000
    with open_session(api.dsn) as connection:
        run = tuning_runs.ask(connection, "judge", {}, key="k", is_repeatable=True, actor=COMMAND_LINE, at=NOW)
        parts = [made[at : at + tuning_runs.PART] for at in range(0, len(made), tuning_runs.PART)]
        assert len(parts) > 1
        tuning_runs.keep_file(connection, run.run_id, "照片.zip", iter(parts))
    answer = api.client("engineer").get(f"{RUNS}/{run.run_id}/file")
    assert answer.content == made
    assert "%E7%85%A7%E7%89%87.zip" in answer.headers["content-disposition"]
    until(lambda: api.client("engineer").get(f"{RUNS}/{run.run_id}").json()["file"] == "照片.zip")
