"""The shape of dispatch.yaml's tables: departments, squads, categories, routes, deadlines and campaigns."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from detectors.finding import Severity
from hub.cases import plan
from hub.cases.level import ClockKind, Level
from hub.config.city_file import Identifier
from ingest.city import ZoneKind

_HOUR_S = 3600.0


class Entry(BaseModel):
    """A part of the file: unknown names are refused, so that a misspelt setting is never silently unused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _both(given: Any) -> Any:
    return {"zh": given, "en": given} if isinstance(given, str) else given


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class NameEntry(Entry):
    """What something is called; one text alone stands for both languages."""

    zh: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)

    def value(self) -> plan.Name:
        """Return the name as the plan knows it."""
        return plan.Name(zh=self.zh, en=self.en)


Called = Annotated[
    NameEntry,
    BeforeValidator(_both, json_schema_input_type=str | NameEntry),
    Field(description="what it is called: zh and en, or one text for both"),
]
Kind = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,63}$",
        description="what a department does, the same word at every level: lower-case letters, digits and '_'",
        examples=["urban_management"],
    ),
]
Some = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]
SomeSeverities = Annotated[list[Severity], BeforeValidator(_listed, json_schema_input_type=str | list[Severity])]
SomeZoneKinds = Annotated[list[ZoneKind], BeforeValidator(_listed, json_schema_input_type=str | list[ZoneKind])]


class DepartmentEntry(Entry):
    """A department."""

    id: Identifier
    name: Called
    kind: Kind
    level: Level = Field(description="street, district or city")
    regular: bool = Field(True, description="false: an X department, which comes only where it is named")
    districts: Some = Field(default_factory=list, description="the districts it serves; empty: all of the city")


class SquadEntry(Entry):
    """A crew of a department."""

    id: Identifier
    name: Called
    department: str = Field(description="the department it belongs to")
    grids: Some = Field(default_factory=list, description="the grids it works in")
    districts: Some = Field(
        default_factory=list, description="the districts it works in; grids and districts empty: all"
    )


class CategoryEntry(Entry):
    """A kind of case in the city's own classification."""

    code: str = Field(pattern=r"^[0-9A-Za-z-]{2,32}$", description="the city's code for it", examples=["0000000501"])
    name: Called
    group: Called = Field(description="the group that it belongs to (大类)")
    rules: Some = Field(default_factory=list, description="rules, or whole domains, whose alerts belong to it")
    reportable: bool = Field(False, description="whether citizens may report it")
    description: Called | None = Field(None, description="what is meant, for those who report")
    keywords: Some = Field(default_factory=list, description="words by which those who report find it")


class CategoriesEntry(Entry):
    """The city's classification of cases."""

    version: str = Field(min_length=1, max_length=64, description="the edition of the city's codes, shown with them")
    entries: list[CategoryEntry] = Field(min_length=1, description="the categories")


class MatchEntry(Entry):
    """What something is for. Every part that is given must hold; rules, domains and categories count as one part."""

    rules: Some = Field(default_factory=list, description="rules, by their whole name")
    domains: Some = Field(default_factory=list, description="what stands before the dot of a rule: gas, water …")
    categories: Some = Field(default_factory=list, description="codes of categories")
    severities: SomeSeverities = Field(default_factory=list, description="critical, major, minor or warning")
    zones: Some = Field(default_factory=list, description="zones of cameras, by their id")
    zone_kinds: SomeZoneKinds = Field(default_factory=list, description="kinds of zones in the city file")
    grids: Some = Field(default_factory=list, description="grids of the city file")
    districts: Some = Field(default_factory=list, description="districts of the city file")

    def value(self) -> plan.Match:
        """Return what it is for as the plan knows it."""
        given = {name: frozenset(getattr(self, name)) for name in type(self).model_fields}
        return plan.Match(**given | {"zone_kinds": frozenset(kind.value for kind in self.zone_kinds)})


class TargetEntry(Entry):
    """Where a route leads: to one department, or to the department of a kind that serves the place."""

    department: str | None = Field(None, description="this department; or else a kind")
    kind: Kind | None = Field(None, description="the department of this kind that serves the place")
    level: Level | None = Field(None, description="with a kind: only at this level; absent: at whichever is asked")
    squad: str | None = Field(None, description="absent: the department's squad that works in the grid")

    @model_validator(mode="after")
    def _one_of_two(self) -> TargetEntry:
        if (self.department is None) == (self.kind is None):
            raise ValueError("name a department or a kind of department, one of the two")
        if self.department is not None and self.level is not None:
            raise ValueError("a department has its own level: leave level out, or name a kind")
        return self


class RouteEntry(Entry):
    """One line of the table of routes; the first that fits wins, and the last must fit everything."""

    id: Identifier
    match: MatchEntry = Field(default_factory=MatchEntry, description="what it is for; absent: everything")
    to: TargetEntry = Field(description="where it leads")
    calls_in: Some = Field(default_factory=list, description="X departments that always come along")


class LimitEntry(Entry):
    """How long a case may take."""

    clock: ClockKind = Field(description="urgent: around the clock; working: in working time only")
    hours: float = Field(gt=0, le=8760, description="hours that it may take; up to a year")

    def value(self) -> plan.Limit:
        """Return the limit as the plan knows it."""
        return plan.Limit(clock=self.clock, limit_s=self.hours * _HOUR_S)


class LimitsEntry(Entry):
    """The limit for each severity; `any` is for those that are not named."""

    critical: LimitEntry | None = None
    major: LimitEntry | None = None
    minor: LimitEntry | None = None
    warning: LimitEntry | None = None
    any: LimitEntry | None = None

    @model_validator(mode="after")
    def _complete(self) -> LimitsEntry:
        missing = [severity.value for severity in Severity if getattr(self, severity.value) is None]
        if missing and self.any is None:
            raise ValueError(f"there is no limit for {', '.join(missing)}: add them, or any")
        return self

    def value(self) -> dict[Severity, plan.Limit]:
        """Return the limit of every severity."""
        given = {severity: getattr(self, severity.value) or self.any for severity in Severity}
        return {severity: limit.value() for severity, limit in given.items() if limit is not None}


class ConditionEntry(Entry):
    """When a case is filed and closed, and by when it must be settled; the last must fit everything."""

    id: Identifier
    name: Called
    match: MatchEntry = Field(default_factory=MatchEntry, description="what it is for; absent: everything")
    filing: Called | None = Field(None, description="what must be seen before it is filed (立案条件)")
    closing: Called | None = Field(None, description="what must be seen before it is closed (结案条件)")
    limits: LimitsEntry = Field(description="a limit for each severity; any is for those that are not named")
    reopen_within_hours: float = Field(
        168, ge=0, le=8760, description="a case like it at the same place within this time of its end is the old one"
    )


class CampaignEntry(Entry):
    """A campaign (整治): while it lasts, cases like `match` call in further departments."""

    id: Identifier
    name: Called
    begins: date = Field(description="its first day")
    ends: date = Field(description="its last day")
    match: MatchEntry = Field(default_factory=MatchEntry, description="what it is for; absent: everything")
    calls_in: Some = Field(min_length=1, description="the departments that come along")

    @model_validator(mode="after")
    def _in_order(self) -> CampaignEntry:
        if self.ends < self.begins:
            raise ValueError("a campaign ends on the day it begins, or later")
        return self
