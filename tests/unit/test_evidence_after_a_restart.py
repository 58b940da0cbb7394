"""A vision process that ends takes no evidence along: the next one answers for what stood before it began."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detectors.vision.handover import Picture
from detectors.vision.settings import VisionSettings
from detectors.vision.shelf import Folder
from detectors.vision.watched import Watched
from ingest.city import Camera
from ingest.observation import Box
from tests.support.sight import ListWire

START = datetime(2026, 11, 23, 1, tzinfo=UTC)
CAMERA = Camera(camera_id="cam-01", grid="01", url="rtsp://127.0.0.1/1")
DEFAULT = VisionSettings()
PERSON = Box("person", 0.9, None, 0.25, 0.25, 0.75, 0.75)


def jpeg(second: int) -> bytes:
    """A picture whose left half is a chequerboard and whose brightness tells the second."""
    picture = np.full((96, 160, 3), second, np.uint8)
    picture[::2, ::2] = 255
    done, data = cv2.imencode(".jpg", picture)
    assert done
    return data.tobytes()


def watch(folder: Path, wire: ListWire, seconds: range, *, settings: VisionSettings = DEFAULT) -> Watched:
    watched = Watched(CAMERA, wire=wire, settings=settings, shelf=Folder(folder / CAMERA.camera_id))
    for second in seconds:
        picture = Picture(float(second), "heartbeat", 160, 96, bytes(96 * 160 * 3), jpeg(second))
        at = START + timedelta(seconds=second)
        watched.processed(picture, [PERSON], now_s=float(second), now=at, inference_s=0.01)
    return watched


def asked(watched: Watched, wire: ListWire, second: int) -> dict[str, Any]:
    at = (START + timedelta(seconds=second)).isoformat()
    watched.answer(json.dumps({"alert": "a", "pictures": [{"kind": "first_sight", "at": at}]}).encode())
    return wire.on("evidence")[-1]


def test_the_first_sight_from_before_a_restart_is_sent(tmp_path: Path) -> None:
    watch(tmp_path, ListWire(), range(100))
    wire = ListWire()
    said = asked(watch(tmp_path, wire, range(110, 120)), wire, 30)
    assert base64.b64decode(said["jpeg"]) == jpeg(30)
    assert datetime.fromisoformat(said["at"]) == START + timedelta(seconds=30)


def test_who_was_seen_before_a_restart_is_blurred_all_the_same(tmp_path: Path) -> None:
    blurring = VisionSettings(blur_persons=True)
    watch(tmp_path, ListWire(), range(100), settings=blurring)
    wire = ListWire()
    said = asked(watch(tmp_path, wire, range(110, 111), settings=blurring), wire, 30)
    sent = cv2.imdecode(np.frombuffer(base64.b64decode(said["jpeg"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert sent[30:66, 50:110].std() < 10 < sent[:20].std()


def test_a_camera_that_is_watched_no_more_leaves_no_picture(tmp_path: Path) -> None:
    watch(tmp_path, ListWire(), range(100)).forget()
    assert list(tmp_path.rglob("*.picture")) == []
