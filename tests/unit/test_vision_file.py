"""How cameras are watched, by city.yaml and the environment: defaults, a camera's own, and what is refused where."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from detectors.thresholds import Thresholds
from detectors.vision.labels import Unserved
from detectors.vision.plan import Problem
from detectors.vision.settings import VisionSettings
from detectors.vision.weights import Weights
from hub.config.load import config_version, load_city
from hub.config.perception import Override, Perception, load_perception
from hub.config.schema import schema_of
from hub.config.vision_file import commented_vision
from hub.config.yaml_source import ConfigError
from ingest.city import ZoneKind

SHIPPED = Path("/shipped/street_openvino_model")
CITY = """\
name: Testcity
timezone: Asia/Shanghai
latitude: 30.2
longitude: 120.1
grids: [{id: "01", name: One}]
vision:
  model:
    - weights/vehicles_openvino_model
    - weights: weights/stalls.pt
      labels: {street_vendor: stall, dog: null}
  process_fps: 4
  heartbeat_s: 1
cameras:
  - id: cam-1
    grid: "01"
    url: rtsp://viewer:secret@10.0.0.9/1
    zones:
      - {id: z-1, kind: no_stall, polygon: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}
  - id: cam-2
    grid: "01"
    url: rtsp://viewer:secret@10.0.0.9/2
    vision:
      model: /elsewhere/best.onnx
      process_fps: 2
"""


def perceived(folder: Path, text: str = CITY, **override: object) -> Perception:
    path = folder / "city.yaml"
    path.write_text(text, encoding="utf-8")
    return load_perception(path, shipped=SHIPPED, override=Override(**override))  # type: ignore[arg-type]


def paths(found: Perception, camera: str) -> list[str]:
    return [str(weights.path) for weights in found.plans[camera].weights]


def test_a_camera_has_what_all_have_unless_it_says_otherwise(tmp_path: Path) -> None:
    found = perceived(tmp_path)
    assert paths(found, "cam-1") == [
        str(tmp_path / "weights/vehicles_openvino_model"),
        str(tmp_path / "weights/stalls.pt"),
    ]
    assert found.plans["cam-1"].weights[1].mapping == {"street_vendor": "stall", "dog": None}
    assert paths(found, "cam-2") == ["/elsewhere/best.onnx"]
    assert found.plans["cam-1"].settings == VisionSettings(process_fps=4, heartbeat_s=1)
    assert found.plans["cam-2"].settings == VisionSettings(process_fps=2, heartbeat_s=1)
    assert found.device == "auto"


def test_without_a_section_the_shipped_model_and_the_defaults_hold(tmp_path: Path) -> None:
    head, _, tail = CITY.partition("vision:")
    found = perceived(tmp_path, head + tail[tail.index("cameras:") :])
    assert paths(found, "cam-1") == [str(SHIPPED)]
    assert found.plans["cam-1"].settings == VisionSettings()


def test_the_environment_stands_in_for_the_default_and_a_cameras_own_model_stays(tmp_path: Path) -> None:
    found = perceived(tmp_path, model=Path("/env/best.pt"), device="cuda:0")
    assert paths(found, "cam-1") == ["/env/best.pt"]
    assert paths(found, "cam-2") == ["/elsewhere/best.onnx"]
    assert found.device == "cuda:0"


@pytest.mark.parametrize("said", [True, False])
def test_blurring_that_the_environment_asks_for_holds_for_every_camera(tmp_path: Path, said: bool) -> None:
    text = CITY.replace("process_fps: 2", f"blur_persons: {str(not said).lower()}")
    found = perceived(tmp_path, text, blur_persons=said)
    assert {plan.settings.blur_persons for plan in found.plans.values()} == {said}


def test_a_model_given_on_the_command_line_replaces_those_of_one_camera(tmp_path: Path) -> None:
    found = perceived(tmp_path).with_model("cam-1", Path("try.pt"), said_by="--model")
    assert paths(found, "cam-1") == ["try.pt"]
    (weights,) = found.plans["cam-1"].weights
    assert found.said(Problem(message="is no good", weights=weights)) == "--model: is no good"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("process_fps: 4", "process_fps: 400", 11, "less than or equal to 30 (it is 400)"),
        ("process_fps: 4", "proces_fps: 4", 11, "is process_fps meant?"),
        ("process_fps: 2", "inference_threads: 2", 24, "there is no such setting here"),
        ("heartbeat_s: 1", "heartbeat_s: 8", 12, "lost_after_s is 5.0: it must exceed heartbeat_s (8.0)"),
        ("process_fps: 2", "heartbeat_s: 8", 24, "lost_after_s is 5.0: it must exceed heartbeat_s (8.0)"),
        ("street_vendor: stall", "street_vendor: stal", 10, "must be 'car', 'bus', 'truck'"),
        ("street_vendor: stall", "street_vendor: null, 3: stall", 10, "string"),
        ("    - weights/vehicles_openvino_model\n", "    - 7\n", 8, "must be settings, each with its name"),
        ("heartbeat_s: 1", "heartbeat_s: 1\n  device: gpu", 13, "pattern"),
        ("weights: weights/stalls.pt", "weights: ''", 9, "at least 1 character"),
        ("model: /elsewhere/best.onnx", "model: []", 23, "at least 1 item"),
        ("model: /elsewhere/best.onnx", "model: {imgsz: 8, weights: x.pt}", 23, "greater than or equal to 32"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in CITY
    with pytest.raises(ConfigError) as refused:
        perceived(tmp_path, CITY.replace(old, new, 1))
    start = f"{tmp_path / 'city.yaml'}:{line}: "
    assert any(problem.startswith(start) and says in problem for problem in refused.value.problems), (
        refused.value.problems
    )


def test_what_is_wrong_with_a_model_is_said_where_the_model_is_named(tmp_path: Path) -> None:
    found = perceived(tmp_path)
    stalls = found.plans["cam-1"].weights[1]
    city = tmp_path / "city.yaml"
    assert found.said(Problem(message="torn", weights=stalls)) == f"{city}:9: vision.model.1: torn"
    (best,) = found.plans["cam-2"].weights
    assert found.said(Problem(message="torn", weights=best)) == f"{city}:23: cameras.1.vision.model.0: torn"
    zone = Unserved(camera_id="cam-1", zone_id="z-1", kind=ZoneKind.NO_STALL, needs=frozenset({"stall"}))
    assert found.said(Problem(message="unserved", zone=zone)) == f"{city}:18: cameras.0.zones.0: unserved"
    override = perceived(tmp_path, model=Path("/env/best.pt"))
    assert override.said(Problem(message="torn", weights=Weights(path=Path("/env/best.pt")))) == "LIANQIN_MODEL: torn"


def test_how_cameras_are_watched_is_no_part_of_what_alerts_are_judged_by(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    versions = set()
    for text in (CITY, CITY.replace("process_fps: 4", "process_fps: 3")):
        path.write_text(text, encoding="utf-8")
        versions.add(config_version(load_city(path), Thresholds()))
    assert len(versions) == 1


def test_the_commented_section_is_the_defaults(tmp_path: Path) -> None:
    head, _, tail = CITY.partition("vision:")
    found = perceived(tmp_path, head + commented_vision() + tail[tail.index("cameras:") :])
    assert found.plans["cam-1"].settings == VisionSettings()


def test_the_schema_knows_every_way_to_name_a_model() -> None:
    validator = jsonschema_rs.validator_for(schema_of("city"))
    document = yaml.safe_load(CITY)
    assert validator.is_valid(document)
    for model in (
        "best.pt",
        {"weights": "best.pt"},
        ["a.pt", {"weights": "b.pt", "labels": {"x": "stall", "y": None}}],
    ):
        assert validator.is_valid({**document, "vision": {"model": model}}), model
    for model in (7, {"labels": {}}, {"weights": "a.pt", "labels": {"x": "stal"}}, [["a.pt"]]):
        assert not validator.is_valid({**document, "vision": {"model": model}}), model
