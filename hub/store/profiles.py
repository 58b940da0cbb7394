"""What profiles are learnt from, in; profiles and what became of each place, kept and read again, narrowed by reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from detectors.profile import Profile, document_of, profile_from
from hub.people.caller import EVERYWHERE, Reach
from hub.store.reach import reach_values
from hub.store.rows import as_jsonb, plain_text
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


def wrong_times(connection: Connection[Any], since: datetime, until: datetime) -> list[Wrong]:
    """Return when something was wrong with what: alerts that nobody called false, and labels that say something was.

    Of an alert that carries a label or a verdict the last word counts; what nobody has judged yet is taken for true.
    """
    rows = connection.execute(
        """SELECT subject, since, cleared_at FROM alerts
           WHERE rule LIKE ANY(%(rules)s) AND since < %(until)s AND (cleared_at IS NULL OR cleared_at > %(since)s)
             AND coalesce((SELECT every_label.verdict FROM every_label WHERE every_label.alert_id = alerts.alert_id
                           ORDER BY said_at DESC LIMIT 1), 'true') <> 'false'
           UNION ALL
           SELECT subject, since, coalesce(until, greatest(since, said_at)) FROM every_label
           WHERE rule LIKE ANY(%(rules)s) AND alert_id IS NULL AND verdict <> 'false'
             AND since < %(until)s AND coalesce(until, greatest(since, said_at)) > %(since)s""",
        {"rules": list(_WRONG), "since": since, "until": until},
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
) -> int:
    """Keep what was learnt in the caller's transaction, `version` naming all profiles then in force; return its id."""
    row = connection.execute(
        """INSERT INTO profile_learnings (learnt_at, learnt_by, since, until, profiles)
           VALUES (%s, %s, %s, %s, %s) RETURNING learning_id""",
        (at, plain_text(by), since, until, version),
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
                   (learning_id, subject, quantity, grid, version, why_not, hours, left_out)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (row[0], one.subject, one.quantity.value, one.grid, one.profile.version if one.profile else None,
                 one.why_not.value if one.why_not else None, one.hours, one.left_out)
                for one in outcomes
            ],
        )  # fmt: skip
    return int(row[0])


def last_learnt_at(connection: Connection[Any]) -> datetime | None:
    """Return when anything was last learnt."""
    row = connection.execute("SELECT max(learnt_at) FROM profile_learnings").fetchone()
    return None if row is None else row[0]


def learnt(
    connection: Connection[Any], *, subjects: Sequence[str] | None = None, reach: Reach = EVERYWHERE
) -> list[Learnt]:
    """Return the last word on each quantity of `subjects` (None: all) within `reach`, in order."""
    query = f"""
        SELECT DISTINCT ON (subject, quantity) subject, quantity, grid, learnt_at, learnt_by, since, until, hours,
               left_out, why_not,
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
        )
        for subject, quantity, grid, at, by, since, until, hours, left_out, why_not, document in connection.execute(
            query.encode(), values
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
