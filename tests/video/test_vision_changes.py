"""What is watched changes while the worker runs: who stays is not disturbed, who goes leaves no process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise

import psutil

from detectors.vision.models import Watch
from detectors.vision.worker import run
from hub.clock import now
from ingest.city import Camera
from tests.support.sight import BrightSquares, ListWire
from tests.support.video import StreamServer, crossing
from tests.support.watching import QUICK, eventually, watches_of

# Starting a process takes seconds on a busy machine, and that is no lost camera here.
PATIENT = replace(QUICK, lost_after_s=60, read_timeout_s=10, open_timeout_s=10, hung_after_s=60)


@contextmanager
def running(wire: ListWire, watches: list[Watch]) -> Iterator[Callable[[list[Watch]], None]]:
    """Run a worker; yield what changes what it watches."""
    changes: queue.SimpleQueue[list[Watch]] = queue.SimpleQueue()
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            run(watches, wire=wire, stop=stop, now=now, changed=lambda: None if changes.empty() else changes.get())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield changes.put
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert not failed


def captures() -> int:
    """Return how many capture processes this test has now."""
    found = 0
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it may end while we look
            found += child.status() != psutil.STATUS_ZOMBIE and "detectors.vision.capture" in child.cmdline()
    return found


def test_a_camera_comes_another_changes_and_one_goes_while_the_first_is_not_disturbed() -> None:
    wire, model = ListWire(), BrightSquares()
    with StreamServer(crossing) as one, StreamServer(crossing) as two:
        first, second = (
            Camera(camera_id=name, grid="01", url=server.url) for name, server in (("cam-01", one), ("cam-02", two))
        )

        def seen(camera: str) -> int:
            return len(wire.on("detections", camera))

        before = watches_of([first], PATIENT, model)
        with running(wire, before) as change:
            eventually(lambda: seen("cam-01") >= 3)
            (calm,) = before
            (other,) = watches_of([second], PATIENT, model)
            change([calm, other])
            eventually(lambda: seen("cam-02") >= 3)

            since = seen("cam-02")
            change([calm, replace(other, settings=replace(PATIENT, jpeg_quality=50))])
            eventually(lambda: two.accepted == 2 and seen("cam-02") >= since + 3)

            change([calm])
            eventually(lambda: captures() == 1)
            still = seen("cam-01")
            eventually(lambda: seen("cam-01") >= still + 3)
            assert one.accepted == 1, "the camera that stayed was opened once"
        for camera in ("cam-01", "cam-02"):
            frames = wire.on("detections", camera)
            assert [frame["seq"] for frame in frames] == list(range(len(frames))), "the sequence goes on over a change"
            assert all(early["at"] < late["at"] for early, late in pairwise(frames))
        assert [status["online"] for status in wire.on("status", "cam-02")] == [True]
