"""Writes labels: given, imported all or none, withdrawn; each audited in the transaction of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import EVERYWHERE, Reach
from hub.store.audit import Actor, note
from hub.store.reach import reach_values
from hub.store.rows import plain_text
from hub.tuning.labels.label import Label

_INSERT = """INSERT INTO labels (label_id, rule, subject, grid, since, until, verdict, reason, source, weight, said_by,
                                 said_at, alert_id, candidate_id, stored_at)
             VALUES (%(label_id)s, %(rule)s, %(subject)s, %(grid)s, %(since)s, %(until)s, %(verdict)s, %(reason)s,
                     %(source)s, %(weight)s, %(by)s, %(at)s, %(alert_id)s, %(candidate_id)s, %(stored_at)s)
             ON CONFLICT (label_id) DO NOTHING"""


class NoSuchLabel(LookupError):
    """There is no label with this id, or none that the caller can see."""


class NotWithdrawn(RuntimeError):
    """The label cannot be withdrawn here: it is an operator's verdict, or was withdrawn already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many labels were new, how many were there already, and how many of these had been withdrawn."""

    added: int
    known: int
    withdrawn: int


def add_label(
    connection: Connection[Any], label: Label, *, actor: Actor, now: datetime, candidate_id: UUID | None = None
) -> bool:
    """Store a label in the caller's transaction; return False for one whose id is there already."""
    stored = connection.execute(_INSERT, _row(label, now, candidate_id)).rowcount == 1
    if stored:
        detail = {
            "rule": label.rule,
            "subject": label.subject,
            "verdict": label.verdict.value,
            "source": label.source.value,
            "alert": str(label.alert_id) if label.alert_id else None,
        }
        note(connection, actor, "label.given", f"label/{label.label_id}", at=now, detail=detail)
    return stored


def import_labels(connection: Connection[Any], labels: Sequence[Label], *, actor: Actor, now: datetime) -> Imported:
    """Store labels that a file said, in the caller's transaction; what is there already is left as it is."""
    ids = [label.label_id for label in labels]
    rows = connection.execute(
        """SELECT label_id, withdrawn_at IS NOT NULL FROM labels WHERE label_id = ANY(%(ids)s)
           UNION ALL SELECT label_id, false FROM every_label WHERE source = 'verdict' AND label_id = ANY(%(ids)s)
               AND label_id NOT IN (SELECT label_id FROM labels)""",
        {"ids": ids},
    ).fetchall()
    known = {row[0]: row[1] for row in rows}
    fresh = [label for label in labels if label.label_id not in known]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, [_row(label, now, None) for label in fresh])
    result = Imported(added=len(fresh), known=len(known), withdrawn=sum(known.values()))
    if fresh:
        detail = {"added": result.added, "known": result.known}
        note(connection, actor, "labels.imported", "labels", at=now, detail=detail)
    return result


def withdraw_label(
    connection: Connection[Any], label_id: UUID, *, actor: Actor, now: datetime, reach: Reach = EVERYWHERE
) -> None:
    """Take a label back: it stays in the record and counts no longer. Raises NoSuchLabel or NotWithdrawn."""
    row = connection.execute(
        """SELECT withdrawn_at, withdrawn_by FROM labels
           WHERE label_id = %(label_id)s
                 AND (%(reach_grids)s::text[] IS NULL OR grid = ANY(%(reach_grids)s::text[])) FOR UPDATE""",
        {"label_id": label_id, **reach_values(reach)},
    ).fetchone()
    if row is None:
        of_alert = connection.execute(
            """SELECT alert_id FROM every_label WHERE label_id = %(label_id)s AND source = 'verdict'
               AND (%(reach_grids)s::text[] IS NULL OR grid = ANY(%(reach_grids)s::text[]))""",
            {"label_id": label_id, **reach_values(reach)},
        ).fetchone()
        if of_alert is not None:
            raise NotWithdrawn(f"this is the verdict on alert {of_alert[0]}: take it back there, or give another")
        raise NoSuchLabel(f"there is no label {label_id}")
    if row[0] is not None:
        raise NotWithdrawn(f"label {label_id} was withdrawn by {row[1]} already")
    connection.execute(
        "UPDATE labels SET withdrawn_at = %s, withdrawn_by = %s WHERE label_id = %s",
        (now, plain_text(actor.name), label_id),
    )
    note(connection, actor, "label.withdrawn", f"label/{label_id}", at=now)


def _row(label: Label, now: datetime, candidate_id: UUID | None) -> dict[str, Any]:
    return {
        "label_id": label.label_id,
        "rule": label.rule,
        "subject": plain_text(label.subject),
        "grid": label.grid,
        "since": label.since,
        "until": label.until,
        "verdict": label.verdict.value,
        "reason": plain_text(label.reason),
        "source": label.source.value,
        "weight": label.weight,
        "by": plain_text(label.by),
        "at": label.at,
        "alert_id": label.alert_id,
        "candidate_id": candidate_id,
        "stored_at": now,
    }
