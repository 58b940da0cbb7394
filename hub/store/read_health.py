"""What the database knows of the hub's own health: how old the newest observation and frames are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from hub.cases.stage import OPEN

_WINDOWS = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=6))


def newest_observation(connection: Connection[Any], at: datetime) -> datetime | None:
    """Return when the newest stored observation was received; None when the last six hours hold none.

    Looks at a few seconds first and further back only when they are empty: the readings' index by time of receiving is
    coarse, and so the common case stays cheap however many readings there are.
    """
    for window in _WINDOWS:
        row = connection.execute(
            """SELECT greatest(
                   (SELECT max(received_at) FROM readings WHERE received_at > %(from)s AND measured_at > %(measured)s),
                   (SELECT max(received_at) FROM frames WHERE received_at > %(from)s AND captured_at > %(measured)s),
                   (SELECT max(received_at) FROM statuses WHERE received_at > %(from)s))""",
            {"from": at - window, "measured": at - window - timedelta(days=1)},
        ).fetchone()
        if row is not None and row[0] is not None:
            newest: datetime = row[0]
            return newest
    return None


def newest_frames(connection: Connection[Any], cameras: Sequence[str], at: datetime) -> dict[str, datetime]:
    """Return the time of each camera's newest frame within the day before `at`; cameras without one are missing."""
    rows = connection.execute(
        """SELECT c.camera_id, f.captured_at FROM unnest(%s::text[]) AS c (camera_id)
           CROSS JOIN LATERAL (
               SELECT captured_at FROM frames WHERE frames.camera_id = c.camera_id AND captured_at > %s
               ORDER BY captured_at DESC LIMIT 1) AS f""",
        (list(cameras), at - timedelta(days=1)),
    )
    return {camera_id: captured_at for camera_id, captured_at in rows}


def ping(connection: Connection[Any]) -> str:
    """Return the server's version, as proof that it answers."""
    row = connection.execute("SHOW server_version").fetchone()
    return "" if row is None else str(row[0])


def active_counts(connection: Connection[Any]) -> list[tuple[str, str, int]]:
    """Return how many alerts are active, by rule and severity."""
    return connection.execute(
        "SELECT rule, severity, count(*) FROM alerts WHERE condition = 'active' GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()


def open_cases(connection: Connection[Any]) -> list[tuple[str, bool, int]]:
    """Return how many cases are open, by stage and whether they are overdue."""
    return connection.execute(
        "SELECT stage, overdue, count(*) FROM cases WHERE stage = ANY(%s) GROUP BY 1, 2 ORDER BY 1, 2",
        ([stage.value for stage in OPEN],),
    ).fetchall()
