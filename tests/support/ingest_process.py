"""The ingest role as a process of its own: addresses and files in, a worker that can be killed out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

START_WAIT_S = 60.0


class IngestProcess:
    """`with IngestProcess(…) as ingest:` runs `lianqin ingest`, or another role, and ends it, one way or another."""

    def __init__(self, dsn: str, url: str, city: Path, detectors: Path, role: str = "ingest") -> None:
        self._role = role
        self._environment = {
            **os.environ,
            "LIANQIN_DATABASE_URL": dsn,
            "LIANQIN_MQTT_URL": url,
            "LIANQIN_CITY": str(city),
            "LIANQIN_DETECTORS": str(detectors),
            "LIANQIN_LOG_FORMAT": "json",
        }
        self._log = city.parent / f"{role}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._begin = 0

    def __enter__(self) -> IngestProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.alive:
            self.kill()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it said since it was last started."""
        with self._log.open("rb") as file:
            file.seek(self._begin)
            return file.read().decode(errors="replace")

    def start(self) -> None:
        """Start it, and return at once."""
        assert not self.alive
        self._begin = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", self._role],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )

    def wait_until(self, word: str, wait_s: float = START_WAIT_S) -> None:
        """Wait until it says `word` in its log; fail when it ends, or does not say it."""
        deadline = time.monotonic() + wait_s
        while word not in self.log:
            assert self.alive, f"{self._role} ended by itself: {self.log[-3000:]}"
            assert time.monotonic() < deadline, f"{self._role} never said {word!r}: {self.log[-3000:]}"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        assert self._process is not None
        assert self.alive, f"{self._role} ended by itself: {self.log[-3000:]}"
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM: it finishes the batch in hand and leaves with status 0."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(30) == 0, self.log[-3000:]
