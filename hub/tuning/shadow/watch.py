"""Guards canaries: one whose grids give more alarms than its limits allow is rolled back by itself, exactly once.

Any number may run, one in each API process; an advisory lock lets one of them work, and another takes over when its
connection ends. What is decided is kept before it is done, so a guard that dies over a roll-back is followed by one
that finishes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub.config.apply import Files, NotApplied
from hub.log import logger
from hub.store import shadows
from hub.store.audit import Actor
from hub.store.read_shadows import alarms_in
from hub.store.session import StoreUnavailable, connect, unavailable
from hub.tuning.shadow.canary import Hands, NotPossible, roll_back, still_in_force
from hub.tuning.shadow.guard import flood
from hub.tuning.shadow.shadow import Canary, Shadow

if TYPE_CHECKING:
    from psycopg import Connection

log = logger("canary")
GUARD = Actor(name="lianqin")
LOOK_S = 2.0
SETTLING = timedelta(seconds=30)  # so long it may take to be written into the detectors file, or to be promoted
GONE = "its override stands in the detectors file no longer: somebody has removed it, or it was never written"


@dataclass(slots=True)
class Guard:
    """One process's guard over canaries."""

    dsn: str
    files: Files
    now: Callable[[], datetime]
    _connection: Connection[Any] | None = None
    _holds: bool = False
    _missed: dict[str, datetime] = field(default_factory=dict)  # since when a canary's override is not to be found

    def look(self) -> list[Shadow]:
        """Roll back every canary that floods, and return them; nothing where another process guards.

        Raises StoreUnavailable; the next look connects anew.
        """
        try:
            with unavailable():
                return self._look()
        except StoreUnavailable:
            self.close()
            raise

    def close(self) -> None:
        """Give up the guard and the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._holds = None, False

    def _look(self) -> list[Shadow]:
        connection = self._connection = self._connection or connect(self.dsn)
        if not self._holds and not shadows.claim(connection, shadows.GUARD_LOCK):
            return []
        self._holds = True
        hands = Hands(connection, self.files, GUARD, self.now)
        done = []
        for shadow in shadows.list_shadows(connection, is_open=True):
            if shadow.canary is None:
                continue
            try:
                why = self._why(connection, hands, shadow.canary)
                if why:
                    done.append(roll_back(hands, shadow.shadow_id, why))
            except NotPossible as error:  # somebody was quicker
                log.info("a canary is not rolled back", shadow=str(shadow.shadow_id), why=str(error))
        return done

    def _why(self, connection: Connection[Any], hands: Hands, canary: Canary) -> str | None:
        """Return why a canary is to be rolled back, None where it is not."""
        if canary.ending:
            return canary.ending
        now = self.now()
        if still_in_force(hands, canary):
            self._missed.pop(canary.name, None)
        elif now - self._missed.setdefault(canary.name, now) > SETTLING:
            return GONE
        since = max(canary.since, now - timedelta(seconds=canary.limits.window_s))
        alarms = alarms_in(connection, canary.grids, since, now)
        found = flood(canary.limits, alarms=alarms, per_hour_before=canary.per_hour_before)
        return None if found is None else f"too many alarms: {found.text}"


def keep_guard(guard: Guard, stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Look every `look_s` until `stop`; whatever goes wrong is said once, and tried again."""
    said = ""
    while not stop.is_set():
        try:
            for shadow in guard.look():
                log.warning("a canary was rolled back", shadow=str(shadow.shadow_id), why=shadow.why)
            said = ""
        except (StoreUnavailable, NotApplied) as error:
            if str(error) != said:
                log.error("canaries cannot be guarded", why=str(error))
            said = str(error)
        except Exception as error:  # whatever it is, the next look may do better
            log.error("the guard of canaries failed; it looks again", error=repr(error))
            guard.close()
        stop.wait(look_s)
    guard.close()
