"""Pictures in, an H.264 stream in MPEG-TS out to whoever connects: one camera's encoder and its listening socket.

Nothing here waits: sockets do not block, and a client that stops reading is dropped before much piles up.
"""

import socket
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

CLOCK_HZ = 90_000  # MPEG-TS counts time in these
_WAITING_BYTES = 512 * 1024  # several seconds of this stream
_STALL_S = 8.0
_KEYFRAME_S = 1.5


class Encoder:
    """One run of an H.264 stream; gives back the bytes of each frame, tables first at each keyframe."""

    def __init__(self, width_px: int, height_px: int, rate_fps: int) -> None:
        self._chunks: list[bytes] = []
        options = {"mpegts_flags": "pat_pmt_at_frames", "flush_packets": "1"}
        self._container: Any = av.open(self, "w", format="mpegts", options=options)
        self._stream: Any = self._container.add_stream("libx264", rate=rate_fps)
        self._stream.width, self._stream.height = width_px, height_px
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = Fraction(1, CLOCK_HZ)
        self._stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
        self._stream.codec_context.gop_size = max(1, round(rate_fps * _KEYFRAME_S))
        self._stream.codec_context.thread_count = 1
        self._stream.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": "24",
            "forced-idr": "1",
            "bf": "0",
        }

    def write(self, data: bytes) -> int:
        """Receive bytes from the container; only it calls this."""
        self._chunks.append(bytes(data))
        return len(data)

    def encode(self, picture: NDArray[np.uint8], at_s: float, *, keyframe: bool) -> tuple[bytes, bool]:
        """Return the stream's bytes for `picture`, and whether a client can begin with them."""
        frame: Any = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = round(at_s * CLOCK_HZ)
        frame.time_base = Fraction(1, CLOCK_HZ)
        if keyframe:
            frame.pict_type = av.video.frame.PictureType.I
        packets = self._stream.encode(frame)
        begins = any(packet.is_keyframe for packet in packets)
        for packet in packets:
            self._container.mux(packet)
        return self._taken(), begins

    def _taken(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken

    def close(self) -> None:
        """Release the encoder; what it still holds is of no use to anybody."""
        self._container.close()
        self._chunks.clear()


class _Client:
    """One connection: what it has not taken yet, and since when it has taken nothing."""

    __slots__ = ("begun", "connection", "taken_at_s", "waiting")

    def __init__(self, connection: socket.socket, now_s: float) -> None:
        self.connection = connection
        self.waiting = bytearray()
        self.begun = False
        self.taken_at_s = now_s


class Broadcast:
    """A listening socket on loopback whose clients all get the same bytes, each beginning at a keyframe."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener: socket.socket | None = None
        self._clients: list[_Client] = []

    def __enter__(self) -> "Broadcast":
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port that is listened on; the system's choice where 0 was asked for."""
        return self._port

    @property
    def watched(self) -> bool:
        """Whether anybody is connected."""
        return bool(self._clients)

    @property
    def wants_keyframe(self) -> bool:
        """Whether a client waits for a frame to begin with."""
        return any(not client.begun for client in self._clients)

    def open(self) -> None:
        """Listen; does nothing while listening already."""
        if self._listener is not None:
            return
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
            listener.listen(16)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            raise OSError(error.errno, f"camera port {self._port}: {error.strerror}") from error
        self._listener, self._port = listener, listener.getsockname()[1]

    def close(self) -> None:
        """Hang up on everybody and refuse whoever comes, until opened again."""
        for client in self._clients:
            client.connection.close()
        self._clients.clear()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def welcome(self, now_s: float) -> None:
        """Accept whoever has connected."""
        self._clients.extend(_Client(connection, now_s) for connection in self._callers())

    def _callers(self) -> Iterator[socket.socket]:
        while self._listener is not None:
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connection

    def send(self, data: bytes, *, begins: bool) -> None:
        """Queue a frame's bytes for every client that has begun; with `begins`, the others begin with it."""
        for client in self._clients:
            client.begun = client.begun or begins
            if client.begun:
                client.waiting += data

    def flush(self, now_s: float) -> None:
        """Hand over what clients will take; drop those who left, and those who have stalled."""
        self._clients = [client for client in self._clients if self._serve(client, now_s)]

    def _serve(self, client: _Client, now_s: float) -> bool:
        """Return whether the client stays."""
        try:
            while client.waiting:
                sent = client.connection.send(client.waiting)
                del client.waiting[:sent]
                client.taken_at_s = now_s
        except BlockingIOError:
            pass
        except OSError:  # it has gone
            client.connection.close()
            return False
        if not client.waiting:
            client.taken_at_s = now_s
        if len(client.waiting) > _WAITING_BYTES or now_s - client.taken_at_s > _STALL_S:
            client.connection.close()
            return False
        return True
