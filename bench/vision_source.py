"""A clip in, as many live cameras as connect out: `python -m bench.vision_source CLIP` says its port and serves.

Each connection is a camera of its own, which plays the clip over and over in MPEG-TS at the clip's own pace and begins
at another keyframe than the one before it, so that not all cameras see the same at the same time. Time stamps go on
over the clip's end, as a camera's do. One thread and no encoder: it takes little from what is measured.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av

_CLOCK_HZ = 90_000
_APART = 7  # keyframes between the beginnings of two cameras


@dataclass(frozen=True, slots=True)
class Piece:
    """One packet of the clip; `at` counts from the clip's begin, in ninetieths of a millisecond."""

    at: int
    data: bytes
    begins: bool


class Viewer:
    """One connection, with a muxer of its own."""

    def __init__(self, connection: socket.socket, template: Any, pieces: list[Piece], length: int, first: int) -> None:
        connection.settimeout(5)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection, self._pieces, self._length = connection, pieces, length
        self._place, self._skipped = first, pieces[first].at
        self._container: Any = av.open(self, "w", format="mpegts", options={"flush_packets": "1"})
        self._stream = self._container.add_stream_from_template(template)
        self._began_s = time.monotonic()

    def write(self, data: bytes) -> int:
        """Receive bytes from the muxer; only it calls this."""
        self._connection.sendall(data)
        return len(data)

    @property
    def due_s(self) -> float:
        """Return when the next packet is due, on the monotonic clock."""
        return self._began_s + self._stamp() / _CLOCK_HZ

    def send(self) -> None:
        """Send the next packet; raise OSError when nobody takes it."""
        piece = self._pieces[self._place % len(self._pieces)]
        packet = av.Packet(piece.data)
        packet.stream, packet.time_base = self._stream, Fraction(1, _CLOCK_HZ)
        packet.pts = packet.dts = self._stamp()
        packet.is_keyframe = piece.begins
        self._container.mux(packet)
        self._place += 1

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _stamp(self) -> int:
        rounds, place = divmod(self._place, len(self._pieces))
        return rounds * self._length + self._pieces[place].at - self._skipped


def pieces_of(container: Any) -> tuple[list[Piece], int]:
    """Return the clip's packets, and how long it is."""
    stream = container.streams.video[0]
    packets = [packet for packet in container.demux(stream) if packet.pts is not None]
    begin = packets[0].pts
    scale = Fraction(stream.time_base) * _CLOCK_HZ
    found = [Piece(int((each.pts - begin) * scale), bytes(each), each.is_keyframe) for each in packets]
    return found, found[-1].at + (found[1].at - found[0].at)


def main() -> None:
    container: Any = av.open(sys.argv[1])
    pieces, length = pieces_of(container)
    keyframes = [number for number, piece in enumerate(pieces) if piece.begins]
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    waiter = selectors.DefaultSelector()
    waiter.register(listener, selectors.EVENT_READ)
    numbers, due = count(), list[tuple[float, int, Viewer]]()
    while True:
        wait_s = None if not due else max(0.0, due[0][0] - time.monotonic())
        if waiter.select(wait_s):
            number = next(numbers)
            first = keyframes[number * _APART % len(keyframes)]
            viewer = Viewer(listener.accept()[0], container.streams.video[0], pieces, length, first)
            heapq.heappush(due, (viewer.due_s, number, viewer))
        while due and due[0][0] <= time.monotonic():
            _, number, viewer = heapq.heappop(due)
            try:
                viewer.send()
            except OSError:
                viewer.close()
                continue
            heapq.heappush(due, (viewer.due_s, number, viewer))


if __name__ == "__main__":
    if not Path(sys.argv[1]).exists():
        raise SystemExit(f"there is no clip at {sys.argv[1]}")
    main()
