"""The documents of labels and of what waits for one, as the description promises them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from hub.api.instant import Instant
from hub.api.model import Document, Number, RuleName, Text
from hub.tuning.labels.estimate import Why
from hub.tuning.labels.label import Source, Verdict

EXAMPLE_LABEL: dict[str, Any] = {
    "id": "3c9a1f3e-2b1c-5d0e-9a55-7d9a3e1c2b4f",
    "rule": "parking.illegal",
    "subject": "gate-no-parking@0.55,0.70",
    "grid": "03",
    "since": "2026-11-22T09:40:00.000000Z",
    "until": "2026-11-22T09:52:30.000000Z",
    "verdict": "false",
    "reason": "the shadow of the plane tree at dusk",
    "source": "drawn",
    "weight": 1.0,
    "by": "chen.yu",
    "at": "2026-11-23T01:15:00.000000Z",
    "alert": None,
}


class Label(Document):
    """What somebody said was true of one place and interval."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_LABEL]})

    id: UUID
    rule: str
    subject: str = Field(description="As an alert's; a zone's id alone stands for anywhere in it.")
    grid: str
    since: datetime
    until: datetime | None = Field(description="Null: it was still going on when that was said.")
    verdict: Verdict = Field(description="missed: it was real, and no alert came.")
    reason: str
    source: Source = Field(description="verdict: an operator's word on an alert.")
    weight: float = Field(ge=1, description="How many events it stands for: one over the share that was labelled.")
    by: str
    at: datetime
    alert: UUID | None


class LabelPage(Document):
    """Some labels, the newest event first."""

    items: list[Label]
    next: str | None = Field(description="Give it as `cursor` for the next page; null on the last.")


class LabelOrder(Document):
    """Say what was true: of an alert, of a candidate that waits, or of a place and interval.

    With `alert` or `candidate` the place and the interval are theirs, unless others are given.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rule": "parking.illegal",
                    "subject": "gate-no-parking",
                    "since": "2026-11-22T17:40:00+08:00",
                    "until": "2026-11-22T17:52:30+08:00",
                    "verdict": "missed",
                    "reason": "a van stood at the gate, nothing came up",
                }
            ]
        },
    )

    verdict: Verdict
    rule: RuleName | None = None
    subject: Text | None = None
    grid: Text | None = Field(default=None, description="Needed only where the subject is not in the city file.")
    since: Instant | None = None
    until: Instant | None = Field(default=None, description="Null: it is still going on.")
    reason: str = Field(default="", max_length=1000)
    source: Source | None = Field(default=None, description="drawn (the default) or diff.")
    alert: UUID | None = None
    candidate: UUID | None = None


class Candidate(Document):
    """What nearly raised an alert, and was drawn by lot for somebody to say whether it was real."""

    id: UUID = Field(description="Give it as `candidate` with the verdict.")
    rule: str
    subject: str
    grid: str
    camera: str | None
    since: datetime
    until: datetime | None
    raised_at: datetime = Field(description="When laxer thresholds would have raised it.")
    reason: dict[str, Number] = Field(description="The sentence under `text`, its figures beside it.")
    nearness: str = Field(description="near: raised halfway to the lax thresholds already; far: only there.")
    frame: int = Field(description="Among how many like it it was drawn.")
    drawn_at: datetime


class CandidateList(Document):
    """What waits for a label, in the order of its lot: whoever stops anywhere has labelled a fair share."""

    items: list[Candidate]
    waiting: int = Field(description="How many wait in all.")


class ImportedLabels(Document):
    """What became of a file of labels."""

    added: int
    known: int = Field(description="There already; left as they are.")
    withdrawn: int = Field(description="Of those known: withdrawn before, and not given again.")


class Needed(Document):
    """Whether there are labels enough for one figure."""

    enough: bool
    has: int
    needs: int
    why: Why | None
    why_not: str | None


class RuleLabels(Document):
    """How many labels one rule has, and what they are enough for."""

    rule: str
    true: int
    false: int
    missed: int
    sources: dict[str, int]
    beyond_alerts: int = Field(description="Labels of moments that had no alert: without them nobody knows of misses.")
    waiting: int = Field(description="Quiet candidates that wait for a label.")
    precision: Needed
    recall: Needed


class LabelSummary(Document):
    """How many labels there are, by rule."""

    items: list[RuleLabels]
    least: int = Field(description="Fewer labels than this give no figure.")
