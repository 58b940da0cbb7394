"""Runs as they are kept: asked for, taken, told of, answered, given up; the caller owns the transaction.

A role that takes a run says again and again that it lives. One that has not for `DEAD_S` is dead, and what it left is
taken by the next; a run that ended its role `TRIES` times is given up, for it would end the next one as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from hub.store.audit import Actor, note
from hub.store.rows import as_jsonb, plain_text

CHANNEL = "lianqin_tuning"
DEAD_S = 20.0
TRIES = 3
PART = 4 * 1024 * 1024
UNNOTED = ("judge", "files")  # pages ask these by themselves, a slider ten times a second; they change nothing
_COLUMNS = """run_id, kind, arguments, state, progress, note, answer, problem, limits, by, created_at, started_at,
    ended_at, cancel_asked, heartbeat_at, attempts, revision,
    (SELECT name FROM tuning_run_files AS file WHERE file.run_id = tuning_runs.run_id LIMIT 1) AS file"""


class NoSuchRun(LookupError):
    """There is no run with this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One piece of work. `file` is the name of the file that it made, if any."""

    run_id: UUID
    kind: str
    arguments: dict[str, Any]
    state: str
    progress: float
    note: str
    answer: dict[str, Any] | None
    problem: str | None
    limits: Sequence[str]
    by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_asked: bool
    heartbeat_at: datetime | None
    attempts: int
    revision: int
    file: str | None

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will become of it."""
        return self.state in ("done", "failed", "cancelled")


def quiet(dsn: str) -> str:
    """Return the address with settings that let live work go first: no parallel workers, little memory, a name."""
    given = psycopg.conninfo.conninfo_to_dict(dsn)
    options = f"{given.get('options') or ''} -c max_parallel_workers_per_gather=0 -c work_mem=16MB"
    return psycopg.conninfo.make_conninfo(dsn, options=options.strip(), application_name="lianqin-tuning")


def ask(
    connection: Connection[Any],
    kind: str,
    arguments: Mapping[str, Any],
    *,
    key: str,
    is_repeatable: bool,
    actor: Actor,
    at: datetime,
    keep_s: float = 86_400.0,
) -> Run:
    """Queue a run, or return one that was asked the same: it is under way, or was answered at most `keep_s` ago."""
    if is_repeatable:
        same = _one(
            connection,
            """WHERE question_key = %s AND NOT cancel_asked
                 AND (state IN ('waiting', 'running') OR (state = 'done' AND ended_at > %s))
               ORDER BY created_at DESC LIMIT 1""",
            (key, at - timedelta(seconds=keep_s)),
        )
        if same is not None:
            return same
    run_id = uuid4()
    connection.execute(
        """INSERT INTO tuning_runs (run_id, kind, arguments, question_key, by, by_id, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (run_id, kind, as_jsonb(dict(arguments)), key, actor.name, actor.actor_id, at),
    )
    if kind not in UNNOTED:
        note(connection, actor, "tuning.asked", f"tuning-run/{run_id}", at=at, detail={"kind": kind})
    _wake(connection)
    return find(connection, run_id)


def find(connection: Connection[Any], run_id: UUID) -> Run:
    """Return one run; raise NoSuchRun."""
    run = _one(connection, "WHERE run_id = %s", (run_id,))
    if run is None:
        raise NoSuchRun(f"there is no run {run_id}")
    return run


def revision_of(connection: Connection[Any], run_id: UUID) -> int:
    """Return how often a run has changed; raise NoSuchRun."""
    row = connection.execute("SELECT revision FROM tuning_runs WHERE run_id = %s", (run_id,)).fetchone()
    if row is None:
        raise NoSuchRun(f"there is no run {run_id}")
    return int(row[0])


def newest(connection: Connection[Any], *, kind: str | None, by: str | None, limit: int) -> list[Run]:
    """Return the newest runs first, without what they answered: that may be long."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS.replace(" answer,", " NULL::jsonb AS answer,")} FROM tuning_runs
                WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(by)s::text IS NULL OR by = %(by)s)
                ORDER BY created_at DESC, run_id DESC LIMIT %(limit)s""".encode(),
            {"kind": kind, "by": by, "limit": limit},
        ).fetchall()


def cancel(connection: Connection[Any], run_id: UUID, *, actor: Actor, at: datetime) -> Run:
    """Want a run no more: one that nobody works on ends at once, another as soon as its role hears; over is over."""
    run = _one(connection, "WHERE run_id = %s FOR UPDATE", (run_id,))
    if run is None:
        raise NoSuchRun(f"there is no run {run_id}")
    if run.is_over:
        return run
    is_dead = run.heartbeat_at is None or run.heartbeat_at < at - timedelta(seconds=DEAD_S)
    if run.state == "waiting" or is_dead:
        _end(connection, run_id, "cancelled", at)
    else:
        connection.execute(
            "UPDATE tuning_runs SET cancel_asked = true, revision = revision + 1 WHERE run_id = %s", (run_id,)
        )
    if run.kind not in UNNOTED:
        note(connection, actor, "tuning.cancelled", f"tuning-run/{run_id}", at=at, detail={"kind": run.kind})
    _wake(connection)
    return find(connection, run_id)


def take(connection: Connection[Any], kinds: Sequence[str], worker: str, at: datetime) -> Run | None:
    """Take the next run of those kinds for `worker`: one that waits, or one that a dead role left; None: there is none.

    The answer to a slider goes before what was asked earlier.
    """
    dead = at - timedelta(seconds=DEAD_S)
    for run_id, attempts, cancel_asked in connection.execute(
        """SELECT run_id, attempts, cancel_asked FROM tuning_runs
           WHERE kind = ANY(%s) AND (state = 'waiting' OR (state = 'running' AND heartbeat_at < %s))
           ORDER BY kind <> 'judge', created_at FOR UPDATE SKIP LOCKED LIMIT 20""",
        (list(kinds), dead),
    ).fetchall():
        if cancel_asked:
            _end(connection, run_id, "cancelled", at)
        elif attempts >= TRIES:
            problem = f"this run ended the role that worked on it {attempts} times: ask for less, or see the role's log"
            _end(connection, run_id, "failed", at, problem=problem)
        else:
            connection.execute(
                """UPDATE tuning_runs SET state = 'running', worker = %(worker)s, heartbeat_at = %(at)s,
                          started_at = %(at)s, attempts = attempts + 1, progress = 0, note = '',
                          revision = revision + 1
                   WHERE run_id = %(run)s""",
                {"worker": worker, "at": at, "run": run_id},
            )
            return find(connection, run_id)
    return None


def live(connection: Connection[Any], worker: str, in_hand: Collection[UUID], at: datetime) -> frozenset[UUID]:
    """Note that `worker` lives and works on those runs; return which of them nobody wants any more."""
    connection.execute(
        """INSERT INTO tuning_roles (worker, started_at, seen_at) VALUES (%(worker)s, %(at)s, %(at)s)
           ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at""",
        {"worker": worker, "at": at},
    )
    rows = connection.execute(
        """UPDATE tuning_runs SET heartbeat_at = %s WHERE state = 'running' AND worker = %s AND run_id = ANY(%s)
           RETURNING run_id, cancel_asked""",
        (at, worker, list(in_hand)),
    ).fetchall()
    return frozenset(run_id for run_id, cancel_asked in rows if cancel_asked)


def leave(connection: Connection[Any], worker: str) -> None:
    """Note that `worker` ends: what it was at waits for the next, and was no try of its own."""
    connection.execute("DELETE FROM tuning_roles WHERE worker = %s", (worker,))
    connection.execute(
        """UPDATE tuning_runs SET state = 'waiting', worker = NULL, heartbeat_at = NULL, started_at = NULL,
                  progress = 0, note = '', attempts = greatest(attempts - 1, 0), revision = revision + 1
           WHERE state = 'running' AND worker = %s""",
        (worker,),
    )
    _wake(connection)


def tell(connection: Connection[Any], run_id: UUID, worker: str, done: float, words: str) -> None:
    """Note how far a run is."""
    connection.execute(
        """UPDATE tuning_runs SET progress = least(greatest(%s, 0), 1), note = %s, revision = revision + 1
           WHERE run_id = %s AND worker = %s AND state = 'running'""",
        (done, plain_text(words), run_id, worker),
    )


def finish(
    connection: Connection[Any],
    run_id: UUID,
    worker: str,
    at: datetime,
    *,
    answer: Mapping[str, Any] | None = None,
    limits: Sequence[str] = (),
    problem: str | None = None,
    is_cancelled: bool = False,
) -> bool:
    """Note what became of a run; return False where it is `worker`'s no more, and nothing is noted."""
    row = connection.execute(
        "SELECT 1 FROM tuning_runs WHERE run_id = %s AND worker = %s AND state = 'running' FOR UPDATE", (run_id, worker)
    ).fetchone()
    if row is None:
        return False
    state = "cancelled" if is_cancelled else "failed" if problem is not None else "done"
    _end(connection, run_id, state, at, answer=answer, limits=limits, problem=problem)
    return True


def keep_file(connection: Connection[Any], run_id: UUID, name: str, parts: Iterator[bytes]) -> None:
    """Keep the one file that a run made."""
    connection.execute("DELETE FROM tuning_run_files WHERE run_id = %s", (run_id,))
    for number, part in enumerate(parts):
        connection.execute(
            "INSERT INTO tuning_run_files (run_id, part, name, bytes) VALUES (%s, %s, %s, %s)",
            (run_id, number, plain_text(name), part),
        )


def file_part(connection: Connection[Any], run_id: UUID, part: int) -> bytes | None:
    """Return one part of a run's file; None beyond its end."""
    row = connection.execute(
        "SELECT bytes FROM tuning_run_files WHERE run_id = %s AND part = %s", (run_id, part)
    ).fetchone()
    return None if row is None else bytes(row[0])


def roles(connection: Connection[Any], at: datetime) -> list[tuple[str, datetime]]:
    """Return the tuning roles that live, with when each was last heard."""
    since = at - timedelta(seconds=DEAD_S)
    return connection.execute(
        "SELECT worker, seen_at FROM tuning_roles WHERE seen_at >= %s ORDER BY worker", (since,)
    ).fetchall()


def forget(connection: Connection[Any], at: datetime, *, keep_days: float = 30.0) -> int:
    """Let go of runs that ended long ago, with their files, and of roles that are no more; return how many runs."""
    connection.execute("DELETE FROM tuning_roles WHERE seen_at < %s", (at - timedelta(days=1),))
    gone = connection.execute("DELETE FROM tuning_runs WHERE ended_at < %s", (at - timedelta(days=keep_days),))
    return gone.rowcount


def horizon(connection: Connection[Any], until: datetime | None) -> str:
    """Return a mark of what is recorded and labelled up to `until`: while it stays, an answer stays.

    What was received up to the last word of who listens is on record; a verdict or a label changes scores.
    """
    row = connection.execute(
        """SELECT (SELECT least(coalesce(max(until), '-infinity'), %(until)s::timestamptz)::text FROM listening),
                  (SELECT count(*) || ' ' || coalesce(max(updated_at)::text, '') FROM alerts WHERE verdict IS NOT NULL),
                  to_regclass('labels') IS NOT NULL""",
        {"until": until},
    ).fetchone()
    assert row is not None
    marks = [str(row[0]), row[1]]
    if row[2]:
        # Whoever writes a row leaves the number of their transaction on it: the sum changes with every change.
        # A further draw changes what the labels of the earlier one stand for.
        (labels,) = connection.execute(
            """SELECT (SELECT count(*) || ' ' || coalesce(sum(xmin::text::numeric), 0) FROM labels) || ' ' ||
                      (SELECT coalesce(sum(xmin::text::numeric), 0) FROM label_candidates)"""
        ).fetchone() or ("",)
        marks.append(labels)
    return "|".join(marks)


def listen(connection: Connection[Any]) -> None:
    """Have this connection woken when runs are asked for or cancelled; it must be in autocommit mode."""
    connection.execute(f"LISTEN {CHANNEL}".encode())


def woken(connection: Connection[Any], wait_s: float) -> bool:
    """Wait until somebody asks for a run, at most `wait_s`; return whether somebody did."""
    return any(True for _ in connection.notifies(timeout=wait_s, stop_after=1))


def _wake(connection: Connection[Any]) -> None:
    connection.execute("SELECT pg_notify(%s, '')", (CHANNEL,))


def _end(
    connection: Connection[Any],
    run_id: UUID,
    state: str,
    at: datetime,
    *,
    answer: Mapping[str, Any] | None = None,
    limits: Sequence[str] = (),
    problem: str | None = None,
) -> None:
    connection.execute(
        """UPDATE tuning_runs SET state = %(state)s, ended_at = %(at)s, answer = %(answer)s, limits = %(limits)s,
                  problem = %(problem)s, progress = CASE WHEN %(state)s = 'done' THEN 1 ELSE progress END,
                  note = '', revision = revision + 1
           WHERE run_id = %(run)s""",
        {
            "state": state,
            "at": at,
            "answer": None if answer is None else as_jsonb(dict(answer)),
            "limits": [plain_text(one) for one in limits],
            "problem": None if problem is None else plain_text(problem),
            "run": run_id,
        },
    )


def _one(connection: Connection[Any], where: str, parameters: Sequence[Any]) -> Run | None:
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM tuning_runs {where}".encode(), parameters).fetchone()
