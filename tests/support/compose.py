"""Docker Compose for tests: one service of tests/support/compose.yaml as a project of its own, ruled by commands."""

import functools
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.availability import Unavailable

FILE = Path(__file__).with_name("compose.yaml")


@functools.cache
def engine_answers() -> bool:
    """Say whether a container engine with Compose can be had here."""
    if shutil.which("docker") is None:
        return False
    for command in (["docker", "compose", "version"], ["docker", "info"]):
        if subprocess.run(command, capture_output=True, timeout=30).returncode != 0:
            return False
    return True


class Project:
    """One service with a project name of its own, so that runs beside each other do not meet."""

    def __init__(self, folder: Path, service: str, environment: Mapping[str, str] | None = None) -> None:
        self._service = service
        self._name = f"lianqin-test-{os.getpid()}-{secrets.token_hex(3)}"
        self._environment = {**os.environ, "LIANQIN_TEST_FOLDER": str(folder), **(environment or {})}
        self._paused = False

    def up(self) -> None:
        """Start the service (again) and wait until it is healthy."""
        self._run("up", "--detach", "--wait", self._service)

    def stop(self) -> None:
        """Stop the service in order."""
        self._run("stop", self._service)

    def kill(self) -> None:
        """Kill the service."""
        self._run("kill", self._service)
        self._paused = False

    def pause(self) -> None:
        """Freeze the service."""
        self._run("pause", self._service)
        self._paused = True

    def unpause(self) -> None:
        """Thaw the service if it is frozen."""
        if self._paused:
            self._run("unpause", self._service)
            self._paused = False

    def published_port(self, port: int) -> int:
        """Return the port on 127.0.0.1 behind which the service's `port` lies."""
        return int(self._run("port", self._service, str(port)).strip().rpartition(":")[2])

    def down(self) -> None:
        """Remove the project with its volumes."""
        self._run("down", "--volumes", "--timeout", "10")

    def _run(self, *words: str) -> str:
        command = ["docker", "compose", "--file", str(FILE), "--project-name", self._name, *words]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment, timeout=600)
        if done.returncode != 0:
            raise Unavailable(f"a working Docker Compose; `docker compose {words[0]}` said: {done.stderr.strip()}")
        return done.stdout
