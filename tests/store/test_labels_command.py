"""`lianqin labels`: given, listed, written to a file and taken back from it; a lot drawn among what nearly raised."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub import clock
from hub.cli.app import app
from hub.cli.failure import CommandError
from ingest.observation import Quantity
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, batch, reading
from tests.support.town import write_city


@pytest.fixture
def shell(plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LIANQIN_DATABASE_URL", plain_database.dsn)
    monkeypatch.setenv("LIANQIN_CITY", str(write_city(tmp_path)))

    def said(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["labels", *arguments])
        if isinstance(done.exception, CommandError):
            return str(done.exception)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    return said


def test_a_label_goes_out_to_a_file_and_comes_back(shell: Any, tmp_path: Path) -> None:
    assert "there are no such labels" in shell("list")
    assert "there are no labels yet" in shell("summary")
    given = shell("add", "gas.leak", "gas-1", "missed", "--since", "2026-01-02T10:00", "--until", "2026-01-02T11:00")
    assert given.startswith("2026-01-02 10:00:00–11:00:00")
    assert "is gas.leak meant?" in shell("add", "gas.lek", "gas-1", "true", "--since", "2026-01-02T10:00")
    assert "is gas-1 meant?" in shell("add", "gas.leak", "gas1", "true", "--since", "17:40")
    assert "is a gas device, which water.burst" in shell("add", "water.burst", "gas-1", "true", "--since", "17:40")
    gone = shell("add", "gas.leak", "gas-old", "true", "--since", "2026-01-02T10:00", "--grid", "01", "--json")
    shell("withdraw", json.loads(gone)["label_id"])
    assert "is gas.leak meant?" in shell("list", "--rule", "gas.lek")
    assert "is gas.leak meant?" in shell("summary", "--rule", "gas.lek")
    assert "is gas-1 meant?" in shell("list", "--subject", "gas1")
    (label,) = map(json.loads, shell("list", "--json").splitlines())
    assert (label["since"], label["verdict"], label["grid"]) == ("2026-01-02T02:00:00.000000Z", "missed", "01")
    for name in ("labels.csv", "labels.jsonl"):
        assert shell("export", str(tmp_path / name)).strip().endswith("1 labels")
        assert shell("import", str(tmp_path / name)).strip() == "0 labels added, 1 known already"
    assert json.loads(shell("export", "-")) == label
    assert shell("withdraw", label["label_id"]).strip() == f"withdrew {label['label_id']}"
    assert "withdrawn by command line already" in shell("withdraw", label["label_id"])
    assert "1 of them withdrawn" in shell("import", str(tmp_path / "labels.csv"))


def test_a_bad_file_names_its_lines(shell: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("rule,subject,since,verdict\ngas.leak,gas-1,yesterday,true\n", encoding="utf-8")
    assert "line 2: since: must be a time with its timezone" in shell("import", str(bad))
    assert "say --format" in shell("import", str(tmp_path / "city.yaml"))
    assert "cannot be read" in shell("import", str(tmp_path / "none.csv"))


def test_a_lot_is_drawn_among_what_nearly_raised_and_labelled(
    shell: Any, plain_database: Database, tmp_path: Path
) -> None:
    # The pressure dips below 140 kPa for 90 s, ten times: the rule waits 120 s, the lax one 60 s.
    with serving(plain_database.dsn, tmp_path) as api:
        dips(api)
        spans = ("--since", (NOW - timedelta(hours=1)).isoformat(), "--until", (NOW + timedelta(hours=3)).isoformat())
        assert "nothing waits" in shell("waiting")
        drawn = json.loads(shell("sample", "--rule", "water.pressure", *spans, "--json"))
        assert (drawn["raised_now"], drawn["quiet"], drawn["drawn"], drawn["new"]) == (0, 10, 10, 10)
        again = json.loads(shell("sample", "--rule", "water.pressure", *spans, "--json"))
        assert (again["drawn"], again["new"]) == (10, 0)
        client = api.client("engineer")
        waiting = client.get("/api/v1/tuning/labels/waiting").json()
        assert waiting["waiting"] == 10
        api.clock_s[0] = clock.now().timestamp()
        for item in waiting["items"][:3]:
            answer = client.post("/api/v1/tuning/labels", json={"candidate": item["id"], "verdict": "true"})
            assert answer.status_code == 201, answer.text
        assert "7 wait for a label" in shell("waiting")
        assert "3 true, 0 false, 0 missed, 7 waiting" in shell("summary")
        weights = [json.loads(line)["weight"] for line in shell("list", "--json").splitlines()]
        assert weights == [3.333333] * 3


def dips(api: Api) -> None:
    readings = []
    for second in range(0, 9000, 10):
        low = second % 900 in range(300, 390)
        readings.append(
            reading(float(second), device="water-1", quantity=Quantity.PRESSURE_KPA, value=130.0 if low else 300.0)
        )
    api.write(batch(readings=readings, grid="02"))
