"""What a database holds is held against what it must hold: an address and the expected in, an AssertionError out."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import psycopg

from hub.dispatch.document import alert_document
from hub.store.chain import verify
from hub.store.rows import ALERT_SELECT, alert_from_row
from tests.support.load import Expected


def wait_until_through(dsn: str, must: Expected, wait_s: float = 60.0) -> None:
    """Wait until so many readings, pieces in quarantine and cleared alerts are there as there must be."""
    cleared = sum(document["condition"] == "cleared" for document in must.alerts.values())
    wanted = (len(must.readings), len(must.quarantined), cleared)
    deadline = time.monotonic() + wait_s
    while True:
        with psycopg.connect(dsn, autocommit=True) as connection:
            found = connection.execute(
                """SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM quarantine),
                          (SELECT count(*) FROM alerts WHERE condition = 'cleared')"""
            ).fetchone()
        if found == wanted or time.monotonic() > deadline:
            return  # what is missing in the end, `check` tells better than a deadline
        time.sleep(0.1)


def check(dsn: str, must: Expected) -> Counter[str]:
    """Compare everything; return the ledger's sums and how many alerts there were, for the record."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        _check_observations(connection, must)
        sums = _check_ledger(connection)
        _check_alerts(connection, must)
        _check_feed(connection)
    with psycopg.connect(dsn) as connection:
        assert verify(connection).problems == []
    sums["alerts"] = len(must.alerts)
    return sums


def _check_observations(connection: psycopg.Connection[Any], must: Expected) -> None:
    stored = connection.execute("SELECT device_id, quantity, measured_at, value FROM readings").fetchall()
    assert len(stored) == len(set(stored))
    assert _difference(set(stored), must.readings) == ([], [])
    kept = connection.execute("SELECT topic, payload, entry FROM quarantine").fetchall()
    assert len(kept) == len(set(kept))
    assert _difference(set(kept), must.quarantined) == ([], [])
    assert connection.execute("SELECT count(*) FROM readings WHERE late").fetchone() == (0,)


def _check_ledger(connection: psycopg.Connection[Any]) -> Counter[str]:
    unbalanced = "SELECT * FROM ledger WHERE received <> stored + duplicate + quarantined"
    assert connection.execute(unbalanced).fetchall() == []
    row = connection.execute(
        "SELECT sum(received)::int, sum(stored)::int, sum(duplicate)::int, sum(quarantined)::int FROM ledger"
    ).fetchone()
    assert row is not None
    sums = Counter(dict(zip(("received", "stored", "duplicate", "quarantined"), row, strict=True)))
    counts = "SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM quarantine)"
    assert connection.execute(counts).fetchone() == (sums["stored"], sums["quarantined"])
    return sums


def _check_alerts(connection: psycopg.Connection[Any], must: Expected) -> None:
    rows = connection.execute(f"SELECT {ALERT_SELECT} FROM alerts").fetchall()
    found = {str(row[0]): alert_document(alert_from_row(row), ()) for row in rows}
    told = _by_place(found), _by_place(must.alerts)
    assert told[0] == told[1]
    assert found == must.alerts


def _check_feed(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute("SELECT seq, alert_id, type FROM feed ORDER BY seq").fetchall()
    assert [seq for seq, _, _ in rows] == list(range(1, len(rows) + 1))
    said = Counter((alert_id, kind) for _, alert_id, kind in rows if kind in ("alert.raised", "alert.cleared"))
    assert set(said.values()) <= {1}, "an alert was raised or cleared twice"


def _by_place(documents: dict[str, dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what a person needs to see what differs."""
    return sorted((d["rule"], d["subject"], d["since"], d["raised_at"], d["cleared_at"]) for d in documents.values())


def _difference(found: set[Any], wanted: set[Any]) -> tuple[list[Any], list[Any]]:
    """Return some of what is too much and some of what is missing."""
    return sorted(found - wanted, key=repr)[:5], sorted(wanted - found, key=repr)[:5]
