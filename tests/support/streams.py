"""A camera that films a clock and the broken network before it: real H.264 over real sockets, ruined as a test asks.

`Film` encodes pictures in real time for one viewer after the other; `TsCamera` sends them as MPEG-TS over TCP.
`Relay` lies between any camera and its viewer and stalls, slows, tears or cuts what passes.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import av

from tests.support.streams_clock import Origin, paint
from tests.support.streams_stamps import moved
from tests.support.video import Buffer


@dataclass(slots=True)
class Film:
    """What a camera films and how; all but `origin` may be changed while it runs."""

    origin: Origin = field(default_factory=Origin)
    fps: int = 10
    size: tuple[int, int] = (320, 180)
    keyframe_every_s: float = 1.0
    keyframe_at_once: bool = True  # else a viewer joins in the middle, as at a relay that sends on what comes
    moved_s: float = 0.0  # of the stamps
    stalled: bool = False
    kbit_s: int = 400

    def pictures(self, stop: Callable[[], bool]) -> Iterator[tuple[int, bytes, bool]]:
        """Yield number, H.264 access unit and whether it is a key frame, in real time, until `stop`."""
        period = max(1, round(self.keyframe_every_s * self.fps))
        joined = int(self.origin.passed_s() * self.fps)
        number = joined if self.keyframe_at_once else joined - joined % period
        since_key = 0
        encoder: Any = None
        while not stop():
            wait_s = number / self.fps - self.origin.passed_s()
            if wait_s > 0:
                time.sleep(min(wait_s, 0.05))
                continue
            if self.stalled:
                number += 1
                continue
            if encoder is None or (encoder.width, encoder.height) != self.size:
                encoder, since_key = _encoder(self.size, self.fps, self.kbit_s), 0
            frame = av.VideoFrame.from_ndarray(paint(number / self.fps, *self.size), format="bgr24")
            frame.pts = number
            frame.pict_type = av.video.frame.PictureType.P if since_key else av.video.frame.PictureType.I
            data = b"".join(bytes(packet) for packet in encoder.encode(frame))
            if number >= joined:
                yield number, data, since_key == 0
            number, since_key = number + 1, (since_key + 1) % period

    def transport_stream(self, stop: Callable[[], bool]) -> Iterator[bytes]:
        """Yield MPEG-TS packets in real time, until `stop`."""
        buffer = Buffer()
        with av.open(buffer, "w", format="mpegts", options={"mpegts_flags": "resend_headers"}) as container:
            stream = container.add_stream("libx264", rate=self.fps)
            stream.width, stream.height, stream.pix_fmt = *self.size, "yuv420p"
            container.start_encoding()
            for number, data, key in self.pictures(stop):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, self.fps)
                packet.pts = packet.dts = number
                packet.is_keyframe = key
                container.mux(packet)
                if sent := buffer.take():
                    yield moved(sent, self.moved_s)


def _encoder(size: tuple[int, int], fps: int, kbit_s: int) -> Any:
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps, 1)
    encoder.bit_rate = kbit_s * 1000
    encoder.gop_size = 100_000  # key frames only where asked for
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "x264-params": "scenecut=0"}
    return encoder


class Listener:
    """A TCP port on 127.0.0.1, a thread for each who connects; `cut` closes all, `open` opens the same port again."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def serve(self, client: socket.socket, gone: Callable[[], bool]) -> None:
        """Serve one client until it or the listener is `gone`."""
        raise NotImplementedError

    def open(self) -> None:
        """Listen."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def hang_up(self) -> None:
        """Close every connection, but go on listening."""
        with self._lock:
            clients = list(self._open)
        for client in clients:
            shut(client)

    def cut(self) -> None:
        """Close the port and every connection."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            shut(listener)
            listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(10)
        self._threads.clear()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                if self._listener is not listener:
                    client.close()
                    return
                self.accepted += 1
                self._open.add(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.serve(client, lambda: self._listener is None or client not in self._open)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()


class TsCamera(Listener):
    """Sends `film` as MPEG-TS over TCP."""

    def __init__(self, film: Film | None = None) -> None:
        super().__init__()
        self.film = film or Film()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket, gone: Callable[[], bool]) -> None:
        for data in self.film.transport_stream(gone):
            client.sendall(data)


class Relay(Listener):
    """Passes on what the camera at `to_port` sends, as badly as a test asks.

    `held` stalls it with the connection open; `bytes_a_s` slows it; `damage` is the share of bytes that are replaced
    at random, in runs of `burst` bytes; `mute` accepts and never passes anything. Only the way from the camera suffers.
    """

    def __init__(self, to_port: int, seed: int = 7) -> None:
        super().__init__()
        self.to_port = to_port
        self.held = self.mute = False
        self.bytes_a_s: float | None = None
        self.damage, self.burst = 0.0, 1
        self.damaged = 0
        self._chance = random.Random(seed)

    def serve(self, client: socket.socket, gone: Callable[[], bool]) -> None:
        if self.mute:
            while not gone() and client.recv(4096):
                pass
            return
        # A small buffer: a relay that holds back must not swallow seconds of a small stream by itself.
        with socket.socket() as camera:
            camera.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            camera.connect(("127.0.0.1", self.to_port))
            up = threading.Thread(target=_pass_on, args=(client, camera), daemon=True)
            up.start()
            try:
                self._pass_down(camera, client, gone)
            finally:
                shut(camera)
                shut(client)
                up.join(10)

    def _pass_down(self, camera: socket.socket, client: socket.socket, gone: Callable[[], bool]) -> None:
        camera.settimeout(0.1)
        while not gone():
            if self.held:
                time.sleep(0.02)
                continue
            try:
                data = camera.recv(1316)
            except TimeoutError:
                continue
            if not data:
                return
            if self.bytes_a_s is not None:
                time.sleep(len(data) / self.bytes_a_s)
            client.sendall(self._torn(data))

    def _torn(self, data: bytes) -> bytes:
        if not self.damage:
            return data
        torn = bytearray(data)
        for start in range(0, len(torn), self.burst):
            if self._chance.random() < self.damage:
                end = min(len(torn), start + self.burst)
                torn[start:end] = self._chance.randbytes(end - start)
                self.damaged += 1
        return bytes(torn)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(4096):
            target.sendall(data)
    except OSError:
        pass
    shut(target)


def shut(end: socket.socket) -> None:
    """Shut a socket down, if it is not yet."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
