"""Proves evidence: one alert or case, or all, in; what differs from the hash-linked record out.

For each alert four things must agree: the chain of its feed rows, the head of that chain in its own row, the document
that the last link stands for and the alert as it is stored now, and every picture with the SHA-256 it was filed under.
`case_chain.py` does the same for cases. Of the feed as a whole no number may be missing. A picture whose time was over
is gone by rule; its hash stays.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.dispatch.document import EvidenceRef, alert_document
from hub.store.case_chain import verify_cases
from hub.store.record import canonical, link
from hub.store.rows import ALERT_SELECT, alert_from_row, storable
from hub.store.verified import Difference, Problem, Row, Verified

_AT_ONCE = 200  # alerts
# What records lack that are older than these members of documents.
_ADDED: dict[str, Any] = {"evidence_missing": [], "owner": None, "verdict": None}


@dataclass(frozen=True, slots=True)
class _Picture:
    ref: EvidenceRef
    found: str | None  # SHA-256 of the stored bytes; None where they are gone


def verify(connection: Connection[Any], alert_id: UUID | None = None) -> Verified:
    """Verify one alert or case, or everything; to be called first in a transaction, which becomes one snapshot."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    result = Verified()
    for alerts in _alerts(connection, alert_id):
        ids = [alert.alert_id for alert, _ in alerts]
        rows, pictures = _feed(connection, ids), _pictures(connection, ids)
        for alert, head in alerts:
            result.alerts += 1
            _check_chain(alert, head, rows[alert.alert_id], result)
            _check_pictures(alert, rows[alert.alert_id], pictures[alert.alert_id], result)
    verify_cases(connection, result, alert_id)
    if alert_id is None:
        _check_feed(connection, result)
    elif result.alerts + result.cases == 0:
        result.problems.append(_problem(alert_id, Difference.NO_ALERT, "there is no such alert, and no such case"))
    return result


def _check_chain(alert: Alert, head: str, rows: Sequence[Row], result: Verified) -> None:
    def differs(difference: Difference, text: str) -> None:
        result.problems.append(_problem(alert.alert_id, difference, text))

    if not rows:
        differs(Difference.NO_RECORD, "the feed holds nothing of this alert")
        return
    previous = ""
    for row in rows:
        if row.previous != previous:
            differs(Difference.BROKEN_LINK, f"feed row {row.seq} does not follow the row before it")
        if row.hash != link(row.previous, kind=row.kind, at=row.at, document=row.document):
            differs(Difference.CHANGED_ROW, f"feed row {row.seq} is not what was recorded")
        previous = row.hash
    if head != previous:
        differs(Difference.WRONG_HEAD, f"the record ends with feed row {rows[-1].seq}, which is not its recorded end")


def _check_pictures(alert: Alert, rows: Sequence[Row], pictures: Sequence[_Picture], result: Verified) -> None:
    def differs(difference: Difference, text: str) -> None:
        result.problems.append(_problem(alert.alert_id, difference, text))

    for picture in pictures:
        if picture.ref.sha256 is None:
            continue
        result.pictures += 1
        result.expired += picture.found is None
        if picture.found not in (None, picture.ref.sha256):
            differs(Difference.CHANGED_PICTURE, f"the {picture.ref.kind} picture is not the one with its SHA-256")
    if not rows:
        return
    recorded = _ADDED | rows[-1].document
    now = storable(alert_document(alert, [picture.ref for picture in pictures]))
    there = {found["sha256"] for found in now["evidence"]}
    for found in recorded.get("evidence", ()):
        if found.get("sha256") not in there:
            differs(Difference.MISSING_PICTURE, f"the {found.get('kind')} picture {found.get('sha256')} is gone")
    changed = sorted(key for key in now.keys() | recorded.keys() if _differ(now.get(key), recorded.get(key)))
    if changed:
        differs(Difference.CHANGED_ALERT, f"the alert differs from its record in {', '.join(changed)}")


def _check_feed(connection: Connection[Any], result: Verified) -> None:
    """Look for numbers that are missing, and for rows of alerts or cases that are not there."""
    row = connection.execute("SELECT count(*), min(seq), max(seq), (SELECT seq FROM feed_head) FROM feed").fetchone()
    assert row is not None
    count, first, last, head = row
    if (count, first, last) != ((head, 1, head) if head else (0, None, None)):
        text = f"the feed holds {count} rows from {first} to {last} where 1 to {head} were written"
        result.problems.append(_problem(None, Difference.MISSING_NUMBERS, text))
    orphans = connection.execute(
        """SELECT DISTINCT alert_id FROM feed WHERE alert_id IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM alerts WHERE alerts.alert_id = feed.alert_id) ORDER BY alert_id"""
    )
    for (orphan,) in orphans:
        result.problems.append(_problem(orphan, Difference.NO_ALERT, "the feed tells of it, but the alert is gone"))
    lost = connection.execute(
        """SELECT DISTINCT case_id FROM feed WHERE case_id IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM cases WHERE cases.case_id = feed.case_id) ORDER BY case_id"""
    )
    for (orphan,) in lost:
        text = "the feed tells of it, but the case is gone"
        result.problems.append(Problem(case_id=orphan, difference=Difference.NO_CASE, text=text))


def _differ(one: Any, other: Any) -> bool:
    return canonical(one) != canonical(other)


def _problem(alert_id: UUID | None, difference: Difference, text: str) -> Problem:
    return Problem(alert_id=alert_id, difference=difference, text=text)


def _alerts(connection: Connection[Any], alert_id: UUID | None) -> Iterator[list[tuple[Alert, str]]]:
    """Yield the alerts with the heads of their records, some at a time."""
    with connection.cursor(name="verified_alerts") as cursor:
        cursor.execute(
            f"SELECT {ALERT_SELECT}, record_hash FROM alerts WHERE %(id)s::uuid IS NULL OR alert_id = %(id)s "
            "ORDER BY alert_id",
            {"id": alert_id},
        )
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [(alert_from_row(row), row[-1]) for row in rows]


def _feed(connection: Connection[Any], ids: list[UUID]) -> defaultdict[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for alert_id, *values in connection.execute(
        """SELECT alert_id, seq, at, type, alert, prev_hash, hash FROM feed WHERE alert_id = ANY(%s)
           ORDER BY alert_id, seq""",
        (ids,),
    ):
        found[alert_id].append(Row(*values))
    return found


def _pictures(connection: Connection[Any], ids: list[UUID]) -> defaultdict[UUID, list[_Picture]]:
    """Return the pictures' hashes as filed and as found; the bytes come one picture at a time and are let go."""
    found: defaultdict[UUID, list[_Picture]] = defaultdict(list)
    with connection.cursor(name="verified_pictures") as cursor:
        cursor.itersize = 8
        cursor.execute(
            "SELECT alert_id, kind, captured_at, sha256, missing, jpeg FROM alert_evidence WHERE alert_id = ANY(%s)",
            (ids,),
        )
        for alert_id, kind, at, sha256, missing, jpeg in cursor:
            actual = None if jpeg is None else hashlib.sha256(jpeg).hexdigest()
            ref = EvidenceRef(kind=kind, at=at, sha256=sha256, missing=missing)
            found[alert_id].append(_Picture(ref, actual))
    return found
