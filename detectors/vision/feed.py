"""A camera in, its pictures and reports out: starts, watches and replaces that camera's capture process.

A process and not a thread for each camera, because a thread that hangs in a decoder cannot be ended and one that
crashes ends all (docs/decisions/vision-process-and-tracker.md). It costs about 60 MB a camera.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import struct
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import detectors
from detectors.outages import Outage
from detectors.vision import handover, retry
from detectors.vision.motion import watched_polygons
from detectors.vision.settings import VisionSettings
from ingest.city import Camera

log = logging.getLogger(__name__)

_ROOT = Path(detectors.__file__).resolve().parent.parent
_TRANSFER_S = 3  # a message that is begun and does not end within this time comes from a process that hangs


class Feed:
    """The capture of one camera, kept alive; all methods are called by one thread."""

    def __init__(self, camera: Camera, settings: VisionSettings, *, width_px: int, height_px: int) -> None:
        """Take the camera and the size of the model's input; nothing runs before `tend`."""
        self.camera = camera
        self._begin = handover.Begin(
            url=camera.url,
            settings=settings,
            width_px=width_px,
            height_px=height_px,
            watch=watched_polygons(camera.zones),
        )
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.connection: Connection | None = None
        self._heard_s = 0.0
        self._failures = 0
        self._retry_at_s = float("-inf")
        self._last = self._before = _nothing()
        self.ended = 0  # capture processes that crashed or were ended because they hung
        self.detail, self.outage = "not started yet", ""
        self._said = ""
        self._starting = True

    @property
    def totals(self) -> handover.Report:
        """Return the reports of all capture processes so far, added up."""
        before, last = self._before, self._last
        return handover.Report(
            streaming=last.streaming,
            decoded=before.decoded + last.decoded,
            still=before.still + last.still,
            dropped=before.dropped + last.dropped,
            breaks=before.breaks + last.breaks,
            stuck_s=last.stuck_s,
            detail=self.detail,
            outage=self.outage,
            starting=self._starting,
        )

    @property
    def pid(self) -> int | None:
        """Return the capture process's id, or None while there is none."""
        return self._process.pid if self._process is not None else None

    def tend(self) -> None:
        """Start the process where there is none and it is time; end one that hangs."""
        now_s = time.monotonic()
        if self._process is None:
            if now_s >= self._retry_at_s:
                self._start(now_s)
        elif now_s - self._heard_s > self._settings.hung_after_s:
            self._give_up("the capture process gave no sign of life")
        elif self._last.stuck_s > self._settings.hung_after_s:
            self._give_up("the decoder hung")

    def receive(self) -> handover.Picture | handover.Shown | handover.Ready | None:
        """Take one message, of which there is one; return it unless it is a report. A dead process is noted."""
        if self.connection is None:
            return None
        try:
            message = handover.told(self.connection.recv_bytes())
        except (EOFError, OSError, handover.HandoverError) as error:
            self._give_up(f"the capture process ended ({type(error).__name__})")
            return None
        self._heard_s = time.monotonic()
        if isinstance(message, handover.Picture):
            if len(message.bgr) != message.width_px * message.height_px * 3:
                self._give_up("the capture process sent a torn picture")
                return None
            self._failures = 0
            return message
        if isinstance(message, handover.Ready | handover.Shown):
            return message
        if message.breaks > self._last.breaks:
            log.info("camera %s: the stream broke: %s", self.camera.camera_id, message.broke)
            self._said = message.broke
        self._last, self.detail, self.outage, self._starting = message, message.detail, message.outage, False
        self._say()
        return None

    def ask(self) -> None:
        """Ask for the newest picture that is worth a look."""
        self._order(handover.Next())

    def show(self, width_px: int) -> None:
        """Ask for the next picture there is, for whoever watches."""
        self._order(handover.Show(width_px=width_px))

    def hang_up(self) -> None:
        """Close the connection, upon which the process ends by itself."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def stop(self) -> None:
        """End the process and wait for it."""
        self._end(wait_s=1.0)

    def _order(self, order: handover.Order) -> None:
        if self.connection is not None:
            try:
                self.connection.send_bytes(handover.pack(order))
            except OSError as error:
                self._give_up(f"the capture process ended ({type(error).__name__})")

    def _start(self, now_s: float) -> None:
        self._heard_s = now_s
        try:
            self.connection, self._process = _spawn()
            self.connection.send_bytes(handover.pack(self._begin))
        except OSError as error:  # no memory or no descriptors left, or it ended at once
            self._give_up(f"the capture process could not be started ({error.strerror or type(error).__name__})")

    def _give_up(self, detail: str) -> None:
        self._before = self.totals
        self._last = _nothing()
        self.detail, self.outage, self._starting = detail, Outage.CAPTURE_FAILED.value, False
        self._say()
        self.ended += 1
        self._failures += 1
        self._end(wait_s=0.0)
        pause_s = retry.wait_s(
            self._failures, self._settings.retry_first_s, self._settings.retry_most_s, random.random()
        )
        self._retry_at_s = time.monotonic() + pause_s

    def _say(self) -> None:
        """Log what keeps pictures from coming, once."""
        if self.detail not in ("", self._said):
            log.info("camera %s: %s", self.camera.camera_id, self.detail)
        self._said = self.detail

    def _end(self, wait_s: float) -> None:
        self.hang_up()
        if self._process is not None:
            try:
                self._process.wait(wait_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _spawn() -> tuple[Connection, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        # A process that hangs half-way through a message must not hold up the other cameras.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _TRANSFER_S, 0))
        # One thread for numpy's BLAS: it is never used here, and its threads take memory.
        # Nothing of the hub's own addresses and passwords: this process reads what strangers send.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANQIN_")}
        environment |= {"PYTHONPATH": str(_ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "detectors.vision.capture", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        return Connection(ours.detach()), process


def _nothing() -> handover.Report:
    return handover.Report(streaming=False, decoded=0, still=0, dropped=0, breaks=0, stuck_s=0.0)
