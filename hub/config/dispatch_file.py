"""Takes dispatch.yaml and the city, gives a Plan: the whole file in pydantic, and the values made from it."""

from __future__ import annotations

from pydantic import Field, ValidationError

from hub.cases import plan
from hub.cases.level import Level
from hub.config.dispatch_table import (
    CampaignEntry,
    CategoriesEntry,
    CategoryEntry,
    ConditionEntry,
    DepartmentEntry,
    Entry,
    RouteEntry,
    Some,
    SquadEntry,
)
from hub.config.dispatch_time import EscalationEntry, LeaseEntry, WorkingTimeEntry
from hub.config.yaml_source import Source, names_in
from ingest.city import City

_HOUR_S = 3600.0


class DispatchFile(Entry):
    """The whole file."""

    departments: list[DepartmentEntry] = Field(min_length=1, description="who can be sent")
    squads: list[SquadEntry] = Field(default_factory=list, description="crews of departments")
    categories: CategoriesEntry = Field(description="the city's classification of cases")
    routes: list[RouteEntry] = Field(min_length=1, description="the first that fits wins, the last must fit everything")
    usual_level: Level = Field(Level.DISTRICT, description="where a case is handled when nobody says")
    deadlines: list[ConditionEntry] = Field(
        min_length=1, description="filing conditions: the first that fits wins, the last must fit everything"
    )
    working_time: WorkingTimeEntry = Field(WorkingTimeEntry(), description="when the working clock runs")
    escalation: EscalationEntry = Field(EscalationEntry(), description="what happens to a case that runs late")
    lease: LeaseEntry = Field(LeaseEntry(), description="how long a case stays taken without a sign of life")
    campaigns: list[CampaignEntry] = Field(
        default_factory=list, description="times in which cases call further departments in"
    )
    public_rules: Some = Field(
        default_factory=list, description="rules, or whole domains, of which the public must be warned"
    )


def parsed(source: Source) -> DispatchFile:
    """Return the file with every setting of the right kind and in its range; raise ConfigError otherwise."""
    try:
        return DispatchFile.model_validate(source.data if source.data is not None else {})
    except ValidationError as error:
        raise source.refuse(error, names_in(DispatchFile.model_json_schema())) from None


def plan_of(file: DispatchFile, city: City) -> plan.Plan:
    """Return the plan of a parsed file that has no contradictions; its version is left empty."""
    return plan.Plan(
        departments={entry.id: _department(entry) for entry in file.departments},
        squads={
            entry.id: plan.Squad(
                squad_id=entry.id,
                name=entry.name.value(),
                department=entry.department,
                grids=frozenset(entry.grids),
                districts=frozenset(entry.districts),
            )
            for entry in file.squads
        },
        categories={entry.code: _category(entry) for entry in file.categories.entries},
        categories_version=file.categories.version,
        routes=tuple(_route(entry) for entry in file.routes),
        usual_level=file.usual_level,
        deadlines=tuple(_condition(entry) for entry in file.deadlines),
        working=file.working_time.value(city),
        escalation=plan.Escalation(warned=file.escalation.warned.value(), overdue=file.escalation.overdue.value()),
        warn_share=file.escalation.warn_at_percent / 100,
        lease=plan.Lease(usual_s=file.lease.usual_minutes * 60, most_s=file.lease.most_minutes * 60),
        campaigns=tuple(
            plan.Campaign(
                campaign_id=entry.id,
                name=entry.name.value(),
                begins=entry.begins,
                ends=entry.ends,
                calls_in=tuple(entry.calls_in),
                match=entry.match.value(),
            )
            for entry in file.campaigns
        ),
        districts={grid_id: grid.district for grid_id, grid in city.grids.items()},
        public_rules=frozenset(file.public_rules),
    )


def _department(entry: DepartmentEntry) -> plan.Department:
    return plan.Department(
        department_id=entry.id,
        name=entry.name.value(),
        kind=entry.kind,
        level=entry.level,
        regular=entry.regular,
        districts=frozenset(entry.districts),
    )


def _category(entry: CategoryEntry) -> plan.Category:
    return plan.Category(
        code=entry.code,
        name=entry.name.value(),
        group=entry.group.value(),
        rules=frozenset(entry.rules),
        reportable=entry.reportable,
        description=None if entry.description is None else entry.description.value(),
        keywords=tuple(entry.keywords),
    )


def _route(entry: RouteEntry) -> plan.RouteRule:
    return plan.RouteRule(
        route_id=entry.id,
        match=entry.match.value(),
        department=entry.to.department,
        kind=entry.to.kind,
        level=entry.to.level,
        squad=entry.to.squad,
        calls_in=tuple(entry.calls_in),
    )


def _condition(entry: ConditionEntry) -> plan.FilingCondition:
    return plan.FilingCondition(
        condition_id=entry.id,
        name=entry.name.value(),
        limits=entry.limits.value(),
        reopen_within_s=entry.reopen_within_hours * _HOUR_S,
        match=entry.match.value(),
        filing=None if entry.filing is None else entry.filing.value(),
        closing=None if entry.closing is None else entry.closing.value(),
    )
