"""When which version of the detectors file was in force, which is being written, and which is to be applied when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from hub.store.audit import Actor
from hub.store.rows import plain_text

LOCK = 0x6C6371  # ours among advisory locks: the one who writes the detectors file
_COLUMNS = "application_id, version, state, how, made_by, note, at, ended_at, before_id, schedule_id"
_SCHEDULE = "schedule_id, version, due_at, expected, state, made_by, note, made_at, ended_at, why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One stretch of time in which a version was in force, from `at` until `ended_at` (None: still).

    `state` is "writing", "applied" or "failed"; `how` is "applied", "rolled_back", "scheduled" or, changed by hand,
    "file". `before_id` is what a roll-back returns to.
    """

    application_id: int
    version: str
    state: str
    how: str
    made_by: str
    note: str
    at: datetime
    ended_at: datetime | None
    before_id: int | None
    schedule_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One version that is to be applied at `due_at`, if `expected` is in force then; `why` says how it ended."""

    schedule_id: int
    version: str
    due_at: datetime
    expected: str | None
    state: str
    made_by: str
    note: str
    made_at: datetime
    ended_at: datetime | None
    why: str | None


@contextmanager
def alone(connection: Connection[Any]) -> Iterator[None]:
    """Hold the one lock of those who write the detectors file; what was begun on `connection` is committed before.

    Whoever holds it makes transactions of their own: `connection` must not be in the midst of one that must not end.
    """
    connection.commit()
    connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    connection.commit()
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            connection.commit()


def in_force(connection: Connection[Any]) -> Application | None:
    """Return what is in force, None before anything was noted."""
    return _one(connection, "state = 'applied' AND ended_at IS NULL", ())


def being_written(connection: Connection[Any]) -> Application | None:
    """Return what somebody meant to write and did not come back to say whether it was."""
    return _one(connection, "state = 'writing'", ())


def application_of(connection: Connection[Any], application_id: int) -> Application | None:
    """Return one by its number."""
    return _one(connection, "application_id = %s", (application_id,))


def applications(connection: Connection[Any], names: Sequence[str]) -> dict[str, list[Application]]:
    """Return when each of these versions was in force, the latest first."""
    found: dict[str, list[Application]] = {name: [] for name in names}
    for row in connection.execute(
        f"""SELECT {_COLUMNS} FROM configuration_applications WHERE version = ANY(%s) AND state = 'applied'
            ORDER BY application_id DESC""",
        (list(names),),
    ):
        found[row[1]].append(_application(row))
    return found


def begin(
    connection: Connection[Any],
    version: str,
    *,
    how: str,
    by: Actor,
    note: str,
    at: datetime,
    before_id: int | None,
    schedule_id: int | None = None,
) -> Application:
    """Say that `version` is going to be written."""
    row = connection.execute(
        f"""INSERT INTO configuration_applications
                (version, state, how, made_by, actor_id, remote, note, at, before_id, schedule_id)
            VALUES (%s, 'writing', %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
        (version, how, plain_text(by.name), by.actor_id, by.remote, plain_text(note), at, before_id, schedule_id),
    ).fetchone()
    assert row is not None
    return _application(row)


def complete(connection: Connection[Any], application: Application) -> Application:
    """Say that it was written: what was in force before ends where this begins."""
    connection.execute(
        """UPDATE configuration_applications SET ended_at = greatest(at, %s)
           WHERE state = 'applied' AND ended_at IS NULL""",
        (application.at,),
    )
    row = connection.execute(
        f"UPDATE configuration_applications SET state = 'applied' WHERE application_id = %s RETURNING {_COLUMNS}",
        (application.application_id,),
    ).fetchone()
    assert row is not None
    if application.schedule_id is not None:
        end_schedule(connection, application.schedule_id, "applied", application.at, None)
    return _application(row)


def give_up(connection: Connection[Any], application: Application, why: str) -> None:
    """Say that it was not written."""
    connection.execute(
        """UPDATE configuration_applications SET state = 'failed', ended_at = at, why = %s WHERE application_id = %s""",
        (plain_text(why), application.application_id),
    )


def actor_of(connection: Connection[Any], application: Application) -> Actor:
    """Return who made it."""
    row = connection.execute(
        "SELECT made_by, actor_id, remote FROM configuration_applications WHERE application_id = %s",
        (application.application_id,),
    ).fetchone()
    assert row is not None
    return Actor(name=row[0], actor_id=row[1], remote=row[2])


def add_schedule(
    connection: Connection[Any],
    version: str,
    *,
    due_at: datetime,
    expected: str | None,
    by: Actor,
    note: str,
    at: datetime,
) -> Schedule:
    """Keep that `version` is to be applied at `due_at`."""
    row = connection.execute(
        f"""INSERT INTO configuration_schedules (version, due_at, expected, made_by, actor_id, note, made_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_SCHEDULE}""",
        (version, due_at, expected, plain_text(by.name), by.actor_id, plain_text(note), at),
    ).fetchone()
    assert row is not None
    return _schedule(row)


def waiting(connection: Connection[Any], *, due_by: datetime | None = None) -> list[Schedule]:
    """Return what waits to be applied, the earliest first; with `due_by` only what is due by then."""
    return [
        _schedule(row)
        for row in connection.execute(
            f"""SELECT {_SCHEDULE} FROM configuration_schedules
                WHERE state = 'waiting' AND (%(by)s::timestamptz IS NULL OR due_at <= %(by)s)
                ORDER BY due_at, schedule_id""",
            {"by": due_by},
        )
    ]


def schedules_of(connection: Connection[Any], names: Sequence[str]) -> dict[str, list[Schedule]]:
    """Return what was planned of each of these versions, the latest first."""
    found: dict[str, list[Schedule]] = {name: [] for name in names}
    for row in connection.execute(
        f"SELECT {_SCHEDULE} FROM configuration_schedules WHERE version = ANY(%s) ORDER BY schedule_id DESC",
        (list(names),),
    ):
        found[row[1]].append(_schedule(row))
    return found


def end_schedule(
    connection: Connection[Any], schedule_id: int, state: str, at: datetime, why: str | None
) -> Schedule | None:
    """End a schedule that waits, and return it as it is then; None where it does not wait."""
    row = connection.execute(
        f"""UPDATE configuration_schedules SET state = %s, ended_at = %s, why = %s
            WHERE schedule_id = %s AND state = 'waiting' RETURNING {_SCHEDULE}""",
        (state, at, why and plain_text(why), schedule_id),
    ).fetchone()
    return None if row is None else _schedule(row)


def _one(connection: Connection[Any], where: str, values: tuple[Any, ...]) -> Application | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM configuration_applications WHERE {where}",
        values,
    ).fetchone()
    return None if row is None else _application(row)


def _application(row: tuple[Any, ...]) -> Application:
    application_id, version, state, how, made_by, note, at, ended_at, before_id, schedule_id = row
    return Application(
        application_id=application_id,
        version=version,
        state=state,
        how=how,
        made_by=made_by,
        note=note,
        at=at,
        ended_at=ended_at,
        before_id=before_id,
        schedule_id=schedule_id,
    )


def _schedule(row: tuple[Any, ...]) -> Schedule:
    schedule_id, version, due_at, expected, state, made_by, note, made_at, ended_at, why = row
    return Schedule(
        schedule_id=schedule_id,
        version=version,
        due_at=due_at,
        expected=expected,
        state=state,
        made_by=made_by,
        note=note,
        made_at=made_at,
        ended_at=ended_at,
        why=why,
    )
