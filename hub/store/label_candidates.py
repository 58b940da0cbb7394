"""Quiet candidates drawn for labelling: kept, and those that still wait; in the order of their lot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import EVERYWHERE, Reach
from hub.store.reach import reach_values
from hub.store.rows import as_jsonb, plain_text
from hub.tuning.labels.sampling import Drawn

_COLUMNS = """candidate_id, rule, subject, grid, camera_id, since, until, raised_at, reason, numbers, stratum, frame,
              turn, drawn_at, drawn_by"""
_WAITING = """NOT EXISTS (SELECT 1 FROM labels WHERE labels.candidate_id = label_candidates.candidate_id
                          AND labels.withdrawn_at IS NULL)"""
_IN_REACH = "(%(reach_grids)s::text[] IS NULL OR grid = ANY(%(reach_grids)s::text[]))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What nearly raised an alert and was drawn for somebody to say whether it was real."""

    candidate_id: UUID
    rule: str
    subject: str
    grid: str
    camera_id: str | None
    since: datetime
    until: datetime | None
    raised_at: datetime
    reason: str
    numbers: Mapping[str, Any]
    stratum: str
    frame: int
    turn: int
    drawn_at: datetime
    drawn_by: str


def keep_candidates(connection: Connection[Any], drawn: Iterable[Drawn], *, by: str, at: datetime) -> int:
    """Store what was drawn in the caller's transaction; one drawn before moves to its new stratum. Return how many."""
    rows = [
        {
            "candidate_id": each.candidate.alert_id,
            "rule": each.candidate.rule,
            "subject": each.candidate.subject,
            "grid": each.candidate.grid,
            "camera_id": each.candidate.camera_id,
            "since": each.candidate.since,
            "until": each.candidate.cleared_at,
            "raised_at": each.candidate.raised_at,
            "reason": plain_text(each.candidate.reason_text),
            "numbers": as_jsonb(dict(each.candidate.numbers)),
            "stratum": each.stratum,
            "frame": each.frame,
            "turn": each.turn,
            "at": at,
            "by": plain_text(by),
        }
        for each in drawn
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO label_candidates (candidate_id, rule, subject, grid, camera_id, since, until, raised_at,
                                             reason, numbers, stratum, frame, turn, drawn_at, drawn_by)
               VALUES (%(candidate_id)s, %(rule)s, %(subject)s, %(grid)s, %(camera_id)s, %(since)s, %(until)s,
                       %(raised_at)s, %(reason)s, %(numbers)s, %(stratum)s, %(frame)s, %(turn)s, %(at)s, %(by)s)
               ON CONFLICT (candidate_id) DO UPDATE
                   SET stratum = excluded.stratum, frame = excluded.frame, turn = excluded.turn""",
            rows,
        )
    return len(rows)


def drawn_among(connection: Connection[Any], ids: Collection[UUID]) -> frozenset[UUID]:
    """Return which of these candidates were drawn before."""
    found = connection.execute("SELECT candidate_id FROM label_candidates WHERE candidate_id = ANY(%s)", (list(ids),))
    return frozenset(row[0] for row in found)


def waiting_candidates(
    connection: Connection[Any], *, rules: Sequence[str] = (), reach: Reach = EVERYWHERE, limit: int
) -> tuple[list[Candidate], int]:
    """Return up to `limit` candidates without a label, in the order of their lot, and how many there are in all.

    The first turns of every stratum come first: whoever stops anywhere has labelled a fair share of each.
    """
    condition = f"{_WAITING} AND {_IN_REACH} AND (%(rules)s::text[] IS NULL OR rule = ANY(%(rules)s))"
    values = {"rules": list(rules) or None, "limit": limit, **reach_values(reach)}
    query = f"SELECT {_COLUMNS} FROM label_candidates WHERE {condition} ORDER BY turn, stratum LIMIT %(limit)s"
    found = [_candidate(row) for row in connection.execute(query.encode(), values)]
    counted = connection.execute(f"SELECT count(*) FROM label_candidates WHERE {condition}".encode(), values).fetchone()
    return found, 0 if counted is None else counted[0]


def count_waiting(
    connection: Connection[Any], *, rules: Sequence[str] = (), reach: Reach = EVERYWHERE
) -> dict[str, int]:
    """Return by rule how many candidates wait for a label."""
    query = f"""SELECT rule, count(*) FROM label_candidates
                WHERE {_WAITING} AND {_IN_REACH} AND (%(rules)s::text[] IS NULL OR rule = ANY(%(rules)s))
                GROUP BY rule ORDER BY rule"""
    values = {"rules": list(rules) or None, **reach_values(reach)}
    return {rule: count for rule, count in connection.execute(query.encode(), values)}


def find_candidate(
    connection: Connection[Any], candidate_id: UUID, reach: Reach = EVERYWHERE
) -> tuple[Candidate, bool] | None:
    """Return a candidate, and whether it still waits; None where it is not there or out of reach. Its row is held."""
    query = f"""SELECT {_COLUMNS}, {_WAITING} FROM label_candidates
                WHERE candidate_id = %(candidate_id)s AND {_IN_REACH} FOR UPDATE"""
    row = connection.execute(query.encode(), {"candidate_id": candidate_id, **reach_values(reach)}).fetchone()
    return None if row is None else (_candidate(row), row[-1])


def _candidate(row: Sequence[Any]) -> Candidate:
    names = Candidate.__dataclass_fields__
    return Candidate(**dict(zip(names, row, strict=False)))
