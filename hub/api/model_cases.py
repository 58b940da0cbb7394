"""The documents of cases: what the OpenAPI description promises of a case, its list, its timeline and its place."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from detectors.finding import Severity
from hub.alerts.alert import Condition
from hub.api.model import Document, Hash
from hub.cases.level import ClockKind, Level
from hub.cases.stage import Event, Stage, Suspension

EXAMPLE_CASE: dict[str, Any] = {
    "id": "5a0c8d3e-4c42-4b7e-9a55-0d3f5f6a2c11",
    "number": "2026-000123",
    "title": "供水管道泄漏 南湖路 3",
    "stage": "handling",
    "grid": "03",
    "district": "Nanhu",
    "level": "district",
    "department": "district-housing",
    "squad": "water-crew-1",
    "called_in": [],
    "departments": ["district-housing"],
    "category": "0104",
    "severity": "major",
    "rule": "water.leak",
    "subject": "water-017",
    "camera": None,
    "latitude": 30.7612,
    "longitude": 120.7521,
    "place": "南湖路 3",
    "opened_at": "2026-11-22T10:02:00.000000Z",
    "opened_by": "Li Na",
    "filed_at": "2026-11-22T10:03:00.000000Z",
    "dispatched_at": "2026-11-22T10:04:00.000000Z",
    "taken_by": "water crew 1",
    "taken_until": "2026-11-22T10:45:00.000000Z",
    "done_at": None,
    "verified_at": None,
    "closed_at": None,
    "ended_reason": None,
    "alerts": ["0b6f3f0e-6c5b-5d0a-9d3e-2a6f0c8b7e11"],
    "reports": [],
    "clock": "urgent",
    "condition": "water-leak",
    "warn_at": "2026-11-22T11:39:00.000000Z",
    "due_at": "2026-11-22T12:03:00.000000Z",
    "warned": False,
    "overdue": False,
    "escalated_to": None,
    "suspension": "none",
    "suspended_at": None,
    "suspended_until": None,
    "suspended_total_s": 0.0,
    "pauses": [],
    "reworks": 0,
    "reopens": 0,
    "history": "5a0c8d3e-4c42-4b7e-9a55-0d3f5f6a2c11",
    "recurrences": 0,
    "previous": None,
    "merged_into": None,
    "split_from": None,
    "evaluation": None,
    "plan_version": "b1946ac92492",
    "revision": 4,
    "last": {
        "event": "case.taken",
        "by": "water crew 1",
        "at": "2026-11-22T10:15:00.000000Z",
        "note": "",
        "photos": [],
        "told": [],
    },
}


class PhotoRef(Document):
    """One picture handed in with a step."""

    sha256: Hash
    url: str = Field(description="Where to fetch it; a path on this server.")


class StepDocument(Document):
    """What happened last: what, by whom, when, with which words and pictures."""

    event: Event
    by: str
    at: datetime
    note: str
    photos: list[PhotoRef]
    told: list[str] = Field(description="Of a deadline: who was told, `role:…` or `department:…`.")


class PauseDocument(Document):
    """One time for which the clock stood still."""

    since: datetime
    until: datetime


class EvaluationDocument(Document):
    """What the supervisor thought of how it was settled."""

    score: int = Field(ge=1, le=5, description="1 (bad) to 5 (good).")
    by: str
    at: datetime
    note: str


class CaseDocument(Document):
    """What is dispatched: one or more alerts and reports that one crew settles together. Times are the hub's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_CASE]}, title="Case")

    id: UUID
    number: str = Field(description="YEAR-NNNNNN, counted within the year of the city's timezone.")
    title: str
    stage: Stage
    grid: str
    district: str
    level: Level
    department: str | None = Field(description="Who has it now, an id of the dispatch plan.")
    squad: str | None
    called_in: list[str] = Field(description="Further departments that were called in (X departments).")
    departments: list[str] = Field(description="Every department that it is or ever was with.")
    category: str | None = Field(description="The city's code.")
    severity: Severity
    rule: str | None = Field(description="The leading alert's; null where citizens' reports alone tell of it.")
    subject: str | None
    camera: str | None
    latitude: float | None
    longitude: float | None
    place: str
    opened_at: datetime
    opened_by: str
    filed_at: datetime | None
    dispatched_at: datetime | None
    taken_by: str | None
    taken_until: datetime | None = Field(description="The end of the taker's lease; null for one that does not lapse.")
    done_at: datetime | None
    verified_at: datetime | None
    closed_at: datetime | None
    ended_reason: str | None
    alerts: list[UUID]
    reports: list[UUID]
    clock: ClockKind | None
    condition: str | None = Field(description="The filing condition that sets the deadline.")
    warn_at: datetime | None
    due_at: datetime | None
    warned: bool
    overdue: bool
    escalated_to: Level | None
    suspension: Suspension
    suspended_at: datetime | None
    suspended_until: datetime | None
    suspended_total_s: float
    pauses: list[PauseDocument]
    reworks: int = Field(ge=0, description="How often it was sent back.")
    reopens: int = Field(ge=0)
    history: UUID = Field(description="The same for every case of the same place.")
    recurrences: int = Field(ge=0, description="How many cases there were at its place before.")
    previous: UUID | None = Field(description="The latest of them.")
    merged_into: UUID | None
    split_from: UUID | None
    evaluation: EvaluationDocument | None
    plan_version: str | None
    revision: int = Field(ge=1, description="One higher with every change.")
    last: StepDocument


class AlertBrief(Document):
    """One alert of a case, as far as the case asks."""

    id: UUID
    rule: str
    subject: str
    grid: str
    severity: Severity
    condition: Condition
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None


class CaseDetail(CaseDocument):
    """One case with what its alerts are now, and what may be done to it."""

    model_config = ConfigDict(extra="forbid", title="CaseDetail")

    alert_states: list[AlertBrief] = Field(description="Its alerts as they are now, those that cleared too.")
    possible: list[str] = Field(description="What the caller may order now: the last parts of the commands' addresses.")


class CasePage(Document):
    """Some cases."""

    items: list[CaseDocument]
    next: str | None = Field(description="Give it as `cursor` for the next page; null on the last.")


class CaseCounts(Document):
    """How many cases there are, by stage; what there is none of is left out."""

    stages: dict[Stage, int]
    total: int = Field(ge=0)


class TimelineEntry(Document):
    """One thing that happened to a case."""

    seq: int = Field(ge=1, description="Its number in the feed.")
    type: Event
    at: datetime
    by: str
    note: str
    photos: list[PhotoRef]
    told: list[str]
    stage: Stage = Field(description="The stage after it.")
    department: str | None
    squad: str | None
    revision: int
    changed: dict[str, Any] = Field(description="Every member of the case that it changed, with its new value.")


class Timeline(Document):
    """Everything that happened to a case, in order."""

    items: list[TimelineEntry]


class PlaceHistory(Document):
    """What happened at one place, across days and cameras in reach."""

    rule: str | None
    subject: str | None
    cameras: list[str] = Field(description="The cameras that see the place; none for a device.")
    days: int = Field(ge=0, description="On how many days of the city's calendar an alert was raised here.")
    first_at: datetime | None
    alerts: list[AlertBrief] = Field(description="The latest first, 200 at most.")
    cases: list[CaseDocument] = Field(description="The latest first.")
