"""A day of a bad line in a minute: the capture's own reader in a process of its own, its pauses skipped.

`Flaky` is the camera: it answers every connection in another broken way. `python -m tests.support.streams_soak URL
HOURS` reads it until its pauses add up to so many hours, and prints what it used as JSON, line by line.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from itertools import islice

import psutil

from detectors.vision import handover
from detectors.vision.capture import Reader, Slot
from detectors.vision.settings import VisionSettings
from tests.support.streams import Film, Listener

HOUR_S = 3600.0
SETTINGS = VisionSettings(open_timeout_s=0.5, read_timeout_s=0.3, retry_first_s=1, retry_most_s=60)


class Flaky(Listener):
    """Sends a few pictures, or torn ones, or garbage, or nothing, and then closes, resets or stalls."""

    def __init__(self) -> None:
        super().__init__()
        film = Film(fps=1000)
        self._opening = b"".join(islice(film.transport_stream(lambda: False), 4))

    def serve(self, client: socket.socket, gone: Callable[[], bool]) -> None:
        start, turn = self._opening, self.accepted % 100
        if turn % 5 == 1:
            start = start[: len(start) // 2 + 61]
        elif turn % 5 == 2:
            start = b"".join(bytes([byte ^ 0x55 * (place % 97 == 5)]) for place, byte in enumerate(start))
        elif turn % 5 == 3:
            start = b"HTTP/1.1 400 No\r\n\r\n" * 50
        elif turn % 10 == 9:
            start = b""
        client.sendall(start)
        if turn == 0:
            client.recv(1)  # stalls until the other end gives it up
        elif turn % 3 == 0:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # resets


def main() -> None:
    """Read the address that is the first argument for the hours that are the second."""
    url, until_s = sys.argv[1], float(sys.argv[2]) * HOUR_S
    passed_s = 0.0
    done = threading.Event()

    def rest(wait_s: float) -> None:
        nonlocal passed_s
        passed_s += wait_s
        if passed_s >= until_s:
            done.set()
            threading.Event().wait()

    slot = Slot(filled=lambda: None)
    reader = Reader(handover.Begin(url=url, settings=SETTINGS, width_px=160, height_px=96), slot, rest)
    threading.Thread(target=reader.run, daemon=True).start()
    while not done.wait(0.2):
        if (candidate := slot.take()) is not None:
            candidate.picture.fitted(160, 96)
        say(passed_s, reader)
    say(passed_s, reader)
    sys.stdout.flush()
    os._exit(0)


def say(passed_s: float, reader: Reader) -> None:
    """Print what this process uses now."""
    me, report = psutil.Process(), reader.report()
    told = {
        "hours": passed_s / HOUR_S,
        "breaks": report.breaks,
        "decoded": report.decoded,
        "rss": me.memory_info().rss,
        "threads": me.num_threads(),
        "fds": me.num_fds(),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
