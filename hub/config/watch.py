"""Files go in, a call whenever one of them has changed comes out: configuration is reloaded without a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from hub.config.yaml_source import ConfigError
from hub.log import logger

log = logger("configuration")
LOOK_S = 2.0


def watch(paths: list[Path], reload: Callable[[], None], stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Call `reload` when a file of `paths` has changed; a configuration it refuses is logged and the old one stays."""
    seen = [fingerprint(path) for path in paths]
    while not stop.wait(look_s):
        now = [fingerprint(path) for path in paths]
        if now == seen:
            continue
        seen = now
        try:
            reload()
        except ConfigError as error:
            log.error("the changed configuration is refused; the old one stays", problems=error.problems)
        else:
            log.info("the configuration has changed")


def fingerprint(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with the file; None where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
