"""`lianqin trace`: why an alert was raised, or why none was, for a terminal or as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import from_environment

SHOWN = 40  # predicates; --json has all


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(trace)


def trace(
    alert: Annotated[UUID | None, typer.Argument(help="An alert; else give --rule, --subject and --at.")] = None,
    rule: Annotated[str | None, typer.Option(help="Such as parking.illegal.")] = None,
    subject: Annotated[str | None, typer.Option(help="A device, circuit, camera, zone, or place zone@x,y.")] = None,
    at: Annotated[str | None, typer.Option(help="When: 2026-11-22T18:03, or 18:03; city time.")] = None,
    around: Annotated[float, typer.Option(min=1, max=172800, help="Seconds before and after that are judged.")] = 600.0,
    what_if: Annotated[
        bool, typer.Option("--what-if/--no-what-if", help="Look for thresholds that would have changed it.")
    ] = True,
    chinese: Annotated[bool, typer.Option("--zh", help="Print the Chinese words.")] = False,
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    detectors: Annotated[Path | None, typer.Option(help="The detectors file; LIANQIN_DETECTORS by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole trace as one JSON object.")] = False,
) -> None:
    """Tell why an alert was raised, or why none was, by judging what was recorded again with the detectors that run."""
    from hub import clock
    from hub.cli.data import connection
    from hub.config.load import load
    from hub.people.caller import EVERYWHERE
    from hub.store.read_alerts import find_alert
    from hub.store.recording import StoredRecording
    from hub.store.session import StoreUnavailable
    from hub.tuning.trace.moment import NotYet, require_past
    from hub.tuning.trace.request import Request, TooLong, of_alert
    from hub.tuning.trace.request import trace as explained
    from hub.tuning.trace.scope import UnknownRule

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    if alert is not None:
        if rule or subject or at:
            raise CommandError("give an alert, or --rule, --subject and --at, not both")
        with connection() as session:
            found = find_alert(session, alert, EVERYWHERE)
        if found is None:
            raise CommandError(f"there is no alert {alert}")
        request = of_alert(found.alert, around_s=around, wants_what_if=what_if)
    elif rule and subject and at:
        request = Request(rule=rule, subject=subject, at=instant(at, zone), around_s=around, wants_what_if=what_if)
    else:
        raise CommandError("give an alert, or --rule, --subject and --at")
    try:
        require_past(request.at, clock.now())
        answer = explained(StoredRecording(settings.database_url), configuration, request)
    except (UnknownRule, TooLong, NotYet) as error:
        raise CommandError(str(error)) from None
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer, zone, "zh" if chinese else "en")
        if what_if and answer["states"] and answer["what_if_complete"] and not answer["what_if"]:
            pairs = answer["what_if_tried"]["pairs"]
            print(
                "\n  (no single threshold, anywhere in its range, would have changed it"
                + (f", and none of {pairs} pairs)" if pairs else ")")
            )


def _print(answer: dict[str, Any], zone: ZoneInfo, language: str) -> None:
    text, words = f"text_{language}", "words_zh" if language == "zh" else "words"
    print(f"{answer['rule']}  {answer['subject']}  (configuration {answer['version']})")
    print(answer[text])
    for fact in answer["facts"]:
        print(f"  · {fact[text]}")
    if answer["states"]:
        print()
    for state in answer["states"]:
        counted = f"  {state['counted_s']:g} / {state['needed_s']:g} s" if state["counted_s"] else ""
        thing = f"  {_thing(state['thing'], zone)}" if state["thing"] else ""
        print(f"  {_local(state['since'], zone)} – {_local(state['until'], zone)}  {state[words]}{counted}{thing}")
    shown = answer["predicates"][:SHOWN]
    if shown:
        print()
    for one in shown:
        mark = "✓" if one["holds"] else "✗"
        print(f"  {_local(one['at'], zone)}  {mark} {one['text_zh' if language == 'zh' else 'text']}")
    more = len(answer["predicates"]) - len(shown)
    if more > 0:
        print(f"  … {more} more; --json has them")
    if answer["what_if"]:
        print()
    for one in answer["what_if"]:
        print(f"  → {one[text]}")
    if not answer["what_if_complete"]:
        print("  (not everything could be tried: ask for less around it)")


def _thing(name: str, zone: ZoneInfo) -> str:
    """Return what stood there, by its place and since when: its name bears the time in UTC."""
    begun, space, place = name.partition(" ")
    try:
        return f"{place} since {_local(begun, zone)}" if space else name
    except ValueError:
        return name


def _local(at: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(at).astimezone(zone):%m-%d %H:%M:%S}"
