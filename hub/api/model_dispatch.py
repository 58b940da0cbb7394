"""The documents of the dispatch plan: the plan itself, and where something would go and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from detectors.finding import Severity
from hub.api.instant import Instant
from hub.api.model import Document, RuleName, Text
from hub.cases.level import ClockKind, Level
from hub.cases.routing import Why


class NameDocument(Document):
    """What something is called."""

    zh: str
    en: str


class DepartmentDocument(Document):
    """Who is sent. One that is not regular is an X department, which comes where it is named."""

    id: str
    name: NameDocument
    kind: str = Field(description="What it does, the same word at every level.")
    level: Level
    regular: bool
    districts: list[str] = Field(description="Those it serves; empty: all.")


class SquadDocument(Document):
    """A crew of a department; without grids and districts it works everywhere."""

    id: str
    name: NameDocument
    department: str
    grids: list[str]
    districts: list[str]


class CategoryDocument(Document):
    """A kind of case in the city's own classification."""

    code: str
    name: NameDocument
    group: NameDocument
    rules: list[str] = Field(description="Rules, and whole domains, whose alerts belong to it.")
    reportable: bool = Field(description="Whether citizens may report it.")
    description: NameDocument | None
    keywords: list[str]


class CategoriesDocument(Document):
    """The city's classification, and its edition."""

    version: str
    entries: list[CategoryDocument]


class MatchDocument(Document):
    """What something is for: every part that is there must hold; rules, domains and categories count as one part."""

    rules: list[str] = Field(default=[])
    domains: list[str] = Field(default=[])
    categories: list[str] = Field(default=[])
    severities: list[Severity] = Field(default=[])
    zones: list[str] = Field(default=[])
    zone_kinds: list[str] = Field(default=[])
    grids: list[str] = Field(default=[])
    districts: list[str] = Field(default=[])


class RouteLine(Document):
    """One line of the table of routes: to a department, or to the department of a kind that serves the place."""

    id: str
    match: MatchDocument
    department: str | None
    kind: str | None
    level: Level | None
    squad: str | None
    calls_in: list[str]


class LimitDocument(Document):
    """How long a case may take, on which clock."""

    clock: ClockKind
    limit_s: float


class ConditionDocument(Document):
    """When a case is filed and closed, and by when it must be settled, by severity."""

    id: str
    name: NameDocument
    match: MatchDocument
    filing: NameDocument | None
    closing: NameDocument | None
    limits: dict[Severity, LimitDocument]
    reopen_within_s: float


class WorkingTimeDocument(Document):
    """When the working clock runs; `years` are those whose holidays and make-up workdays are complete."""

    timezone: str
    hours: list[tuple[str, str]]
    weekdays: list[int]
    years: list[int]
    holidays: list[date]
    workdays: list[date]


class StepDocument(Document):
    """To which level a late case is raised, and who is told."""

    to: Level
    tell: list[str] = Field(description="`handling`, `above`, `role:…`, `department:…`")


class EscalationDocument(Document):
    """What happens to a case after `warn_share` of its time, and after all of it, by the level of the case."""

    warn_share: float
    warned: dict[Level, StepDocument]
    overdue: dict[Level, StepDocument]


class LeaseDocument(Document):
    """How long a case that was taken stays taken without a sign of life."""

    usual_s: float
    most_s: float


class CampaignDocument(Document):
    """A campaign: from its first day to its last it calls further departments in."""

    id: str
    name: NameDocument
    begins: date
    ends: date
    match: MatchDocument
    calls_in: list[str]


class PlanWarning(Document):
    """What is doubtful in the plan. A missing calendar makes deadlines in working time a guess by weekdays."""

    kind: Literal["calendar_missing", "doubt"]
    text: str
    year: int | None = Field(description="The year whose calendar is missing.")


class PlanDocument(Document):
    """The dispatch plan that holds now, with what is doubtful in it."""

    version: str
    warnings: list[PlanWarning]
    departments: list[DepartmentDocument]
    squads: list[SquadDocument]
    categories: CategoriesDocument
    routes: list[RouteLine] = Field(description="The first that fits wins; the last fits everything.")
    usual_level: Level
    deadlines: list[ConditionDocument] = Field(description="The first that fits wins; the last fits everything.")
    working_time: WorkingTimeDocument
    escalation: EscalationDocument
    lease: LeaseDocument
    campaigns: list[CampaignDocument]
    public_rules: list[str]
    districts: dict[str, str] = Field(description="The district of each grid.")


class PlanVersion(Document):
    """A plan that the hub ran with at some time."""

    version: str
    stored_at: datetime


class PlanVersions(Document):
    """The plans that the hub has run with, the latest first."""

    items: list[PlanVersion]


class RouteQuestion(Document):
    """What is to be dispatched: an alert, a case, or something described by grid and by rule or category."""

    alert_id: UUID | None = Field(default=None, description="An alert; then leave out rule, grid, zone and severity.")
    case_id: UUID | None = Field(default=None, description="A case; then leave out the same.")
    rule: RuleName | None = None
    category: Text | None = Field(default=None, description="Absent: the one that the plan gives to the rule.")
    grid: Text | None = None
    zone: Text | None = Field(default=None, description="A camera's zone in that grid.")
    severity: Severity | None = Field(default=None, description="Absent: minor.")
    level: Level | None = Field(default=None, description="Absent: where the plan handles it.")
    clock: ClockKind | None = Field(default=None, description="Absent: as the filing condition says.")
    at: Instant | None = Field(default=None, description="When it is filed; absent: now.")

    @model_validator(mode="after")
    def _one_way(self) -> RouteQuestion:
        described = [name for name in ("rule", "grid", "zone", "severity") if getattr(self, name) is not None]
        given = [name for name in ("alert_id", "case_id") if getattr(self, name) is not None]
        if len(given) == 2:
            raise ValueError("give an alert_id or a case_id, one of the two")
        if given and described:
            raise ValueError(f"with {given[0]}, leave out {', '.join(described)}: that is known of it")
        if not given and self.grid is None:
            raise ValueError("give an alert_id, a case_id, or a grid with a rule or a category")
        if self.at is not None and not 2000 <= self.at.year <= 2200:
            raise ValueError("at lies between the years 2000 and 2200")
        return self


class MatterDocument(Document):
    """What the plan was asked about."""

    rule: str | None
    category: str | None
    severity: Severity
    grid: str
    district: str
    zone: str | None
    zone_kind: str | None


class RouteWhy(Document):
    """Why it goes there: `why` and the line of the table for a program, one English sentence for people."""

    why: Why
    route: str | None
    text: str


class DeadlineDocument(Document):
    """By when, if it were filed at that instant. `unknown_years`: years gone through whose holidays are not known."""

    clock: ClockKind
    limit_s: float
    warn_at: datetime
    due_at: datetime
    unknown_years: list[int]


class ConsideredDocument(Document):
    """One line of the table that was looked at; `against` says why it was passed over."""

    route: str
    against: str | None


class RouteDocument(Document):
    """Where it would go, by when, and why."""

    plan_version: str
    at: datetime
    matter: MatterDocument
    department: str | None = Field(description="None where the plan has no department for it.")
    squad: str | None
    level: Level
    condition: str = Field(description="The filing condition that sets the deadline.")
    called_in: list[str]
    campaigns: list[str]
    reason: RouteWhy
    considered: list[ConsideredDocument]
    deadline: DeadlineDocument
