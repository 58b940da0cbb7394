"""A camera over HTTP: what it films and how it answers in, an address out. MPEG-TS or motion JPEG, as asked for."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from tests.support.streams import Film, Listener
from tests.support.streams_clock import paint

REALM = "street"
_NONCE = "b7a1"
_BOUNDARY = "frame"
_MOTION_JPEG = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"


@dataclass(frozen=True, slots=True)
class Guard:
    """Who is let in, and how that is asked: "basic" or "digest"."""

    method: str
    user: str
    password: str

    def lets_in(self, request: str) -> bool:
        """Tell whether the request carries the right name and password."""
        if self.method == "basic":
            words = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return f"Authorization: Basic {words}\r\n" in request
        fields = dict(re.findall(r'(\w+)="([^"]*)"', _header(request, "Authorization")))
        path = request.split(" ", 2)[1]
        first = _md5(f"{self.user}:{REALM}:{self.password}")
        return fields.get("response") == _md5(f"{first}:{_NONCE}:{_md5(f'GET:{path}')}")

    @property
    def question(self) -> str:
        """The header that asks for a password."""
        if self.method == "basic":
            return f'WWW-Authenticate: Basic realm="{REALM}"\r\n'
        return f'WWW-Authenticate: Digest realm="{REALM}", nonce="{_NONCE}"\r\n'


class HttpCamera(Listener):
    """Serves `film` at `/ts` (MPEG-TS) and `/mjpeg`; `/moved` leads to `/ts`, and `leads_to` may say where else.

    `status` other than 200 is what everybody is told; `guard` asks for a password.
    """

    def __init__(self, film: Film | None = None, guard: Guard | None = None) -> None:
        super().__init__()
        self.film, self.guard = film or Film(), guard
        self.status = 200
        self.leads_to: str | None = None
        self.requests: list[str] = []

    def url(self, path: str, credentials: str = "") -> str:
        """Return the address of `path`."""
        return f"http://{credentials}{'@' * bool(credentials)}127.0.0.1:{self.port}{path}"

    def serve(self, client: socket.socket, gone: Callable[[], bool]) -> None:
        request = ""
        while "\r\n\r\n" not in request:
            if not (data := client.recv(4096)):
                return
            request += data.decode("latin-1")
        self.requests.append(request)
        path = request.split(" ", 2)[1]
        if self.status != 200:
            client.sendall(_head(self.status, "Content-Length: 0\r\n"))
        elif self.guard is not None and not self.guard.lets_in(request):
            client.sendall(_head(401, self.guard.question + "Content-Length: 0\r\n"))
        elif path == "/moved":
            client.sendall(_head(302, f"Location: {self.leads_to or self.url('/ts')}\r\nContent-Length: 0\r\n"))
        elif path == "/ts":
            client.sendall(_head(200, "Content-Type: video/mp2t\r\n"))
            for data in self.film.transport_stream(gone):
                client.sendall(data)
        elif path == "/mjpeg":
            client.sendall(_head(200, f"Content-Type: {_MOTION_JPEG}\r\n"))
            for number, _, _ in self.film.pictures(gone):
                data = cv2.imencode(".jpg", paint(number / self.film.fps, *self.film.size))[1].tobytes()
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                client.sendall(head.encode() + data + b"\r\n")
        else:
            client.sendall(_head(404, "Content-Length: 0\r\n"))


def _head(status: int, more: str) -> bytes:
    return f"HTTP/1.1 {status} Said\r\nConnection: close\r\n{more}\r\n".encode()


def _header(request: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*)\r$", request, re.MULTILINE)
    return found[1] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
