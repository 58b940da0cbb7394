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
from hub.store.configuration_applications import Application
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
    _present: int | None = None
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
                    self._tell(settle(connection, self.files, at=self.now()))
                    self._seen = seen
                for ended in apply_due(connection, self.files, at=self.now()):
                    told = log.info if ended.state == "applied" else log.error
                    told("a planned configuration", version=ended.version, state=ended.state, why=ended.why)
        except (NotApplied, StoreUnavailable) as error:
            if str(error) not in self._said:
                log.error("configurations cannot be followed", why=str(error))
            self._said = {str(error)}
        else:
            self._said = set()

    def _tell(self, present: Application) -> None:
        if present.application_id != self._present:
            log.info("detectors file in force", version=present.version, how=present.how, by=present.made_by)
            self._present = present.application_id


def follow(follower: Follower, stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Let `follower` look again and again until `stop`."""
    while True:
        follower.turn()
        if stop.wait(look_s):
            return
