"""One camera's own process: orders in, the newest picture worth a look and reports of the stream's state out.

Run as `python -m detectors.vision.capture FD` by `feed.py`, which owns the other end of that socket. A decoder that
crashes or hangs on a broken stream takes this process along and nothing else. A reading thread decodes, asks the
motion gate and lays what is worth a look into a slot for one: a newer picture replaces one that nobody has fetched.
The main thread hands it over when it is asked for, and ends the process when the other end is gone.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from detectors.vision import handover, motion, retry, stream_time
from detectors.vision.address import AddressError, Kind, kind_of, shown
from detectors.vision.camera import Decoded, StreamError, pictures
from detectors.vision.pictures import jpeg

REPORT_EVERY_S = 1.0
_STEADY_S = 10.0  # a stream that ran so long was a good one: the next failure counts as the first


class Slot:
    """A place for one picture: what is put in replaces what was there."""

    def __init__(self) -> None:
        self._filled = threading.Condition()
        self._picture: handover.Picture | None = None
        self.dropped = 0

    def put(self, picture: handover.Picture) -> None:
        """Lay `picture` in; one that was not taken is lost and counted, but its JPEG moves over if this has none."""
        with self._filled:
            if self._picture is not None:
                self.dropped += 1
                picture.jpeg = picture.jpeg or self._picture.jpeg
            self._picture = picture
            self._filled.notify()

    def take(self, wait_s: float) -> handover.Picture | None:
        """Return the newest picture and empty the slot, or None when there is none within `wait_s`."""
        with self._filled:
            self._filled.wait_for(lambda: self._picture is not None, wait_s)
            picture, self._picture = self._picture, None
            return picture


class Reader:
    """Reads one camera for ever: opens, decodes, gates, fills the slot, and tries again when the stream breaks."""

    def __init__(self, begin: handover.Begin, slot: Slot) -> None:
        self._begin, self._settings, self._slot = begin, begin.settings, slot
        self._gate = motion.Gate()
        self._kept_at_s = float("-inf")
        self._progress_s = time.monotonic()
        self._streaming, self._detail = False, "not connected yet"
        self._decoded = self._still = self._breaks = 0

    def report(self) -> handover.Report:
        """Return how it goes."""
        return handover.Report(
            streaming=self._streaming,
            decoded=self._decoded,
            still=self._still,
            dropped=self._slot.dropped,
            breaks=self._breaks,
            stuck_s=time.monotonic() - self._progress_s,
            detail=self._detail,
        )

    def run(self) -> None:
        """Read for ever."""
        failures = 0
        while True:
            self._progress_s = began_s = time.monotonic()
            try:
                self._stream()
            except StreamError as error:
                self._detail = str(error)
            except Exception as error:  # whatever a decoder may throw, the camera is tried again
                self._detail = f"{shown(self._begin.url)}: {type(error).__name__}"
            failures = 1 if self._streaming and time.monotonic() - began_s >= _STEADY_S else failures + 1
            self._breaks += self._streaming
            self._streaming = False
            pause_s = retry.wait_s(failures, self._settings.retry_first_s, self._settings.retry_most_s, random.random())
            until_s = time.monotonic() + pause_s
            while (left_s := until_s - time.monotonic()) > 0:
                self._progress_s = time.monotonic()
                time.sleep(min(1.0, left_s))

    def _stream(self) -> None:
        anchor: stream_time.Anchor | None = None
        # What the gate saw before the stream broke is no measure for what it sees now: scan as at the start.
        self._gate = motion.Gate()
        pace = _Pace() if _is_file(self._begin.url) else None
        for picture in pictures(self._begin.url, self._settings):
            if pace is not None:
                pace.wait(picture.pts_s)
            self._progress_s = arrived_s = time.monotonic()
            self._streaming, self._detail = True, ""
            self._decoded += 1
            anchor, _ = stream_time.place(anchor, picture.pts_s, arrived_s)
            self._look(picture, anchor.at_s)

    def _look(self, picture: Decoded, at_s: float) -> None:
        if not motion.due(self._gate, at_s, self._settings):
            self._still += 1
            return
        self._gate, reason = motion.look(self._gate, picture.grey(), at_s, self._settings)
        if reason not in motion.PROCESS:
            self._still += 1
            return
        bgr = picture.fitted(self._begin.width_px, self._begin.height_px)
        data = b""
        if at_s - self._kept_at_s >= self._settings.evidence_every_s:
            self._kept_at_s = at_s
            most_px = self._settings.evidence_width_px
            same = (picture.width_px, picture.height_px) == (bgr.shape[1], bgr.shape[0])
            data = jpeg(bgr if same else picture.fitted(most_px, most_px), self._settings.jpeg_quality)
        self._slot.put(
            handover.Picture(
                at_s=at_s,
                reason=reason.value,
                width_px=bgr.shape[1],
                height_px=bgr.shape[0],
                bgr=bgr.tobytes(),
                jpeg=data,
            )
        )


class _Pace:
    """Holds a file back to the speed at which it was recorded."""

    def __init__(self) -> None:
        self._began_s: float | None = None

    def wait(self, pts_s: float | None) -> None:
        now_s = time.monotonic()
        if pts_s is None:
            return
        if self._began_s is None:
            self._began_s = now_s - pts_s
        time.sleep(min(1.0, max(0.0, self._began_s + pts_s - now_s)))


def _is_file(url: str) -> bool:
    try:
        return kind_of(url) is Kind.FILE
    except AddressError:
        return False


def serve(connection: Connection) -> None:
    """Follow the orders of `connection` until its other end is closed."""
    first = handover.order(connection.recv_bytes())
    if not isinstance(first, handover.Begin):
        raise handover.HandoverError("the first order must be to begin")
    slot = Slot()
    reader = Reader(first, slot)
    threading.Thread(target=reader.run, name="reader", daemon=True).start()
    wanted = True
    reported_s = float("-inf")
    while True:
        picture = slot.take(REPORT_EVERY_S / 4) if wanted else None
        if picture is not None:
            connection.send_bytes(handover.pack(picture))
            wanted = False
        if time.monotonic() - reported_s >= REPORT_EVERY_S:
            reported_s = time.monotonic()
            connection.send_bytes(handover.pack(reader.report()))
        if connection.poll(0 if wanted else REPORT_EVERY_S / 4):
            handover.order(connection.recv_bytes())  # only Next comes after Begin
            wanted = True


def main() -> None:
    """Serve the socket whose descriptor is the one argument."""
    # Ctrl-C in a terminal reaches the whole group; who started this process closes the socket when it is time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError):  # the other end is gone: the common way to end
        serve(connection)
    # The reading thread may hang in a decoder for ever: do not wait for it, nor for anyone's exit handlers.
    os._exit(0)


if __name__ == "__main__":
    main()
