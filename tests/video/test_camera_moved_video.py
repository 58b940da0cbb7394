"""A camera that is turned in a real video: told by the real worker, by an analysis, and on real footage by nobody."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from detectors.thresholds import Thresholds
from detectors.vision import view
from detectors.vision.lookout import Lookout, key_of
from detectors.vision.pictures import Bgr, detail
from detectors.vision.view import View
from detectors.vision.view_file import ViewFile
from hub.alerts.alert import Alert
from hub.clock import now
from hub.config.load import Configuration
from hub.demo.camera_stories import CAMERAS
from hub.demo.scenes.render import Renderer
from hub.tuning.analyse import Bill, analyse
from hub.worker.fold import Fold
from ingest.city import Camera, City, Grid, Zone, ZoneKind
from ingest.window import Message
from tests.support.sight import BrightSquares
from tests.support.video import write_clip
from tests.support.watching import QUICK, Watching, eventually

ROOT = Path(__file__).resolve().parents[2]
FOOTAGE = Path(os.environ.get("LIANQIN_TEST_DATA") or ROOT.parent / "shared" / "data") / "footage"
START = datetime(2026, 11, 23, 4, tzinfo=UTC)
SCENE = CAMERAS[0].scene
TURNED = replace(SCENE, view=replace(SCENE.view, yaw_deg=SCENE.view.yaw_deg + 5))
KERB = Zone(
    zone_id="kerb",
    camera_id="cam-01",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)),
)


@cache
def street(turned: bool) -> Renderer:
    return Renderer(TURNED if turned else SCENE)


def city(camera: Camera) -> City:
    return City(
        name="Testing",
        timezone="UTC",
        latitude=31.2,
        longitude=121.5,
        grids={"01": Grid(grid_id="01", name="01")},
        devices={},
        cameras={camera.camera_id: camera},
    )


def configuration(camera: Camera) -> Configuration:
    return Configuration(city=city(camera), thresholds=Thresholds(), version="test")


def camera_of(clip: Path) -> Camera:
    return Camera(camera_id="cam-01", grid="01", url=f"file://{clip}", zones=(KERB,))


class Nobody(BrightSquares):
    """Finds nothing, and takes pictures of a usual size."""

    width_px, height_px = 320, 192

    def detect(self, pictures: object) -> list[list[object]]:  # type: ignore[override]
        return [[] for _ in pictures]  # type: ignore[attr-defined]


def test_a_camera_turned_while_the_worker_was_down_is_reported_at_once(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "turned.mp4", lambda at_s: street(True).frame(at_s), 40, fps=3)
    camera = camera_of(clip)
    before = Lookout("cam-01", every_s=2, key=key_of(camera), store=ViewFile(tmp_path / "views", "cam-01"))
    for n in range(25):  # what the worker saw before it was stopped
        before.look(street(False).frame(n * 2.0), n * 2.0, now())
    with Watching(
        camera, settings=replace(QUICK, view_every_s=1), model=Nobody(), views=tmp_path / "views"
    ) as watching:
        eventually(lambda: len(looks(watching)) >= 13)
    seen = looks(watching)
    assert all(5 <= values["view_shift_pct"] <= 10 for values in seen)
    # And the hub, which is told nothing but these messages, says so after its ten seconds.
    raised = [alert for alert in judged(watching, camera) if alert.rule == "camera.moved"]
    assert [alert.subject for alert in raised] == ["cam-01"]
    assert raised[0].reason.numbers["causes"] == "moved"
    assert raised[0].raised_at - raised[0].since >= timedelta(seconds=10)


def looks(watching: Watching) -> list[dict[str, float]]:
    return [message["values"] for message in watching.wire.on("telemetry") if "view_shift_pct" in message["values"]]


def judged(watching: Watching, camera: Camera) -> list[Alert]:
    received = now()
    fold = Fold(configuration(camera), grids=None, recent=(), listening_since=received - timedelta(minutes=5))
    decoded = fold.decode([Message(topic, payload, 0, 1, retain, received) for topic, payload, retain in
                           watching.wire.published])  # fmt: skip
    assert decoded.quarantined == []
    changes = fold.again(decoded.observations) + fold.tick(received + timedelta(seconds=5))
    return list({change.alert.alert_id: change.alert for change in changes}.values())


def test_an_analysis_of_a_recording_tells_when_the_camera_was_turned_and_turned_back(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "turned.mp4", lambda at_s: street(40 <= at_s < 65).frame(at_s), 90, fps=2)
    camera = camera_of(clip)
    bill = Bill()
    changes = [
        change
        for each in analyse(clip, configuration(camera), camera_id="cam-01", start=START, model=Nobody(), bill=bill)
        for change in each.changes
    ]
    told = [(change.type.value, change.alert.rule, (change.at - START).total_seconds()) for change in changes]
    assert [(kind, rule) for kind, rule, _ in told] == [
        ("alert.raised", "camera.moved"),
        ("alert.cleared", "camera.moved"),
    ]
    assert 50 <= told[0][2] <= 54
    assert 75 <= told[1][2] <= 79
    assert 5 <= float(changes[0].alert.reason.numbers["view_shift_pct"] or 0) <= 10
    assert bill.refused == 0


@pytest.mark.skipif(not FOOTAGE.exists(), reason=f"no real footage in {FOOTAGE}")
@pytest.mark.parametrize("name", ["traffic.mp4", "car-detection.mp4"])
def test_on_real_footage_nothing_is_taken_for_another_view_but_what_is_one(name: str) -> None:
    with av.open(str(FOOTAGE / name)) as container:
        pictures = [frame.to_ndarray(format="bgr24") for frame in islice(container.decode(video=0), 0, None, 12)]
    known = View()
    for n in range(100):  # looped, in an order in which traffic jumps
        known, verdict = view.look(known, detail(pictures[n * 7 % len(pictures)]), n * 2.0, 12.0)
        if verdict is not None:
            assert verdict.shift_pct <= 1.2
            assert verdict.lost_pct <= 50
            assert verdict.sharpness_pct >= 45

    def found(change: np.ndarray) -> list[tuple[float, float]]:
        told = []
        for picture in pictures[:10]:
            height, width = picture.shape[:2]
            turned = cv2.warpAffine(picture, change, (width, height), borderMode=cv2.BORDER_REFLECT)
            _, verdict = view.look(known, detail(turned), 202.0, 12.0)
            assert verdict is not None
            told.append((verdict.shift_pct, verdict.lost_pct))
        return told

    height, width = pictures[0].shape[:2]
    aside = np.array([[1.0, 0.0, -0.05 * width], [0.0, 1.0, 0.03 * height]])
    assert sum(shift >= 2 or lost >= 70 for shift, lost in found(aside)) >= 9
    rolled = cv2.getRotationMatrix2D((width / 2, height / 2), 6, 1.0)
    assert sum(shift >= 2 or lost >= 70 for shift, lost in found(rolled)) >= 8
    black: Bgr = np.zeros_like(pictures[0])
    _, verdict = view.look(known, detail(black), 202.0, 12.0)
    assert verdict is not None
    assert verdict.lost_pct == 100
