"""`lianqin dataset export`: what operators said of camera alerts becomes a dataset to fine-tune a model with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import from_environment

dataset_app = typer.Typer(help="From labels to a better model.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(dataset_app, name="dataset")


@dataset_app.command("export")
def export(
    since: Annotated[str, typer.Option(help="From when on, ISO 8601; without a zone it is the city's time.")],
    until: Annotated[str, typer.Option(help="Until when.")],
    out: Annotated[Path, typer.Option(help="An empty folder, or one that is not there yet.")],
    labels: Annotated[str, typer.Option(help="Which verdicts, parted by commas.")] = "true,false,missed",
    camera: Annotated[list[str] | None, typer.Option(help="Only this camera; may be given again.")] = None,
    val: Annotated[float, typer.Option(min=0, max=0.9, help="The share of the places kept for validation.")] = 0.2,
    sure: Annotated[
        float, typer.Option(min=0, max=1, help="From this confidence on a box nobody spoke of is taken for true.")
    ] = 0.5,
    blur_people: Annotated[
        bool, typer.Option("--blur-people", help="Blur people in every picture, not only where the camera says so.")
    ] = False,
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was made as one JSON object.")] = False,
) -> None:
    """Write pictures, boxes and negatives as ultralytics trains with them, and a manifest of their hashes."""
    from dataclasses import replace

    from hub import clock
    from hub.cli.data import connection
    from hub.config.load import load
    from hub.tuning.labels.label import Verdict

    try:
        from hub.tuning.dataset.export import NotEmpty
        from hub.tuning.dataset.export import export as write
        from hub.tuning.dataset.made import source_of
        from hub.tuning.dataset.shot import Options
        from hub.vision_settings import perception
    except ImportError as error:
        raise CommandError(f"{error.name} cannot be imported: install lianqin[vision]") from None

    settings = from_environment()
    settings = replace(settings, city=city or settings.city)
    configuration = load(settings.city, settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    begin, end = instant(since, zone), instant(until, zone)
    if begin >= end:
        raise CommandError("--since must lie before --until")
    try:
        verdicts = frozenset(Verdict(word.strip()) for word in labels.split(","))
    except ValueError:
        raise CommandError(f"--labels takes true, false and missed, parted by commas, not {labels!r}") from None
    unknown = [name for name in camera or () if name not in configuration.city.cameras]
    if unknown:
        raise CommandError(f"there is no camera {', '.join(unknown)} in {settings.city}")
    plans = perception(settings).plans
    blurring = frozenset(name for name, plan in plans.items() if plan.settings.blur_persons)
    options = Options(val_share=val, sure=sure, blur=None if blur_people else blurring, verdicts=verdicts)
    source = source_of(connection, configuration, begin, end, now=clock.now(), cameras=camera)
    try:
        with _progress() as told:
            answer = write(source, out, options, told=told)
    except NotEmpty as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"the dataset cannot be written to {out}: {error.strerror}") from None
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer, out)


def _print(answer: dict[str, Any], out: Path) -> None:
    counts = answer["counts"]
    print(
        f"{counts['pictures']} pictures in {out}: {counts['train']} to train with, {counts['val']} to validate with, "
        f"parted by {answer['parted_by']}; {counts['negatives']} negatives"
    )
    print(
        f"{counts['confirmed']} boxes confirmed, {counts['assumed']} assumed; {counts['to_draw']} missed ones to draw, "
        f"{counts['to_look_at']} pictures to look at, {counts['left_out']} left out (manifest.json says why)"
    )
    for why, count in answer["left_out"].items():
        print(f"  {count} left out: {why}")
    print(f"classes: {', '.join(answer['classes']) or 'none'}; manifest {answer['manifest_sha256']}")
    for warning in answer["warnings"]:
        print(f"lianqin: {warning}", file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[float, str], None]]:
    """Show on a terminal's stderr how far it is; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda done, note: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("dataset", total=1.0)
        yield lambda done, note: bar.update(task, completed=done, description=note)
