"""Proves the record of cases: one case or all in, what differs from its hash-linked record out.

For each case three things must agree: the chain of its feed rows, the head of that chain in its own row, and the
document that the last link stands for with the case as it is stored now. Each picture of each step must still be the
one that its SHA-256 names.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.cases.case import Case
from hub.cases.document import case_document
from hub.store.cases import CASE_SELECT, case_from_row
from hub.store.record import canonical, link
from hub.store.rows import storable
from hub.store.verified import Difference, Problem, Row, Verified

_AT_ONCE = 200  # cases


def verify_cases(connection: Connection[Any], result: Verified, case_id: UUID | None = None) -> None:
    """Add to `result` what differs from the record of one case, or of all; the snapshot is the caller's."""
    for cases in _cases(connection, case_id):
        rows = _feed(connection, [case.case_id for case, _ in cases])
        pictures: dict[str, UUID] = {}
        for case, head in cases:
            result.cases += 1
            _check(case, head, rows[case.case_id], result)
            for row in rows[case.case_id]:
                for photo in row.document.get("last", {}).get("photos", ()):
                    pictures.setdefault(photo["sha256"], case.case_id)
        _check_pictures(connection, pictures, result)


def _check(case: Case, head: str, rows: Sequence[Row], result: Verified) -> None:
    def differs(difference: Difference, text: str) -> None:
        result.problems.append(Problem(case_id=case.case_id, difference=difference, text=text))

    if not rows:
        differs(Difference.NO_RECORD, "the feed holds nothing of this case")
        return
    previous = ""
    for row in rows:
        if row.previous != previous:
            differs(Difference.BROKEN_LINK, f"feed row {row.seq} does not follow the row before it")
        if row.hash != link(row.previous, kind=row.kind, at=row.at, document=row.document, about="case"):
            differs(Difference.CHANGED_ROW, f"feed row {row.seq} is not what was recorded")
        previous = row.hash
    if head != previous:
        differs(Difference.WRONG_HEAD, f"the record ends with feed row {rows[-1].seq}, which is not its recorded end")
    now, recorded = storable(case_document(case)), rows[-1].document
    changed = sorted(
        key for key in now.keys() | recorded.keys() if canonical(now.get(key)) != canonical(recorded.get(key))
    )
    if changed:
        differs(Difference.CHANGED_CASE, f"the case differs from its record in {', '.join(changed)}")


def _check_pictures(connection: Connection[Any], wanted: dict[str, UUID], result: Verified) -> None:
    """Look for each picture that a step names; the bytes come one picture at a time and are let go."""
    found: set[str] = set()
    with connection.cursor(name="verified_photos") as cursor:
        cursor.itersize = 8
        cursor.execute("SELECT sha256, content FROM photos WHERE sha256 = ANY(%s)", (list(wanted),))
        for sha256, content in cursor:
            found.add(sha256)
            result.pictures += 1
            if hashlib.sha256(content).hexdigest() != sha256:
                text = f"the picture {sha256} is not the one with its SHA-256"
                result.problems.append(
                    Problem(case_id=wanted[sha256], difference=Difference.CHANGED_PICTURE, text=text)
                )
    for sha256 in sorted(set(wanted) - found):
        text = f"the picture {sha256} is gone"
        result.problems.append(Problem(case_id=wanted[sha256], difference=Difference.MISSING_PICTURE, text=text))


def _cases(connection: Connection[Any], case_id: UUID | None) -> Iterator[list[tuple[Case, str]]]:
    """Yield the cases with the heads of their records, some at a time."""
    with connection.cursor(name="verified_cases") as cursor:
        query = f"SELECT {CASE_SELECT}, record_hash FROM cases WHERE %(id)s::uuid IS NULL OR case_id = %(id)s"
        cursor.execute(f"{query} ORDER BY case_id".encode(), {"id": case_id})
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [(case_from_row(row), row[-1]) for row in rows]


def _feed(connection: Connection[Any], ids: list[UUID]) -> defaultdict[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for case_id, *values in connection.execute(
        """SELECT case_id, seq, at, type, "case", prev_hash, hash FROM feed WHERE case_id = ANY(%s)
           ORDER BY case_id, seq""",
        (ids,),
    ):
        found[case_id].append(Row(*values))
    return found
