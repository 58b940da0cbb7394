"""`lianqin config list|show|diff|apply|rollback|schedule|unschedule|export|import`: versions of the detectors file."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.checks import AsJson, config_app
from hub.cli.failure import CommandError
from hub.cli.instant import instant, local
from hub.settings import Settings, from_environment

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from detectors.thresholds import Thresholds
    from hub.store.configuration_versions import Version

CURRENT = "current"  # what is in force, as `lianqin diff` and `backtest` call it
Name = Annotated[str, typer.Argument(metavar="VERSION", help="A version, or the configuration that an alert names.")]
Note = Annotated[str, typer.Option(help="Why; it is kept with it.")]
InForce = Annotated[
    str, typer.Option("--if-in-force", help="Only if this version is in force; what is on record, by default.")
]


def register() -> None:
    """Add these commands to `lianqin config`."""
    for name, command in (
        ("list", list_versions),
        ("show", show),
        ("diff", diff),
        ("apply", apply_version),
        ("rollback", roll_back),
        ("schedule", schedule_version),
        ("unschedule", unschedule_version),
        ("export", export_version),
        ("import", import_version),
    ):
        config_app.command(name)(command)


def list_versions(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, as_json: AsJson = False) -> None:
    """List the versions of the detectors file, the newest first, and what is planned."""
    from hub.store.configuration_applications import applications, waiting
    from hub.store.configuration_versions import versions

    with _connection(from_environment()) as connection:
        found = versions(connection, limit=limit)
        spans = applications(connection, [one.version for one in found])
        plans = waiting(connection)
    zone = None if as_json else _zone()
    for one in found:
        applied = [
            {"since": each.at.isoformat(), "until": each.ended_at and each.ended_at.isoformat(), "how": each.how,
             "by": each.made_by, "note": each.note}
            for each in spans[one.version]
        ]  # fmt: skip
        if zone is None:
            print(json.dumps({**_about(one), "applied": applied}, ensure_ascii=False))
            continue
        present = any(each["until"] is None for each in applied)
        mark = "in force" if present else f"{len(applied)} x" if applied else ""
        note = one.note.replace("\n", " ")
        print(f"{one.version}  {local(one.stored_at, zone)}  {mark:<8}  {one.author:<16} {note}")
    if zone is None:
        return
    if not found:
        print(
            "no version is kept yet: the API role keeps the file as it is when it starts, `lianqin config import` too"
        )
    for plan in plans:
        print(f"planned: {plan.version} at {local(plan.due_at, zone)} by {plan.made_by}, number {plan.schedule_id}")


def show(
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help="What is in force, by default.")] = "",
    subject: Annotated[
        str, typer.Option(help="A device, circuit, camera, zone or grid: which thresholds judge it, and why.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print a version, or which of the thresholds of your files hold for somebody and where each comes from."""
    if subject:
        _show_subject(subject, as_json=as_json)
        return
    with _connection(from_environment()) as connection:
        found = _found(connection, version or _present(connection))
    if as_json:
        print(json.dumps({**_about(found), "text": found.text, "thresholds": found.thresholds}, ensure_ascii=False))
        return
    print(f"# version {found.version}, by {found.author or 'nobody known'} at {local(found.stored_at, _zone())}")
    for line in found.note.splitlines():
        print(f"# {line}")
    print(found.text, end="" if found.text.endswith("\n") else "\n")


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A version, a detectors file, or `current`.")],
    b: Annotated[str, typer.Argument(metavar="[B]", help="The same; what is in force, by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what differs between two versions or files: as thresholds with their units, and as text."""
    from hub.config.thresholds_file import changes_between

    (name_a, text_a, before), (name_b, text_b, after) = _sides(a, b)
    changes = changes_between(before, after)
    if as_json:
        for change in changes:
            about = {"path": change.path, "before": change.before, "after": change.after, "unit": change.unit}
            print(json.dumps({**about, "override": change.override}, ensure_ascii=False))
        return
    if not changes:
        print("they mean the same")
    for change in changes:
        print(f"{change.path}: {_plain(change.before)} → {_plain(change.after)} [{change.unit}] {change.meaning}")
    for line in difflib.unified_diff(text_a.splitlines(), text_b.splitlines(), name_a, name_b, lineterm=""):
        print(line)


def apply_version(version: Name, note: Note = "", if_in_force: InForce = "") -> None:
    """Check a version and put it into force: the detectors file is written, and every role takes it up by itself."""
    from hub import clock
    from hub.config.apply import apply
    from hub.store.audit import COMMAND_LINE

    settings = from_environment()
    with _connection(settings) as connection, _said():
        name, expected = _found(connection, version).version, if_in_force or _recorded(connection)
        done = apply(connection, _files(settings), name, by=COMMAND_LINE, note=note, at=clock.now(), expected=expected)
    print(f"{done.version} is in force")


def roll_back(note: Note = "", if_in_force: InForce = "") -> None:
    """Put the version before into force again; once more goes one further back."""
    from hub import clock
    from hub.config.apply import rollback
    from hub.store.audit import COMMAND_LINE

    settings = from_environment()
    with _connection(settings) as connection, _said():
        expected = if_in_force or _recorded(connection)
        done = rollback(connection, _files(settings), by=COMMAND_LINE, note=note, at=clock.now(), expected=expected)
    print(f"{done.version} is in force again")


def schedule_version(
    version: Name,
    at: Annotated[
        str, typer.Argument(metavar="AT", help="When: 2026-11-24T03:00, or 03:00 for the next one; city time.")
    ],
    note: Note = "",
) -> None:
    """Let the API role put a version into force at a time, once."""
    from hub import clock
    from hub.config.apply import schedule, settle
    from hub.store.audit import COMMAND_LINE

    settings = from_environment()
    zone = _zone()
    due_at: datetime = instant(at, zone, ahead=True)
    with _connection(settings) as connection, _said():
        name = _found(connection, version).version
        settle(connection, _files(settings), at=clock.now())
        made = schedule(connection, name, due_at=due_at, by=COMMAND_LINE, note=note, at=clock.now())
    print(f"{made.version} is to be applied at {local(made.due_at, zone)}, number {made.schedule_id}")


def unschedule_version(number: Annotated[int, typer.Argument(help="As `lianqin config list` shows it.")]) -> None:
    """Withdraw a plan that has not been carried out."""
    from hub import clock
    from hub.config.apply import unschedule
    from hub.store.audit import COMMAND_LINE

    with _connection(from_environment()) as connection, _said():
        ended = unschedule(connection, number, by=COMMAND_LINE, at=clock.now())
    print(f"{ended.version} is not applied at {local(ended.due_at, _zone())}")


def export_version(version: Name) -> None:
    """Print a version as a detectors file with a heading of who made it and why, to be kept in a repository."""
    from hub.config.thresholds_file import Heading, with_heading

    with _connection(from_environment()) as connection:
        found = _found(connection, version)
    heading = Heading(
        version=found.version, author=found.author, note=found.note, parent=found.parent, made_at=found.stored_at
    )
    print(with_heading(found.text, heading), end="")


def import_version(
    file: Annotated[Path, typer.Argument(help="A detectors file, with a heading or without.")],
    note: Note = "",
    author: Annotated[str, typer.Option(help="Who made it, where no heading says so.")] = "",
) -> None:
    """Check a detectors file against the city and keep it as a version; nothing is applied by it."""
    from hub import clock
    from hub.config.load import load_city, require_fit
    from hub.config.thresholds_file import read_text, without_heading
    from hub.store.audit import COMMAND_LINE
    from hub.store.audit import note as audit
    from hub.store.configuration_versions import propose

    settings = from_environment()
    text, heading = without_heading(_text(file))
    thresholds, source = read_text(_text(file), file)
    require_fit(load_city(settings.city), thresholds, source)
    with _connection(settings) as connection, connection.transaction():
        kept = propose(
            connection,
            thresholds,
            author=(heading.author if heading else "") or author or COMMAND_LINE.name,
            note=note or (heading.note if heading else ""),
            parent=heading.parent if heading else None,
            at=clock.now(),
            text=text,
            source="imported",
            brought_by=COMMAND_LINE.name,
        )
        detail = {"parent": kept.parent, "author": kept.author, "note": kept.note}
        target = f"configuration/{kept.version}"
        audit(connection, COMMAND_LINE, "configuration.imported", target, at=clock.now(), detail=detail)
    print(kept.version)


def _show_subject(subject: str, *, as_json: bool) -> None:
    from detectors.overrides import resolved
    from detectors.thresholds import described
    from hub.cli.naming import meant, names_of
    from hub.config.load import load

    settings = from_environment()
    configuration = load(settings.city, settings.detectors)
    try:
        _, found = resolved(configuration.thresholds, configuration.city, subject)
    except KeyError:
        near = meant(subject, {*names_of(configuration.city), *configuration.city.grids})
        raise CommandError(f"the city has no device, circuit, camera, zone or grid {subject}{near}") from None
    units = {entry.path: entry.unit for entry in described()}
    for one in found:
        steps = [{"source": step.source, "name": step.name, "value": step.value} for step in one.steps]
        if as_json:
            about = {"path": one.path, "value": one.value, "unit": units[one.path], "source": one.source}
            print(json.dumps({**about, "steps": steps}, ensure_ascii=False))
        else:
            way = "".join(f" ← {_plain(step.value)} ({step.source})" for step in reversed(one.steps[:-1]))
            print(f"{one.path}: {_plain(one.value)} [{units[one.path]}] {one.source}{way}")


def _sides(a: str, b: str) -> list[tuple[str, str, Thresholds]]:
    """Return name, text and thresholds of both sides; the database is asked only for what is no file."""
    from hub.config.thresholds_file import read_text

    if Path(a).is_file() and b and Path(b).is_file():
        return [(name, _text(Path(name)), read_text(_text(Path(name)), Path(name))[0]) for name in (a, b)]
    with _connection(from_environment()) as connection:
        sides = []
        for name in (a, b or CURRENT):
            if Path(name).is_file():
                text = _text(Path(name))
                sides.append((name, text, read_text(text, Path(name))[0]))
            else:
                found = _found(connection, _present(connection) if name == CURRENT else name)
                sides.append((found.version, found.text, _thresholds(found)))
    return sides


def _thresholds(found: Version) -> Thresholds:
    from detectors.thresholds import Thresholds

    try:
        return Thresholds.model_validate(found.thresholds)
    except ValueError:
        raise CommandError(f"{found.version} was judged by a program that knew other thresholds") from None


def _about(one: Version) -> dict[str, Any]:
    return {
        "version": one.version,
        "parent": one.parent,
        "author": one.author,
        "note": one.note,
        "source": one.source,
        "brought_by": one.brought_by,
        "stored_at": one.stored_at.isoformat(),
    }


def _zone() -> ZoneInfo:
    from hub.config.load import load_city

    return ZoneInfo(load_city(from_environment().city).timezone)


def _files(settings: Settings) -> tuple[Path, Path | None]:
    return settings.city, settings.detectors


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 (byte {error.start})") from None


def _plain(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _found(connection: Connection[Any], name: str) -> Version:
    from hub.store.configuration_versions import version_of

    found = version_of(connection, name)
    if found is None:
        raise CommandError(f"no version {name} of the detectors file is known; `lianqin config list` names them")
    return found


def _recorded(connection: Connection[Any]) -> str | None:
    from hub.store.configuration_applications import in_force

    present = in_force(connection)
    return present.version if present else None


def _present(connection: Connection[Any]) -> str:
    present = _recorded(connection)
    if present is None:
        raise CommandError("nothing is on record yet: the API role keeps the file as it is when it starts")
    return present


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection[Any]]:
    from hub.store.session import StoreUnavailable, connect, unavailable

    try:
        with connect(settings.database_url) as connection, unavailable():
            yield connection
    except StoreUnavailable as error:
        raise CommandError(f"the database does not answer: {error}") from None


@contextmanager
def _said() -> Iterator[None]:
    """Turn a refusal into one clear line."""
    from hub.config.apply import NotApplied

    try:
        yield
    except NotApplied as error:
        raise CommandError(str(error)) from None
