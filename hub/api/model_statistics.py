"""The documents of statistics: the health of the alarm system, and the supervision of departments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from detectors.finding import Severity
from hub.alerts.health import Mark
from hub.api.model import Document


class MeasureDocument(Document):
    """One figure beside what it should be at most, and what is at most bearable."""

    name: str
    value: float | None = Field(description="null: nothing to judge.")
    good: float
    limit: float
    unit: str
    mark: Mark


class SourceDocument(Document):
    """One subject under one rule, and how often it raised an alarm."""

    rule: str
    subject: str
    grid: str
    count: int
    share: float = Field(description="Of all alarms of the period.")
    last: UUID = Field(description="Its newest alert.")
    chattering: bool = Field(description="It came three times within a minute.")


class StaleDocument(Document):
    """One alarm that has stood for more than a day."""

    id: UUID
    rule: str
    subject: str
    grid: str
    severity: Severity
    raised_at: datetime


class AlarmHealth(Document):
    """A period's alarms beside the limits of ISA-18.2, IEC 62682 and EEMUA 191."""

    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    operators: int
    alarms: int = Field(description="What operators were shown; symptoms of a known cause are counted apart.")
    symptoms: int
    measures: list[MeasureDocument]
    per_ten_minutes: list[int]
    floods: list[tuple[int, int]] = Field(description="[first, past the last) of `per_ten_minutes` in flood.")
    severities: dict[str, int]
    rules: dict[str, int]
    priorities: dict[str, float]
    priorities_wanted: dict[str, float]
    sources: list[SourceDocument]
    chattering: list[SourceDocument]
    stale: list[StaleDocument] = Field(description="The oldest fifty.")
    stale_count: int
