"""Pictures, clips and a small MPEG-TS server for tests: real encoded video whose contents a test decides."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Paint = Callable[[float], Picture]


def street(width: int = 320, height: int = 180) -> Picture:
    """Return a still background with some texture, so that it is no flat grey."""
    rows, columns = np.mgrid[0:height, 0:width]
    grey = 90 + 20 * ((rows // 20 + columns // 20) % 2)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def with_square(background: Picture, x: float, y: float, side: int = 30, colour: int = 230) -> Picture:
    """Return `background` with a bright square whose top left corner lies at fractions (x, y)."""
    picture = background.copy()
    top, left = round(y * background.shape[0]), round(x * background.shape[1])
    picture[top : top + side, left : left + side] = colour
    return picture


def crossing(at_s: float) -> Picture:
    """Paint a square that crosses a street once in four seconds."""
    return with_square(street(), (at_s % 4) / 5, 0.4)


def standing(at_s: float) -> Picture:
    """Paint a street in which nothing moves."""
    return with_square(street(), 0.4, 0.4)


def write_clip(
    path: Path, paint: Paint, seconds: float, *, fps: int = 10, codec: str = "libx264", first_pts: int = 0
) -> Path:
    """Write `paint`'s pictures to `path` (its ending decides the container) and return it."""
    with av.open(str(path), "w") as container:
        stream = _video(container, paint(0.0), fps, codec)
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(paint(number / fps), format="bgr24")
            frame.pts = first_pts + number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _video(container: Any, picture: Picture, fps: int, codec: str = "libx264") -> Any:
    options = {"preset": "ultrafast", "tune": "zerolatency"}
    if codec == "libx265":
        options["x265-params"] = "log-level=none"
    stream = container.add_stream(codec, rate=fps, options=options)
    stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], "yuv420p"
    stream.codec_context.gop_size = fps
    stream.codec_context.time_base = Fraction(1, fps)
    return stream


class StreamServer:
    """Serves H.264 in MPEG-TS over TCP at `fps`, in real time, to one client after another.

    `paint` and `stalled` may be changed while it runs; another picture size ends the muxer's stream and begins one
    in the same connection, as cameras do. `cut()` closes connections and the port until `open()`.
    """

    def __init__(self, paint: Paint, fps: int = 10) -> None:
        self.paint, self.fps, self.stalled, self.first_pts = paint, fps, False, 0
        self.accepted = 0
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def open(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = listener.getsockname()[1]
        self._listener = listener
        thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def cut(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
            clients = list(self._clients)
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for client in clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(5)
        self._threads.clear()

    def __enter__(self) -> StreamServer:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._listener is not listener:
                    client.close()
                    return
                self.accepted += 1
                self._clients.add(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, client: socket.socket) -> None:
        try:
            for data in self._packets():
                client.sendall(data)
        except OSError:
            pass
        finally:
            with self._lock:
                self._clients.discard(client)
            client.close()

    def _packets(self) -> Iterator[bytes]:
        began_s, number = time.monotonic(), 0
        while True:
            shape = self.paint(0.0).shape
            buffer = Buffer()
            with av.open(buffer, "w", format="mpegts") as container:
                stream = _video(container, self.paint(0.0), self.fps)
                while (picture := self.paint(number / self.fps)).shape == shape:
                    while self.stalled:
                        time.sleep(0.02)
                        if self._listener is None:
                            return
                        began_s = time.monotonic() - number / self.fps
                    time.sleep(max(0.0, began_s + number / self.fps - time.monotonic()))
                    frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                    frame.pts = self.first_pts + number
                    container.mux(stream.encode(frame))
                    number += 1
                    if data := buffer.take():
                        yield data
            if data := buffer.take():
                yield data


class Buffer:
    """A file that is written to and emptied in turn: what an encoder gives, piece by piece."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data
