"""`lianqin dispatch`: where something would go by the dispatch plan, and why, without asking the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from detectors.finding import Severity
from hub.cases.level import ClockKind, Level
from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.cases.plan import Plan
    from hub.dispatch.explain import Answer

dispatch_app = typer.Typer(help="The dispatch plan.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(dispatch_app, name="dispatch")


@dispatch_app.callback()
def _commands() -> None:
    """Keep the command's name although it is the only one."""


@dispatch_app.command("route")
def route(
    grid: Annotated[str, typer.Option(help="The grid it is in.")],
    rule: Annotated[str | None, typer.Option(help="The alert's rule; leave it out for a citizens' report.")] = None,
    category: Annotated[str | None, typer.Option(help="The category's code; by default the rule's.")] = None,
    zone: Annotated[str | None, typer.Option(help="The camera's zone that it lies in.")] = None,
    severity: Annotated[Severity, typer.Option(help="How bad it is.")] = Severity.MINOR,
    level: Annotated[Level | None, typer.Option(help="Ask for this level; by default where the plan has it.")] = None,
    clock: Annotated[ClockKind | None, typer.Option(help="Another clock than the filing condition's.")] = None,
    at: Annotated[str, typer.Option(help="When it is filed, ISO 8601; now by default.")] = "",
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    plan: Annotated[Path | None, typer.Option(help="The dispatch plan; LIANQIN_DISPATCH by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say to whom something would be dispatched, by when, and why; each line that was passed over says why too."""
    from hub import clock as clocks
    from hub.config.load import load_city
    from hub.config.load_dispatch import load_dispatch
    from hub.dispatch.document import instant as told
    from hub.dispatch.explain import BadQuestion, answer_document, ask, described

    settings = from_environment()
    found = load_city(city or settings.city)
    dispatch = load_dispatch(plan or settings.dispatch, found)
    local = ZoneInfo(found.timezone)
    when = instant(at, local) if at else clocks.now()
    if not 2000 <= when.year <= 2200:
        raise CommandError("--at lies between the years 2000 and 2200")
    try:
        matter = described(dispatch.plan, found, rule=rule, category=category, grid=grid, zone=zone, severity=severity)
    except BadQuestion as error:
        raise CommandError(f"--{error.part}: {error}") from None
    answer = ask(dispatch.plan, matter, level=level, clock=clock, at=when)
    if as_json:
        print(json.dumps({**answer_document(answer), "at": told(when)}, ensure_ascii=False))
        return
    for line in _lines(answer, dispatch.plan, local):
        print(line)


def _lines(answer: Answer, plan: Plan, zone: ZoneInfo) -> Iterator[str]:
    found, due = answer.route, answer.due
    if found.department is None:
        yield "department  none"
    else:
        department = plan.departments[found.department]
        yield f"department  {found.department}: {department.name.zh}, {department.name.en} ({found.level} level)"
    if found.squad is not None:
        yield f"squad       {found.squad}: {plan.squads[found.squad].name.zh}"
    for called in found.called_in:
        yield f"called in   {called}: {plan.departments[called].name.zh}"
    for campaign in found.campaigns:
        yield f"campaign    {campaign}"
    yield f"category    {found.category or 'none'}"
    by, warned = (each.astimezone(zone).strftime("%Y-%m-%d %H:%M") for each in (due.due_at, due.warn_at))
    yield f"deadline    {by}, warned of at {warned}"
    yield f"            {due.limit_s / 3600:g} h on the {due.clock} clock, by the filing condition {found.condition}"
    for year in due.unknown_years:
        yield f"            a guess: the holidays of {year} are not known"
    yield f"because     {found.reason.text}"
    for line in answer.considered:
        if line.against is not None:
            yield f"passed over {line.route_id}: {line.against}"
    yield f"plan        {answer.plan_version}"
