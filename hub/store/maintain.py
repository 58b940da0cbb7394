"""Keeps the database in shape: now and how long to keep what in, what was done out. Safe to repeat at any time.

Plain PostgreSQL: partitions ahead, roll-up, old partitions dropped. TimescaleDB's Apache edition: roll-up, old chunks
dropped. Its community edition compresses, rolls up and drops by its own policies; here they are only held to the
settings. Pictures lose their bytes when their time is over, never their hash. The feed is the alerts' record and is
kept; so are alerts, the ledger and the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from psycopg import Connection

from hub.people.lockout import FORGOTTEN_AFTER, KNOWN_FOR
from hub.settings import Settings
from hub.store.command import unshelve_due
from hub.store.edition import Edition, edition_of
from hub.store.partitions import FRAMES, READINGS, SERIES, Series, drop_before, make_ahead, settle
from hub.store.photos import forget_unused
from hub.store.reports import forget_contacts
from hub.store.rollup import roll_up
from hub.store.session import connect, unavailable

LOCK = 0x6C6D  # ours among advisory locks: "lm"
BATCH_IDS_KEPT = timedelta(days=1)
ANSWERS_KEPT = timedelta(days=2)
_PICTURES_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long what is kept."""

    readings: timedelta
    detections: timedelta
    evidence: timedelta
    contacts: timedelta = timedelta(days=90)
    deliveries: timedelta = timedelta(days=90)


def keep_of(settings: Settings) -> Keep:
    """Return what the settings say of keeping."""
    return Keep(
        readings=timedelta(days=settings.readings_keep_days),
        detections=timedelta(days=settings.detections_keep_days),
        evidence=timedelta(days=settings.evidence_keep_days),
        contacts=timedelta(days=settings.contacts_keep_days),
        deliveries=timedelta(days=settings.deliveries_keep_days),
    )


def maintain(dsn: str, *, now: datetime, keep: Keep) -> list[str]:
    """Do what is due and return it in words; nothing at all while another one is at it. Raises StoreUnavailable."""
    with connect(dsn) as connection, unavailable():
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        if row is None or not row[0]:
            return []
        edition = edition_of(connection)
        done = _series(connection, edition, now, keep)
        done += _rows(connection, now, keep)
        return done


def end_shelvings(dsn: str, now: datetime) -> int:
    """End every shelving whose time has come; return how many. Raises StoreUnavailable."""
    with connect(dsn) as connection, unavailable():
        return len(unshelve_due(connection, now))


def _series(connection: Connection[Any], edition: Edition, now: datetime, keep: Keep) -> list[str]:
    kept = ((READINGS, keep.readings), (FRAMES, keep.detections))
    if edition is Edition.COMMUNITY:
        return [f"{series.table} are kept {age.days} days" for series, age in kept if _policy(connection, series, age)]
    done = []
    if edition is Edition.PLAIN:
        done += _when_free(connection, partial(make_ahead, connection, now), "made partition {}")
        for series in SERIES:
            done += _when_free(connection, partial(settle, connection, series), "made partition {}")
    hours = roll_up(connection, now)
    done += [f"rolled up {hours} hours"] if hours else []
    for series, age in kept:
        if edition is Edition.PLAIN:
            done += _when_free(
                connection,
                partial(drop_before, connection, series, now - age),
                "dropped {}",
            )
        else:
            done += [f"dropped {name}" for name in _drop_chunks(connection, series, now - age)]
    return done


def _when_free(connection: Connection[Any], work: Callable[[], list[str]], said: str) -> list[str]:
    """Do work that needs a table's lock; where writers hold it for too long, leave it for the next time."""
    try:
        return [said.format(name) for name in work()]
    except psycopg.errors.LockNotAvailable:
        return [f"left for the next time, the table was busy: {said.format('…')}"]


def _drop_chunks(connection: Connection[Any], series: Series, before: datetime) -> list[str]:
    rows = connection.execute(
        "SELECT drop_chunks(%s::regclass, older_than => %s::timestamptz)", (series.table, before)
    ).fetchall()
    return [str(name).rpartition(".")[2] for (name,) in rows]


def _policy(connection: Connection[Any], series: Series, age: timedelta) -> bool:
    """Hold the retention policy of a hypertable to `age`; return whether it had to be changed."""
    row = connection.execute(
        """SELECT (config ->> 'drop_after')::interval FROM timescaledb_information.jobs
           WHERE proc_name = 'policy_retention' AND hypertable_name = %s""",
        (series.table,),
    ).fetchone()
    if row is not None and row[0] == age:
        return False
    with connection.transaction():
        connection.execute("SELECT remove_retention_policy(%s::regclass, if_exists => true)", (series.table,))
        connection.execute("SELECT add_retention_policy(%s::regclass, drop_after => %s::interval)", (series.table, age))
    return True


def _rows(connection: Connection[Any], now: datetime, keep: Keep) -> list[str]:
    """Let go of what lies in ordinary tables."""
    done = []
    for what, statement, before in (
        ("statuses", "DELETE FROM statuses WHERE received_at < %s", now - keep.readings),
        ("listening intervals", "DELETE FROM listening WHERE until < %s", now - keep.readings),
        ("hourly aggregates", "DELETE FROM readings_rollup WHERE hour < %s", now - max(keep.readings, _TEN_YEARS)),
        ("quarantined messages", "DELETE FROM quarantine WHERE last_received_at < %s", now - keep.readings),
        ("deliveries", "DELETE FROM deliveries WHERE ended_at < %s", now - keep.deliveries),
        ("batch ids", "DELETE FROM batches WHERE written_at < %s", now - BATCH_IDS_KEPT),
        ("remembered answers", "DELETE FROM idempotency WHERE created_at < %s", now - ANSWERS_KEPT),
        # As long as people are known at an address that they have signed in from.
        ("sessions", "DELETE FROM sessions WHERE expires_at < %s", now - KNOWN_FOR),
        ("tickets", "DELETE FROM session_tickets WHERE expires_at < %s", now),
        ("failed attempts to sign in", "DELETE FROM sign_in_failures WHERE until < %s", now - 24 * FORGOTTEN_AFTER),
    ):
        count = connection.execute(statement, (before,)).rowcount
        if count and what != "batch ids":
            done.append(f"removed {count} {what}")
    if count := forget_contacts(connection, now=now, keep=keep.contacts):
        done.append(f"forgot how {count} reporters can be reached")
    if count := forget_unused(connection, now - UNUSED_PHOTOS_KEPT):
        done.append(f"removed {count} photos that were handed in and never used")
    pictures = _expire_pictures(connection, now - keep.evidence)
    return done + ([f"removed {pictures} pictures"] if pictures else [])


UNUSED_PHOTOS_KEPT = timedelta(days=7)
_TEN_YEARS = timedelta(days=3653)  # hourly aggregates are small: what they are for is comparing years


def _expire_pictures(connection: Connection[Any], before: datetime) -> int:
    """Remove the bytes of old pictures, some at a time so that no transaction grows long."""
    total = 0
    while True:
        count = connection.execute(
            """UPDATE alert_evidence SET jpeg = NULL WHERE (alert_id, kind, captured_at) IN (
                   SELECT alert_id, kind, captured_at FROM alert_evidence
                   WHERE jpeg IS NOT NULL AND received_at < %s LIMIT %s)""",
            (before, _PICTURES_AT_ONCE),
        ).rowcount
        total += count
        if count < _PICTURES_AT_ONCE:
            return total
