"""What profiles are learnt from, in; profiles and what became of each place, kept and read again, narrowed by reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from detectors.profile import Profile, document_of, profile_from
from hub.people.caller import EVERYWHERE, Reach
from hub.store.reach import reach_values
from hub.store.rows import as_jsonb, plain_text
from hub.store.tuning_runs import DEAD_S
from hub.tuning.baselines.learning import HourMean, Learnt, NotLearnt, Outcome, Subject, Wrong
from ingest.observation import Quantity

# Rules that say of a device or circuit that its hours were not as usual, or that its readings were not its own.
_WRONG = ("water.%", "streetlight.%", "sensor.fault", "device.silent")
_IN_REACH = "(%(reach_grids)s::text[] IS NULL OR grid = ANY(%(reach_grids)s::text[]))"


def hourly_means(
    connection: Connection[Any], subjects: Sequence[Subject], since: datetime, until: datetime
) -> list[HourMean]:
    """Return the stored hours of the subjects' devices in [since, until), from the hourly roll-up."""
    found: list[HourMean] = []
    by_quantity: dict[Quantity, set[str]] = {}
    for subject in subjects:
        by_quantity.setdefault(subject.quantity, set()).update(subject.members)
    for quantity, devices in sorted(by_quantity.items()):
        rows = connection.execute(
            """SELECT device_id, hour, min, avg, max, count FROM readings_hourly
               WHERE device_id = ANY(%s) AND quantity = %s AND hour >= %s AND hour < %s""",
            (sorted(devices), quantity.value, since, until),
        )
        found += [HourMean(device, quantity, hour, low, mean, high, n) for device, hour, low, mean, high, n in rows]
    return found


def wrong_times(
    connection: Connection[Any], since: datetime, until: datetime, *, subjects: Sequence[str] | None = None
) -> list[Wrong]:
    """Return when something was wrong with what: alerts that nobody called false, and labels that say something was.

    `subjects` None: with anything.
    Of an alert that carries a label or a verdict the last word counts; what nobody has judged yet is taken for true.
    """
    rows = connection.execute(
        """SELECT subject, since, cleared_at FROM alerts
           WHERE rule LIKE ANY(%(rules)s) AND (%(subjects)s::text[] IS NULL OR subject = ANY(%(subjects)s))
             AND since < %(until)s AND (cleared_at IS NULL OR cleared_at > %(since)s)
             AND coalesce((SELECT every_label.verdict FROM every_label WHERE every_label.alert_id = alerts.alert_id
                           ORDER BY said_at DESC LIMIT 1), 'true') <> 'false'
           UNION ALL
           SELECT subject, since, coalesce(until, greatest(since, said_at)) FROM every_label
           WHERE rule LIKE ANY(%(rules)s) AND (%(subjects)s::text[] IS NULL OR subject = ANY(%(subjects)s))
             AND alert_id IS NULL AND verdict <> 'false'
             AND since < %(until)s AND coalesce(until, greatest(since, said_at)) > %(since)s""",
        {
            "rules": list(_WRONG),
            "subjects": None if subjects is None else list(subjects),
            "since": since,
            "until": until,
        },
    )
    return [Wrong(*row) for row in rows]


def save_learning(
    connection: Connection[Any],
    outcomes: Sequence[Outcome],
    *,
    since: datetime,
    until: datetime,
    by: str,
    at: datetime,
    version: str,
    note: str = "",
    is_whole: bool = True,
) -> int:
    """Keep what was learnt in the caller's transaction, `version` naming all profiles then in force; return its id.

    `is_whole`: of everything in the city, so that the next learning of the whole city need not come before its time.
    """
    row = connection.execute(
        """INSERT INTO profile_learnings (learnt_at, learnt_by, since, until, profiles, note, whole)
           VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING learning_id""",
        (at, plain_text(by), since, until, version, plain_text(note), is_whole),
    ).fetchone()
    assert row is not None
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO profiles (version, subject, quantity, learnt_from, learnt_until, document, stored_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (version) DO NOTHING""",
            [
                (one.version, one.subject, one.quantity.value, one.learnt_from, one.learnt_until,
                 as_jsonb(document_of(one)), at)
                for one in (outcome.profile for outcome in outcomes) if one is not None
            ],
        )  # fmt: skip
        cursor.executemany(
            """INSERT INTO profile_outcomes
                   (learning_id, subject, quantity, grid, version, why_not, hours, left_out, left_out_why)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (row[0], one.subject, one.quantity.value, one.grid, one.profile.version if one.profile else None,
                 one.why_not.value if one.why_not else None, one.hours, one.left_out,
                 as_jsonb(dict(one.left_out_why)))
                for one in outcomes
            ],
        )  # fmt: skip
    return int(row[0])


def last_learnt_at(connection: Connection[Any]) -> datetime | None:
    """Return when the whole city was last learnt; to learn a few places by hand puts that off for nobody."""
    row = connection.execute("SELECT max(learnt_at) FROM profile_learnings WHERE whole").fetchone()
    return None if row is None else row[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """One time that somebody learnt and put into force: when, who and why, from which span."""

    learnt_at: datetime
    learnt_by: str
    note: str
    is_whole: bool
    since: datetime
    until: datetime


def newest_learnings(connection: Connection[Any], limit: int) -> list[Learning]:
    """Return the newest first."""
    with connection.cursor(row_factory=class_row(Learning)) as cursor:
        return cursor.execute(
            """SELECT learnt_at, learnt_by, note, whole AS is_whole, since, until FROM profile_learnings
               ORDER BY learning_id DESC LIMIT %s""",
            (limit,),
        ).fetchall()


def first_hour(connection: Connection[Any], subjects: Sequence[Subject]) -> datetime | None:
    """Return the first stored hour of any of `subjects`, None where nothing is stored of them."""
    by_quantity: dict[Quantity, set[str]] = {}
    for subject in subjects:
        by_quantity.setdefault(subject.quantity, set()).update(subject.members)
    found: list[datetime] = []
    for quantity, devices in sorted(by_quantity.items()):
        row = connection.execute(
            "SELECT min(hour) FROM readings_hourly WHERE device_id = ANY(%s) AND quantity = %s",
            (sorted(devices), quantity.value),
        ).fetchone()
        if row is not None and row[0] is not None:
            found.append(row[0])
    return min(found, default=None)


def tell_rhythm(connection: Connection[Any], role: str, every_days: float, at: datetime) -> None:
    """Note that a tuning role learns the whole city by itself every so many days."""
    connection.execute(
        """INSERT INTO tuning_roles (worker, started_at, seen_at, learn_every_days)
           VALUES (%(role)s, %(at)s, %(at)s, %(days)s)
           ON CONFLICT (worker) DO UPDATE SET learn_every_days = excluded.learn_every_days""",
        {"role": role, "at": at, "days": every_days},
    )


def rhythm(connection: Connection[Any], at: datetime) -> float | None:
    """Return every how many days a tuning role that lives learns by itself; None: none does, or none lives."""
    row = connection.execute(
        "SELECT min(learn_every_days) FROM tuning_roles WHERE learn_every_days > 0 AND seen_at >= %s",
        (at - timedelta(seconds=DEAD_S),),
    ).fetchone()
    return None if row is None else row[0]


def learnt(
    connection: Connection[Any], *, subjects: Sequence[str] | None = None, reach: Reach = EVERYWHERE
) -> list[Learnt]:
    """Return the last word on each quantity of `subjects` (None: all) within `reach`, in order."""
    query = f"""
        SELECT DISTINCT ON (subject, quantity) subject, quantity, grid, learnt_at, learnt_by, since, until, hours,
               left_out, why_not, note, left_out_why,
               (SELECT document FROM profiles WHERE profiles.subject = profile_outcomes.subject
                    AND profiles.quantity = profile_outcomes.quantity ORDER BY stored_at DESC LIMIT 1)
        FROM profile_outcomes JOIN profile_learnings USING (learning_id)
        WHERE {_IN_REACH} AND (%(subjects)s::text[] IS NULL OR subject = ANY(%(subjects)s))
        ORDER BY subject, quantity, learning_id DESC"""
    values = {"subjects": None if subjects is None else list(subjects), **reach_values(reach)}
    return [
        Learnt(
            subject=subject,
            quantity=Quantity(quantity),
            grid=grid,
            learnt_at=at,
            learnt_by=by,
            since=since,
            until=until,
            hours=hours,
            left_out=left_out,
            why_not=NotLearnt(why_not) if why_not else None,
            profile=profile_from(document) if document else None,
            note=note,
            left_out_why=left_out_why,
        )
        for subject, quantity, grid, at, by, since, until, hours, left_out, why_not, note, left_out_why, document in (
            connection.execute(query.encode(), values)
        )
    ]


def profile_of(connection: Connection[Any], version: str) -> Profile | None:
    """Return a profile by its version, None where there is none; whoever asks has seen an alert that names it."""
    row = connection.execute("SELECT document FROM profiles WHERE version = %s", (version,)).fetchone()
    return None if row is None else profile_from(row[0])


def take_learning(connection: Connection[Any]) -> bool:
    """Tell whether the caller is the one that may learn now; it holds until the transaction ends."""
    row = connection.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('lianqin profiles', 0))").fetchone()
    return row is not None and bool(row[0])
