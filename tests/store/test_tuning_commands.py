"""Sweeps, searches and diffs over what a database holds: by the command line, and as runs of the tuning role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from hub.config.load import Configuration, load
from hub.store.audit import COMMAND_LINE
from hub.store.labels import import_labels
from hub.store.read_labels import labels_of
from hub.store.recording import StoredRecording
from hub.store.session import open_session
from hub.store.write import Batch, Store
from hub.tuning.judging import Judging, Progress, Question, judging_of
from hub.tuning.labels.label import Label
from hub.tuning.runs.kinds import KINDS
from tests.support import planted
from tests.support.databases import Database

CITY = """name: Planted
timezone: Asia/Shanghai
latitude: 30.25
longitude: 120.17
grids: [{id: "01", name: One}]
devices:
"""
RULE, PATH = "water.burst", "water.burst.raise_after_s"
MADE = planted.water(3, events=11, nuisances=10)


@pytest.fixture
def stored(plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Configuration]:
    """A database that holds the planted recording and its labels, and a city file; both in the environment."""
    names = sorted(MADE.configuration.city.devices)
    lines = [f'  - {{id: {name}, kind: water, grid: "01", interval_s: 10}}\n' for name in names]
    (tmp_path / "city.yaml").write_text(CITY + "".join(lines))
    monkeypatch.setenv("LIANQIN_CITY", str(tmp_path / "city.yaml"))
    monkeypatch.setenv("LIANQIN_DATABASE_URL", plain_database.dsn)
    store = Store(plain_database.dsn)
    store.connect()
    try:
        batch = Batch(at=MADE.until)
        batch.readings.extend((one, "01", False) for one in MADE.observations)
        batch.received[("01", planted.START)] += len(batch.readings)
        store.write(batch)
    finally:
        store.close()
    with open_session(plain_database.dsn) as session:
        import_labels(session, MADE.labels, actor=COMMAND_LINE, now=MADE.until)
    return plain_database.dsn, load(tmp_path / "city.yaml", None)


class Means:
    """What a run of the tuning role is given, over a real database."""

    def __init__(self, dsn: str, configuration: Configuration, folder: Path) -> None:
        self._dsn, self._configuration, self.folder = dsn, configuration, folder
        self.recording = StoredRecording(dsn)
        self.notes: list[Progress] = []

    def now(self) -> datetime:
        return MADE.until

    def told(self, progress: Progress) -> None:
        self.notes.append(progress)

    def judging(self, question: Question) -> Judging:
        return judging_of(self.recording, question)

    def labels(self, question: Question) -> list[Label]:
        with self.session() as session:
            return labels_of(session, question, self._configuration.city)

    def configuration(self, version: str | None) -> Configuration:
        return self._configuration

    @contextmanager
    def session(self) -> Iterator[Any]:
        with open_session(self._dsn) as session:
            yield session


def test_the_command_line_and_a_run_find_the_same_in_a_database(
    stored: tuple[str, Configuration], tmp_path: Path
) -> None:
    dsn, configuration = stored
    span = {"since": planted.START.isoformat(), "until": MADE.until.isoformat()}
    question = {"rules": [RULE], **span}
    words = ["--rule", RULE, "--since", span["since"], "--until", span["until"], "--json"]

    def run(kind: str, **arguments: Any) -> dict[str, Any]:
        means = Means(dsn, configuration, tmp_path)
        found = KINDS[kind].arguments.model_validate({"question": question, **arguments})
        answer = json.loads(json.dumps(KINDS[kind].work(found, means)))
        assert means.notes[-1].done == 1.0
        return answer

    def lianqin(*given: str, status: int = 0) -> list[dict[str, Any]]:
        result = CliRunner().invoke(app, [*given, *words])
        assert result.exit_code == status, (result.output, result.exception)
        return [json.loads(line) for line in result.output.splitlines()]

    swept = run("sweep", axes=[{"path": PATH, "values": [20, 60, 120]}])
    assert [cell["raised"] > 0 for cell in swept["cells"]] == [True] * 3
    assert swept["cells"][2]["false_alarms"] < swept["cells"][0]["false_alarms"]
    assert swept["current"]["values"] == [20.0]
    *cells, rest = lianqin("sweep", "--axis", f"{PATH}=20,60,120")
    assert [{key: value for key, value in cell.items() if key != "cell"} for cell in cells] == swept["cells"]
    assert (rest["front"], rest["curve"], rest["histogram"]) == (swept["front"], swept["curve"], swept["histogram"])

    target = {"recall_at_least": 0.9}
    searched = run("search", paths=[{"path": PATH, "low": 0, "high": 160}], target=target, budget=30)
    assert searched["reached"]
    assert searched["best"]["false_alarms"] < searched["now"]["false_alarms"]
    said = lianqin("search", "--path", f"{PATH}=0:160", "--recall", "0.9", "--budget", "30")
    assert said[-1]["best"] == searched["best"]

    changes = searched["best"]["changes"]
    differs = run("diff", candidate={"changes": changes})
    lost = [one["label"] for one in differs["vanished"]]
    assert lost.count("false") == searched["now"]["false_alarms"] - searched["best"]["false_alarms"]
    assert lost.count("true") <= 1  # a recall of 0.9 allows one miss of eleven
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(f"water: {{burst: {{raise_after_s: {changes[PATH]}}}}}\n")
    (told,) = lianqin("diff", "--candidate", str(candidate))
    assert told["vanished"] == differs["vanished"]
    assert told["moved"] == differs["moved"]
    # The same from a file of what is stored: as a pipeline has it, that has no database.
    exported, labels = str(tmp_path / "days.jsonl"), str(tmp_path / "labels.csv")
    span_words = ["--since", span["since"], "--until", span["until"]]
    made = CliRunner().invoke(app, ["recording", "export", exported, *span_words])
    assert made.exit_code == 0, (made.output, made.exception)
    assert f"{len(MADE.observations)} observations of " in made.output
    assert CliRunner().invoke(app, ["labels", "export", labels]).exit_code == 0
    (from_file,) = lianqin("diff", "--candidate", str(candidate), "--recording", exported, "--labels", labels)
    assert [(one["rule"], one["subject"], one["raised_at"], one["label"]) for one in from_file["vanished"]] == [
        (one["rule"], one["subject"], one["raised_at"], one["label"]) for one in told["vanished"]
    ]
    one_name = sorted(MADE.configuration.city.devices)[0]
    alone = CliRunner().invoke(app, ["recording", "export", exported, *span_words, "--subject", one_name])
    assert " of 1 devices and cameras" in alone.output
    before = Path(exported).read_bytes()
    none = CliRunner().invoke(app, ["recording", "export", exported, "--since", "1999-01-01", "--until", "1999-01-02"])
    assert "nothing of that is on record" in str(none.exception)
    assert Path(exported).read_bytes() == before, "what is there is kept"
    (judged,) = lianqin("backtest", "--candidate", str(candidate), "--fail-if", "appeared > 0 or recall < 0.9")
    assert judged["conditions"][0]["outcome"] == "passed"
    lianqin("backtest", "--candidate", str(candidate), "--fail-if", "vanished > 0", status=1)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("sweep", {"axes": []}),
        ("sweep", {"axes": [{"path": PATH, "values": []}]}),
        ("search", {"paths": [{"path": PATH, "low": 0, "high": 9}], "target": {}}),
        ("search", {"paths": [{"path": PATH, "low": 0, "high": 9}], "target": {"recall_at_least": 2}}),
        ("diff", {}),
    ],
)
def test_arguments_that_are_no_question_are_refused(kind: str, arguments: dict[str, Any]) -> None:
    span = {"since": "2026-03-02T00:00:00Z", "until": "2026-03-03T00:00:00Z"}
    with pytest.raises(ValueError, match="validation error"):
        KINDS[kind].arguments.model_validate({"question": span, **arguments})
