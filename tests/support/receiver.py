"""A receiver of webhooks for tests: what it answers is scripted, what it was sent is kept, in the order it came.

Raw sockets, so that it can misbehave as no HTTP server lets it.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    line: str
    headers: dict[str, str]
    body: bytes
    at_s: float

    @property
    def event(self) -> dict[str, Any]:
        """Return the CloudEvent."""
        found: dict[str, Any] = json.loads(self.body)
        return found


# Takes the request and its connection; returns what to answer, or None where it dealt with the connection itself.
Behaviour = Callable[[Request, socket.socket], bytes | None]


def well(_: Request, __: socket.socket) -> bytes:
    """Take everything."""
    return OK


@dataclass
class Receiver:
    """A running receiver. `behave` may be replaced at any time; `taken` is what was answered with 2xx."""

    address: str
    port: int
    behave: Behaviour = well
    requests: list[Request] = field(default_factory=list)
    taken: list[Request] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        """Return the address of the hook."""
        return f"{self.address.partition(':')[0]}://{host}:{self.port}{path}"

    def seqs(self) -> list[int]:
        """Return the sequence numbers taken, in the order they came."""
        with self.lock:
            return [request.event["data"]["seq"] for request in self.taken]

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = _read(connection)
            except (OSError, ValueError):
                return
            with self.lock:
                self.requests.append(request)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                given = self.behave(request, connection)
                if given is not None:
                    if given.startswith(b"HTTP/1.1 2"):
                        with self.lock:  # before the answer: whoever has it may rely on this
                            self.taken.append(request)
                    with suppress(OSError):
                        connection.sendall(given)
            finally:
                with self.lock:
                    self.at_once -= 1


@contextmanager
def receiving(behave: Behaviour = well, *, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Receiver]:
    """Run a receiver on a free port of 127.0.0.1."""
    listener = socket.create_server(("127.0.0.1", port))
    listener.settimeout(0.1)
    stop = threading.Event()
    scheme = "https" if tls else "http"
    receiver = Receiver(f"{scheme}://", listener.getsockname()[1], behave)

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=greet, args=(connection,), daemon=True).start()

    def greet(connection: socket.socket) -> None:
        connection.settimeout(20)
        try:
            receiver._serve(tls.wrap_socket(connection, server_side=True) if tls else connection)
        except (OSError, ssl.SSLError):
            connection.close()

    thread = threading.Thread(target=accept, name="receiver", daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        stop.set()
        thread.join(5)
        listener.close()


def _read(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ValueError("closed")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = connection.recv(65536)
        if not piece:
            raise ValueError("closed")
        body += piece
    return Request(line, headers, body, time.monotonic())
