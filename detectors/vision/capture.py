"""One camera's own process: orders in, the newest picture worth a look and reports of the stream's state out.

Run as `python -m detectors.vision.capture FD` by `feed.py`, which owns the other end of that socket. A decoder that
crashes or hangs on a broken stream takes this process along and nothing else. A reading thread decodes, asks the
motion gate and lays what is worth a look into a slot for one: a newer picture replaces one that nobody has fetched.
The main thread says that there is one, converts and hands it over when it is asked for, and ends the process when the
other end is gone. While somebody watches, it also hands over the next picture there is, as a JPEG.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection, wait

from detectors.outages import Outage
from detectors.vision import handover, motion, retry, stream_time
from detectors.vision.address import AddressError, Kind, kind_of, shown
from detectors.vision.camera import Decoded, StreamError, pictures
from detectors.vision.pictures import jpeg

REPORT_EVERY_S = 1.0
SHOWN_QUALITY = 70  # of pictures that are looked at and gone: half the bytes of evidence
_BEHIND_S = 0.6  # pictures that come later than this wait for the decoder, which must leave some out
_STEADY_S = 10.0  # a stream that ran so long was a good one: the next failure counts as the first
_AT_FIRST = "not connected yet"
_WORTH_A_LOOK, _TO_BE_SHOWN = b"!", b"."
# Cameras lock an account after a few wrong passwords: a refusal is tried again this rarely.
REFUSED_FIRST_S, REFUSED_MOST_S = 30.0, 300.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that is worth a look, as it was decoded; `reason` is the gate's."""

    at_s: float
    reason: motion.Reason
    picture: Decoded


class Slot:
    """A place for one picture: what is put in replaces what was there."""

    def __init__(self, filled: Callable[[], object]) -> None:
        """Call `filled` whenever the slot was empty and is no longer so."""
        self._lock = threading.Lock()
        self._filled = filled
        self._held: Candidate | None = None
        self.dropped = 0

    def put(self, candidate: Candidate) -> None:
        """Lay `candidate` in."""
        with self._lock:
            self._held = candidate
        self._filled()

    def renew(self, picture: Decoded, at_s: float) -> bool:
        """Let `picture` take the place of one that nobody has fetched, which is counted; False when there is none."""
        with self._lock:
            if self._held is None:
                return False
            self._held = replace(self._held, picture=picture, at_s=at_s)
            self.dropped += 1
            return True

    def take(self) -> Candidate | None:
        """Return what is there, and empty the slot."""
        with self._lock:
            held, self._held = self._held, None
            return held


class Window:
    """A place for the one picture that somebody wants to look at: nothing is laid in unless it is asked for."""

    def __init__(self, filled: Callable[[], object]) -> None:
        """Call `filled` when a picture is there."""
        self._lock = threading.Lock()
        self._filled = filled
        self._width_px = 0
        self._held: tuple[Decoded, float] | None = None

    def want(self, width_px: int) -> None:
        """Ask for the next picture."""
        with self._lock:
            self._width_px = width_px

    def offer(self, picture: Decoded, at_s: float) -> None:
        """Lay `picture` in where one is asked for and none is there."""
        if not self._width_px:  # nobody watches: the common case, for every decoded picture
            return
        with self._lock:
            if not self._width_px or self._held is not None:
                return
            self._held = (picture, at_s)
        self._filled()

    def take(self) -> tuple[Decoded, float, int] | None:
        """Return what is there with the width that was asked for, and ask for no more."""
        with self._lock:
            if self._held is None:
                return None
            (picture, at_s), width_px = self._held, self._width_px
            self._held, self._width_px = None, 0
            return picture, at_s, width_px


class Reader:
    """Reads one camera for ever: opens, decodes, gates, fills the slot, and tries again when the stream breaks."""

    def __init__(
        self,
        begin: handover.Begin,
        slot: Slot,
        rest: Callable[[float], object] = time.sleep,
        window: Window | None = None,
    ) -> None:
        """Take the orders and where pictures go; `rest` waits so many seconds, `window` is for whoever watches."""
        self._begin, self._settings, self._slot, self._rest = begin, begin.settings, slot, rest
        self._window = window or Window(filled=lambda: None)
        self._gate = motion.Gate()
        self._progress_s = time.monotonic()
        self._streaming, self._detail, self._broke = False, _AT_FIRST, ""
        self._outage = ""
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
            outage=self._outage,
            broke=self._broke,
        )

    def run(self) -> None:
        """Read for ever."""
        failures = refusals = 0
        while True:
            self._progress_s = began_s = time.monotonic()
            refused = False
            try:
                self._stream()
            except StreamError as error:
                self._detail, self._outage = str(error), error.why.value
                refused = error.why is Outage.UNAUTHORISED
            except Exception as error:  # whatever a decoder may throw, the camera is tried again
                self._detail = f"{shown(self._begin.url)}: {type(error).__name__}"
                self._outage = Outage.UNREADABLE.value
            failures = 1 if self._streaming and time.monotonic() - began_s >= _STEADY_S else failures + 1
            if self._streaming:
                self._streaming, self._broke = False, self._detail
                self._breaks += 1
            refusals = refusals + 1 if refused else 0
            pause_s = self._pause_s(failures, refusals)
            while pause_s > 0:
                self._progress_s = time.monotonic()
                self._rest(min(1.0, pause_s))
                pause_s -= 1.0

    def _pause_s(self, failures: int, refusals: int) -> float:
        if refusals:
            return retry.wait_s(refusals, REFUSED_FIRST_S, REFUSED_MOST_S, random.random())
        return retry.wait_s(failures, self._settings.retry_first_s, self._settings.retry_most_s, random.random())

    def _stream(self) -> None:
        anchor: stream_time.Anchor | None = None
        settling: stream_time.Settling | None = None
        settled = False
        # What the gate saw before the stream broke is no measure for what it sees now: scan as at the start.
        self._gate = motion.Gate()
        url = self._begin.url
        pace = _Pace() if _is_file(url) else None

        def alive() -> None:
            self._progress_s = time.monotonic()
            if self._detail == _AT_FIRST:  # the reason why it broke tells more
                self._detail = "no picture has come yet"

        def behind() -> bool:
            return pace is None and anchor is not None and anchor.arrived_s - anchor.at_s > _BEHIND_S

        for picture in pictures(url, self._settings, alive=alive, behind=behind):
            if pace is not None:
                pace.wait(picture.pts_s)
            self._progress_s = arrived_s = time.monotonic()
            self._streaming, self._detail, self._outage = True, "", ""
            self._decoded += 1
            anchor, how = stream_time.place(anchor, picture.pts_s, arrived_s)
            if how is stream_time.Placed.LATE and pace is None:
                # What waits on the way would be shown late for ever: to join anew leaves it behind.
                raise StreamError(Outage.BEHIND, f"{shown(url)}: pictures come {stream_time.LATE_S:g} s late")
            if not settled and pace is None:
                settling, settled = stream_time.settle(settling, picture.pts_s, arrived_s)
                self._still += not settled
                if not settled:
                    continue
            self._look(picture, anchor.at_s)
            self._window.offer(picture, anchor.at_s)

    def _look(self, picture: Decoded, at_s: float) -> None:
        if not motion.due(self._gate, at_s, self._settings):
            self._still += 1
            return
        grey = picture.grey()
        if self._slot.renew(picture, at_s):
            self._gate = motion.renewed(self._gate, grey, at_s, self._settings)
            return
        watched = motion.watched_cells(self._begin.watch, self._settings.watch_margin, grey.shape)
        self._gate, reason = motion.look(self._gate, grey, at_s, self._settings, watched)
        if reason in motion.PROCESS:
            self._slot.put(Candidate(at_s, reason, picture))
        else:
            self._still += 1


class Packer:
    """Makes of a candidate what is handed over; adds a JPEG for evidence where the last one is not recent enough."""

    def __init__(self, begin: handover.Begin) -> None:
        self._begin, self._settings = begin, begin.settings
        self._kept_at_s = float("-inf")

    def packed(self, candidate: Candidate) -> bytes:
        """Return the message that hands `candidate` over."""
        picture, data = candidate.picture, b""
        bgr = picture.fitted(self._begin.width_px, self._begin.height_px)
        if candidate.at_s - self._kept_at_s >= self._settings.evidence_every_s:
            self._kept_at_s = candidate.at_s
            most_px = self._settings.evidence_width_px
            same = (picture.width_px, picture.height_px) == (bgr.shape[1], bgr.shape[0])
            data = jpeg(bgr if same else picture.fitted(most_px, most_px), self._settings.jpeg_quality)
        return handover.pack(
            handover.Picture(
                at_s=candidate.at_s,
                reason=candidate.reason.value,
                width_px=bgr.shape[1],
                height_px=bgr.shape[0],
                bgr=bgr.tobytes(),
                jpeg=data,
            )
        )


def picture_to_show(picture: Decoded, at_s: float, width_px: int) -> bytes:
    """Return the message that hands a picture over to whoever watches."""
    bgr = picture.fitted(width_px, width_px)
    return handover.pack(
        handover.Shown(at_s=at_s, width_px=bgr.shape[1], height_px=bgr.shape[0], jpeg=jpeg(bgr, SHOWN_QUALITY))
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
    woken, wake = os.pipe()
    os.set_blocking(wake, False)  # a full pipe has woken us already
    slot, window = Slot(filled=partial(_ring, wake, _WORTH_A_LOOK)), Window(filled=partial(_ring, wake, _TO_BE_SHOWN))
    reader, packer = Reader(first, slot, window=window), Packer(first)
    threading.Thread(target=reader.run, name="reader", daemon=True).start()
    asked, reported_s = False, float("-inf")
    while True:
        heard = wait([connection, woken], max(0.0, reported_s + REPORT_EVERY_S - time.monotonic()))
        if woken in heard and _WORTH_A_LOOK in os.read(woken, 64) and not asked:
            connection.send_bytes(handover.pack(handover.Ready()))
        if connection in heard:
            order = handover.order(connection.recv_bytes())
            if isinstance(order, handover.Show):
                window.want(order.width_px)
            else:  # only Next is left after Begin
                asked = True
        if asked and (candidate := slot.take()) is not None:
            connection.send_bytes(packer.packed(candidate))
            asked = False
        if (wanted := window.take()) is not None:
            connection.send_bytes(picture_to_show(*wanted))
        if time.monotonic() - reported_s >= REPORT_EVERY_S:
            reported_s = time.monotonic()
            connection.send_bytes(handover.pack(reader.report()))


def _ring(wake: int, why: bytes) -> None:
    with suppress(BlockingIOError):
        os.write(wake, why)


def main() -> None:
    """Serve the socket whose descriptor is the one argument."""
    # Ctrl-C in a terminal reaches the whole group; who started this process closes the socket when it is time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError):  # the other end is gone: the common way to end
        serve(connection)
    # The reading thread may hang in a decoder for ever: do not wait for it, nor for anyone's exit handlers.
    os._exit(0)


def _die_with_parent() -> None:
    """Have the kernel kill this process when who started it dies; a decoder that hangs hears no closed socket."""
    with suppress(OSError, AttributeError):  # not on Linux: the closed socket must do
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    main()
