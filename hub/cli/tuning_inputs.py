"""What a command of the workbench is asked over, by the options that name it: recording, labels, configurations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints
from zoneinfo import ZoneInfo

import typer

from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.cli.naming import check_grids, check_rules, check_subjects
from hub.settings import Settings, from_environment

if TYPE_CHECKING:
    from hub.config.load import Configuration
    from hub.tuning.judging import Judging, Question, Told
    from hub.tuning.labels.label import Label

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The options by which every command of the workbench says what it judges, and by what."""

    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be repeated.")] = None
    subject: Annotated[
        list[str] | None, typer.Option(help="Only this device, circuit, camera or zone; may be repeated.")
    ] = None
    since: Annotated[
        str, typer.Option(help="2026-11-22T18:00, a date, or 18:00; city time. With --recording: its beginning.")
    ] = ""
    until: Annotated[str, typer.Option(help="Likewise; now by default. With --recording: its end.")] = ""
    grids: Annotated[str, typer.Option(help="Grids, parted by commas; all by default.")] = ""
    city: Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")] = None
    detectors: Annotated[Path | None, typer.Option(help="The detectors file; LIANQIN_DETECTORS by default.")] = None
    recording: Annotated[
        list[Path] | None, typer.Option(help="Judge this file of observations, not the database; may be repeated.")
    ] = None
    whose: Annotated[str | None, typer.Option("--of", help="Whose the lines of a recording are that name nobody.")] = (
        None
    )
    labels: Annotated[
        Path | None, typer.Option(help="Labels from this file (JSON lines, or .csv), not the database.")
    ] = None


def judged_over(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with the options of Over in place of its parameter `over`, as typer reads them."""
    hints = get_type_hints(command, include_extras=True)
    shared = get_type_hints(Over, include_extras=True)
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name != "over":
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[parameter.name]))
            continue
        parameters += [
            Parameter(each.name, Parameter.KEYWORD_ONLY, default=each.default, annotation=shared[each.name])
            for each in fields(Over)
        ]

    @wraps(command)
    def asked(**given: Any) -> None:
        command(over=Over(**{name: given.pop(name) for name in shared}), **given)

    asked.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    asked.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is judged: the present configuration, the loaded recording, and the labels on it."""

    settings: Settings
    configuration: Configuration
    city_file: Path
    judging: Judging
    labels: list[Label]

    @property
    def zone(self) -> ZoneInfo:
        """The city's timezone."""
        return ZoneInfo(self.configuration.city.timezone)


def inputs(over: Over) -> Inputs:
    """Return what the options name; raise CommandError or ConfigError for what is wrong with them."""
    from hub import clock
    from hub.config.load import load
    from hub.store.recording import StoredRecording
    from hub.tuning.judging import Question, judging_of
    from hub.tuning.recorded_file import read_recordings

    settings = from_environment()
    configuration = load(over.city or settings.city, over.detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    check_rules(over.rule)
    check_subjects(over.subject, configuration.city)
    chosen = frozenset(part.strip() for part in over.grids.split(",") if part.strip()) or None
    check_grids(sorted(chosen or ()), configuration.city)
    if over.recording:
        file = read_recordings(over.recording, configuration.city, of=over.whose)
        begin = instant(over.since, zone) if over.since else file.since
        end = instant(over.until, zone) if over.until else file.until(configuration)
    else:
        if over.whose:
            raise CommandError("--of says whose the lines of a --recording are; name the file too")
        if not over.since:
            raise CommandError("say from when: --since, or --recording FILE")
        file = None
        begin = instant(over.since, zone)
        end = instant(over.until, zone) if over.until else clock.now()
    if begin >= end:
        raise CommandError("--since must lie before --until")
    question = Question(
        rules=frozenset(over.rule) if over.rule else None,
        grids=chosen,
        subjects=frozenset(over.subject) if over.subject else None,
        since=begin,
        until=end,
    )
    return Inputs(
        settings=settings,
        configuration=configuration,
        city_file=over.city or settings.city,
        judging=judging_of(file if file is not None else StoredRecording(settings.database_url), question),
        labels=_labels(over.labels, configuration, question, has_file=file is not None),
    )


def named(name: str, given: Inputs) -> Configuration:
    """Return the configuration that `name` names: `current`, a detectors file, or a stored version."""
    from hub.cli.data import connection
    from hub.config.load import Configuration, config_version, load
    from hub.store.stored_configurations import stored_thresholds

    if name == "current":
        return given.configuration
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return load(given.city_file, path)
    from detectors.thresholds import Thresholds

    with connection() as session:
        document = stored_thresholds(session, name)
    if document is None:
        raise CommandError(f"{name} is neither `current`, nor a file, nor a stored version")
    try:
        thresholds = Thresholds.model_validate(document)
    except ValueError:
        raise CommandError(f"{name}: this hub cannot read its thresholds any more") from None
    city, profiles = given.configuration.city, given.configuration.profiles
    return Configuration(city, thresholds, config_version(city, thresholds, profiles), profiles)


@contextmanager
def working(title: str) -> Iterator[Told]:
    """Show a bar on a terminal's stderr while a piece of work is on; turn what the store refuses into words."""
    from hub.cli.progress import shown
    from hub.store.session import StoreUnavailable

    try:
        with shown(title) as told:
            yield told
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None


def local(at: datetime | None, zone: ZoneInfo) -> str:
    """Return a time for people."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else "still open"


def _labels(path: Path | None, configuration: Configuration, question: Question, *, has_file: bool) -> list[Label]:
    from hub.tuning.labels.file import BadLabels, Form, read
    from hub.tuning.labels.known import KnownTo, touches

    if path is None:
        if has_file:
            return []
        from hub.cli.data import connection
        from hub.store.read_labels import labels_of

        with connection() as session:
            return labels_of(session, question, configuration.city)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from None
    form = Form.CSV if path.suffix.lower() == ".csv" else Form.JSONL
    try:
        found = read(data, form, KnownTo(configuration), by=path.name, at=question.until)
    except BadLabels as error:
        raise CommandError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None
    return [label for label in found if touches(question, configuration.city, label)]
