"""Takes a filter and where to go on, gives alerts with their evidence, the newest first; and evidence by its hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.dispatch.document import EvidenceRef
from hub.people.caller import Reach
from hub.store.alerts import evidence_of
from hub.store.reach import ALERT_IN_REACH, reach_values
from hub.store.rows import ALERT_SELECT, alert_from_row


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts; an empty part asks for nothing. `rules` may end in `.*`; `since` ≤ raised_at < `until`."""

    condition: str | None = None
    rules: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    subject: str | None = None
    acknowledged: bool | None = None
    shelved: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundAlert:
    """One alert and the pictures filed with it."""

    alert: Alert
    evidence: tuple[EvidenceRef, ...]


@dataclass(slots=True)
class _Where:
    """Conditions of a query and their values."""

    clauses: list[str] = field(default_factory=lambda: ["true"])
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, clause: str, **values: Any) -> None:
        self.clauses.append(clause)
        self.values.update(values)


def find_alerts(
    connection: Connection[Any],
    wanted: AlertFilter,
    *,
    at: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
    reach: Reach,
) -> list[FoundAlert]:
    """Return up to `limit` alerts of `wanted` within `reach` in falling (raised_at, id), beginning below `after`.

    `at` is now: shelving ends by itself.
    """
    where = _Where()
    where.add(ALERT_IN_REACH, **reach_values(reach))
    if wanted.condition is not None:
        where.add("condition = %(condition)s", condition=wanted.condition)
    if wanted.rules:
        exact = [rule for rule in wanted.rules if not rule.endswith(".*")]
        domains = [rule.removesuffix(".*") for rule in wanted.rules if rule.endswith(".*")]
        where.add(
            "(rule = ANY(%(rules)s) OR split_part(rule, '.', 1) = ANY(%(domains)s))", rules=exact, domains=domains
        )
    if wanted.severities:
        where.add("severity = ANY(%(severities)s)", severities=list(wanted.severities))
    if wanted.grids:
        where.add("grid = ANY(%(grids)s)", grids=list(wanted.grids))
    if wanted.subject is not None:
        where.add("subject = %(subject)s", subject=wanted.subject)
    if wanted.acknowledged is not None:
        where.add("acknowledged = %(acknowledged)s", acknowledged=wanted.acknowledged)
    if wanted.shelved is not None:
        where.add("coalesce(shelved_until > %(at)s, false) = %(shelved)s", at=at, shelved=wanted.shelved)
    if wanted.since is not None:
        where.add("raised_at >= %(since)s", since=wanted.since)
    if wanted.until is not None:
        where.add("raised_at < %(until)s", until=wanted.until)
    if after is not None:
        where.add("(raised_at, alert_id) < (%(after_at)s, %(after_id)s)", after_at=after[0], after_id=after[1])
    query = f"""SELECT {ALERT_SELECT} FROM alerts WHERE {" AND ".join(where.clauses)}
                ORDER BY raised_at DESC, alert_id DESC LIMIT %(limit)s"""
    rows = connection.execute(query.encode(), {**where.values, "limit": limit}).fetchall()
    return with_evidence(connection, [alert_from_row(row) for row in rows])


def find_alert(connection: Connection[Any], alert_id: UUID, reach: Reach) -> FoundAlert | None:
    """Return one alert; None where there is none within `reach`."""
    query = f"SELECT {ALERT_SELECT} FROM alerts WHERE alert_id = %(alert_id)s AND {ALERT_IN_REACH}"
    row = connection.execute(query.encode(), {"alert_id": alert_id, **reach_values(reach)}).fetchone()
    return None if row is None else with_evidence(connection, [alert_from_row(row)])[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One stored picture; `jpeg` is None once its time is over, `kept_bytes` is how large it was."""

    sha256: str
    captured_at: datetime
    jpeg: bytes | None
    kept_bytes: int


def find_picture(connection: Connection[Any], sha256: str, reach: Reach) -> Picture | None:
    """Return the picture with this hash, if an alert within `reach` has it; filed with two alerts it is one."""
    row = connection.execute(
        f"""SELECT sha256, captured_at, jpeg, bytes FROM alert_evidence
            WHERE sha256 = %(sha256)s AND (%(reach_grids)s::text[] IS NULL OR EXISTS (
                SELECT 1 FROM alerts WHERE alerts.alert_id = alert_evidence.alert_id AND {ALERT_IN_REACH}))
            ORDER BY jpeg IS NULL, captured_at LIMIT 1""".encode(),
        {"sha256": sha256, **reach_values(reach)},
    ).fetchone()
    return None if row is None else Picture(sha256=row[0], captured_at=row[1], jpeg=row[2], kept_bytes=row[3])


def with_evidence(connection: Connection[Any], alerts: Sequence[Alert]) -> list[FoundAlert]:
    """Return the alerts in their order, each with its pictures."""
    found = evidence_of(connection, [alert.alert_id for alert in alerts])
    return [FoundAlert(alert, tuple(found.get(alert.alert_id, ()))) for alert in alerts]
