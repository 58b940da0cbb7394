"""A network that loses the answer to one COMMIT: an address in, an address that leads through it out."""

import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg import conninfo


class LostAnswers:
    """A relay before a PostgreSQL server; `swallow_the_next_commit` lets the server commit and cuts the answer off."""

    def __init__(self, dsn: str) -> None:
        self._parts = conninfo.conninfo_to_dict(dsn)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._swallow = threading.Event()
        self._open = ExitStack()
        self._threads: list[threading.Thread] = []

    @property
    def dsn(self) -> str:
        """The address that leads through the relay."""
        port = self._listener.getsockname()[1]
        return conninfo.make_conninfo(**{**self._parts, "host": "127.0.0.1", "port": str(port), "sslmode": "disable"})

    def swallow_the_next_commit(self) -> None:
        """Lose the answer to the next COMMIT that comes by."""
        self._swallow.set()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._open.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = self._server()
            for end in (client, server):
                self._open.callback(end.close)
                self._open.callback(_hang_up, end)
            swallowing = threading.Event()
            self._start(self._to_server, client, server, swallowing)
            self._start(_to_client, server, client, swallowing)

    def _server(self) -> socket.socket:
        host, port = str(self._parts.get("host", "")), int(self._parts.get("port") or 5432)
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(Path(host) / f".s.PGSQL.{port}"))
            return server
        return socket.create_connection((host or "127.0.0.1", port))

    def _to_server(self, client: socket.socket, server: socket.socket, swallowing: threading.Event) -> None:
        while sent := _receive(client):
            if self._swallow.is_set() and b"COMMIT" in sent:
                self._swallow.clear()
                swallowing.set()
            if not _send(server, sent):
                break
        _hang_up(server)


def _to_client(server: socket.socket, client: socket.socket, swallowing: threading.Event) -> None:
    while answer := _receive(server):
        if swallowing.is_set():
            break  # the server has committed, for it answers; nobody hears it
        if not _send(client, answer):
            break
    _hang_up(client)
    _hang_up(server)


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _send(end: socket.socket, sent: bytes) -> bool:
    """Send, and tell whether the other end was still there: either may have hung up a moment ago."""
    try:
        end.sendall(sent)
    except OSError:
        return False
    return True


def _hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
