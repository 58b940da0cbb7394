"""The same small weights in every format that runs on a CPU: they see the same, one by one and together; bad ones."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from detectors.vision.labels import group
from detectors.vision.pictures import Bgr
from detectors.vision.tracker import iou
from detectors.vision.weights import ModelError
from detectors.vision.yolo import Detector
from ingest.observation import Box
from tests.support.weights import PX, made

FORMATS = {
    # name: how many pictures go through at once
    "tiny.pt": 4,
    "any_openvino_model": 4,
    "any.onnx": 4,
    "one_openvino_model": 1,
    "one.onnx": 1,
    "four.onnx": 4,
}
LABELS = {"street_vendor": "stall"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="no package onnx, which writes the exports")
    pytest.importorskip("onnxruntime", reason="no package onnxruntime, which runs them")
    return made(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def pictures() -> list[Bgr]:
    """Six square pictures of coarse noise, in each of which the weights see several things."""
    rng = np.random.default_rng(1)
    return [rng.integers(0, 255, (PX // 6, PX // 6, 3), dtype=np.uint8).repeat(6, 0).repeat(6, 1) for _ in range(6)]


@pytest.fixture(scope="module")
def reference(folder: Path, pictures: list[Bgr]) -> list[list[Box]]:
    found = Detector(folder / "tiny.pt", labels=LABELS).detect(pictures)
    assert {box.label for boxes in found for box in boxes} == {"car", "stall"}
    assert all(sum(box.confidence > 0.4 for box in boxes) >= 3 for boxes in found), "there must be something to compare"
    return found


def alike(wanted: list[Box], found: list[Box], *, loose: bool) -> bool:
    """Return whether all clear boxes of `wanted` have their like in `found`.

    To rounding; loosely for OpenVINO, which computes in bfloat16 where the processor can. That is three digits, and
    weights that were never trained make much of the third.
    """
    least, most = (0.75, 0.15) if loose else (0.99, 0.01)
    clear = [box for box in wanted if box.confidence > 0.4]
    met = [
        any(
            group(box.label) == group(other.label)
            and iou(box, other) >= least
            and abs(box.confidence - other.confidence) <= most
            for other in found
        )
        for box in clear
    ]
    return sum(met) >= (0.75 if loose else 1.0) * len(clear)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_sees_the_same_one_by_one_and_together(
    folder: Path, pictures: list[Bgr], reference: list[list[Box]], name: str
) -> None:
    model = Detector(folder / name, labels=LABELS)
    assert model.labels == {"car", "stall"}
    assert (model.width_px, model.height_px) == (PX, PX)
    assert model.most == FORMATS[name]
    together = model.detect(pictures)
    assert len(together) == len(pictures)
    for picture, wanted, found in zip(pictures, reference, together, strict=True):
        assert alike(wanted, found, loose="openvino" in name)
        (alone,) = model.detect([picture])
        assert alike(found, alone, loose=False)
        assert alike(alone, found, loose=False)
    turned = [*reference[1:], reference[0]]
    assert not any(alike(wanted, found, loose=False) for wanted, found in zip(turned, together, strict=True))
    assert sum(alike(wanted, found, loose=True) for wanted, found in zip(turned, together, strict=True)) <= 1


def test_pictures_of_different_shapes_go_through_apart_and_come_back_in_order(
    folder: Path, pictures: list[Bgr]
) -> None:
    model = Detector(folder / "any.onnx", labels=LABELS)
    wide = np.ascontiguousarray(pictures[1][: PX // 2])
    mixed = [pictures[0], wide, pictures[2], wide]
    for found, picture in zip(model.detect(mixed), mixed, strict=True):
        (alone,) = model.detect([picture])
        assert [box.label for box in found] == [box.label for box in alone]


@pytest.mark.parametrize("name", ["tiny.pt", "one.onnx", "one_openvino_model"])
def test_one_thread_is_one_thread(folder: Path, pictures: list[Bgr], name: str) -> None:
    """What a picture costs is what this thread spends: no other thread computes, or spins, beside it."""
    model = Detector(folder / name, threads=1, device="cpu")
    model.detect(pictures)
    all_s, own_s = time.process_time(), time.thread_time()
    model.detect(pictures * 8)
    all_s, own_s = time.process_time() - all_s, time.thread_time() - own_s
    assert all_s < 1.3 * own_s + 0.02


def test_a_size_may_be_asked_of_weights_that_leave_it_open_and_of_no_others(folder: Path) -> None:
    assert Detector(folder / "any_openvino_model", imgsz=160).width_px == 160
    assert Detector(folder / "tiny.pt", imgsz=100).width_px == 128, "in steps of 32"
    with pytest.raises(ModelError, match=rf"exported for {PX}×{PX} pixels and cannot run at imgsz 160"):
        Detector(folder / "one.onnx", imgsz=160)


def test_an_export_for_several_pictures_says_what_a_few_cost(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Detector(folder / "four.onnx")
        Detector(folder / "one.onnx")
    assert "four.onnx was exported for exactly 4 pictures: fewer cost as much" in caplog.text
    assert "one.onnx runs on cpu at 96×96, one picture at a time, and gives car" in caplog.text


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("classes.pt", "is a model for classify, not for detection"),
        ("numbers.pt", "is no YOLO detection model"),
        ("later.pt", r"needs ultralytics\.nn\.modules\.block\.Later, which ultralytics [\d.]+ does not have"),
        ("hostile.pt", r"would run (posix|nt)\.mkdir when it is loaded"),
        ("hostile_bare.pt", "is no YOLO detection model"),
    ],
)
def test_weights_that_are_something_else_are_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    tasks = pytest.importorskip("ultralytics.nn.tasks")
    monkeypatch.setattr(tasks, "SAFE_LOAD", False)  # as where another part imported ultralytics first
    with pytest.raises(ModelError, match=says) as refused:
        Detector(folder / name)
    assert str(folder / name) in str(refused.value)
    assert not (tmp_path / "it-ran").exists(), "nothing that the file asks for was run"


def test_an_export_that_was_cut_short_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("one.onnx", "tiny.pt"):
        whole = (folder / name).read_bytes()
        torn = tmp_path / name
        torn.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ModelError, match="is no YOLO detection model"):
            Detector(torn)


@pytest.mark.parametrize(
    ("name", "device", "says"),
    [
        ("tiny.pt", "cuda:0", "cannot run on cuda:0: torch .* sees no NVIDIA GPU here"),
        ("one_openvino_model", "cuda", "is an OpenVINO export and cannot run on cuda"),
        ("one_openvino_model", "intel:npu", "cannot run on intel:npu: OpenVINO sees only CPU"),
        ("one.onnx", "intel:gpu", "cannot run on intel:gpu: export it to OpenVINO"),
        ("tiny.pt", "gpu", "there is no device 'gpu'"),
        ("plan.engine", "auto", "is a TensorRT engine and runs on an NVIDIA GPU alone, and none is to be seen here"),
    ],
)
def test_a_device_that_is_not_here_is_refused(folder: Path, name: str, device: str, says: str) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    (folder / "plan.engine").write_bytes(b"an engine")
    with pytest.raises(ModelError, match=says):
        Detector(folder / name, device=device)


def test_a_mapping_that_does_not_fit_the_model_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny\.pt: the model has no class 'street_vendr'.*is street_vendor meant"):
        Detector(folder / "tiny.pt", labels={"street_vendr": "stall"})
    with pytest.raises(ModelError, match=r"knows no class that we use \(it knows car, street_vendor, dog\)"):
        Detector(folder / "tiny.pt", labels={"car": None})
