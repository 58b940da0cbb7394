"""How often to learn goes in; the tuning role learns that often, once though several of them run. Off unless asked for.

Whenever profiles change, so does the configuration: alerts then name a new version, and every role reloads. So nobody's
city learns by itself unless somebody has decided that it shall (LIANQIN_LEARN_EVERY_DAYS).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import NotWritable
from hub.log import logger
from hub.store.audit import Actor
from hub.store.profiles import last_learnt_at, take_learning, tell_rhythm
from hub.store.session import StoreUnavailable, open_session
from hub.tuning.baselines.learn import Learning, NothingToLearn, learn_profiles, span_of

log = logger("tuning")
LOOK_S = 600.0
LEARNER = Actor(name="tuning role")


def learn_if_due(
    dsn: str, configuration: Configuration, city_file: Path, *, every: timedelta, now: datetime
) -> Learning | None:
    """Learn from the last weeks where that was last done `every` ago, and nobody does it now; else return None."""
    with open_session(dsn) as connection:
        if not take_learning(connection):
            return None
        last = last_learnt_at(connection)
        if last is not None and now - last < every:
            return None
        since, until = span_of(now, None, None)
        return learn_profiles(connection, configuration, city_file, since=since, until=until, actor=LEARNER, now=now)


def keep_learning(
    dsn: str,
    configuration: Callable[[], Configuration],
    city_file: Path,
    *,
    role: str,
    every: timedelta,
    now: Callable[[], datetime],
    stop: threading.Event,
    look_s: float = LOOK_S,
) -> None:
    """Look every so often whether it is due, until `stop`. What stands in the way is logged, and tried again.

    The console shows that `role` learns by itself.
    """
    while not stop.is_set():
        try:
            with open_session(dsn) as connection:
                tell_rhythm(connection, role, every / timedelta(days=1), now())
            done = learn_if_due(dsn, configuration(), city_file, every=every, now=now())
        except (StoreUnavailable, NotWritable, ConfigError, NothingToLearn) as error:
            log.warning("profiles cannot be learnt now", why=str(error))
        else:
            if done is not None:
                learnt = sum(one.profile is not None for one in done.outcomes)
                log.info("profiles learnt", learnt=learnt, of=len(done.outcomes), version=done.version)
        stop.wait(look_s)
