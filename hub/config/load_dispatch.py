"""Takes a dispatch file (or none: the shipped one) and the city, gives the Plan with its version and its warnings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from hub.cases.plan import Plan
from hub.config.dispatch_checks import contradictions, doubts, holes
from hub.config.dispatch_document import plan_version
from hub.config.dispatch_file import DispatchFile, parsed, plan_of
from hub.config.yaml_source import ConfigError, Source, read
from ingest.city import City

SHIPPED_PLAN = Path(__file__).with_name("dispatch.default.yaml")
# The State Council announces the next year's holidays in autumn; a working clock may reach into that year from here.
NEXT_YEAR_FROM = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something in the file that can be used, but is hardly meant: `text` says what, `line` says where too."""

    text: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """The dispatch plan as it was read, and what in it is doubtful."""

    plan: Plan
    doubts: tuple[Doubt, ...] = ()


def load_dispatch(path: Path | None, city: City) -> Dispatch:
    """Return the plan of `path`, or the shipped one; raise ConfigError with file, line and what would be right."""
    source, file = _shipped() if path is None else _read(path)
    problems = [source.problem(place, message) for place, message in contradictions(file, city)]
    if problems:
        raise ConfigError(problems)
    plan = plan_of(file, city)
    problems = [source.problem(place, message) for place, message in holes(plan, city)]
    if problems:
        raise ConfigError(problems)
    plan = replace(plan, version=plan_version(plan))
    found = doubts(file, plan, city)
    return Dispatch(
        plan=plan,
        doubts=tuple(Doubt(text=message, line=source.problem(place, message)) for place, message in found),
    )


def _read(path: Path) -> tuple[Source, DispatchFile]:
    source = read(path)
    return source, parsed(source)


@cache
def _shipped() -> tuple[Source, DispatchFile]:
    return _read(SHIPPED_PLAN)  # it is a part of the program: it does not change while that runs


def missing_years(plan: Plan, at: datetime) -> tuple[int, ...]:
    """Return the years around `at` whose holidays the plan does not know: this one, and the next when it is near."""
    local = at.astimezone(plan.working.timezone)
    years = {local.year, (local + NEXT_YEAR_FROM).year}
    return tuple(sorted(years - plan.working.years))


def warnings_at(dispatch: Dispatch, at: datetime) -> tuple[str, ...]:
    """Return everything that is doubtful in the plan at the instant `at`, the missing calendars first."""
    years = [calendar_warning(year) for year in missing_years(dispatch.plan, at)]
    return (*years, *(doubt.line for doubt in dispatch.doubts))


def calendar_warning(year: int) -> str:
    """Return what to say of a year whose holidays are not known."""
    return (
        f"the calendar of {year} is missing: public holidays count as working days and make-up workdays do not; "
        "deadlines in working time are a guess by weekdays. Add the year to working_time: calendars: in the dispatch "
        "file, or to the city file's calendar"
    )
