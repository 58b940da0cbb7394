"""A way to a server that can be cut: its address in, another one out, through which connections break at will."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

PIECE = 65536


class Cuttable:
    """Passes bytes on between whoever connects and `target`; `cut` breaks every connection, `closed` lets none in."""

    def __init__(self, target: str) -> None:
        """Listen on a port of its own."""
        parts = urlsplit(target)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.closed = False
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="cuttable", daemon=True).start()

    def cut(self) -> None:
        """Break every connection there is."""
        with self._lock:
            broken, self._open = self._open, set()
        for link in broken:
            _end(link)

    def close(self) -> None:
        """Break everything and listen no more."""
        self.closed = True
        _end(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.closed:
                _end(near)
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:
                _end(near)
                continue
            with self._lock:
                self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                sink.sendall(piece)
        for link in (source, sink):
            _end(link)
        with self._lock:
            self._open -= {source, sink}


@contextlib.contextmanager
def cuttable(target: str) -> Iterator[Cuttable]:
    """Yield a way to `target` that can be cut."""
    made = Cuttable(target)
    try:
        yield made
    finally:
        made.close()


def _end(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()
