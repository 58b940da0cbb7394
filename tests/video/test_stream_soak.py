"""A day of reconnects, and capture processes that die again and again: nothing is left behind, nothing grows."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import psutil
import pytest

from detectors.vision import handover
from detectors.vision.feed import Feed
from ingest.city import Camera
from tests.support.streams import TsCamera
from tests.support.streams_soak import Flaky
from tests.support.streams_watched import PATIENT
from tests.support.watching import eventually

HOURS = 24
WARM_AFTER_HOURS = 2
MOST_GROWTH_BYTES = 8_000_000  # one picture of this camera takes 90 kB, and some hundreds of connections give pictures


@pytest.mark.timeout(400)
def test_a_day_of_reconnects_leaks_neither_memory_nor_threads_nor_descriptors() -> None:
    with Flaky() as camera:
        url = f"tcp://127.0.0.1:{camera.port}"
        command = [sys.executable, "-m", "tests.support.streams_soak", url, str(HOURS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=380)
        connections = camera.accepted
    assert done.returncode == 0, done.stderr
    said: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    last = said[-1]
    assert last["hours"] >= HOURS
    assert connections > 1000
    assert last["breaks"] > 200
    assert last["decoded"] > 500
    warm = [one for one in said if one["hours"] >= WARM_AFTER_HOURS]
    early, late = warm[: len(warm) // 5], warm[-len(warm) // 5 :]
    assert _median(late, "rss") - _median(early, "rss") < MOST_GROWTH_BYTES
    assert max(one["threads"] for one in late) <= max(one["threads"] for one in early) + 1
    assert max(one["fds"] for one in late) <= max(one["fds"] for one in early) + 2


def test_a_capture_that_dies_again_and_again_leaves_nothing_in_the_worker() -> None:
    settings = replace(PATIENT, retry_first_s=0.05, retry_most_s=0.05)
    me = psutil.Process()
    with TsCamera() as camera:
        feed = Feed(Camera(camera_id="cam-01", grid="01", url=camera.url), settings, width_px=160, height_px=96)
        try:
            _wait_for_picture(feed)
            before = _used(me)
            for _ in range(6):
                (capture,) = [one for one in me.children() if one.pid == feed.pid]
                capture.kill()
                ended = feed.ended
                eventually(lambda was=ended: _turn(feed) is None and feed.ended > was)  # type: ignore[misc]
                _wait_for_picture(feed)
            # The camera's side of this test has a thread and a socket for each viewer until it notices the end.
            eventually(lambda: all(now <= then for now, then in zip(_used(me), before, strict=True)))
            assert feed.ended == 6
        finally:
            feed.stop()
    assert all(child.pid != feed.pid for child in me.children())


def _used(process: psutil.Process) -> tuple[int, int, int]:
    return process.num_fds(), process.num_threads(), len(process.children())


def _turn(feed: Feed) -> object:
    """Do what the worker's loop does with one camera; return a picture if one came."""
    feed.tend()
    if feed.connection is None or not feed.connection.poll(0.05):
        time.sleep(0.01)
        return None
    message = feed.receive()
    if isinstance(message, handover.Ready):
        feed.ask()
    return message if isinstance(message, handover.Picture) else None


def _wait_for_picture(feed: Feed) -> None:
    eventually(lambda: _turn(feed) is not None)


def _median(said: list[dict[str, Any]], name: str) -> float:
    values = sorted(one[name] for one in said)
    return float(values[len(values) // 2])
