"""A database, a configuration and a span in; profiles learnt, kept and written beside the city file out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from detectors.profile import Profiles, hour_of, profiles_of
from hub.config.load import Configuration
from hub.config.profiles_file import read_all, write_profiles
from hub.config.zones_file import locked, profiles_path
from hub.store.audit import Actor, note
from hub.store.profiles import hourly_means, save_learning, wrong_times
from hub.tuning.baselines.learning import Outcome, Subject, learn, subjects_of

WEEKS = timedelta(weeks=6)
SETTLED = timedelta(hours=2)  # until then the hourly roll-up may still change
AT_ONCE = 100  # subjects: six weeks of a hundred circuits are some millions of rows
LONGEST = timedelta(days=400)


class NothingToLearn(ValueError):
    """What was asked for cannot be learnt; the message says why."""


class NotInForce(Exception):
    """What was learnt was not put into force, for somebody else has put other profiles there; the message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnable:
    """What became of each place, and from when to when was looked; `devices` None: the whole city."""

    outcomes: tuple[Outcome, ...]
    since: datetime
    until: datetime
    devices: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What became of each place; `version` names all profiles now in force, `path` is where they were written."""

    outcomes: tuple[Outcome, ...]
    since: datetime
    until: datetime
    version: str
    path: Path | None


def span_of(now: datetime, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """Return the whole hours to learn from: by default the last six weeks. Raise NothingToLearn for what is no span."""
    end = hour_of(until if until is not None else now - SETTLED)
    begin = hour_of(since) if since is not None else end - WEEKS
    if end > now:
        raise NothingToLearn("until lies in the future")
    if not timedelta() < end - begin <= LONGEST:
        raise NothingToLearn(f"learn from a span of at most {LONGEST.days} days: since must lie before until")
    return begin, end


def work_out(
    sessions: Callable[[], AbstractContextManager[Any]],
    configuration: Configuration,
    *,
    since: datetime,
    until: datetime,
    devices: Collection[str] | None = None,
    told: Callable[[float], None] = lambda done: None,
) -> Learnable:
    """Return what would be learnt from [since, until); nothing is kept or written. Raises NothingToLearn.

    Each part is read in a session of its own, so that weeks of a large city hold no transaction open for long.
    """
    subjects = _wanted(configuration, devices)
    outcomes: list[Outcome] = []
    for at in range(0, len(subjects), AT_ONCE):
        told(at / len(subjects))
        with sessions() as connection:
            outcomes += _learnt(connection, configuration, subjects[at : at + AT_ONCE], since, until)
    named = None if devices is None else tuple(sorted(devices))
    return Learnable(outcomes=tuple(outcomes), since=since, until=until, devices=named)


def put_in_force(
    connection: Any,
    configuration: Configuration,
    city_file: Path,
    learnt: Learnable,
    *,
    actor: Actor,
    now: datetime,
    why: str = "",
    expected: str | None = None,
) -> Learning:
    """Keep what was learnt, and write its profiles beside the city file in place of those of the same places.

    Where nothing could be learnt this time an older profile stays until it is too old. With `expected`, the version of
    the profiles that `learnt` was held against must still be in force. Raises NotInForce, NotWritable, ConfigError;
    then nothing has changed.
    """
    fresh = [outcome.profile for outcome in learnt.outcomes if outcome.profile is not None]
    timezone = configuration.city.timezone
    with locked(city_file), connection.transaction():
        path = profiles_path(city_file)
        present = read_all(path, timezone) if path.exists() else []
        held = _in_force(configuration, profiles_of(present)).version
        if expected is not None and held != expected:
            raise NotInForce(
                f"the profiles in force are {held or 'none'} and no longer {expected or 'none'}, which this was held "
                "against: somebody else has put others into force meanwhile; look again at what would change"
            )
        together = profiles_of([*present, *fresh])
        version = _in_force(configuration, together).version
        save_learning(
            connection,
            learnt.outcomes,
            since=learnt.since,
            until=learnt.until,
            by=actor.name,
            at=now,
            version=version,
            note=why,
            is_whole=learnt.devices is None,
        )
        detail = {
            "learnt": len(fresh),
            "not_learnt": len(learnt.outcomes) - len(fresh),
            "profiles": version,
            "before": held,
            **({"note": why} if why else {}),
        }
        note(connection, actor, "profiles.learnt", "profiles", at=now, detail=detail)
        written = write_profiles(city_file, list(together.of.values()), timezone) if fresh else None
    return Learning(outcomes=learnt.outcomes, since=learnt.since, until=learnt.until, version=version, path=written)


def learn_profiles(
    connection: Any,
    configuration: Configuration,
    city_file: Path,
    *,
    since: datetime,
    until: datetime,
    devices: Collection[str] | None = None,
    actor: Actor,
    now: datetime,
    write: bool = True,
    why: str = "",
) -> Learning:
    """Learn from [since, until) and, with `write`, put what was learnt into force at once, whatever is there.

    Raises NothingToLearn, NotWritable, ConfigError; then nothing has changed.
    """
    found = work_out(lambda: nullcontext(connection), configuration, since=since, until=until, devices=devices)
    if not write:
        return Learning(outcomes=found.outcomes, since=since, until=until, version="", path=None)
    return put_in_force(connection, configuration, city_file, found, actor=actor, now=now, why=why)


def _wanted(configuration: Configuration, devices: Collection[str] | None) -> list[Subject]:
    subjects = subjects_of(configuration.city, devices)
    for name in devices or ():
        if not any(name == one.subject or name in one.members for one in subjects):
            raise NothingToLearn(
                f"nothing can be learnt of {name}: name a water device, a streetlight or a circuit of the city"
            )
    if not subjects:
        raise NothingToLearn("the city has no water device and no streetlight")
    return subjects


def _learnt(
    connection: Any,
    configuration: Configuration,
    subjects: Sequence[Subject],
    since: datetime,
    until: datetime,
) -> list[Outcome]:
    means = hourly_means(connection, subjects, since, until)
    return learn(configuration, subjects, means, wrong_times(connection, since, until), since=since, until=until)


def _in_force(configuration: Configuration, together: Profiles) -> Profiles:
    known = {*configuration.city.devices, *configuration.city.circuits}
    return profiles_of([one for one in together.of.values() if one.subject in known])
