"""The vision role as a process of its own: an address and a city in, a worker that can be killed out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

START_WAIT_S = 90.0


class VisionProcess:
    """`with VisionProcess(url, city) as vision:` runs `lianqin vision` and ends it, one way or another."""

    def __init__(self, url: str, city: Path) -> None:
        self._environment = {
            **os.environ,
            "LIANQIN_MQTT_URL": url,
            "LIANQIN_CITY": str(city),
            "LIANQIN_DATA": str(city.parent / "data"),
            "LIANQIN_LOG_FORMAT": "json",
        }
        self._log = city.parent / "vision.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        """What it said, in all its lives."""
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        """Start it, and return at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", "vision"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )

    def captures(self) -> list[psutil.Process]:
        """Return its capture processes; wait until it has some."""
        assert self._process is not None
        deadline = time.monotonic() + START_WAIT_S
        while True:
            assert self._process.poll() is None, f"vision ended by itself: {self.log[-3000:]}"
            children = psutil.Process(self._process.pid).children()
            found = [child for child in children if "detectors.vision.capture" in child.cmdline()]
            if found:
                return found
            assert time.monotonic() < deadline, f"vision started no capture: {self.log[-3000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        assert self._process is not None
        assert self._process.poll() is None, f"vision ended by itself: {self.log[-3000:]}"
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM: it leaves with status 0."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(30) == 0, self.log[-3000:]
