"""Follows the detectors file and the clock: what was changed by hand is put on record, what is due is applied."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hub.config.apply import Files, NotApplied, apply_due, settle
from hub.config.load import detectors_file
from hub.config.watch import fingerprint
from hub.log import logger
from hub.store.session import StoreUnavailable, connect, unavailable

log = logger("configurations")
LOOK_S = 1.0


@dataclass(slots=True)
class Follower:
    """One follower of one detectors file; several may run on one database, each change is recorded once."""

    dsn: str
    files: Files
    now: Callable[[], datetime]
    _seen: object = None
    _said: set[str] = field(default_factory=set)

    def turn(self) -> None:
        """Look once; whatever goes wrong is said once, and tried again with the next turn."""
        city, named = self.files
        if city is None:
            return
        try:
            with connect(self.dsn) as connection, unavailable():
                seen = (fingerprint(detectors_file(city, named)),)
                if seen != self._seen:
                    settle(connection, self.files, at=self.now())
                    self._seen = seen
                apply_due(connection, self.files, at=self.now())
        except (NotApplied, StoreUnavailable) as error:
            if str(error) not in self._said:
                log.error("configurations cannot be followed", why=str(error))
            self._said = {str(error)}
        else:
            self._said = set()


def follow(follower: Follower, stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Let `follower` look again and again until `stop`."""
    while True:
        follower.turn()
        if stop.wait(look_s):
            return
