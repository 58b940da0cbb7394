"""Child processes that belong to us: a command in, a process that dies with us out.

A child gets its own session, so a Ctrl-C in the terminal reaches us alone and we decide the order of stopping.
If we are killed, the kernel sends the child `death_signal` (Linux); elsewhere the next start finds it by its pid
file. Nothing here trusts a pid alone: `is_running` also looks at the command line.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_LAUNCHER = Path(__file__).with_name("launch.py")

# The death signal is tied to the thread that forked, not to the process. This thread lives as long as we do.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a child runs as, and in which root folder."""

    uid: int | None = None
    gid: int | None = None
    root: Path | None = None


def spawn(
    command: Sequence[str],
    *,
    output: IO[bytes] | int,
    death_signal: signal.Signals = signal.SIGTERM,
    identity: Identity | None = None,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start `command` (its first word a full path inside `identity.root`) with stdout and stderr in `output`."""
    who = identity or Identity()
    numbers = [str(os.getpid()), str(int(death_signal)), _or_dash(who.uid), _or_dash(who.gid), _or_dash(who.root)]
    argv = [sys.executable, "-I", "-S", str(_LAUNCHER), *numbers, *command]

    def start() -> "subprocess.Popen[bytes]":
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
        )
        # For a moment after exec a process has no command line, by which everybody else here knows it.
        while child.poll() is None and not command_line(child.pid):
            time.sleep(0.001)
        return child

    return _SPAWNER.submit(start).result()


def command_line(pid: int) -> str:
    """Return the command line of `pid`, words parted by spaces, or nothing if no such process lives."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        if Path("/proc/self").exists():
            return ""
    found = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return found.stdout.strip()


def is_running(pid: int, mark: str) -> bool:
    """Say whether `pid` lives and is ours: `mark` (a path of ours) stands in its command line.

    A process that is dead but not yet waited for has no command line, so it counts as gone.
    """
    return mark in command_line(pid)


def end(pid: int, mark: str, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Signal `pid` with each of `steps` (signal, seconds to wait for it) until it is gone; say whether it is."""
    for number, wait_s in steps:
        if not is_running(pid, mark):
            return True
        try:
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)  # a stopped process hears nothing but this and SIGKILL
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if not is_running(pid, mark):
                return True
            time.sleep(0.02)
    return not is_running(pid, mark)


def _or_dash(value: object | None) -> str:
    return "-" if value is None else str(value)
