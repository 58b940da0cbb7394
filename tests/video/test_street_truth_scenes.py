"""A few rendered scenes with known truth, from script to table: the small version of `python -m bench street-truth`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.streets import run
from bench.streets.film import Lit, shoot, stands_of
from bench.streets.script import Script, light, pictures, script
from bench.streets.table import rows
from bench.streets.truth import events
from detectors.vision.camera import StreamError
from detectors.vision.camera import pictures as decoded
from detectors.vision.settings import VisionSettings

# Development seeds with many events: at dusk in rain and at night, the camera low, in the middle and high.
SEEDS = (31, 42, 86)
PER_S = "0.5"
pytestmark = pytest.mark.timeout(900)  # half a minute of work, which a busy machine may draw out


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The folder of a run over the seeds, and its lines."""
    out = tmp_path_factory.mktemp("streets")
    assert run.main(["--out", str(out), "--pictures-per-s", PER_S, "--seeds", *map(str, SEEDS)]) == 0
    return out, lines(out)


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "scenes.jsonl").read_text().splitlines()]


def test_events_are_found_in_time_and_nothing_else_is_reported(told: tuple[Path, list[dict[str, Any]]]) -> None:
    everything = rows(told[1])[0]
    assert everything.events >= 12
    assert everything.recall is not None
    assert everything.recall >= 0.95
    assert everything.precision is not None
    assert everything.precision >= 0.95
    assert everything.on_time is not None
    assert everything.on_time >= 0.95


def test_a_run_goes_on_where_it_stopped(
    told: tuple[Path, list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    out, before = told
    with (out / "scenes.jsonl").open("a") as file:
        file.write('{"seed": 31, "cut off')  # as by a power failure
    assert run.main(["--out", str(out), "--pictures-per-s", PER_S, "--seeds", *map(str, SEEDS)]) == 0
    said = capsys.readouterr().out
    assert f"{len(SEEDS)} scenes, {len(SEEDS)} of them done before" in said
    assert "| all |" in said
    (out / "scenes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in before))


def test_kept_detections_judged_again_give_the_same_alarms(told: tuple[Path, list[dict[str, Any]]]) -> None:
    out, before = told
    words = ["--out", str(out), "--pictures-per-s", PER_S, "--seeds", *map(str, SEEDS), "--judge-again"]
    assert run.main(words) == 0
    again = lines(out)[len(before) :]
    assert [line["alarms"] for line in again] == [line["alarms"] for line in before]


class OneCar:
    """A script of one parked car, made of a drawn one's street."""

    def __init__(self) -> None:
        for seed in range(200, 240):
            self.script = script(seed)
            due = [actor for actor in self.script.actors if actor.actor_id.startswith("kerb")]
            if due and not self.script.blind and not self.script.frozen:
                break
        one = due[0]
        self.script = Script(site=self.script.site, actors=(one,), blind=(), frozen=((300.0, 310.0),))


def test_the_truth_is_what_the_recording_shows(tmp_path: Path) -> None:
    given = OneCar().script
    made = shoot(given, tmp_path / "one.ts", 0.5)
    shown = [picture.pts_s for picture in recorded(tmp_path / "one.ts")]
    assert len(shown) == len(made["taken_s"])
    np.testing.assert_allclose(np.array(shown) - shown[0], np.array(made["taken_s"]), atol=0.01)
    (stand,) = stands_of(made)
    place = given.site
    lit = Lit(given)
    for at_s, shown_s in pictures(given, 0.5):
        there = stand.from_s <= shown_s < stand.to_s
        (share,) = (seen for taken, seen in zip(made["taken_s"], stand.seen, strict=True) if taken == at_s)
        assert (share is not None) == there
        if there:
            (box,) = lit.renderer(light(place, shown_s)).render(shown_s)[1]
            assert stand.box == box.xyxy
            break
    else:
        pytest.fail("the car never stood")
    assert len(events(place.zones, [stand], made["taken_s"])) <= 1


def recorded(video: Path) -> list[Any]:
    found = []
    try:
        for picture in decoded(str(video), VisionSettings()):
            found.append(picture)
    except StreamError:
        return found
    raise AssertionError("a recording ends")


def test_the_same_seed_gives_the_same_scene_and_another_seed_another() -> None:
    assert script(42) == script(42)
    assert script(42).actors != script(43).actors
