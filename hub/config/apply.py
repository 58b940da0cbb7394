"""A version of the detectors file in, the file written as a whole and on record out; or why it was not.

The file is the truth: it is what every role reads, and what counts after any accident. What is meant is put on record
before the file is written, and that it was written after; whoever comes next reads in the file which of the two it is
(`settle`). So however a process ends, the record agrees with the file again before anybody else writes.

One writes at a time: a lock in the database for those who share it, one on the folder for those who share that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.config.load import detectors_file, load
from hub.config.thresholds_file import read_text, replaced, thresholds_version
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import NotWritable, locked
from hub.store import configuration_applications as record
from hub.store.audit import Actor
from hub.store.audit import note as audit
from hub.store.configuration_applications import Application, Schedule
from hub.store.configuration_versions import keep_text, kept_version, propose

if TYPE_CHECKING:
    from psycopg import Connection

BY_HAND = Actor(name="file")
# A threshold meant for the night does not come into force in the morning because the hub was down in between.
STALE = timedelta(hours=1)

Files = tuple[Path | None, Path | None]  # the city file and the detectors file, as the settings name them


class Why(StrEnum):
    """Why a version was not applied."""

    UNKNOWN = "unknown"  # there is no such version
    CHANGED = "changed"  # another one is in force than the one it was made from
    SAME = "same"  # it is in force already
    UNFIT = "unfit"  # the configuration check refuses it
    NOT_WRITABLE = "not-writable"
    NOTHING_BEFORE = "nothing-before"  # nothing to roll back to
    NOT_WAITING = "not-waiting"  # the schedule is over
    PAST = "past"  # a schedule for a time that is over


class NotApplied(Exception):
    """A version was not applied; `why` names the reason, the text says it, `problems` are those of the check."""

    def __init__(self, why: Why, text: str, problems: tuple[str, ...] = (), in_force: str | None = None) -> None:
        super().__init__(text)
        self.why, self.problems, self.in_force = why, problems, in_force


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the detectors file lies, and the city that it must fit."""

    city: Path
    named: Path | None

    @property
    def path(self) -> Path:
        return detectors_file(self.city, self.named)


def settle(connection: Connection[Any], files: Files, *, at: datetime) -> Application:
    """Bring the record in line with the file, and return what is in force.

    A write that was interrupted is completed or given up, by what stands in the file. A file that somebody changed by
    hand is kept as a version of the author "file". Raises NotApplied where the file cannot be read.
    """
    with _alone(connection, files) as place:
        return _settle(connection, place, at)


def apply(
    connection: Connection[Any],
    files: Files,
    version: str,
    *,
    by: Actor,
    note: str = "",
    at: datetime,
    expected: str | None = None,
) -> Application:
    """Put `version` into force and return since when it is; raise NotApplied.

    `expected` is the version that must be in force, if it is given: the one that this one was made from.
    """
    with _alone(connection, files) as place:
        present = _expect(connection, place, at, expected)
        return _write(connection, place, version, "applied", by, note, at, present, present.application_id)


def rollback(
    connection: Connection[Any],
    files: Files,
    *,
    by: Actor,
    note: str = "",
    at: datetime,
    expected: str | None = None,
) -> Application:
    """Put into force again what was before; a second roll-back goes one further back. Raises NotApplied."""
    with _alone(connection, files) as place:
        present = _expect(connection, place, at, expected)
        before = None if present.before_id is None else record.application_of(connection, present.before_id)
        if before is None:
            text = f"{present.version} is the first that is on record: there is nothing to roll back to"
            raise NotApplied(Why.NOTHING_BEFORE, text, in_force=present.version)
        return _write(connection, place, before.version, "rolled_back", by, note, at, present, before.before_id)


def schedule(
    connection: Connection[Any],
    version: str,
    *,
    due_at: datetime,
    by: Actor,
    note: str = "",
    at: datetime,
) -> Schedule:
    """Let `version` be applied at `due_at`, if then that is in force which is planned to be; raise NotApplied.

    That is the version of the last schedule before it, else the one in force now.
    """
    if due_at <= at:
        raise NotApplied(Why.PAST, f"{due_at.isoformat()} is over: apply it now, or give a later time")
    with record.alone(connection), connection.transaction():
        _known(connection, version)
        earlier = [one.version for one in record.waiting(connection) if one.due_at <= due_at]
        present = record.in_force(connection)
        expected = earlier[-1] if earlier else present.version if present else None
        made = record.add_schedule(connection, version, due_at=due_at, expected=expected, by=by, note=note, at=at)
        detail = {"due_at": due_at.isoformat(), "expected": expected, "note": note, "schedule": made.schedule_id}
        audit(connection, by, "configuration.scheduled", f"configuration/{version}", at=at, detail=detail)
        return made


def unschedule(connection: Connection[Any], schedule_id: int, *, by: Actor, at: datetime) -> Schedule:
    """Withdraw a schedule that waits; raise NotApplied."""
    with record.alone(connection), connection.transaction():
        ended = record.end_schedule(connection, schedule_id, "withdrawn", at, f"withdrawn by {by.name}")
        if ended is None:
            raise NotApplied(Why.NOT_WAITING, "nothing of this number waits to be applied")
        detail = {"schedule": schedule_id, "due_at": ended.due_at.isoformat()}
        audit(connection, by, "configuration.unscheduled", f"configuration/{ended.version}", at=at, detail=detail)
        return ended


def apply_due(connection: Connection[Any], files: Files, *, at: datetime) -> list[Schedule]:
    """Apply what is due, each exactly once however many ask; return the schedules that ended, as they ended.

    One that is found late, because nothing ran at its time, is still applied within STALE, and missed after it.
    """
    if not record.waiting(connection, due_by=at):
        connection.commit()
        return []
    ended: list[Schedule] = []
    with _alone(connection, files) as place:
        for one in record.waiting(connection, due_by=at):  # asked again: whoever held the lock may have done it
            connection.commit()
            if at - one.due_at > STALE:
                late_s = (at - one.due_at).total_seconds()
                why = f"nothing ran at its time, and {late_s:.0f} s later is too late"
                ended += _end(connection, one, "missed", why, at)
                continue
            try:
                present = _expect(connection, place, at, one.expected)
                by = Actor(name=one.made_by)
                _write(
                    connection, place, one.version, "scheduled", by, one.note, at, present, present.application_id,
                    schedule_id=one.schedule_id,
                )  # fmt: skip
            except NotApplied as error:
                if error.why is Why.NOT_WRITABLE:
                    raise  # somebody may put that right before it is stale
                ended += _end(connection, one, "refused", str(error), at)
            else:
                ended += [each for each in record.schedules_of(connection, [one.version])[one.version]
                          if each.schedule_id == one.schedule_id]  # fmt: skip
                connection.commit()
    return ended


@contextmanager
def _alone(connection: Connection[Any], files: Files) -> Iterator[_Place]:
    city, named = files
    if city is None:
        raise NotApplied(Why.NOT_WRITABLE, "this process was not told where the configuration files are")
    place = _Place(city, named)
    try:
        with record.alone(connection), locked(place.path):
            yield place
    except NotWritable as error:
        raise NotApplied(Why.NOT_WRITABLE, str(error)) from None


def _expect(connection: Connection[Any], place: _Place, at: datetime, expected: str | None) -> Application:
    present = _settle(connection, place, at)
    if expected is not None and expected != present.version:
        how = "the file was edited by hand since" if present.how == "file" else f"{present.made_by} put it into force"
        text = f"{present.version} is in force and not {expected}: {how}; look at what changed, then try again"
        raise NotApplied(Why.CHANGED, text, in_force=present.version)
    return present


def _settle(connection: Connection[Any], place: _Place, at: datetime) -> Application:
    text, changed_at = _standing(place.path)
    try:
        thresholds, _ = read_text(text, place.path)
    except ConfigError as error:
        told = tuple(_told(problem, place.path, place.path) for problem in error.problems)
        text = f"{place.path.name} was edited by hand and cannot be read, so nothing is written over it: {told[0]}"
        raise NotApplied(Why.UNFIT, text, told) from None
    version = thresholds_version(thresholds)
    with connection.transaction():
        meant = record.being_written(connection)
        if meant is not None and meant.version == version:
            _completed(connection, meant, at)
        elif meant is not None:
            record.give_up(connection, meant, "the process that was to write the file ended before it did")
        present = record.in_force(connection)
        if present is not None and present.version == version:
            known = kept_version(connection, version)
            if known is not None and known.text != text:
                keep_text(connection, version, text)  # other comments, the same meaning
            return present
        parent = present.version if present else None
        since = at if changed_at is None else min(at, changed_at)
        if present is not None:
            since = max(since, present.at)
        propose(connection, thresholds, author=BY_HAND.name, note="", parent=parent, at=since, text=text, source="file")
        before_id = present.application_id if present else None
        made = record.begin(connection, version, how="file", by=BY_HAND, note="", at=since, before_id=before_id)
        detail = {"before": parent, "sha256": _sha256(text), "how": "file"}
        audit(connection, BY_HAND, "configuration.noticed", f"configuration/{version}", at=at, detail=detail)
        return record.complete(connection, made)


def _write(
    connection: Connection[Any],
    place: _Place,
    version: str,
    how: str,
    by: Actor,
    note: str,
    at: datetime,
    present: Application,
    before_id: int | None,
    *,
    schedule_id: int | None = None,
) -> Application:
    text = _known(connection, version)
    connection.commit()
    if version == present.version:
        raise NotApplied(Why.SAME, f"{version} is in force already", in_force=version)
    try:
        with replaced(place.path, text) as trial:
            try:
                load(place.city, trial)  # the very checks of `lianqin config check`
            except ConfigError as error:
                told = tuple(_told(problem, trial, place.path) for problem in error.problems)
                raise NotApplied(Why.UNFIT, f"the check refuses {version}: {'; '.join(told)}", told) from None
            with connection.transaction():
                meant = record.begin(
                    connection, version, how=how, by=by, note=note, at=max(at, present.at), before_id=before_id,
                    schedule_id=schedule_id,
                )  # fmt: skip
    except NotWritable as error:
        _gave_up(connection, str(error))
        raise
    with connection.transaction():
        done = _completed(connection, meant, at)
    return done


def _gave_up(connection: Connection[Any], why: str) -> None:
    with connection.transaction():
        meant = record.being_written(connection)
        if meant is not None:
            record.give_up(connection, meant, why)


def _completed(connection: Connection[Any], meant: Application, at: datetime) -> Application:
    """Say that what was meant stands in the file, and put it into the audit with whoever meant it."""
    before = record.in_force(connection)
    known = kept_version(connection, meant.version)
    detail = {
        "before": before.version if before else None,
        "how": meant.how,
        "note": meant.note,
        "sha256": _sha256(known.text) if known else None,
        "application": meant.application_id,
    }
    by = record.actor_of(connection, meant)
    audit(connection, by, f"configuration.{meant.how}", f"configuration/{meant.version}", at=at, detail=detail)
    return record.complete(connection, meant)


def _end(connection: Connection[Any], one: Schedule, state: str, why: str, at: datetime) -> list[Schedule]:
    with connection.transaction():
        ended = record.end_schedule(connection, one.schedule_id, state, at, why)
        detail = {"schedule": one.schedule_id, "due_at": one.due_at.isoformat(), "why": why}
        by, target = Actor(name=one.made_by), f"configuration/{one.version}"
        audit(connection, by, f"configuration.schedule_{state}", target, at=at, detail=detail)
    return [ended] if ended is not None else []


def _known(connection: Connection[Any], version: str) -> str:
    found = kept_version(connection, version)
    if found is None:
        raise NotApplied(Why.UNKNOWN, f"there is no version {version} that could be applied")
    return found.text


def _standing(path: Path) -> tuple[str, datetime | None]:
    """Return the text of the file and when it was changed; a file that is not there sets nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return "", None
    except (OSError, UnicodeDecodeError) as error:
        raise NotApplied(Why.UNFIT, f"{path.name} cannot be read: {error}") from None


def _told(problem: str, trial: Path, path: Path) -> str:
    """Return a problem without the folders of this machine; of the trial, as one of the file it is to become."""
    if problem.startswith(str(trial)):
        return path.name + problem.removeprefix(str(trial))
    where, colon, rest = problem.partition(":")
    return f"{Path(where).name}{colon}{rest}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
