"""The demo's child processes: names and commands in, a set that is restarted when one dies and ends in order.

Every child dies with this process (see `hub.demo.owned`). A pid file remembers them, so that what outlived a killed
parent on a system without death signals is ended by the next start.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.demo import owned

_STOP = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
_RESTART_S = (1.0, 2.0, 5.0, 10.0)
_STABLE_S = 60.0


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    retry_at: float | None = None


@dataclass(slots=True)
class Processes:
    """Children by name, in the order they were started; logs go to `folder/logs/NAME.log`."""

    folder: Path
    mark: str
    _children: dict[str, _Child] = field(default_factory=dict)

    def end_leftovers(self) -> list[str]:
        """End children of an earlier run that still live; return their names."""
        ended = []
        for name, pid in self._remembered().items():
            if owned.is_running(pid, self.mark) and owned.end(pid, self.mark, _STOP):
                ended.append(name)
        self._pid_file.unlink(missing_ok=True)
        return ended

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a child; its output is appended to its log."""
        process = self._spawn(name, command, environment)
        self._children[name] = _Child(name, command, environment, process, time.monotonic())
        self._remember()

    def watch(self) -> list[str]:
        """Start again what has ended by itself, with growing pauses; return one line for each thing that happened."""
        said = []
        now = time.monotonic()
        for child in self._children.values():
            if child.retry_at is None and (code := child.process.poll()) is not None:
                if now - child.started > _STABLE_S:
                    child.failures = 0
                wait_s = _RESTART_S[min(child.failures, len(_RESTART_S) - 1)]
                child.failures += 1
                child.retry_at = now + wait_s
                said.append(
                    f"{child.name} ended ({_how(code)}); starting it again in {wait_s:.0f} s — {self.log(child.name)}"
                )
            elif child.retry_at is not None and now >= child.retry_at:
                child.process = self._spawn(child.name, child.command, child.environment)
                child.started, child.retry_at = now, None
                self._remember()
        return said

    def alive(self, name: str) -> bool:
        """Tell whether the child runs."""
        return self._children[name].process.poll() is None

    def stop(self, names: Sequence[str] | None = None) -> None:
        """End the children named (all), the youngest first, each asked politely before it is killed."""
        chosen = [name for name in reversed(self._children) if names is None or name in names]
        for name in chosen:
            child = self._children.pop(name)
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
                child.process.send_signal(signal.SIGCONT)
                try:
                    child.process.wait(timeout=_STOP[0][1])
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
        if self._children:
            self._remember()
        else:
            self._pid_file.unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        """Return the path of a child's log."""
        return self.folder / "logs" / f"{name}.log"

    def _spawn(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        self.log(name).parent.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as output:
            return owned.spawn(command, output=output, environment=environment)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "processes.json"

    def _remember(self) -> None:
        self._pid_file.write_text(json.dumps({name: child.process.pid for name, child in self._children.items()}))

    def _remembered(self) -> dict[str, int]:
        try:
            found = json.loads(self._pid_file.read_text())
        except (OSError, ValueError):
            return {}
        return {str(name): int(pid) for name, pid in found.items()} if isinstance(found, dict) else {}


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
