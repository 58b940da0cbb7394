"""Follows every open shadow in the store, a little at each look: what a candidate would have raised is kept, silently.

Of several tuning roles one follows; another takes over when its connection ends. How far a grid may be read is what the
ingest workers say of themselves: `listening.until`, written with the batch that holds everything received before it. A
grid belongs to one worker at a time, which stores its batches in order; so what is received before the newest `until`
is stored, whoever else is still writing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.log import logger
from hub.store import shadows
from hub.store.audit import Actor
from hub.store.listening import heard_until, listening
from hub.store.recording import StoredRecording
from hub.store.session import StoreUnavailable, connect, unavailable
from hub.tuning.shadow.follow import Follower, SteppedBack, known_since
from hub.tuning.shadow.shadow import Followed, Shadow, State

if TYPE_CHECKING:
    from psycopg import Connection

    from hub.alerts.alert import Alert
    from hub.store.listening import Listening

log = logger("shadows")
ITSELF = Actor(name="lianqin")
LOOK_S = 2.0
SPAN = timedelta(minutes=5)  # of receiving, in one step: what is in hand is bounded however far a grid lies behind
BUDGET_S = 1.0  # of one look, but for the step in hand: runs share the process
TRY_AGAIN_S = 30.0  # after an error
FORGET_EVERY = timedelta(hours=1)

Key = tuple[UUID, str]


@dataclass(slots=True, kw_only=True)
class Shadows:
    """One process's followers.

    `configuration` gives a kept version over the present city. `keep` is for how long readings are kept, and with them
    what shadows judged of them.
    """

    dsn: str
    configuration: Callable[[str | None], Configuration]
    now: Callable[[], datetime]
    keep: timedelta
    monotonic: Callable[[], float] = time.monotonic
    span: timedelta = SPAN
    budget_s: float = BUDGET_S
    _connection: Connection[Any] | None = None
    _follows: bool = False
    _followers: dict[Key, Follower] = field(default_factory=dict)
    _not_before: dict[Key, float] = field(default_factory=dict)
    _forgot_at: datetime | None = None
    _configurations: dict[str, Configuration] = field(default_factory=dict)
    _present: str = ""

    def look(self) -> bool:
        """Follow what was committed since the last look; return whether there is more to do at once.

        Raises StoreUnavailable; the next look connects anew, and goes on from what is kept.
        """
        try:
            with unavailable():
                return self._look()
        except StoreUnavailable:
            self.close()
            raise

    def close(self) -> None:
        """Give up following, and the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._follows = None, False
        self._followers.clear()

    def _look(self) -> bool:
        connection = self._connection = self._connection or connect(self.dsn)
        if not self._follows and not shadows.claim(connection, shadows.FOLLOW_LOCK):
            return False
        self._follows = True
        self._forget(connection)
        found = [one for one in shadows.list_shadows(connection, is_open=True) if not self._ended(connection, one)]
        self._let_go_of({one.shadow_id for one in found})
        followed = shadows.followed_of(connection, [one.shadow_id for one in found])
        work = [(grid.followed_until, one, grid) for one in found for grid in followed[one.shadow_id]]
        work.sort(key=lambda each: (each[0], str(each[1].shadow_id), each[2].grid))  # who lies behind most comes first
        began_s, more = self.monotonic(), False
        for _, shadow, grid in work:
            if self.monotonic() - began_s > self.budget_s:
                return True
            more = self._step(connection, shadow, grid) or more
        return more

    def _step(self, connection: Connection[Any], shadow: Shadow, grid: Followed) -> bool:
        """Follow one grid of one shadow a little; return whether there is more of it."""
        key = (shadow.shadow_id, grid.grid)
        if self.monotonic() < self._not_before.get(key, 0.0):
            return False
        whole = heard_until(connection, [grid.grid])
        if whole is None:
            return False
        until = min(whole, grid.followed_until + self.span, shadow.until or whole)
        if until <= grid.followed_until:
            return False
        try:
            self._follow(connection, shadow, grid, until)
        except SteppedBack as error:
            log.warning(
                "a shadow goes back with the clock", shadow=str(shadow.shadow_id), grid=grid.grid, why=str(error)
            )
            self._followers.pop(key, None)
            shadows.follow_again(connection, shadow.shadow_id, grid.grid, error.since)
        except shadows.Overtaken as error:
            log.warning("a shadow is followed by somebody else", why=str(error))
            self._followers.pop(key, None)
        except StoreUnavailable:
            raise
        except Exception as error:  # one candidate must keep neither the others waiting, nor runs
            self._followers.pop(key, None)
            self._not_before[key] = self.monotonic() + TRY_AGAIN_S
            said = "; ".join(error.problems) if isinstance(error, ConfigError) else repr(error)
            log.error("a shadow cannot be followed", shadow=str(shadow.shadow_id), grid=grid.grid, why=said)
            shadows.note_problem(connection, shadow.shadow_id, grid.grid, said)
        else:
            self._not_before.pop(key, None)
            return until < min(whole, shadow.until or whole)
        return False

    def _follow(self, connection: Connection[Any], shadow: Shadow, grid: Followed, until: datetime) -> None:
        key = (shadow.shadow_id, grid.grid)
        configuration = self._configuration(shadow.version)
        recording = StoredRecording(self.dsn)
        begin = grid.followed_until
        follower = self._followers.get(key)
        inherited: list[Alert] = []
        if (
            follower is None
            or follower.followed_until != begin
            or follower.configuration.version != configuration.version
        ):
            follower, inherited = self._begin(connection, recording, configuration, shadow, grid)
            self._followers[key] = follower
        heard: list[Listening] = listening(connection, begin, until, grids=[grid.grid])
        changes = list(follower.follow(recording.recorded([grid.grid], begin, until), heard=heard, until=until))
        own = {change.alert.alert_id: change.alert for change in changes}
        with connection.transaction():
            shadows.note_followed(
                connection,
                shadow.shadow_id,
                grid,
                followed_until=until,
                heard_until=follower.heard_until,
                config_version=configuration.version,
                alerts=list(own.values()),
                inherited=inherited,
            )

    def _configuration(self, version: str) -> Configuration:
        """Return a kept version over the present city, made once for each city."""
        present = self.configuration(None).version
        if present != self._present:
            self._configurations.clear()
            self._present = present
        if version not in self._configurations:
            self._configurations[version] = self.configuration(version)
        return self._configurations[version]

    def _begin(
        self,
        connection: Connection[Any],
        recording: StoredRecording,
        configuration: Configuration,
        shadow: Shadow,
        grid: Followed,
    ) -> tuple[Follower, list[Alert]]:
        """Return a follower that stands where the grid was followed to; if it is new, with what was known then."""
        at = grid.followed_until
        if grid.config_version is None:
            known = recording.alerts_as_of([grid.grid], at, known_since(at))
            follower = Follower(recording, configuration, grid=grid.grid, known=known, at=at, heard_until=at)
            return follower, known
        known = shadows.known_alerts(connection, shadow.shadow_id, grid.grid, known_since(at))
        follower = Follower(
            recording,
            configuration,
            grid=grid.grid,
            known=known,
            at=at,
            heard_until=grid.heard_until,
            heard=listening(connection, min(grid.heard_until, at), at, grids=[grid.grid]),
            began_at=shadow.started_at,
        )
        if grid.config_version != configuration.version:
            log.info("a shadow's city has changed", shadow=str(shadow.shadow_id), grid=grid.grid)
        return follower, []

    def _ended(self, connection: Connection[Any], shadow: Shadow) -> bool:
        """End a shadow whose time is over, or whose recording is no longer kept; return whether it is over."""
        if shadow.state is not State.RUNNING:
            return False  # a canary is somebody's to end
        grids = shadows.followed_of(connection, [shadow.shadow_id])[shadow.shadow_id]
        last = min((grid.followed_until for grid in grids), default=shadow.started_at)
        if last < self.now() - self.keep:
            why = f"it lies behind by more than the {self.keep.days} days for which readings are kept"
        elif shadow.until is not None and last >= shadow.until:
            why = "its time was over"
        else:
            return False
        with connection.transaction():
            locked = shadows.find_shadow(connection, shadow.shadow_id, lock=True)
            if locked.state is State.RUNNING:
                shadows.change_shadow(connection, locked, State.ENDED, ITSELF, at=self.now(), what="ended", why=why)
        return True

    def _let_go_of(self, still: set[UUID]) -> None:
        for key in [key for key in self._followers if key[0] not in still]:
            del self._followers[key]

    def _forget(self, connection: Connection[Any]) -> None:
        now = self.now()
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            shadows.forget_shadows(connection, now - self.keep)
            self._forgot_at = now


def keep_following(following: Shadows, stop: threading.Event, look_s: float = LOOK_S) -> None:
    """Look every `look_s`, sooner while there is more, until `stop`; wait for a database that is away."""
    away = False
    while not stop.is_set():
        more = False
        try:
            more = following.look()
            away = False
        except StoreUnavailable as error:
            if not away:
                log.warning("shadows wait for the database", error=str(error))
            away = True
        except Exception as error:  # whatever it is, runs go on
            log.error("shadows failed; they are looked at again", error=repr(error))
            following.close()
        stop.wait(0.05 if more else look_s)
    following.close()
