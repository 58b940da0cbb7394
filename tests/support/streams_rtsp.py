"""A camera behind Debian's RTSP server: what it films in, an rtsp:// address and a process to torment out."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from hub.demo import owned
from tests.support.availability import Unavailable
from tests.support.streams import Film, shut
from tests.support.trixie import RTSP, rtsp_root
from tests.support.workfolder import WorkFolder, write_pid

_HEAD = struct.Struct(">I?")  # as streams_rtsp_server.py reads it
_SCRIPT = Path(__file__).with_name("streams_rtsp_server.py")
_NOBODY = 65534
_START_WAIT_S = 60.0
_numbers = itertools.count()


class RtspCamera:
    """`with RtspCamera(method="digest", user="u", password="p") as camera:` serves `camera.film` at `camera.url`.

    The server is a process of its own: `freeze` and `thaw` it, or `kill` and `start` it again (on another port).
    Raises Unavailable where there is no such server.
    """

    def __init__(self, film: Film | None = None, *, method: str = "open", user: str = "u", password: str = "p") -> None:
        self.film = film or Film()
        self.port = 0
        self._words = (method, user, password)
        self._root = rtsp_root()
        self._work = WorkFolder(self._root / f"var/tmp/lianqin-rtsp-{next(_numbers)}")  # one run may have several
        self._folder = self._work.folder("rtsp")
        shutil.copy(_SCRIPT, self._folder / "serve.py")
        os.chown(self._folder, _NOBODY, _NOBODY)
        self._process: subprocess.Popen[bytes] | None = None
        self._feed: tuple[socket.socket, threading.Thread] | None = None

    @property
    def url(self) -> str:
        """The address, with the right name and password where they are asked for."""
        method, user, password = self._words
        return self.url_for(user, password) if method != "open" else f"rtsp://127.0.0.1:{self.port}/street"

    def url_for(self, user: str, password: str, port: int | None = None) -> str:
        """Return the address with this name and password (and through another port, of a relay say)."""
        return f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@127.0.0.1:{port or self.port}/street"

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=self._film_on, args=(listener,), daemon=True)
        thread.start()
        self._feed = listener, thread
        with (self._folder / "log").open("wb") as log:
            self._process = owned.spawn(
                [
                    f"/{RTSP}/usr/bin/python3.13",
                    f"{self._inside}/serve.py",
                    str(listener.getsockname()[1]),
                    *self._words,
                ],
                output=log,
                death_signal=signal.SIGKILL,
                identity=owned.Identity(uid=_NOBODY, gid=_NOBODY, root=self._root),
                environment=self._environment(),
            )
        write_pid(self._folder, self._process.pid)
        deadline = time.monotonic() + _START_WAIT_S
        while not (said := self.log.strip().splitlines()) or not said[-1].isdigit():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"an RTSP server that starts; this one said: {self.log[-2000:]}")
            time.sleep(0.02)
        self.port = int(said[-1])

    @property
    def log(self) -> str:
        """What the server said."""
        return (self._folder / "log").read_text(errors="replace")

    def freeze(self) -> None:
        """Stop the process where it is: connections stay open, nothing comes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._feed is not None:
            listener, thread = self._feed
            shut(listener)
            listener.close()
            thread.join(10)
            self._feed = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self.kill()
        self._work.close()

    @property
    def _inside(self) -> str:
        return f"/{self._folder.relative_to(self._root)}"

    def _environment(self) -> dict[str, str]:
        (libraries,) = (self._root / RTSP).glob("usr/lib/*-linux-gnu")
        inside = f"/{libraries.relative_to(self._root)}"
        return {
            "LC_ALL": "C.UTF-8",
            "HOME": self._inside,
            "LD_LIBRARY_PATH": inside,
            "GI_TYPELIB_PATH": f"{inside}/girepository-1.0",
            "GST_PLUGIN_SYSTEM_PATH": f"{inside}/gstreamer-1.0",
            "GST_REGISTRY": f"{self._inside}/registry",
            "GST_REGISTRY_FORK": "no",
            "PYTHONHOME": f"/{RTSP}/usr",
            "PYTHONPATH": f"/{RTSP}/usr/lib/python3/dist-packages",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _film_on(self, listener: socket.socket) -> None:
        try:
            server, _ = listener.accept()
        except OSError:
            return
        with server:
            try:
                for _, data, key in self.film.pictures(lambda: listener.fileno() == -1):
                    server.sendall(_HEAD.pack(len(data), key) + data)
            except OSError:
                return
