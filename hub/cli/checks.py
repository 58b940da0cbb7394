"""`lianqin config|doctor|replay`: look before you change something."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import from_environment

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
config_app = typer.Typer(help="The configuration files.", no_args_is_help=True)


class File(StrEnum):
    """The two configuration files."""

    CITY = "city"
    DETECTORS = "detectors"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(config_app, name="config")
    app.command()(doctor)
    app.command()(replay)


@config_app.command("check")
def check(
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    detectors: Annotated[Path | None, typer.Option(help="The detectors file; LIANQIN_DETECTORS by default.")] = None,
) -> None:
    """Check both files; every problem is shown with its file and line, and the exit status is 2."""
    from hub import clock
    from hub.config.load import load

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    found = configuration.city
    print(
        f"good: {found.name}, {len(found.grids)} grids, {len(found.devices)} devices, {len(found.circuits)} circuits, "
        f"{len(found.cameras)} cameras; configuration {configuration.version}"
    )
    year = clock.now().astimezone(ZoneInfo(found.timezone)).year
    if year not in found.calendar.years:
        print(f"warning: the calendar has no complete list for {year}: holidays and make-up workdays count as any day")


@config_app.command("schema")
def schema(file: File) -> None:
    """Print the JSON Schema of a configuration file, for editors and for checks elsewhere."""
    from hub.config.schema import schema_of

    print(json.dumps(schema_of(file.value), indent=2, ensure_ascii=False))


@config_app.command("defaults")
def defaults() -> None:
    """Print a detectors.yaml with every threshold at its shipped default, with unit, range and source."""
    from hub.config.schema import commented_defaults

    print(commented_defaults(), end="")


def doctor(
    role: Annotated[str, typer.Option(help="Check one role only: ingest, vision or api; all by default.")] = "",
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
    begin: Annotated[str, typer.Option("--from", help="ISO 8601; without a zone it is the city's time.")],
    end: Annotated[str, typer.Option("--to", help="ISO 8601; now by default.")] = "",
    config: Annotated[Path | None, typer.Option(help="Another detectors file to judge with.")] = None,
    grids: Annotated[str, typer.Option(help="Grids, parted by commas; all by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Judge recorded readings and detections again, with the same code, and print the alerts; nothing is written."""
    from hub import clock
    from hub.config.load import load
    from hub.dispatch.document import alert_document
    from hub.store.session import StoreUnavailable
    from hub.store.write import Store
    from hub.tuning.replay import replay as judge_again

    settings = from_environment()
    configuration = load(settings.city, config or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    since, until = instant(begin, zone), instant(end, zone) if end else clock.now()
    if since >= until:
        raise CommandError("--from must lie before --to")
    chosen = frozenset(part.strip() for part in grids.split(",") if part.strip()) or None
    store = Store(settings.database_url)
    count = 0
    try:
        store.connect()
        for alert in judge_again(store, configuration, grids=chosen, since=since, until=until):
            count += 1
            document = alert_document(alert, ())
            print(json.dumps(document, ensure_ascii=False) if as_json else _line(document, zone))
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None
    finally:
        store.close()
    if not as_json:
        print(f"{count} alerts with configuration {configuration.version}")


def _line(document: dict[str, Any], zone: ZoneInfo) -> str:
    def local(text: str | None) -> str:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if text else "still open"

    return (
        f"{local(document['raised_at'])} – {local(document['cleared_at']):<19}  {document['severity']:<8} "
        f"{document['rule']:<24} {document['subject']:<22} {document['reason']['text']}"
    )
