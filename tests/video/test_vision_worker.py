import base64
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import psutil

from hub.clock import now
from ingest.city import Camera
from tests.support.video import StreamServer, crossing, standing, write_clip
from tests.support.watching import Watching, eventually


def camera(url: str, camera_id: str = "cam-01") -> Camera:
    return Camera(camera_id=camera_id, grid="01", url=url)


def captures() -> list[psutil.Process]:
    """Return the capture processes that this test process has now."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it may end while we look
            if child.status() != psutil.STATUS_ZOMBIE and "detectors.vision.capture" in child.cmdline():
                found.append(child)
    return found


def test_a_moving_thing_is_published_often_and_keeps_its_track() -> None:
    began = now()
    with StreamServer(crossing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 20)
        ended = now()
        frames, times = watching.frames(), watching.times()
    topics = {topic for topic, _, _ in watching.wire.published}
    assert "city/01/camera/cam-01/detections" in topics
    assert [frame["seq"] for frame in frames] == list(range(len(frames)))
    assert all(before < after for before, after in pairwise(times))
    assert began <= times[0]
    assert times[19] <= ended
    tracks = {box["track"] for frame in frames[:20] for box in frame["boxes"]}
    assert len(tracks) == 1
    statuses = [(payload, retain) for topic, payload, retain in watching.wire.published if topic.endswith("/status")]
    assert all(retain for _, retain in statuses), "the status is retained"
    # On a busy machine a capture process may be late enough to be said missing first.
    assert watching.online() in ([True], [False, True])


def test_a_still_street_is_looked_at_only_at_the_heartbeat() -> None:
    with StreamServer(standing, fps=20) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 12)
        times = watching.times()
        boxes = [frame["boxes"] for frame in watching.frames()]
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    late = gaps[-4:]
    assert all(0.4 <= gap <= 0.8 for gap in late), gaps
    assert all(len(found) == 1 for found in boxes), "a car that stood there from the start is seen from the start"


def test_a_cut_stream_is_said_to_be_offline_and_comes_back() -> None:
    with StreamServer(crossing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 5)
        server.cut()
        eventually(lambda: watching.online() == [True, False])
        silent = len(watching.frames())
        blind = datetime.fromisoformat(watching.wire.on("status")[-1]["at"])
        assert (blind - watching.times()[-1]).total_seconds() > 1.0
        eventually(lambda: watching.wire.on("telemetry")[-1]["values"]["decoded_fps"] == 0)
        assert len(watching.frames()) == silent, "a blind camera publishes no frames"
        server.open()
        eventually(lambda: watching.online() == [True, False, True])
        eventually(lambda: len(watching.frames()) >= silent + 5)
        eventually(lambda: watching.wire.on("telemetry")[-1]["values"]["reconnects"] >= 1)


def test_a_stalled_stream_is_left_and_connected_again() -> None:
    with StreamServer(crossing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 5)
        server.stalled = True
        eventually(lambda: watching.online() == [True, False])
        server.stalled = False
        eventually(lambda: watching.online() == [True, False, True])
    assert server.accepted >= 2


def test_a_camera_that_never_answers_is_said_to_be_offline() -> None:
    with Watching(camera("tcp://user:s3cret@127.0.0.1:1")) as watching:
        eventually(lambda: watching.online() == [False])
        assert watching.frames() == []
    assert all(b"s3cret" not in payload for _, payload, _ in watching.wire.published)


def test_a_capture_process_that_is_killed_is_replaced_and_disturbs_no_other_camera() -> None:
    with (
        StreamServer(crossing) as one,
        StreamServer(crossing) as other,
        Watching(camera(one.url), camera(other.url, "cam-02")) as watching,
    ):
        eventually(lambda: len(watching.frames("cam-01")) >= 3 and len(watching.frames("cam-02")) >= 3)
        first = min(captures(), key=lambda process: (process.create_time(), process.pid))  # cam-01's
        before = len(watching.frames("cam-01"))
        first.send_signal(signal.SIGKILL)
        eventually(lambda: len(watching.frames("cam-01")) >= before + 10)
        times = watching.times("cam-02")
        assert watching.online("cam-02") == [True]
    assert max(after - before for before, after in pairwise(times)) < timedelta(seconds=4)
    assert captures() == []


def test_a_capture_process_that_hangs_is_ended_and_replaced() -> None:
    with StreamServer(crossing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 3)
        (hung,) = captures()
        hung.send_signal(signal.SIGSTOP)
        before = len(watching.frames())
        eventually(lambda: any(process.pid != hung.pid for process in captures()), within_s=30)
        eventually(lambda: len(watching.frames()) >= before + 3)
        assert watching.outages()[-1] == "capture_failed"
    assert not psutil.pid_exists(hung.pid)


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", crossing, 1)
    with Watching(camera(str(clip))) as watching:
        eventually(lambda: len(watching.frames()) >= 3)
        assert len(captures()) == 1
    assert captures() == []


def test_a_file_plays_at_its_own_speed_again_and_again(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", crossing, 1)
    with Watching(camera(str(clip))) as watching:
        eventually(lambda: len(watching.frames()) >= 25)
        times = watching.times()
    assert (times[24] - times[0]) > timedelta(seconds=2)
    assert (times[8] - times[0]) > timedelta(seconds=0.5)


def test_the_hub_is_sent_the_pictures_it_asks_for() -> None:
    with StreamServer(standing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 4)
        at = watching.times()[2]
        watching.wire.send(
            "city/01/camera/cam-01/evidence/request",
            {
                "alert": "5a1e",
                "pictures": [
                    {"kind": "first_sight", "at": at.isoformat()},
                    {"kind": "clear", "at": (at - timedelta(hours=1)).isoformat()},
                ],
                "box": [0.4, 0.4, 0.5, 0.6],
                "label": "parking.illegal",
            },
        )
        eventually(lambda: len(watching.wire.on("evidence")) == 3)
        clean, drawn, missing = watching.wire.on("evidence")
    assert (missing["kind"], missing["missing"]) == ("clear", "too_old")
    assert (clean["alert"], clean["kind"], drawn["kind"]) == ("5a1e", "first_sight", "first_sight_annotated")
    assert clean["at"] == drawn["at"]
    assert abs(datetime.fromisoformat(clean["at"]) - at) <= timedelta(seconds=1)
    pictures = []
    for message in (clean, drawn):
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(message["jpeg"]), np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (180, 320, 3)
        pictures.append(picture.astype(int))
    red = (pictures[1][..., 2] - pictures[1][..., 0]) > 100
    assert red[72 : 72 + 36, 127:131].all(axis=0).any(), "the box's left edge is drawn where the box lies"
    assert not ((pictures[0][..., 2] - pictures[0][..., 0]) > 100).any()


def test_a_picture_that_is_not_kept_is_answered_with_the_reason() -> None:
    with StreamServer(crossing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 2)
        topic = "city/01/camera/cam-01/evidence/request"
        asked = [
            {"kind": "first_sight", "at": "2020-01-01T00:00:00Z"},
            {"kind": "confirmation", "at": "2100-01-01T00:00:00Z"},  # may still come: nothing is said
        ]
        watching.wire.send(topic, {"alert": "a", "pictures": asked})
        eventually(lambda: len(watching.wire.on("evidence")) == 1)
        (said,) = watching.wire.on("evidence")
        assert (said["kind"], said["missing"], "jpeg" in said) == ("first_sight", "too_old", False)


def test_a_request_that_cannot_be_read_does_no_harm() -> None:
    with StreamServer(crossing) as server, Watching(camera(server.url)) as watching:
        eventually(lambda: len(watching.frames()) >= 2)
        topic = "city/01/camera/cam-01/evidence/request"
        watching.wire.callbacks[topic](topic, b"\xff\x00 not json")
        watching.wire.send(topic, {"alert": "a", "pictures": [{"kind": "clear", "at": "2026-11-23T01:00:00"}]})
        before = len(watching.frames())
        eventually(lambda: len(watching.frames()) >= before + 3)
        assert watching.wire.on("evidence") == []


def test_a_worker_that_is_killed_takes_its_capture_processes_along(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", crossing, 2)
    with subprocess.Popen([sys.executable, "-m", "tests.support.watching", str(clip)]) as worker:
        found: list[psutil.Process] = []

        def started() -> bool:
            children = psutil.Process(worker.pid).children()
            found[:] = [child for child in children if "detectors.vision.capture" in child.cmdline()]
            return bool(found)

        try:
            eventually(started)
        finally:
            worker.kill()
    eventually(lambda: not found[0].is_running())
