"""The whole way: rendered street, H.264, gate, shipped model, tracker, and a real broker."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from detectors.vision.recording import frames
from detectors.vision.settings import VisionSettings
from detectors.vision.worker import chosen, run_at_broker
from detectors.vision.yolo import Detector
from hub.clock import now
from hub.demo.camera_stories import CAMERAS, scene_in
from hub.demo.cameras import DemoCameraServer
from hub.demo.scenes.description import Light
from hub.demo.scenes.render import Renderer
from ingest.city import Camera, City, Grid, Zone, ZoneKind
from ingest.mqtt import Publisher, parse_url
from ingest.observation import Box
from tests.support.brokers import Broker
from tests.support.video import write_clip
from tests.support.watching import eventually, watches_of

SHIPPED = Path(__file__).resolve().parents[2] / "hub" / "demo" / "model" / "street_openvino_model"
START = datetime(2026, 11, 23, 1, tzinfo=UTC)
PARKING = next(camera for camera in CAMERAS if camera.camera_id == "cam-01")


def overlap(box: Box, x1: float, y1: float, x2: float, y2: float) -> float:
    width, height = min(box.x2, x2) - max(box.x1, x1), min(box.y2, y2) - max(box.y1, y1)
    both = max(0.0, width) * max(0.0, height)
    return both / ((box.x2 - box.x1) * (box.y2 - box.y1) + (x2 - x1) * (y2 - y1) - both)


@pytest.mark.parametrize("daylight", [1.0, 0.0], ids=["day", "night"])
def test_a_parked_car_keeps_one_track_while_lorries_pass_in_front_of_it(tmp_path: Path, daylight: float) -> None:
    renderer = Renderer(scene_in(PARKING, Light(daylight=daylight, lamps_on=daylight < 0.3)))
    clip = write_clip(tmp_path / "street.mp4", lambda at_s: renderer.frame(40 + at_s), 45, fps=7)
    (place,) = (truth.xyxy for truth in renderer.render(60)[1] if truth.actor_id == "parked")
    tracks: Counter[int | None] = Counter()
    seen_at: list[datetime] = [START]
    for frame in frames(clip, camera_id="cam-01", start=START, model=Detector(SHIPPED)):
        there = [box for box in frame.boxes if overlap(box, *place) > 0.6]
        if there:
            tracks[max(there, key=lambda box: box.confidence).track_id] += 1
            seen_at.append(frame.captured_at)
    ((_, frames_of_it),) = tracks.most_common(1)
    assert frames_of_it / tracks.total() > 0.9, tracks
    longest_gap = max(after - before for before, after in pairwise(seen_at))
    assert longest_gap < timedelta(seconds=4)
    assert seen_at[-1] - seen_at[0] > timedelta(seconds=40)


def city_of(ports: dict[str, int]) -> City:
    cameras = {
        camera.camera_id: Camera(
            camera_id=camera.camera_id,
            grid="01",
            url=f"tcp://guard:s3cret@127.0.0.1:{ports[camera.camera_id]}",
            zones=tuple(
                Zone(zone_id=zone_id, camera_id=camera.camera_id, kind=ZoneKind(kind), polygon=polygon)
                for zone_id, kind, polygon in camera.zones
            ),
        )
        for camera in CAMERAS
    }
    grids = {"01": Grid(grid_id="01", name="one")}
    return City(
        name="x", timezone="Asia/Shanghai", latitude=31, longitude=121, grids=grids, devices={}, cameras=cameras
    )


class Listener:
    """What a subscriber hears from one camera."""

    def __init__(self, broker: Broker, camera_id: str) -> None:
        self.heard: dict[str, list[dict[str, Any]]] = {"detections": [], "status": [], "evidence": []}
        self._base = f"city/01/camera/{camera_id}"
        self.client = Publisher(parse_url(broker.url), client_id="listener")
        self.client.start()
        for channel in self.heard:
            self.client.subscribe(f"{self._base}/{channel}", self._hear)

    def ask(self, message: dict[str, Any]) -> None:
        self.client.publish(f"{self._base}/evidence/request", json.dumps(message).encode())

    def _hear(self, topic: str, payload: bytes) -> None:
        self.heard[topic.rsplit("/", 1)[1]].append(json.loads(payload))


def test_the_role_publishes_what_stands_in_the_demo_city_over_a_real_broker(broker: Broker, tmp_path: Path) -> None:
    began = now()
    server = DemoCameraServer(
        {camera.camera_id: 0 for camera in CAMERAS}, now() - timedelta(seconds=40), "Asia/Shanghai"
    )
    server.start()
    listener = Listener(broker, "cam-01")
    stop, failures = threading.Event(), []
    model = Detector(SHIPPED, cache=tmp_path)

    def role() -> None:
        try:
            cameras = chosen(city_of(server.ports), ["cam-01", "cam-02"])
            run_at_broker(watches_of(cameras, VisionSettings(), model), broker.url, stop, now=now)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=role)
    thread.start()
    try:
        detections = listener.heard["detections"]
        eventually(lambda: len(detections) >= 30 or failures, within_s=60)
        assert not failures
        cars = [
            box for frame in detections for box in frame["boxes"] if box["label"] == "car" and box["confidence"] > 0.5
        ]
        assert Counter(box["track"] for box in cars).most_common(1)[0][1] >= 15, "the parked car has one track"
        at = datetime.fromisoformat(detections[10]["at"])
        assert began < at < now()
        assert [status["online"] for status in listener.heard["status"]] == [True]

        alert = "0192f0c1-2b5f-7c3e-9a51-3f2f6d1c5a1e"
        pictures = [{"kind": "first_sight", "at": detections[10]["at"]}]
        listener.ask({"alert": alert, "pictures": pictures, "box": cars[0]["box"], "label": "parking.illegal"})
        eventually(lambda: len(listener.heard["evidence"]) == 2)
        assert {picture["kind"] for picture in listener.heard["evidence"]} == {"first_sight", "first_sight_annotated"}
        assert all(len(json.dumps(picture)) < 512 * 1024 for picture in listener.heard["evidence"])

        broker.restart()
        before = len(detections)
        eventually(lambda: len(detections) >= before + 10, within_s=60)
    finally:
        stop.set()
        thread.join(20)
        listener.client.stop()
        server.stop()
    assert not thread.is_alive()
    assert not failures


def test_settings_reach_the_recording(tmp_path: Path) -> None:
    renderer = Renderer(scene_in(PARKING, Light(daylight=1.0, lamps_on=False)))
    clip = write_clip(tmp_path / "street.mp4", lambda at_s: renderer.frame(100 + at_s), 6, fps=7)
    slow = VisionSettings(process_fps=1, confidence_floor=0.6)
    model = Detector(SHIPPED, confidence_floor=slow.confidence_floor)
    found = list(frames(clip, camera_id="cam-01", start=START, model=model, settings=slow))
    assert 4 <= len(found) <= 7
    assert all(box.confidence >= 0.6 for frame in found for box in frame.boxes)
