"""`lianqin labels`: what people say was true, listed, given, taken from files and written to them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import typer

from hub.cli.data import AsJson, connection
from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.cli.naming import check_rules, check_subjects, meant, names_of
from hub.settings import from_environment

if TYPE_CHECKING:
    from hub.config.load import Configuration
    from hub.store.read_labels import LabelFilter
    from hub.tuning.labels.file import Form
    from hub.tuning.labels.label import Label

labels_app = typer.Typer(help="What people say was true, at event level.", no_args_is_help=True)

Rule = Annotated[list[str] | None, typer.Option(help="Only this rule; may be repeated.")]
Subject = Annotated[list[str] | None, typer.Option(help="Only this subject, or zone; may be repeated.")]
Since = Annotated[str | None, typer.Option(help="Of events that had not ended by then; city time unless it says.")]
Until = Annotated[str | None, typer.Option(help="Of events that had begun by then.")]


class Says(StrEnum):
    """What a label may say."""

    TRUE = "true"
    FALSE = "false"
    MISSED = "missed"


class Format(StrEnum):
    """How labels are written."""

    JSONL = "jsonl"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(labels_app, name="labels")


@labels_app.command("list")
def list_(
    rule: Rule = None,
    subject: Subject = None,
    since: Since = None,
    until: Until = None,
    verdict: Annotated[Says | None, typer.Option(help="Only those that say this.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List labels, the newest event first: operators' verdicts on alerts among them."""
    from hub.store.read_labels import find_labels
    from hub.tuning.labels.file import document

    configuration = _configuration()
    wanted = _filter(configuration, rule, subject, since, until, verdict)
    with connection() as session:
        found = find_labels(session, wanted, limit=limit)
    for label in found:
        print(json.dumps(document(label), ensure_ascii=False) if as_json else _line(label, configuration))
    if not found and not as_json:
        known = names_of(configuration.city)
        unknown = next((one for one in subject or () if one.partition("@")[0] not in known), None)
        if unknown is not None:
            print(f"the city has no device, circuit, camera or zone {unknown}{meant(unknown, known)}")
        print("there are no such labels: an operator's verdict is one, `lianqin labels add` gives others")


@labels_app.command()
def add(
    rule: Annotated[str, typer.Argument(help="Such as parking.illegal.")],
    subject: Annotated[str, typer.Argument(help="A device, circuit, camera, a zone, or a place ZONE@X,Y in one.")],
    verdict: Annotated[Says, typer.Argument(help="missed: it was real, and no alert came.")],
    since: Annotated[str, typer.Option(help="When it began: 2026-11-22T17:40, or 17:40; city time.")],
    until: Annotated[str | None, typer.Option(help="When it was over; still going on by default.")] = None,
    reason: Annotated[str, typer.Option(help="Why you say so.")] = "",
    grid: Annotated[str, typer.Option(help="Where it lies; only of what the city file has no longer.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what was true of a place and interval."""
    from hub import clock
    from hub.store.audit import COMMAND_LINE
    from hub.store.labels import add_label
    from hub.tuning.labels.file import document, label_of
    from hub.tuning.labels.known import KnownTo
    from hub.tuning.labels.label import Source

    configuration, now = _configuration(), clock.now()
    zone = ZoneInfo(configuration.city.timezone)
    fields: dict[str, Any] = {
        "label_id": str(uuid4()),
        "rule": rule,
        "subject": subject,
        "verdict": verdict.value,
        "since": instant(since, zone).isoformat(),
        "until": None if until is None else instant(until, zone).isoformat(),
        "reason": reason,
        "grid": grid,
    }
    label, wrong = label_of(fields, KnownTo(configuration), by=COMMAND_LINE.name, at=now, source=Source.DRAWN)
    if label is None:
        raise CommandError("; ".join(wrong))
    with connection() as session:
        add_label(session, label, actor=COMMAND_LINE, now=now)
    print(json.dumps(document(label), ensure_ascii=False) if as_json else _line(label, configuration))


@labels_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .jsonl or .csv file, as `export` writes them.")],
    form: Annotated[Format | None, typer.Option("--format", help="How it is written; by its name by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the labels of a file: all of them, or none and every bad line named. Twice adds nothing."""
    from hub import clock
    from hub.store.audit import COMMAND_LINE
    from hub.store.labels import import_labels
    from hub.tuning.labels.file import BadLabels, read
    from hub.tuning.labels.known import KnownTo

    now = clock.now()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from None
    try:
        labels = read(data, _form(file, form), KnownTo(_configuration()), by=COMMAND_LINE.name, at=now)
    except BadLabels as error:
        raise CommandError(f"{file}: nothing was taken\n{error}") from None
    with connection() as session:
        done = import_labels(session, labels, actor=COMMAND_LINE, now=now)
    if as_json:
        print(json.dumps({"added": done.added, "known": done.known, "withdrawn": done.withdrawn}))
    else:
        withdrawn = f", {done.withdrawn} of them withdrawn" if done.withdrawn else ""
        print(f"{done.added} labels added, {done.known} known already{withdrawn}")


@labels_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write; - for the terminal.")],
    rule: Rule = None,
    subject: Subject = None,
    since: Since = None,
    until: Until = None,
    form: Annotated[Format | None, typer.Option("--format", help="How it is written; by its name by default.")] = None,
) -> None:
    """Write labels to a file that `import` takes."""
    from hub.store.read_labels import find_labels
    from hub.tuning.labels.file import written

    wanted = _filter(_configuration(), rule, subject, since, until, None)
    with connection() as session:
        found = find_labels(session, wanted)
    lines = written(found, _form(file, form if form or str(file) != "-" else Format.JSONL))
    if str(file) == "-":
        print("".join(lines), end="")
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            out.writelines(lines)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from None
    print(f"{file}: {len(found)} labels")


@labels_app.command()
def withdraw(label_id: Annotated[UUID, typer.Argument(help="As `list --json` shows it.")]) -> None:
    """Take a label back: it stays in the record and counts no longer."""
    from hub import clock
    from hub.store.audit import COMMAND_LINE
    from hub.store.labels import NoSuchLabel, NotWithdrawn, withdraw_label

    try:
        with connection() as session:
            withdraw_label(session, label_id, actor=COMMAND_LINE, now=clock.now())
    except (NoSuchLabel, NotWithdrawn) as error:
        raise CommandError(str(error)) from None
    print(f"withdrew {label_id}")


@labels_app.command("summary")
def summary_(rule: Rule = None, as_json: AsJson = False) -> None:
    """Tell how many labels each rule has, and for which figures they are enough."""
    from hub.store.label_candidates import count_waiting
    from hub.store.read_labels import LabelFilter, find_labels
    from hub.tuning.labels.summary import summary

    check_rules(rule)
    rules = tuple(rule or ())
    with connection() as session:
        found = summary(find_labels(session, LabelFilter(rules=rules)), count_waiting(session, rules=rules))
    for each in found:
        if as_json:
            print(json.dumps(each, ensure_ascii=False))
            continue
        counts = f"{each['true']} true, {each['false']} false, {each['missed']} missed, {each['waiting']} waiting"
        print(f"{each['rule']:<24} {counts}")
        for figure in ("precision", "recall"):
            print(f"    {figure:<10} {each[figure]['why_not'] or 'enough'}")
    if not found and not as_json:
        print("there are no labels yet: an operator's verdict on an alert is one, `lianqin labels add` gives others")


@labels_app.command()
def sample(
    since: Annotated[str, typer.Option(help="From when; city time unless it says.")],
    until: Annotated[str | None, typer.Option(help="Until when; now by default.")] = None,
    rule: Rule = None,
    subject: Subject = None,
    share: Annotated[float, typer.Option(min=0.001, max=1.0, help="Of each stratum; never fewer than ten.")] = 0.2,
    most: Annotated[int, typer.Option(min=1, max=2000, help="In all.")] = 200,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the lot: the same draws the same.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Draw quiet candidates for labelling: what laxer thresholds would have raised and today's did not."""
    from hub import clock
    from hub.tuning.runs.question import Asked
    from hub.tuning.runs.sample import Sample, draw_sample

    configuration, now = _configuration(), clock.now()
    zone = ZoneInfo(configuration.city.timezone)
    begin, end = instant(since, zone), now if until is None else instant(until, zone)
    if not timedelta() < end - begin <= timedelta(days=400):
        raise CommandError("--since must lie before --until, by at most 400 days")
    check_rules(rule)
    check_subjects(subject, configuration.city)
    asked = Asked(rules=rule or None, subjects=subject or None, since=begin, until=end)
    arguments = Sample(question=asked, share=share, most=most, seed=seed)
    answer = _sampled(arguments, configuration, now, draw_sample)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    for stratum in answer["strata"]:
        print(f"{stratum['rule']:<24} {stratum['nearness']:<5} {stratum['drawn']} of {stratum['frame']} drawn")
    print(f"{answer['new']} new candidates wait for a label, of {answer['quiet']} quiet ones")


@labels_app.command()
def waiting(
    rule: Rule = None, limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50, as_json: AsJson = False
) -> None:
    """List the candidates that wait for a label, in the order of their lot."""
    from hub.store.label_candidates import waiting_candidates

    check_rules(rule)
    with connection() as session:
        found, count = waiting_candidates(session, rules=tuple(rule or ()), limit=limit)
    zone = ZoneInfo(_configuration().city.timezone)
    for each in found:
        if as_json:
            fields = {"id": str(each.candidate_id), "rule": each.rule, "subject": each.subject, "grid": each.grid}
            times = {"since": each.since.isoformat(), "until": each.until.isoformat() if each.until else None}
            print(json.dumps({**fields, **times, "frame": each.frame, "reason": each.reason}, ensure_ascii=False))
        else:
            print(f"{_span(each.since, each.until, zone)}  {each.rule:<20} {each.subject}: {each.reason}")
    if not as_json:
        print(f"{count} wait for a label" if count else "nothing waits: `lianqin labels sample` draws candidates")


def _sampled(arguments: Any, configuration: Configuration, now: datetime, draw_sample: Any) -> dict[str, Any]:
    from hub.cli.tuning_inputs import working
    from hub.store.read_labels import labels_of
    from hub.store.recording import StoredRecording
    from hub.tuning.judging import judging_of

    question = arguments.question.question()
    judging = judging_of(StoredRecording(from_environment().database_url), question)
    with connection() as session:
        labels = labels_of(session, question, configuration.city)
    with working("sample") as told:
        answer: dict[str, Any] = draw_sample(
            arguments, configuration, judging, labels, session=connection, now=now, told=told, by="command line"
        )
    return answer


def _configuration() -> Configuration:
    from hub.config.load import load

    settings = from_environment()
    return load(settings.city, settings.detectors)


def _filter(
    configuration: Configuration,
    rule: list[str] | None,
    subject: list[str] | None,
    since: str | None,
    until: str | None,
    verdict: Says | None,
) -> LabelFilter:
    from hub.store.read_labels import LabelFilter

    zone = ZoneInfo(configuration.city.timezone)
    check_rules(rule)
    return LabelFilter(
        rules=tuple(rule or ()),
        subjects=tuple(subject or ()),
        verdicts=() if verdict is None else (verdict.value,),
        since=None if since is None else instant(since, zone),
        until=None if until is None else instant(until, zone),
    )


def _form(file: Path, form: Format | None) -> Form:
    from hub.tuning.labels.file import Form

    if form is not None:
        return Form(form.value)
    found = {".jsonl": Form.JSONL, ".ndjson": Form.JSONL, ".csv": Form.CSV}.get(file.suffix.lower())
    if found is None:
        raise CommandError(f"{file}: say --format jsonl or csv, or name the file .jsonl or .csv")
    return found


def _line(label: Label, configuration: Configuration) -> str:
    span = _span(label.since, label.until, ZoneInfo(configuration.city.timezone))
    weight = f" ×{label.weight:g}" if label.weight != 1 else ""
    said = f"{label.verdict.value}{weight} by {label.by}" + (f": {label.reason}" if label.reason else "")
    return f"{span}  {label.rule:<20} {label.subject:<28} {said}"


def _span(since: datetime, until: datetime | None, zone: ZoneInfo) -> str:
    end = "…" if until is None else f"{until.astimezone(zone):%H:%M:%S}"
    return f"{since.astimezone(zone):%Y-%m-%d %H:%M:%S}–{end:<8}"
