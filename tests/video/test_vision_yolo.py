"""Real weights and real footage, where they are to be had; and what is said of weights that are no good."""

import os
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from detectors.vision.labels import VEHICLES
from detectors.vision.models import Models
from detectors.vision.plan import Plan, UnfitModels
from detectors.vision.recording import Cost, frames
from detectors.vision.settings import VisionSettings
from detectors.vision.weights import ModelError, Weights
from detectors.vision.worker import CameraError, chosen
from detectors.vision.yolo import Detector
from ingest.city import Camera, City, Zone, ZoneKind

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LIANQIN_TEST_DATA") or ROOT.parent / "shared" / "data")
COCO = DATA / "models" / "yolo11n_coco_int8_openvino_model"
TRAFFIC = DATA / "footage" / "traffic.mp4"
START = datetime(2026, 11, 23, 1, tzinfo=UTC)
STREET = ROOT / "hub" / "demo" / "model" / "street_openvino_model"

realdata = [
    pytest.mark.realdata,
    pytest.mark.skipif(not COCO.exists() or not TRAFFIC.exists(), reason=f"no real weights and footage in {DATA}"),
]


@pytest.fixture(scope="module")
def coco(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return Detector(COCO, cache=tmp_path_factory.mktemp("yolo"))


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    return capfd


class TestRealWeights:
    pytestmark = realdata

    def test_the_bus_of_ultralytics_own_picture_is_found(self, coco: Detector) -> None:
        import av
        import ultralytics

        with av.open(str(Path(ultralytics.__file__).parent / "assets" / "bus.jpg")) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="bgr24")
        (boxes,) = coco.detect([picture])
        assert boxes[0].label == "bus"
        assert boxes[0].confidence > 0.9
        assert sum(box.label == "person" and box.confidence > 0.5 for box in boxes) >= 3
        assert all(0 <= box.x1 < box.x2 <= 1 and 0 <= box.y1 < box.y2 <= 1 for box in boxes)

    def test_it_says_what_it_knows_of_our_words(self, coco: Detector) -> None:
        assert coco.labels == VEHICLES | {"person"}
        assert (coco.width_px, coco.height_px) == (640, 640)

    def test_several_pictures_at_once_give_what_each_gives_alone(self, coco: Detector) -> None:
        import av

        with av.open(str(TRAFFIC)) as container:
            pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)][:90:30]
        together = coco.detect(pictures)
        assert together == [coco.detect([picture])[0] for picture in pictures]
        assert coco.detect([]) == []

    def test_real_traffic_becomes_frames_with_tracks(self, coco: Detector) -> None:
        cost = Cost()
        often = VisionSettings(busy_fps=5)
        found = list(frames(TRAFFIC, camera_id="cam-01", start=START, model=coco, settings=often, cost=cost))
        assert cost.decoded == 480
        assert 60 <= cost.processed == len(found) <= 101
        assert found[0].captured_at == START
        assert all(before.captured_at < after.captured_at for before, after in pairwise(found))
        sure = [box for frame in found for box in frame.boxes if box.confidence >= 0.5]
        assert {box.label for box in sure} <= VEHICLES | {"person"}
        assert sum(box.track_id is not None for box in sure) > 0.95 * len(sure)
        # About twenty vehicles pass in twenty seconds; a tracker that loses them gives each a dozen ids.
        assert len({box.track_id for box in sure}) < 60
        assert any(box.confidence < 0.3 for frame in found for box in frame.boxes), "half-seen boxes are published too"

    def test_nothing_is_printed(self, coco: Detector, quiet: pytest.CaptureFixture[str]) -> None:
        list(frames(TRAFFIC, camera_id="c", start=START, model=coco, settings=VisionSettings(process_fps=0.2)))
        assert quiet.readouterr() == ("", "")

    def test_a_zone_for_stalls_needs_a_model_that_knows_stalls(self) -> None:
        zone = Zone(zone_id="z1", camera_id="cam-01", kind=ZoneKind.NO_STALL, polygon=((0, 0), (1, 0), (1, 1)))
        camera = Camera(camera_id="cam-01", grid="01", url="x", zones=(zone,))
        plan = Plan(camera=camera, settings=VisionSettings(), weights=(Weights(path=COCO),))
        with pytest.raises(UnfitModels, match=r"z1 .*needs stall.*gives only bus, car") as refused:
            Models().watches([plan])
        assert [problem.zone.zone_id for problem in refused.value.problems if problem.zone] == ["z1"]


def test_the_shipped_model_knows_all_our_labels() -> None:
    if not STREET.exists():
        pytest.skip("the shipped model is not there")
    model = Detector(STREET)
    assert model.labels == VEHICLES | {"person", "stall"}
    # Pictures are scaled to this size before they are handed over, so it must be the model's own and not a square.
    assert model.width_px / model.height_px == pytest.approx(16 / 9, abs=0.2)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.pt", None, "there is no model at"),
        ("model.txt", b"x", "no format that we know"),
        ("text.pt", b"hello", "is no file of PyTorch"),
        ("empty.pt", b"", "is empty"),
        ("torn.pt", b"PK\x03\x04 and then nothing", "is no YOLO detection model"),
        ("pointer.onnx", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("graph.xml", b"<net/>", "give the folder"),
        ("empty_openvino_model", {}, r"an \.xml and a \.bin"),
        ("nameless_openvino_model", {"a.xml": b"<x/>", "a.bin": b""}, "metadata.yaml"),
        ("torn_openvino_model", {"a.xml": b"<x/>", "a.bin": b"", "metadata.yaml": b"names: {0: car}"}, "is no YOLO"),
        ("folder", {}, "does not end in _openvino_model"),
    ],
)
def test_weights_that_are_no_good_are_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes | dict[str, bytes] | None, says: str
) -> None:
    weights = tmp_path / name
    if isinstance(content, bytes):
        weights.write_bytes(content)
    elif content is not None:
        weights.mkdir()
        for file, data in content.items():
            (weights / file).write_bytes(data)
    with pytest.raises(ModelError, match=says) as error:
        Detector(weights, cache=tmp_path / "cache")
    assert str(weights) in str(error.value)


def test_loading_leaves_the_cores_of_this_thread_as_they_were(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(ModelError):
        Detector(tmp_path / "missing.pt")
    assert os.sched_getaffinity(0) == before


def test_the_worker_is_importable_without_ultralytics() -> None:
    """The capture processes import neither torch nor ultralytics, nor does a command that only shows its help."""
    import subprocess

    code = (
        "import sys, detectors.vision.worker; sys.exit(any(name in sys.modules for name in ('torch', 'ultralytics')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def city(*cameras: Camera) -> City:
    return City(
        name="x", timezone="UTC", latitude=0, longitude=0, grids={}, devices={},
        cameras={camera.camera_id: camera for camera in cameras},
    )  # fmt: skip


def test_cameras_are_chosen_by_name_and_unknown_ones_are_named() -> None:
    one, two = (Camera(camera_id=name, grid="01", url="x") for name in ("a", "b"))
    assert chosen(city(one, two), None) == [one, two]
    assert chosen(city(one, two), ["b"]) == [two]
    with pytest.raises(CameraError, match="no camera c; it has a, b"):
        chosen(city(one, two), ["a", "c"])
    with pytest.raises(CameraError, match="no cameras"):
        chosen(city(), None)
