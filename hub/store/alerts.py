"""Alerts in the database: locked rows and what happens to them in, changed rows and feed rows out.

Whoever changes an alert first locks its row. A detector's word is merged into the row as it stands, so that an
acknowledgement or a shelving that an operator gave meanwhile is never overwritten; a word that is already there, or
older than what is there, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from detectors.finding import OpenFinding
from hub.alerts.alert import Alert, Condition
from hub.alerts.change import AlertChange
from hub.alerts.intake import open_findings
from hub.alerts.lifecycle import EventType
from hub.dispatch.document import EvidenceRef, alert_document
from hub.store.feed import FeedRow
from hub.store.record import link
from hub.store.rows import ALERT_COLUMNS, ALERT_SELECT, alert_from_row, alert_to_row, storable

_KEPT = ("judged_at", "record_hash")
_CHANGED = (*ALERT_COLUMNS[1:], *_KEPT, "updated_at")
_WRITTEN = ("alert_id", *_CHANGED, "known_at", "ended_at")
_INSERT = sql.SQL("INSERT INTO alerts ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
    sql.SQL(", ").join(map(sql.Identifier, _WRITTEN)), sql.SQL(", ").join(map(sql.Placeholder, _WRITTEN))
)
_UPDATE = sql.SQL(
    "UPDATE alerts SET {}, ended_at = coalesce(ended_at, %(ended_at)s) WHERE alert_id = %(alert_id)s"
).format(
    sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in _CHANGED)
)


class Skipped(StrEnum):
    """Why a change was not made."""

    ALREADY_THERE = "already there"
    OUTDATED = "older than what is there"
    UNKNOWN_ALERT = "no such alert"
    ANOTHER_ACTIVE = "another alert of the same rule and subject is active"


@dataclass(slots=True)
class Locked:
    """An alert whose row this transaction holds."""

    alert: Alert
    judged_at: datetime
    record_hash: str
    evidence: list[EvidenceRef] = field(default_factory=list)


def lock(connection: Connection[Any], ids: Iterable[UUID]) -> dict[UUID, Locked]:
    """Lock the rows of those alerts, in order of their ids so that two transactions cannot wait for each other."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = connection.execute(
        f"SELECT {ALERT_SELECT}, judged_at, record_hash FROM alerts WHERE alert_id = ANY(%s) "
        "ORDER BY alert_id FOR UPDATE",
        (wanted,),
    ).fetchall()
    locked = {row[0]: Locked(alert_from_row(row), row[-2], row[-1]) for row in rows}
    for alert_id, refs in evidence_of(connection, list(locked)).items():
        locked[alert_id].evidence = refs
    return locked


def evidence_of(connection: Connection[Any], ids: Sequence[UUID]) -> dict[UUID, list[EvidenceRef]]:
    """Return the pictures filed with each of those alerts."""
    found: defaultdict[UUID, list[EvidenceRef]] = defaultdict(list)
    if ids:
        for alert_id, kind, at, sha256, missing in connection.execute(
            """SELECT alert_id, kind, captured_at, sha256, missing FROM alert_evidence WHERE alert_id = ANY(%s)
               ORDER BY captured_at, kind""",
            (list(ids),),
        ):
            found[alert_id].append(EvidenceRef(kind=kind, at=at, sha256=sha256, missing=missing))
    return found


def apply(
    connection: Connection[Any], locked: dict[UUID, Locked], change: AlertChange, *, now: datetime
) -> FeedRow | Skipped:
    """Make one change of a detector; `locked` holds every alert that this transaction may change, new ones included."""
    alert_id = change.alert.alert_id
    held = locked.get(alert_id)
    if change.type is EventType.RAISED:
        return Skipped.ALREADY_THERE if held is not None else _insert(connection, locked, change, now=now)
    if held is None:
        return Skipped.UNKNOWN_ALERT
    if held.alert.condition is Condition.CLEARED:
        return Skipped.ALREADY_THERE
    if change.at < held.judged_at:
        return Skipped.OUTDATED
    merged = merge(held.alert, change.alert)
    if merged == held.alert:
        return Skipped.ALREADY_THERE
    merged = replace(merged, revision=held.alert.revision + 1)
    return write(connection, held, merged, kind=change.type, at=change.at, now=now, judged_at=change.at)


def merge(stored: Alert, judged: Alert) -> Alert:
    """Return the stored alert with the detector's side of `judged`: all but what operators and revisions are about."""
    cleared = judged.condition is Condition.CLEARED
    return replace(
        judged,
        acknowledged=stored.acknowledged,
        acknowledged_by=stored.acknowledged_by,
        acknowledged_at=stored.acknowledged_at,
        shelved_until=None if cleared else stored.shelved_until,
        shelved_by=None if cleared else stored.shelved_by,
        shelve_reason=None if cleared else stored.shelve_reason,
        owner=stored.owner,
        verdict=stored.verdict,
        previous_id=stored.previous_id,
        revision=stored.revision,
    )


def write(
    connection: Connection[Any],
    held: Locked,
    alert: Alert,
    *,
    kind: EventType,
    at: datetime,
    now: datetime,
    judged_at: datetime | None = None,
) -> FeedRow:
    """Put `alert` in place of the locked one and return the feed row that tells of it."""
    row = _feed_row(alert, held.evidence, held.record_hash, kind=kind, at=at)
    held.alert, held.record_hash, held.judged_at = alert, row.hash, judged_at or held.judged_at
    connection.execute(_UPDATE, _columns(held, now))
    return row


def open_alerts(connection: Connection[Any], grids: Sequence[str] | None) -> list[Alert]:
    """Return the active alerts of those grids (None: all), oldest first."""
    return _select(connection, "condition = 'active'", grids, {})


def recent_alerts(connection: Connection[Any], grids: Sequence[str] | None, since: datetime) -> list[Alert]:
    """Return the alerts that are active, or were raised or cleared since then, oldest first."""
    condition = "(condition = 'active' OR raised_at >= %(since)s OR cleared_at >= %(since)s)"
    return _select(connection, condition, grids, {"since": since})


def alerts_as_of(
    connection: Connection[Any], grids: Sequence[str] | None, moment: datetime, since: datetime
) -> list[Alert]:
    """Return what the hub knew at `moment` of the alerts that were active then or ended since `since`, oldest first.

    An alert that cleared later is given as active; its severity and reason are those it has now.
    """
    known = _select(
        connection,
        "known_at < %(moment)s AND (ended_at IS NULL OR ended_at >= %(since)s)",
        grids,
        {"moment": moment, "since": since},
    )
    ended = {
        alert_id
        for (alert_id,) in connection.execute(
            "SELECT alert_id FROM alerts WHERE ended_at >= %s AND ended_at < %s", (since, moment)
        )
    }
    return [alert if alert.alert_id in ended else _still_active(alert) for alert in known]


def _still_active(alert: Alert) -> Alert:
    return replace(alert, condition=Condition.ACTIVE, cleared_at=None, clear_reason=None)


def open_findings_of(connection: Connection[Any], grids: Sequence[str] | None) -> list[OpenFinding]:
    """Return what a new worker for those grids must be told of."""
    return open_findings(open_alerts(connection, grids))


def _select(
    connection: Connection[Any], condition: str, grids: Sequence[str] | None, parameters: dict[str, Any]
) -> list[Alert]:
    rows = connection.execute(
        f"SELECT {ALERT_SELECT} FROM alerts WHERE {condition} "
        "AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s)) ORDER BY raised_at, alert_id",
        {**parameters, "grids": None if grids is None else list(grids)},
    )
    return [alert_from_row(row) for row in rows]


def _insert(
    connection: Connection[Any], locked: dict[UUID, Locked], change: AlertChange, *, now: datetime
) -> FeedRow | Skipped:
    row = _feed_row(change.alert, (), "", kind=change.type, at=change.at)
    held = Locked(change.alert, change.at, row.hash)
    if connection.execute(_INSERT, _columns(held, now)).rowcount:
        locked[change.alert.alert_id] = held
        return row
    # Either somebody else raised the very same in this moment, or the index that allows one active alert for a subject
    # stands against it. Both are rare; only now is it worth a look.
    there = lock(connection, [change.alert.alert_id])
    locked.update(there)
    return Skipped.ALREADY_THERE if there else Skipped.ANOTHER_ACTIVE


def _feed_row(
    alert: Alert, evidence: Sequence[EvidenceRef], previous: str, *, kind: EventType, at: datetime
) -> FeedRow:
    document = storable(alert_document(alert, evidence))
    return FeedRow(
        at=at,
        kind=kind.value,
        alert_id=alert.alert_id,
        grid=alert.grid,
        document=document,
        previous_hash=previous,
        hash=link(previous, kind=kind.value, at=at, document=document),
    )


def _columns(held: Locked, now: datetime) -> dict[str, Any]:
    return {
        **alert_to_row(held.alert),
        "judged_at": held.judged_at,
        "record_hash": held.record_hash,
        "updated_at": now,
        "known_at": now,
        "ended_at": now if held.alert.condition is Condition.CLEARED else None,
    }
