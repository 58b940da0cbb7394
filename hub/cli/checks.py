"""`lianqin config|doctor|replay`: look before you change something."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
import yaml

from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import Settings, from_environment

if TYPE_CHECKING:
    from hub.config.perception import Perception

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
config_app = typer.Typer(help="The configuration files.", no_args_is_help=True)


class File(StrEnum):
    """The configuration files."""

    CITY = "city"
    DETECTORS = "detectors"
    DISPATCH = "dispatch"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(config_app, name="config")
    app.command()(doctor)
    app.command()(replay)


@config_app.command("check")
def check(
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    detectors: Annotated[Path | None, typer.Option(help="The detectors file; LIANQIN_DETECTORS by default.")] = None,
    dispatch: Annotated[Path | None, typer.Option(help="The dispatch plan; LIANQIN_DISPATCH by default.")] = None,
    weights: Annotated[
        bool | None,
        typer.Option(
            "--weights/--no-weights",
            help="Whether the cameras' models must be on this machine, or are not looked at; by default those that are "
            "here are loaded, and the others are a warning.",
        ),
    ] = None,
    cameras: Annotated[
        str, typer.Option(help="Look at the models of these cameras only, parted by commas; of all by default.")
    ] = "",
) -> None:
    """Check the files and the models; every problem is shown with its file and line, and the exit status is 2."""
    from detectors.overrides import notes
    from hub import clock
    from hub.config import geography
    from hub.config.load import load
    from hub.config.load_dispatch import load_dispatch, warnings_at
    from hub.config.zones_file import drawn_in
    from hub.vision_settings import perception

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    found = configuration.city
    planned = load_dispatch(dispatch or settings.dispatch, found)
    seeing = perception(replace(settings, city=city or settings.city))
    told = [] if weights is False else _models(settings, seeing, cameras, strict=weights is True)
    print(
        f"good: {found.name}, {len(found.grids)} grids, {len(found.devices)} devices, {len(found.circuits)} circuits, "
        f"{len(found.cameras)} cameras; configuration {configuration.version}"
    )
    plan = planned.plan
    print(
        f"good: {len(plan.departments)} departments, {len(plan.squads)} squads, {len(plan.categories)} categories, "
        f"{len(plan.routes)} routes, {len(plan.deadlines)} filing conditions; dispatch plan {plan.version}"
    )
    year = clock.now().astimezone(ZoneInfo(found.timezone)).year
    if year not in found.calendar.years:
        print(f"warning: the calendar has no complete list for {year}: holidays and make-up workdays count as any day")
    for line in [*geography.warnings(seeing.source, found), *drawn_in(city or settings.city, found), *told]:
        print(line)
    for line in notes(configuration.thresholds, found):
        print(f"warning: {line}")
    for line in warnings_at(planned, clock.now()):
        print(f"warning: {line}")


def _models(settings: Settings, seeing: Perception, cameras: str, *, strict: bool) -> list[str]:
    """Load the models of the cameras and return what to say of them; raise ConfigError where one is no good."""
    chosen = {part.strip() for part in cameras.split(",") if part.strip()} or set(seeing.plans)
    if unknown := sorted(chosen - set(seeing.plans)):
        raise CommandError(f"the city has no camera {', '.join(unknown)}")
    if not chosen:
        return []
    try:
        from hub.vision_models import look_over
    except ImportError as error:
        missing = f"{error.name} cannot be imported: install lianqin[vision]"
        if strict:
            raise CommandError(f"the models cannot be looked at: {missing}") from None
        return [f"warning: the models were not looked at: {missing}"]
    return look_over(seeing, chosen, cache=settings.data / "yolo", strict=strict)


@config_app.command("schema")
def schema(file: File) -> None:
    """Print the JSON Schema of a configuration file, for editors and for checks elsewhere."""
    from hub.config.schema import schema_of

    print(json.dumps(schema_of(file.value), indent=2, ensure_ascii=False))


class Part(StrEnum):
    """What has defaults to print."""

    DETECTORS = "detectors"
    VISION = "vision"
    DISPATCH = "dispatch"


@config_app.command("defaults")
def defaults(part: Annotated[Part, typer.Argument()] = Part.DETECTORS) -> None:
    """Print a detectors.yaml, the `vision:` of a city.yaml, or a dispatch.yaml, with every setting at its default."""
    from hub.config.load_dispatch import SHIPPED_PLAN
    from hub.config.schema import commented_defaults
    from hub.config.vision_file import commented_vision

    if part is Part.DISPATCH:
        print(SHIPPED_PLAN.read_text(encoding="utf-8"), end="")
        return
    print(commented_vision() if part is Part.VISION else commented_defaults(), end="")


def doctor(
    role: Annotated[
        str, typer.Option(help="Check one role only: ingest, vision, api, deliver or tuning; all by default.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check the configuration, the database, the broker and what runs; exit status 1 when something is wrong."""
    from hub.worker.doctor import checks

    bad = False
    for found in checks(from_environment(), role or None):
        bad = bad or not found.ok
        if as_json:
            print(json.dumps({"name": found.name, "ok": found.ok, "detail": found.detail}, ensure_ascii=False))
        else:
            print(f"{'good' if found.ok else 'BAD '}  {found.name:<22} {found.detail}")
    if bad:
        raise SystemExit(1)


def replay(
    begin: Annotated[str, typer.Option("--from", help="2026-11-22T18:00, a date, or 18:00; city time.")],
    end: Annotated[str, typer.Option("--to", help="Likewise; now by default.")] = "",
    config: Annotated[Path | None, typer.Option(help="Another detectors file to judge with.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Another threshold; may be repeated.")
    ] = None,
    grids: Annotated[str, typer.Option(help="Grids, parted by commas; all by default.")] = "",
    rules: Annotated[str, typer.Option(help="Rules, parted by commas; all by default.")] = "",
    subjects: Annotated[str, typer.Option(help="Devices, circuits, cameras or zones; all by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Judge recorded readings and detections again, with the same code, and print the alerts; nothing is written."""
    from hub import clock
    from hub.cli.naming import check_grids, check_rules, check_subjects
    from hub.cli.progress import shown
    from hub.config.load import load
    from hub.dispatch.document import alert_document
    from hub.store.recording import StoredRecording
    from hub.store.session import StoreUnavailable
    from hub.store.tuning_runs import quiet
    from hub.store.write import Store
    from hub.tuning.candidate import with_thresholds
    from hub.tuning.judging import Question
    from hub.tuning.warm import replayed

    settings = from_environment()
    configuration = with_thresholds(load(settings.city, config or settings.detectors), _changes(changes or ()))
    zone = ZoneInfo(configuration.city.timezone)
    since, until = instant(begin, zone), instant(end, zone) if end else clock.now()
    if since >= until:
        raise CommandError("--from must lie before --to")
    check_rules(sorted(_names(rules) or ()))
    check_subjects(sorted(_names(subjects) or ()), configuration.city)
    check_grids(sorted(_names(grids) or ()), configuration.city)
    question = Question(rules=_names(rules), grids=_names(grids), subjects=_names(subjects), since=since, until=until)
    try:
        store = Store(settings.database_url)
        store.connect()  # says what is missing where the schema is not up to date
        store.close()
        with shown("judging", is_wanted=not as_json) as told:
            found = replayed(StoredRecording(quiet(settings.database_url)), configuration, question, told=told)
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None
    for alert in found:
        document = alert_document(alert, ())
        print(json.dumps(document, ensure_ascii=False) if as_json else _line(document, zone))
    if not as_json:
        print(f"{len(found)} alerts with configuration {configuration.version}")


def _names(text: str) -> frozenset[str] | None:
    return frozenset(part.strip() for part in text.split(",") if part.strip()) or None


def _changes(given: Sequence[str]) -> dict[str, Any]:
    """Return the thresholds of `PATH=VALUE` options; the values are written as in the detectors file."""
    changes: dict[str, Any] = {}
    for one in given:
        path, equals, value = one.partition("=")
        if not equals or not path.strip():
            raise CommandError(f"--set {one}: write it as PATH=VALUE, such as parking.illegal.dwell_s=90")
        try:
            changes[path.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise CommandError(f"--set {one}: {value!r} is no value as the detectors file has them") from None
    return changes


def _line(document: dict[str, Any], zone: ZoneInfo) -> str:
    def local(text: str | None) -> str:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if text else "still open"

    return (
        f"{local(document['raised_at'])} – {local(document['cleared_at']):<19}  {document['severity']:<8} "
        f"{document['rule']:<24} {document['subject']:<22} {document['reason']['text']}"
    )
