"""From what is stored to a dataset: verdicts, pictures and frames in, the command's folder and the run's rows out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner

from hub.cli.app import app
from hub.cli.failure import CommandError
from hub.config.load import Configuration, load
from hub.store.session import open_session
from hub.store.write import Store
from hub.tuning.dataset.made import source_of
from hub.tuning.labels.label import Verdict
from ingest.observation import Box
from tests.support.databases import Database
from tests.support.stored import NOW, after, batch, frame, picture, raised
from tests.support.town import write_city


@pytest.fixture
def town(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    path = write_city(tmp_path)
    monkeypatch.setenv("LIANQIN_DATABASE_URL", database.dsn)
    monkeypatch.setenv("LIANQIN_CITY", str(path))
    return load(path, None)


def street() -> bytes:
    small = np.random.default_rng(1).integers(0, 255, (9, 16, 3), dtype=np.uint8)
    done, data = cv2.imencode(".jpg", cv2.resize(small, (160, 90)))
    assert done
    return data.tobytes()


def judged(dsn: str, verdict: str) -> None:
    """Store an alert of a camera with its picture and frame, and an operator's word on it."""
    found = raised(rule="parking.illegal", subject="zone-1@0.20,0.40", grid="02", second=30)
    car = Box("car", 0.75, 7, 0.1, 0.2, 0.3, 0.4)
    alert = replace(found.alert, camera_id="cam-1", box=car)
    store = Store(dsn)
    store.write(batch(frames=[frame(30)], changes=[replace(found, alert=alert)], grid="02"))
    store.write(batch(pictures=[picture(alert, kind="confirmation", jpeg=street(), second=30)], grid="02"))
    store.close()
    with psycopg.connect(dsn, autocommit=True) as connection:
        said = {"is": verdict, "by": "ops", "at": NOW.isoformat(), "reason": "a van"}
        connection.execute("UPDATE alerts SET verdict = %s WHERE alert_id = %s", (json.dumps(said), alert.alert_id))


def run(tmp_path: Path, *words: str) -> str:
    asked = [
        "dataset",
        "export",
        "--since",
        "2026-11-23",
        "--until",
        "2026-11-24",
        "--out",
        str(tmp_path / "set"),
        *words,
    ]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_true_verdict_becomes_a_picture_with_its_box(database: Database, town: Configuration, tmp_path: Path) -> None:
    judged(database.dsn, "real")
    told = json.loads(run(tmp_path, "--json"))
    assert told["counts"] | {"pictures": 1, "confirmed": 1, "left_out": 0} == told["counts"]
    (label,) = (tmp_path / "set" / "labels").rglob("*.txt")
    assert label.read_text() == "0 0.200000 0.300000 0.200000 0.200000\n"
    (image,) = (tmp_path / "set" / "images").rglob("*.jpg")
    assert image.read_bytes() == street()
    with pytest.raises(CommandError, match="is not empty"):
        run(tmp_path)


def test_a_false_verdict_becomes_a_negative_and_may_be_left_out(
    database: Database, town: Configuration, tmp_path: Path
) -> None:
    judged(database.dsn, "false_alarm")
    assert "1 negatives" in run(tmp_path)
    assert "a van" in (tmp_path / "set" / "to_look_at.csv").read_text(encoding="utf-8")
    told = json.loads(run(tmp_path, "--json", "--labels", "true", "--out", str(tmp_path / "other")))
    assert told["counts"]["pictures"] == 0


def test_only_what_began_in_the_span_counts(database: Database, town: Configuration) -> None:
    judged(database.dsn, "real")

    def shots(since: float, until: float) -> list[Verdict]:
        source = source_of(lambda: open_session(database.dsn), town, after(since), after(until), now=NOW)
        return [shot.verdict for shot in source.shots]

    assert shots(-3600, 3600) == [Verdict.TRUE]
    assert shots(60, 3600) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--labels", "maybe"], "true, false and missed"),
        (["--camera", "cam-9"], "there is no camera cam-9"),
        (["--until", "2026-11-22"], "--since must lie before --until"),
    ],
)
def test_what_a_user_can_mend_is_said(town: Configuration, tmp_path: Path, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(tmp_path, *words)
