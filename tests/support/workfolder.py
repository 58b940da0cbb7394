"""Folders for a test run's servers: a base folder in, a folder of our own out, those of killed runs swept away."""

import fcntl
import os
import shutil
import signal
from pathlib import Path
from typing import IO

from hub.demo import owned

_STEPS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


class WorkFolder:
    """A folder that belongs to this run while it lives; `close` removes it."""

    def __init__(self, base: Path) -> None:
        base.mkdir(parents=True, exist_ok=True)
        _sweep(base)
        self.path = base / str(os.getpid())
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(mode=0o711)
        self._lock: IO[str] = _lock_file(self.path).open("a")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._made = 0

    def folder(self, name: str) -> Path:
        """Return a new empty folder whose name begins with `name`."""
        self._made += 1
        made = self.path / f"{name}{self._made}"
        made.mkdir(mode=0o711)
        return made

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        _lock_file(self.path).unlink(missing_ok=True)
        self._lock.close()


def write_pid(folder: Path, pid: int) -> None:
    """Leave word that `pid` works in `folder`, for whoever sweeps after we were killed."""
    (folder / "server.pid").write_text(str(pid))


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _sweep(base: Path) -> None:
    """End what killed runs left in `base`, and remove it. A run that still lives holds its lock."""
    for lock_file in base.glob("*.lock"):
        with lock_file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            folder = lock_file.with_suffix("")
            for pid_file in [*folder.glob("*/server.pid"), *folder.glob("*/data/postmaster.pid")]:
                first = pid_file.read_text().split()[:1]
                if first and first[0].isdigit():
                    # Inside a private root the command line shows the path without the root's own.
                    owned.end(int(first[0]), f"/{base.name}/{folder.name}/", _STEPS)
            shutil.rmtree(folder, ignore_errors=True)
            lock_file.unlink(missing_ok=True)
