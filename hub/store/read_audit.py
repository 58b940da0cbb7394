"""The audit as it is read: a filter in, entries in the order in which they were committed out; and its chain proved.

Each entry's hash is SHA-256 over the hash before and the entry's parts, so none can be changed, removed or put in
between without every later hash changing. What the chain ends with can be noted elsewhere and compared later: then the
end cannot be cut off unseen either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

_COLUMNS = "seq, at, actor, actor_id, action, target, detail, remote, hash"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that somebody did."""

    seq: int
    at: datetime
    actor: str
    actor_id: UUID | None
    action: str
    target: str
    detail: dict[str, Any]
    remote: str | None
    hash: str

    def document(self) -> dict[str, Any]:
        """Return the entry as JSON-ready data."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "actor_id": None if self.actor_id is None else str(self.actor_id),
            "action": self.action,
            "target": self.target,
            "detail": self.detail,
            "remote": self.remote,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; an empty part asks for nothing. An action may end in `.*`; `since` ≤ at < `until`."""

    actor: str | None = None
    actor_id: UUID | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def document(self) -> dict[str, Any]:
        """Return what was asked for, for the audit of an export."""
        given = {
            "actor": self.actor,
            "actor_id": None if self.actor_id is None else str(self.actor_id),
            "action": self.action,
            "target": self.target,
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
        }
        return {name: value for name, value in given.items() if value is not None}


_WHERE = """(%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(actor_id)s::uuid IS NULL OR actor_id = %(actor_id)s)
    AND (%(action)s::text IS NULL OR action = %(action)s)
    AND (%(domain)s::text IS NULL OR starts_with(action, %(domain)s))
    AND (%(target)s::text IS NULL OR target = %(target)s)
    AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR at < %(until)s)"""


def audit_page(connection: Connection[Any], wanted: AuditFilter, *, below: int | None, limit: int) -> list[AuditEntry]:
    """Return up to `limit` entries of `wanted`, the newest first, with numbers falling from `below`."""
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM audit JOIN audit_chain ON audit_id = id
                WHERE {_WHERE} AND (%(below)s::bigint IS NULL OR seq < %(below)s)
                ORDER BY seq DESC LIMIT %(limit)s""".encode(),
            {**_values(wanted), "below": below, "limit": limit},
        ).fetchall()


def audit_newest(connection: Connection[Any]) -> int:
    """Return the number of the newest entry; 0 where there is none."""
    row = connection.execute("SELECT seq FROM audit_head").fetchone()
    return 0 if row is None else int(row[0])


def audit_upwards(
    connection: Connection[Any], wanted: AuditFilter, *, above: int, up_to: int, limit: int = _AT_ONCE
) -> list[AuditEntry]:
    """Return up to `limit` entries of `wanted`, the oldest first, with numbers above `above` and not above `up_to`."""
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM audit JOIN audit_chain ON audit_id = id
                WHERE {_WHERE} AND seq > %(above)s AND seq <= %(up_to)s ORDER BY seq LIMIT %(limit)s""".encode(),
            {**_values(wanted), "above": above, "up_to": up_to, "limit": limit},
        ).fetchall()


def _values(wanted: AuditFilter) -> dict[str, Any]:
    action = wanted.action
    domain = action.removesuffix("*") if action is not None and action.endswith(".*") else None
    return {
        "actor": wanted.actor,
        "actor_id": wanted.actor_id,
        "action": None if domain is not None else action,
        "domain": domain,
        "target": wanted.target,
        "since": wanted.since,
        "until": wanted.until,
    }


@dataclass(slots=True)
class AuditProof:
    """What was looked at: how many entries, how the chain ends, and what differs, in words."""

    entries: int = 0
    seq: int = 0
    hash: str = ""
    problems: list[str] = field(default_factory=list)


def verify_audit(connection: Connection[Any], *, noted: tuple[int, str] | None = None) -> AuditProof:
    """Prove the chain from its beginning; `noted` is an end that was noted earlier, and must still be in it.

    To be called first in a transaction, which becomes one snapshot.
    """
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    proof = AuditProof()
    seen_noted = noted is None or noted == (0, "")
    for seq, audit_id, kept, parts in _links(connection):
        if seq != proof.seq + 1:
            proof.problems.append(f"the entries {proof.seq + 1} to {seq - 1} are gone from the chain")
        if parts is None:
            proof.problems.append(f"entry {seq} is gone: the chain tells of a row {audit_id} that is not there")
        elif _hash(proof.hash, parts) != kept:
            proof.problems.append(f"entry {seq} is not what was written, or not in its place")
        if noted is not None and seq == noted[0]:
            seen_noted = kept == noted[1]
        proof.entries += parts is not None
        proof.seq, proof.hash = seq, kept
    row = connection.execute("SELECT seq, hash FROM audit_head").fetchone()
    if row is None or (row[0], row[1]) != (proof.seq, proof.hash):
        end = "nothing" if row is None else f"entry {row[0]}"
        proof.problems.append(f"the chain ends with entry {proof.seq}, but {end} is recorded as its end")
    row = connection.execute(
        "SELECT count(*) FROM audit WHERE NOT EXISTS (SELECT 1 FROM audit_chain WHERE audit_id = id)"
    ).fetchone()
    if row is not None and row[0]:
        proof.problems.append(f"{row[0]} entries are in no chain: they were put in beside it")
    if not seen_noted and noted is not None:
        proof.problems.append(
            f"entry {noted[0]} is not the one that was noted: the end was cut off, or it was rewritten"
        )
    return proof


def _links(connection: Connection[Any]) -> Iterator[tuple[int, int, str, list[str | None] | None]]:
    """Yield every link: its number, the row it tells of, its hash, and the row's parts as they were hashed."""
    with connection.cursor(name="audit_links") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(
            """SELECT seq, audit_id, hash, id IS NOT NULL, id::text,
                      to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, actor_id::text, action,
                      target, detail::text, remote
               FROM audit_chain LEFT JOIN audit ON id = audit_id ORDER BY seq"""
        )
        for seq, audit_id, kept, there, *parts in cursor:
            yield seq, audit_id, kept, parts if there else None


def _hash(previous: str, parts: list[str | None]) -> str:
    # Reckoned here and not by the database's own function: whoever could change rows could change that too.
    text = previous + "".join("-" if part is None else f"{len(part.encode())}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()
