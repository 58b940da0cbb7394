"""The tuning role as it is put together: a judging knows what people said; a further word gives a further answer."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.settings import from_environment
from hub.store.write import Batch
from hub.tuning.runs.serve import Current, worker_of
from ingest.observation import Quantity, Reading
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, after
from tests.support.town import write_city

RUNS, LABELS = "/api/v1/tuning/runs", "/api/v1/tuning/labels"
QUESTION = {
    "since": after(-3600).isoformat(),
    "until": after(3600).isoformat(),
    "rules": ["water.pressure"],
    "subjects": ["water-1"],
}


@pytest.fixture
def api(plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("LIANQIN_DATABASE_URL", plain_database.dsn)
    monkeypatch.setenv("LIANQIN_CITY", str(write_city(tmp_path)))
    stop = threading.Event()
    with serving(plain_database.dsn, tmp_path, at=NOW + timedelta(days=1)) as running:
        settings = from_environment()
        worker = worker_of(settings, Current(settings), name="role-1", stop=stop)
        thread = threading.Thread(target=worker.run, name="tuning under test")
        thread.start()
        try:
            yield running
        finally:
            stop.set()
            thread.join(timeout=30)
            assert not thread.is_alive(), "the role did not stop"


def answer(client: httpx.Client, kind: str, **arguments: Any) -> dict[str, Any]:
    asked = client.post(RUNS, json={"kind": kind, "arguments": {"question": QUESTION, **arguments}})
    assert asked.status_code == 202, asked.text
    run, deadline = asked.json(), time.monotonic() + 30
    while run["ended_at"] is None:
        assert time.monotonic() < deadline, run
        run = client.get(f"{RUNS}/{run['id']}", params={"wait": 5, "revision": run["revision"]}).json()
    assert run["state"] == "done", run["problem"]
    return dict(run["answer"])


def low_for(*spells: tuple[int, int]) -> Batch:
    """Return an hour in which the pressure lies at 100 kPa during `spells`, given in seconds."""
    batch = Batch(at=NOW)
    for second in range(0, 3600, 10):
        value = 100.0 if any(begin <= second < end for begin, end in spells) else 300.0 + second % 7
        reading = Reading("water-1", Quantity.PRESSURE_KPA, value, after(second), after(second))
        batch.readings.append((reading, "02", False))
    batch.listening = ("worker", None, after(-3600), after(3600))
    return batch


def test_a_judging_knows_what_people_said(api: Api) -> None:
    api.write(low_for((600, 1200)))
    engineer = api.client("engineer")
    before = answer(engineer, "judge")
    assert [each["label"] for each in before["raised"]] == [None]
    assert (before["scores"]["raised"], before["scores"]["unlabelled"]) == (1, 1)
    said = {"rule": "water.pressure", "subject": "water-1"}
    real = {**said, "since": after(590).isoformat(), "until": after(1200).isoformat(), "verdict": "true"}
    missed = {**said, "since": after(2000).isoformat(), "until": after(2300).isoformat(), "verdict": "missed"}
    assert engineer.post(LABELS, json=real).status_code == 201
    assert api.client("operator").post(LABELS, json=missed).status_code == 201
    after_it = answer(engineer, "judge")
    assert [each["label"] for each in after_it["raised"]] == ["true"]
    scores = after_it["scores"]
    assert scores["labels"] == {"true": 1, "false": 0, "missed": 1}
    assert (scores["precision"]["value"], scores["precision"]["why"]) == (None, "few_labels")
    assert scores["why_not"] == (
        "Alerts with a label: 1 of the 10 that are needed. Labels of real events: 2 of the 10 that are needed."
    )
    assert scores["alarms_per_operator_hour"]["value"] == 0.5


def test_a_run_draws_what_nearly_raised(api: Api) -> None:
    api.write(low_for((600, 1200), (2000, 2090)))
    engineer = api.client("engineer")
    drawn = answer(engineer, "sample")
    assert (drawn["raised_now"], drawn["quiet"], drawn["drawn"]) == (1, 1, 1)
    assert drawn["strata"] == [{"rule": "water.pressure", "nearness": "far", "frame": 1, "drawn": 1}]
    (waiting,) = engineer.get(f"{LABELS}/waiting").json()["items"]
    assert waiting["since"] == after(2000).isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert "kPa" in waiting["reason"]["text"]
