"""The shape of dispatch.yaml's working time, leases and escalation."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from hub.cases import plan
from hub.cases.level import Level
from hub.config.city_file import parse_hours
from hub.config.dispatch_table import Entry
from ingest.city import City


class YearEntry(Entry):
    """The public holidays and make-up workdays of one year, complete, as the State Council announced them."""

    year: int = Field(ge=2000, le=2200, description="the year")
    holidays: list[date] = Field(description="days on which one does not work; weekend days may be left out")
    workdays: list[date] = Field(description="weekend days on which one works")


def _hours(text: str) -> str:
    begin, end = parse_hours(text)
    if end != time(0) and begin >= end:
        raise ValueError("hours of work end on the day they begin, for example 08:00-12:00")
    return text


class WorkingTimeEntry(Entry):
    """When the working clock runs."""

    hours: list[str] = Field(
        default_factory=lambda: ["08:00-12:00", "14:00-18:00"],
        min_length=1,
        max_length=12,
        description="HH:MM-HH:MM local time, in order; none may wrap over midnight",
    )
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default_factory=lambda: [1, 2, 3, 4, 5], description="ISO weekdays, 1 is Monday", min_length=1
    )
    calendars: list[YearEntry] = Field(default_factory=list, description="one for each year that is known")

    @field_validator("hours")
    @classmethod
    def _check_hours(cls, hours: list[str]) -> list[str]:
        spans = [parse_hours(_hours(text)) for text in hours]
        for (_, closes), (opens, _) in pairwise(spans):
            if closes == time(0) or opens < closes:
                raise ValueError("hours of work must follow one another and not overlap")
        return hours

    def value(self, city: City) -> plan.WorkingTime:
        """Return the working time in the city; a year that the file lacks and the city's calendar knows is taken."""
        years = {entry.year for entry in self.calendars}
        holidays = {day for entry in self.calendars for day in entry.holidays}
        workdays = {day for entry in self.calendars for day in entry.workdays}
        calendar = city.calendar
        more = calendar.years - years
        return plan.WorkingTime(
            timezone=ZoneInfo(city.timezone),
            hours=tuple(parse_hours(text) for text in self.hours),
            weekdays=frozenset(self.weekdays),
            holidays=frozenset(holidays | {day for day in calendar.holidays if day.year in more}),
            workdays=frozenset(workdays | {day for day in calendar.workdays if day.year in more}),
            years=frozenset(years | more),
        )


_TELL = re.compile(r"^(handling|above|role:.+|department:.+)$")


def _tellable(text: str) -> str:
    if not _TELL.match(text):
        raise ValueError(f"write handling, above, role:NAME or department:ID, not {text}")
    return text


TellText = Annotated[
    str,
    AfterValidator(_tellable),
    Field(
        description="handling: the department that has the case; above: those that would have it at the levels "
        "above, up to the one it is raised to; role:NAME: everybody of that role; department:ID",
        json_schema_extra={"pattern": _TELL.pattern},
    ),
]


class StepEntry(Entry):
    """To which level a case is raised, and who is told."""

    to: Level = Field(description="the level that it is raised to; its own: it stays")
    tell: list[TellText] = Field(min_length=1, description="who is told")

    def value(self) -> plan.Step:
        """Return the step as the plan knows it."""
        return plan.Step(to=self.to, tell=tuple(_tell(text) for text in self.tell))


def _tell(text: str) -> plan.Tell:
    what, _, name = text.partition(":")
    if what == "role":
        return plan.Tell(role=name)
    if what == "department":
        return plan.Tell(department=name)
    return plan.Tell(handling=what == "handling", above=what == "above")


class StepsEntry(Entry):
    """What happens to a case of each level."""

    street: StepEntry
    district: StepEntry
    city: StepEntry

    @model_validator(mode="after")
    def _upwards(self) -> StepsEntry:
        for level in Level:
            if getattr(self, level.value).to.rank < level.rank:
                raise ValueError(f"a case of the {level} level cannot be raised to a lower one")
        return self

    def value(self) -> dict[Level, plan.Step]:
        """Return the step of each level."""
        return {level: getattr(self, level.value).value() for level in Level}


_WARNED = StepsEntry(
    street=StepEntry(to=Level.DISTRICT, tell=["handling", "above"]),
    district=StepEntry(to=Level.DISTRICT, tell=["handling", "role:dispatcher"]),
    city=StepEntry(to=Level.CITY, tell=["handling", "role:dispatcher"]),
)


_ALL_ABOVE = ["handling", "above", "role:supervisor"]
_OVERDUE = StepsEntry(
    street=StepEntry(to=Level.CITY, tell=_ALL_ABOVE),
    district=StepEntry(to=Level.CITY, tell=_ALL_ABOVE),
    city=StepEntry(to=Level.CITY, tell=["handling", "role:supervisor"]),
)


class EscalationEntry(Entry):
    """What happens to a case that runs late."""

    warn_at_percent: float = Field(
        default=80, ge=10, le=99, description="share of its time after which a case is warned of"
    )
    warned: StepsEntry = Field(default=_WARNED, description="what happens then, by the level of the case")
    overdue: StepsEntry = Field(default=_OVERDUE, description="what happens when all of it is over")


class LeaseEntry(Entry):
    """How long a case that was taken stays taken without a sign of life."""

    usual_minutes: float = Field(default=30, gt=0, le=10080, description="where the taker does not ask for another")
    most_minutes: float = Field(default=480, gt=0, le=10080, description="the longest that a taker may ask for")

    @model_validator(mode="after")
    def _in_order(self) -> LeaseEntry:
        if self.most_minutes < self.usual_minutes:
            raise ValueError("most_minutes must be at least usual_minutes")
        return self
