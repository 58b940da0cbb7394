"""The run `weights` with a recording: watched once, judged as often as one likes, with pictures of what differs."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from pydantic import ValidationError
from typer.testing import CliRunner

from hub.cli.app import app
from hub.cli.failure import CommandError
from hub.config.load import Configuration, load
from hub.config.yaml_source import ConfigError
from hub.tuning.judging import Cancelled, Progress, Question
from hub.tuning.runs import files
from hub.tuning.runs.refused import RunRefused
from hub.tuning.runs.weights import Weights, work
from hub.vision_settings import SHIPPED_MODEL
from tests.support import kerb

START = "2026-11-23T09:00:00+08:00"
RECORDING = "cam-01_20261123T090000.mp4"


@dataclass
class Means:
    """What a run may use, without a database."""

    folder: Path
    config: Configuration
    steps: list[Progress] = field(default_factory=list)
    is_wanted: Callable[[Progress], bool] = lambda progress: True

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC)

    def told(self, progress: Progress) -> None:
        self.steps.append(progress)
        if not self.is_wanted(progress):
            raise Cancelled

    def configuration(self, version: str | None) -> Configuration:
        return self.config

    def labels(self, question: Question) -> list[Any]:
        return []

    recording: Any = None

    def judging(self, question: Question) -> Any:
        raise AssertionError("nothing stored is judged")

    def session(self) -> AbstractContextManager[Any]:
        raise AssertionError("no database is asked")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city, its thresholds, a recording, and the shipped weights blind to cars."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "city.yaml").write_text(kerb.city_text(), encoding="utf-8")
    (folder / "detectors.yaml").write_text(yaml.safe_dump(kerb.THRESHOLDS), encoding="utf-8")
    (folder / "recordings").mkdir()
    kerb.write_recording(folder / "recordings" / RECORDING)
    blind = folder / "weights" / "blind_openvino_model"
    shutil.copytree(SHIPPED_MODEL, blind)
    about = blind / "metadata.yaml"
    about.write_text(about.read_text(encoding="utf-8").replace("0: car", "0: shed"), encoding="utf-8")
    (folder / "weights" / "broken.pt").write_bytes(b"not weights")
    return folder


@pytest.fixture
def means(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Means:
    monkeypatch.setenv("LIANQIN_CITY", str(place / "city.yaml"))
    monkeypatch.setenv("LIANQIN_TUNING_FILES", str(place))
    monkeypatch.setenv("LIANQIN_DATA", str(tmp_path / "data"))
    (tmp_path / "run").mkdir()
    return Means(tmp_path / "run", load(place / "city.yaml", place / "detectors.yaml"))


def asked(**more: Any) -> Weights:
    given = {"camera": "cam-01", "recording": RECORDING, "start": START, "candidate": "blind_openvino_model", **more}
    return Weights.model_validate(given)


def again(means: Means, folder: Path) -> Means:
    folder.mkdir()
    return Means(folder, means.config)


def test_what_other_weights_miss_is_shown_and_judged_again_without_watching(means: Means, tmp_path: Path) -> None:
    found = work(asked(), means)
    (gone,) = found["vanished"]
    assert (gone["rule"], found["appeared"], found["same"]) == ("parking.illegal", [], 0)
    assert found["base"]["sha256"] != found["candidate"]["sha256"]
    assert found["base"]["boxes"] > found["candidate"]["boxes"] > 0
    assert found["limits"] == []
    with zipfile.ZipFile(means.folder / "pictures.zip") as archive:
        data = archive.read(found["pictures"][gone["alert_id"]]["file"])
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] <= 720
    assert any("watching" in step.note and 0 < step.done < 0.45 for step in means.steps)

    later = again(means, tmp_path / "later")
    dwell = work(asked(changes={"parking.illegal.dwell_s": 60}), later)
    assert (dwell["vanished"], dwell["base"]["raised"]) == ([], 0)
    assert not any("watching" in step.note for step in later.steps)
    assert [path.name for path in later.folder.iterdir() if path.is_file()] == []  # nothing differs: no file

    turned = again(means, tmp_path / "turned")
    other = work(asked(base="blind_openvino_model", candidate="blind_openvino_model"), turned)
    assert (other["base"]["name"], other["same"], other["base"]["raised"]) == ("blind_openvino_model", 0, 0)


def test_detections_that_were_saved_elsewhere_are_compared_alike(place: Path, means: Means, tmp_path: Path) -> None:
    watched = work(asked(), means)
    (place / "detections").mkdir()
    for kept in (tmp_path / "data" / "watched").glob("*.jsonl"):
        saw_cars = b'"car"' in kept.read_bytes()
        shutil.copy(kept, place / "detections" / ("cam-01_old.jsonl" if saw_cars else "cam-01_new.jsonl"))
    later = again(means, tmp_path / "later")
    found = work(
        asked(recording=None, start=None, base="cam-01_old.jsonl", candidate="cam-01_new.jsonl"),
        later,
    )
    assert [one["alert_id"] for one in found["vanished"]] == [one["alert_id"] for one in watched["vanished"]]
    assert (found["base"]["cost"], "pictures" in found) == (None, False)
    old = next(one for one in files.work(files.Files(), later)["detections"] if one["name"] == "cam-01_old.jsonl")
    assert (old["camera"], datetime.fromisoformat(old["since"])) == ("cam-01", datetime.fromisoformat(START))


def test_a_run_that_nobody_wants_stops_while_it_watches(means: Means) -> None:
    means.is_wanted = lambda progress: progress.done < 0.1
    with pytest.raises(Cancelled):
        work(asked(), means)
    assert not list((means.folder.parent / "data" / "watched").glob("*.jsonl"))  # half a watching is not kept


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"camera": "cam-09"}, "no camera cam-09"),
        ({"recording": "none.mp4"}, "no none.mp4 in .*recordings: put it there"),
        ({"candidate": "none_openvino_model"}, "no none_openvino_model"),
    ],
)
def test_what_is_not_there_is_refused_with_words(means: Means, more: dict[str, Any], said: str) -> None:
    with pytest.raises(RunRefused, match=said):
        work(asked(**more), means)


def test_weights_that_cannot_be_loaded_are_refused_before_anything_is_watched(means: Means) -> None:
    with pytest.raises(ConfigError, match=r"broken\.pt"):
        work(asked(candidate="broken.pt"), means)
    assert not any("watching" in step.note for step in means.steps)


def test_the_command_writes_the_same_pictures(place: Path, means: Means, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANQIN_DETECTORS", str(place / "detectors.yaml"))
    target = means.folder / "changes.zip"
    words = ["analyse", str(place / "recordings" / RECORDING), "--camera", "cam-01", "--start", START, "--json"]
    blind = ["--compare-model", str(place / "weights" / "blind_openvino_model"), "--pictures", str(target)]
    done = CliRunner().invoke(app, [*words, *blind], catch_exceptions=False)
    found = json.loads(done.stdout.splitlines()[-1])["compared"]
    (gone,) = found["vanished"]
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == [found["pictures"][gone["alert_id"]]["file"]]
    with pytest.raises(CommandError, match="is there already"):
        CliRunner().invoke(app, [*words, *blind], catch_exceptions=False)
    with pytest.raises(CommandError, match="--compare-model too"):
        CliRunner().invoke(app, [*words, "--pictures", "other.zip"], catch_exceptions=False)


@pytest.mark.parametrize(
    "more",
    [
        {"start": None},
        {"recording": None},
        {"candidate": "../secret.pt"},
        {"recording": "/etc/passwd"},
        {"base": None, "recording": None, "start": None},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(**more)


def test_what_can_be_named_is_listed_with_what_its_name_tells(means: Means) -> None:
    found = files.work(files.Files(), means)
    (recording,) = found["recordings"]
    assert (recording["name"], recording["camera"], recording["start"]) == (RECORDING, "cam-01", START)
    assert recording["length_s"] == pytest.approx(30, abs=0.5)
    assert [(one["name"], one["problem"] is None) for one in found["weights"]] == [
        ("blind_openvino_model", True),
        ("broken.pt", False),
    ]
    assert found["cannot_watch"] is None
