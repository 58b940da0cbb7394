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


class SettledDocument(Document):
    """Counts and mean times (seconds, without suspensions) of the cases filed in one part of a period."""

    filed: int
    open: int
    closed: int
    on_time: int = Field(description="Reported done before the deadline.")
    overdue: int = Field(description="Past the deadline, settled or not.")
    reworked: int = Field(description="Sent back at least once.")
    reworks: int
    suspended: int
    recurred: int = Field(description="Came again at a place that had one before, or was reopened.")
    voided: int
    dispatch_s: float | None = Field(description="Filed to dispatched.")
    handling_s: float | None = Field(description="Dispatched to reported done.")
    closing_s: float | None = Field(description="Filed to closed.")
    score: float | None = Field(description="Mean evaluation, 1 to 5.")


class SettledGroup(SettledDocument):
    """One group; only what it was grouped by is there."""

    month: str | None = None
    department: str | None = Field(default=None, description="Empty: not dispatched yet.")
    grid: str | None = None
    category: str | None = None


class Supervision(Document):
    """How the cases filed in a period were settled."""

    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    by: list[str]
    items: list[SettledGroup]
    total: SettledDocument
