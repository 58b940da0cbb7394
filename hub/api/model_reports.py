"""The documents of citizens' reports, as the description promises them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from detectors.finding import Severity
from hub.api.model import Document, Hash, Text
from hub.cases.level import Level
from hub.cases.stage import Stage
from hub.reports.duplicates import Kind, Why
from hub.reports.report import Placing, State

EXAMPLE_REPORT: dict[str, Any] = {
    "id": "7d1f4b0e-52f5-4f39-8f39-0c1f4a8f9d22",
    "number": "100017",
    "state": "new",
    "open": True,
    "told": "已收到 / received",
    "received_at": "2026-11-22T10:00:00.000000Z",
    "updated_at": "2026-11-22T10:00:00.000000Z",
    "source": "wechat",
    "category": "0000000101",
    "category_name": "路灯故障",
    "description": "巷口路灯两天不亮",
    "address": "石榴巷 12 号",
    "latitude": 29.6301,
    "longitude": 118.9712,
    "grid": "03",
    "placed": "inside",
    "gap_m": 0.0,
    "photos": [],
    "media_url": None,
    "alert": None,
    "case": None,
    "reason": None,
    "handled_by": None,
    "handled_at": None,
}


class ReportPhoto(Document):
    """One photo of a report."""

    sha256: Hash
    url: str = Field(description="Where to fetch it; a path on this server.")


class ReportCase(Document):
    """The case that a report is in."""

    id: UUID
    number: str
    stage: Stage
    due_at: datetime | None


class Report(Document):
    """What a citizen reported, and what became of it. How the reporter can be reached is asked for on its own."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_REPORT]})

    id: UUID
    number: str = Field(description="What its reporter knows it by.")
    state: State = Field(description="What the centre did with it; whether it is in a case, `case` says.")
    open: bool
    told: str = Field(description="What its reporter is told when asking.")
    received_at: datetime
    updated_at: datetime
    source: str = Field(description="The front end that handed it in.")
    category: str
    category_name: str
    description: str = Field(description="As written; numbers of people are hidden from those who file no cases.")
    address: str
    latitude: float | None = Field(description="WGS-84.")
    longitude: float | None
    grid: str | None = Field(description="null: nobody has said yet in which grid it lies.")
    placed: Placing = Field(description="How it came to its grid.")
    gap_m: float = Field(description="How far from its grid it lies, where it lies in none.")
    photos: list[ReportPhoto]
    media_url: str | None = Field(description="An address that the reporter gave; the hub has not looked at it.")
    alert: UUID | None = Field(description="The alert that it was linked to.")
    case: ReportCase | None
    reason: str | None = Field(description="Why it was dismissed.")
    handled_by: str | None
    handled_at: datetime | None


class ReportPage(Document):
    """A page of reports."""

    items: list[Report]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class Ground(Document):
    """One reason for a likeness."""

    why: Why
    number: float | None = Field(description="Metres for a place, seconds for a time.")


class Likely(Document):
    """Something that the report probably tells of too."""

    kind: Kind
    id: UUID
    title: str
    grid: str | None
    score: float = Field(description="Above 0, at most 1; nothing is ever joined by it alone.")
    reasons: list[Ground]


class ReportDetail(Report):
    """One report with what it probably repeats."""

    likely: list[Likely]


class Contact(Document):
    """How a reporter can be reached."""

    first_name: str
    last_name: str
    phone: str
    email: str
    account_id: str
    device_id: str


class LinkOrder(Document):
    """What a report tells of: an alert, or a case, which it then belongs to."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"alert": "0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11"}],
            "oneOf": [
                {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
                for one, other in (("alert", "case"), ("case", "alert"))
            ],
        },
    )

    alert: UUID | None = None
    case: UUID | None = None
    note: str = Field(default="", max_length=2000, pattern=r"^[^\x00]*$")

    @model_validator(mode="after")
    def _one_of_both(self) -> LinkOrder:
        if (self.alert is None) == (self.case is None):
            raise ValueError("give either `alert` or `case`")
        return self


class DismissOrder(Document):
    """Nothing is done about it."""

    reason: Text = Field(description="Why; its reporter is told.")


class PlaceOrder(Document):
    """In which grid it lies."""

    grid: Text


class CollectOrder(Document):
    """Open a case for it."""

    severity: Severity = Severity.MINOR
    level: Level | None = Field(default=None, description="By default the plan's usual one.")
    title: Text | None = Field(default=None, description="By default category and address.")


class Collected(Document):
    """The report, and the case that was opened for it."""

    report: Report
    case: dict[str, Any] = Field(description="As GET /cases/{id} gives it.")
