"""The shipped model on the demo's own pictures: it finds what the detectors must judge, by day and by night."""

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
import pytest

from detectors.vision.yolo import Detector
from hub.demo.camera_stories import CAMERAS, DemoCamera, scene_in
from hub.demo.camera_stream import CLOCK_HZ, Encoder
from hub.demo.cameras import RATE_FPS
from hub.demo.scenes.description import LABELS, Light, TruthBox
from hub.demo.scenes.render import Renderer
from hub.demo.training.evaluate import SHIPPED, SURE, figures, judge
from hub.demo.training.neighbours import told_apart
from hub.demo.training.score import overlap
from ingest.observation import Box

CONFIDENT = 0.5
DAY = Light(daylight=1.0, lamps_on=False)
DUSK = Light(daylight=0.25, lamps_on=False)
NIGHT = Light(daylight=0.0, lamps_on=True)
BY_ID = {camera.camera_id: camera for camera in CAMERAS}


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(SHIPPED, confidence_floor=0.1)


def as_received(pictures: list[tuple[float, np.ndarray]]) -> Iterator[np.ndarray]:
    """Return the pictures as a client of the camera decodes them."""
    encoder = Encoder(640, 360, RATE_FPS)
    data = b"".join(encoder.encode(picture, at_s, keyframe=False)[0] for at_s, picture in pictures)
    encoder.close()
    with av.open(BytesIO(data), format="mpegts") as container:
        stream: Any = container.streams.video[0]
        assert stream.time_base == Fraction(1, CLOCK_HZ)
        for frame in container.decode(stream):
            yield frame.to_ndarray(format="bgr24")


def watched(
    detector: Detector, camera: DemoCamera, light: Light, seconds: list[float]
) -> list[tuple[tuple[TruthBox, ...], list[Box]]]:
    """Return the truth and what the model finds, in pictures that went through the codec."""
    renderer = Renderer(scene_in(camera, light))
    rendered = [renderer.render(at_s) for at_s in seconds]
    clear = [(at_s, picture) for at_s, (picture, _) in zip(seconds, rendered, strict=True)]
    received = list(as_received(clear))
    assert len(received) == len(seconds)
    return [(truth, detector.detect([picture])[0]) for (_, truth), picture in zip(rendered, received, strict=True)]


@pytest.mark.parametrize("light", [DAY, DUSK, NIGHT], ids=["day", "dusk", "night"])
@pytest.mark.parametrize(
    ("camera_id", "actor_id", "label"),
    [("cam-01", "parked", "car"), ("cam-02", "cart", "stall"), ("cam-03", "permitted", "stall")],
)
def test_the_parked_car_and_the_stalls_are_found_whenever_they_can_be_seen(
    detector: Detector, light: Light, camera_id: str, actor_id: str, label: str
) -> None:
    seconds = [float(t) for t in range(24, 190, 9)]
    chances = finds = 0
    for truth, boxes in watched(detector, BY_ID[camera_id], light, seconds):
        for there in truth:
            if there.actor_id == actor_id and there.visible_fraction > 0.7:
                chances += 1
                finds += any(
                    box.label == label
                    and box.confidence >= CONFIDENT
                    and overlap((box.x1, box.y1, box.x2, box.y2), there.xyxy) >= 0.5
                    for box in boxes
                )
    assert chances >= len(seconds) * 0.7
    assert finds >= chances * 0.95


@pytest.mark.parametrize("light", [DAY, NIGHT], ids=["day", "night"])
def test_no_stall_is_found_where_none_is(detector: Detector, light: Light) -> None:
    for camera_id in ("cam-01", "cam-04"):
        for _, boxes in watched(detector, BY_ID[camera_id], light, [float(t) for t in range(3, 200, 13)]):
            assert [box for box in boxes if box.label == "stall" and box.confidence >= CONFIDENT] == []


def test_the_model_knows_the_six_classes_in_their_order(detector: Detector) -> None:
    assert tuple(detector.names[number] for number in range(len(detector.names))) == LABELS
    assert detector.labels == frozenset(LABELS)


def test_the_model_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 6_000_000


def test_the_model_does_well_on_streets_it_never_saw(detector: Detector) -> None:
    judgements, _ = judge(detector, scenes=25, seed=7)
    scores = figures([one.judged for one in judgements])
    assert scores["all"] > 0.88
    assert scores["car"] > 0.93
    assert scores["stall"] > 0.93
    assert scores["person"] > 0.75


def test_the_model_tells_stalls_apart_that_stand_wall_to_wall(detector: Detector) -> None:
    judgements, _ = judge(detector, scenes=20, seed=7, rows=True)
    told = told_apart([one.judged for one in judgements], "stall", (0.5, 1.01), SURE)
    assert told.pairs >= 40
    assert told.both > told.pairs * 0.8
    assert told.merged < told.pairs * 0.3
