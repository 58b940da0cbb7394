"""`lianqin shadow start|list|show|end|canary|promote|rollback`: candidates judged silently beside what is in force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from hub.cli.data import AsJson
from hub.cli.failure import CommandError
from hub.cli.instant import instant, local
from hub.settings import Settings, from_environment

if TYPE_CHECKING:
    from psycopg import Connection

    from hub.tuning.shadow.canary import Hands
    from hub.tuning.shadow.shadow import Shadow
    from ingest.city import City

shadow_app = typer.Typer(help="Candidate thresholds judged silently beside those in force.", no_args_is_help=True)

ShadowId = Annotated[UUID, typer.Argument(metavar="ID", help="The shadow's id, as `shadow list` shows it.")]
Grids = Annotated[str, typer.Option(help="Grids, parted by commas.")]
Note = Annotated[str, typer.Option(help="Why; it is kept with it.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(shadow_app, name="shadow")


@shadow_app.command("start")
def start(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A kept version, as `config list` shows it.")],
    grids: Grids = "",
    note: Note = "",
    until: Annotated[
        str, typer.Option(help="2026-11-24T08:00, or 08:00 for the next one; city time. Else it has no end.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Let the tuning role follow a candidate from now on, in all grids or in some."""
    from hub import clock
    from hub.config.apply import settle
    from hub.store.audit import COMMAND_LINE
    from hub.store.configuration_versions import version_of
    from hub.store.shadows import start_shadow

    settings, now = from_environment(), clock.now()
    city = _city(settings)
    wanted = _grids(city, grids) if grids else sorted(city.grids)
    ends_at = instant(until, ZoneInfo(city.timezone), ahead=True) if until else None
    if ends_at is not None and ends_at <= now:
        raise CommandError(f"{until} is over: give a later time, or none")
    with _connection(settings) as connection, _said():
        found = version_of(connection, version)
        if found is None:
            raise CommandError(f"there is no version {version}: `lianqin config list` shows them")
        present = settle(connection, (settings.city, settings.detectors), at=now)
        with connection.transaction():
            started = start_shadow(
                connection,
                version=version,
                grids=wanted,
                note=note,
                until=ends_at,
                base_version=present.version,
                actor=COMMAND_LINE,
                at=now,
            )
        _show(connection, started, city, as_json)


@shadow_app.command("list")
def show_list(
    all_of_them: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the shadows that run, with how far they lie behind and the alarms an hour of both sides."""
    from hub import clock
    from hub.store.shadows import list_shadows
    from hub.tuning.shadow.shown import shadow_documents

    with _connection(from_environment()) as connection:
        found = list_shadows(connection, is_open=None if all_of_them else True)
        documents = shadow_documents(connection, found, at=clock.now())
    for one in documents:
        print(json.dumps(one, ensure_ascii=False) if as_json else _line(one))
    if not documents and not as_json:
        more = "" if all_of_them else " (--all shows those that are over)"
        print(f"no shadow runs{more}: `lianqin shadow start VERSION` begins one")


@shadow_app.command("show")
def show(shadow_id: ShadowId, as_json: AsJson = False) -> None:
    """Show what a shadow would have raised that was not, what it would not have, and what happened to it."""
    from hub.store.shadows import find_shadow

    settings = from_environment()
    with _connection(settings) as connection, _said():
        _show(connection, find_shadow(connection, shadow_id), _city(settings), as_json)


@shadow_app.command("end")
def end(shadow_id: ShadowId, note: Note = "") -> None:
    """Follow it no longer; what differed is kept."""
    from hub.tuning.shadow.canary import end_shadow

    with _hands() as hands, _said():
        end_shadow(hands, shadow_id, note)
    print("ended")


@shadow_app.command("canary")
def canary(
    shadow_id: ShadowId,
    grids: Grids,
    alarms_per_hour: Annotated[float | None, typer.Option(help="More alarms an hour there: it is rolled back.")] = None,
    factor: Annotated[float | None, typer.Option(help="Or more than so many times what there was before.")] = None,
    window_s: Annotated[float, typer.Option(help="The last so many seconds are looked at.")] = 3600.0,
    least: Annotated[int, typer.Option(help="Fewer alarms are never too many.")] = 5,
) -> None:
    """Put the candidate into force in some grids; the API role rolls it back by itself when it floods."""
    from hub.tuning.shadow.canary import start_canary
    from hub.tuning.shadow.guard import Limits

    try:
        limits = Limits(alarms_per_hour=alarms_per_hour, factor=factor, window_s=window_s, least=least)
    except ValueError as error:
        raise CommandError(f"{error} (--alarms-per-hour, --factor, --window-s, --least)") from None
    with _hands() as hands, _said():
        done = start_canary(hands, shadow_id, grids=_grids(_city(from_environment()), grids), limits=limits)
    assert done.canary is not None
    print(f"in force in grid {', '.join(done.canary.grids)} as the override {done.canary.name!r}")


@shadow_app.command("promote")
def promote(shadow_id: ShadowId, note: Note = "") -> None:
    """Put the candidate into force everywhere; the shadow ends with it."""
    from hub.tuning.shadow.canary import promote as put_into_force

    with _hands() as hands, _said():
        done = put_into_force(hands, shadow_id, note)
    print(f"{done.version} is in force everywhere")


@shadow_app.command("rollback")
def rollback(shadow_id: ShadowId, note: Note = "") -> None:
    """Take a canary out of force: its override, and nothing else."""
    from hub.tuning.shadow.canary import roll_back

    with _hands() as hands, _said():
        roll_back(hands, shadow_id, note or "rolled back by hand")
    print("rolled back")


def _show(connection: Connection[Any], shadow: Shadow, city: City, as_json: bool) -> None:
    from hub import clock
    from hub.tuning.shadow.shown import shadow_document

    document = shadow_document(connection, shadow, city=city, at=clock.now())
    if as_json:
        print(json.dumps(document, ensure_ascii=False))
        return
    zone = ZoneInfo(city.timezone)
    print(_line(document))
    if document["diff"] is None:
        print("    nothing is judged yet: the tuning role (`lianqin tuning`) follows it")
    else:
        _print_diff(document["diff"], zone)
    for event in document["timeline"]:
        why = event["detail"].get("why") or event["detail"].get("note") or ""
        said = f"{event['what'].replace('_', ' ')} by {event['by']}{': ' + why if why else ''}"
        print(f"    {_local(event['at'], zone)}  {said}")


def _print_diff(diff: dict[str, Any], zone: ZoneInfo) -> None:
    print(
        f"    {len(diff['appeared'])} would appear, {len(diff['vanished'])} would vanish, "
        f"{len(diff['moved'])} would move, {len(diff['severity'])} would change severity, {diff['same']} stay"
    )
    for sign, side in (("+", "appeared"), ("-", "vanished")):
        for one in diff[side]:
            print(
                f"    {sign} {_local(one['raised_at'], zone)}  {one['rule']:<24} {one['subject']:<20} {one['reason']}"
            )
    for pair in diff["moved"]:
        one = pair["candidate"]
        where = f"{_local(one['raised_at'], zone)}  {one['rule']:<24} {one['subject']:<20}"
        print(f"    ~ {where} raised {pair['by_s']:+g} s")


def _local(at: str, zone: ZoneInfo) -> str:
    return local(datetime.fromisoformat(at), zone)


def _line(document: dict[str, Any]) -> str:
    rates = document["alarms_per_hour"]
    said = f"{document['id']}  {document['state'].replace('_', ' '):<11} {document['version']}"
    said += f"  grid {', '.join(document['grids'])}"
    if rates is not None:
        said += f"  alarms an hour: {rates['base']:g} in force, {rates['candidate']:g} shadow"
    if document["lag_s"] is not None:
        said += f"  {document['lag_s']:.0f} s behind"
    for extra in (document["note"], document["problem"], document["why"]):
        said += f"  {extra}" if extra else ""
    return said


def _grids(city: City, text: str) -> list[str]:
    wanted = sorted({part.strip() for part in text.split(",") if part.strip()})
    unknown = [grid for grid in wanted if grid not in city.grids]
    if unknown or not wanted:
        raise CommandError(
            f"there is no grid {', '.join(unknown) or text!r}; there are: {', '.join(sorted(city.grids))}"
        )
    return wanted


def _city(settings: Settings) -> City:
    from hub.config.load import load_city
    from hub.config.yaml_source import ConfigError

    try:
        return load_city(settings.city)
    except ConfigError as error:
        raise CommandError(str(error)) from None


@contextmanager
def _hands() -> Iterator[Hands]:
    from hub import clock
    from hub.store.audit import COMMAND_LINE
    from hub.tuning.shadow.canary import Hands

    settings = from_environment()
    with _connection(settings) as connection:
        yield Hands(connection, (settings.city, settings.detectors), COMMAND_LINE, clock.now)


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection[Any]]:
    from hub.store.session import StoreUnavailable, connect, unavailable

    try:
        with connect(settings.database_url) as connection, unavailable():
            yield connection
    except StoreUnavailable as error:
        raise CommandError(f"the database cannot be used: {error}") from None


@contextmanager
def _said() -> Iterator[None]:
    """Turn a refusal into one clear line."""
    from hub.config.apply import NotApplied
    from hub.config.yaml_source import ConfigError
    from hub.store.shadows import NoSuchShadow, TooManyShadows
    from hub.tuning.shadow.canary import NotPossible

    try:
        yield
    except (NotApplied, NotPossible, NoSuchShadow, TooManyShadows, ConfigError) as error:
        raise CommandError(str(error)) from None
