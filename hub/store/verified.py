"""What proving the record gives: what was looked at, and each difference with what it concerns; values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Difference(StrEnum):
    """What can differ from the record."""

    NO_RECORD = "no_record"
    NO_ALERT = "no_alert"
    NO_CASE = "no_case"
    BROKEN_LINK = "broken_link"
    CHANGED_ROW = "changed_row"
    WRONG_HEAD = "wrong_head"
    CHANGED_ALERT = "changed_alert"
    CHANGED_CASE = "changed_case"
    CHANGED_PICTURE = "changed_picture"
    MISSING_PICTURE = "missing_picture"
    MISSING_NUMBERS = "missing_numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One difference, for a person and for a program; it concerns an alert, a case, or the feed as a whole."""

    difference: Difference
    text: str
    alert_id: UUID | None = None
    case_id: UUID | None = None

    @property
    def about(self) -> str:
        """Return what it concerns, for a person."""
        if self.case_id is not None:
            return f"case {self.case_id}"
        return "the feed" if self.alert_id is None else f"alert {self.alert_id}"

    def document(self) -> dict[str, Any]:
        """Return the problem as JSON-ready data."""
        alert = None if self.alert_id is None else str(self.alert_id)
        case = None if self.case_id is None else str(self.case_id)
        return {"alert": alert, "case": case, "problem": self.difference.value, "text": self.text}


@dataclass(slots=True)
class Verified:
    """What was looked at, and what differs; `expired` pictures were removed when their time was over."""

    alerts: int = 0
    cases: int = 0
    pictures: int = 0
    expired: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the feed as it is proved."""

    seq: int
    at: datetime
    kind: str
    document: dict[str, Any]
    previous: str
    hash: str
