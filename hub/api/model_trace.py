"""The documents of a trace as types."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from hub.api.model import Document


class TraceFact(Document):
    """Something that bears on the judgement besides: late, impossible, blind, deaf, withheld, inhibited."""

    text_zh: str
    text_en: str


class TraceLane(Document):
    """One line of values; a point without a value is blind time."""

    name: str
    unit: str
    points: list[tuple[datetime, float | None]]
    limit: float | None
    limits: list[dict[str, Any]]


class TraceState(Document):
    """A stretch in which the rule stood at one state."""

    since: datetime
    until: datetime
    state: str = Field(description="quiet, pending, raised, clearing, withheld")
    words: str
    words_zh: str
    thing: str = Field(description="Which cause, or which stay.")
    counted_s: float
    needed_s: float


class TracePredicate(Document):
    """What an observation was held against, where that began or ceased to hold."""

    at: datetime
    name: str
    holds: bool
    value: float | None
    limit: float | None
    unit: str
    path: str = Field(description="The threshold's path; empty where there is none.")
    text: str
    text_zh: str


class TraceRaised(Document):
    """An alert that this judging raises."""

    alert_id: UUID
    rule: str
    subject: str
    grid: str
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None
    severity: str
    reason: str
    inhibited_by: UUID | None
    flapping: bool
    recorded_alert_id: UUID | None = Field(description="The alert on record that it is, if any.")


class TraceChange(Document):
    """One threshold at another value."""

    path: str
    unit: str
    value: float
    to: float


class TraceWhatIf(TraceChange):
    """One threshold, or two together, that would have turned the answer; it was judged again with them."""

    changes: list[TraceChange] = Field(description="All of them; path, unit, value and to are those of the first.")
    raised_at: datetime | None = Field(description="When it would be raised; null where it would not be.")
    text_zh: str
    text_en: str


class TraceTried(Document):
    """How much was tried for what_if; pairs only where no single threshold turns the answer."""

    thresholds: int
    pairs: int


class TraceCounts(Document):
    """What was received, and what of it was not judged."""

    observations: int
    late: int
    impossible: int
    withheld: int


class TraceDocument(Document):
    """Why an alert was raised, or why none was."""

    rule: str
    subject: str
    alert_id: UUID | None
    since: datetime
    until: datetime
    at: datetime
    version: str = Field(description="The configuration that it was judged by.")
    is_raised: bool
    key_at: datetime | None = Field(description="The moment that decided.")
    why: str
    text_zh: str
    text_en: str
    facts: list[TraceFact]
    lanes: list[TraceLane]
    states: list[TraceState]
    predicates: list[TracePredicate]
    raised: list[TraceRaised]
    what_if: list[TraceWhatIf] = Field(description="The smallest change first; pairs where no single one does.")
    what_if_complete: bool = Field(description="Nothing that was to be tried was left out for want of time.")
    what_if_tried: TraceTried
    counts: TraceCounts
    limits: list[str]
