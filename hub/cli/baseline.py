"""`lianqin baseline learn|show|hours|compare`: what is usual for flow, pressure and power by the hour of the week."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli.failure import CommandError
from hub.cli.instant import instant
from hub.settings import from_environment

if TYPE_CHECKING:
    from hub.tuning.baselines.learning import Learnt, Outcome

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
City = Annotated[Path | None, typer.Option(help="The city file; LIANQIN_CITY by default.")]
Detectors = Annotated[Path | None, typer.Option(help="The detectors file; LIANQIN_DETECTORS by default.")]
Since = Annotated[str | None, typer.Option(help="ISO 8601; without a zone it is the city's time.")]
CHANGES = {"new": "learnt, new", "changed": "learnt, moved", "same": "learnt, as before"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

baseline_app = typer.Typer(help="Profiles of what is usual by the hour of the week.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(baseline_app, name="baseline")


@baseline_app.command("learn")
def learn(
    since: Since = None,
    until: Since = None,
    devices: Annotated[
        str, typer.Option(help="Water devices, lamps or circuits, parted by commas; all by default.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be learnt and what that would change; write nothing.")
    ] = False,
    note: Annotated[str, typer.Option(help="Why; it is kept with the profiles and in the audit.")] = "",
    city: City = None,
    detectors: Detectors = None,
    as_json: AsJson = False,
) -> None:
    """Learn profiles from the stored hours of a span (by default the last six weeks), and put them in force.

    Hours in which an alert stood that nobody called false are left out. The profiles are written beside the city file;
    every role notices. The rules water.unusual and streetlight.unusual judge by them once they are switched on.
    """
    from hub import clock
    from hub.cli.data import connection
    from hub.config.load import load
    from hub.config.zones_file import NotWritable
    from hub.store.audit import COMMAND_LINE
    from hub.tuning.baselines.change import outcome_document
    from hub.tuning.baselines.learn import NothingToLearn, learn_profiles, span_of

    settings = from_environment()
    city_file = city or settings.city
    configuration = load(city_file, detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    wanted = [part.strip() for part in devices.split(",") if part.strip()]
    now = clock.now()
    try:
        begin, end = span_of(now, instant(since, zone) if since else None, instant(until, zone) if until else None)
        with connection() as session:
            done = learn_profiles(
                session,
                configuration,
                city_file,
                since=begin,
                until=end,
                devices=wanted or None,
                actor=COMMAND_LINE,
                now=now,
                write=not dry_run,
                why=note,
            )
    except (NothingToLearn, NotWritable) as error:
        raise CommandError(str(error)) from None
    for outcome in done.outcomes:
        document = outcome_document(outcome, configuration)
        print(json.dumps(document, ensure_ascii=False) if as_json else _line(outcome, document))
    learnt = sum(outcome.profile is not None for outcome in done.outcomes)
    if not as_json:
        span = f"{begin.astimezone(zone):%Y-%m-%d %H:%M} to {end.astimezone(zone):%Y-%m-%d %H:%M}"
        where = f"; written to {done.path} as {done.version}" if done.path is not None else "; nothing was written"
        print(f"learnt {learnt} of {len(done.outcomes)} from {span}{where}")
        if done.path is not None and not _judged(configuration):
            print("note: water.unusual and streetlight.unusual are off: switch them on in the detectors file")


@baseline_app.command("show")
def show(
    device: Annotated[str | None, typer.Argument(help="A water device or circuit; all in short by default.")] = None,
    city: City = None,
    detectors: Detectors = None,
    as_json: AsJson = False,
) -> None:
    """Show what was learnt last of each quantity: when, from how many hours, and of one device hour by hour."""
    from hub.cli.data import connection
    from hub.config.load import load
    from hub.store.profiles import learnt
    from hub.tuning.baselines.document import baseline_document

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    with connection() as session:
        found = learnt(session, subjects=None if device is None else [device])
    if not found:
        raise CommandError(
            f"nothing was learnt of {device}; `lianqin baseline learn --devices {device}` learns it"
            if device
            else "nothing was learnt yet: `lianqin baseline learn` does that"
        )
    for one in found:
        document = baseline_document(one, configuration, with_cells=device is not None)
        if as_json:
            print(json.dumps(document, ensure_ascii=False))
            continue
        _print(one, document, zone)


@baseline_app.command("hours")
def hours(
    device: Annotated[str, typer.Argument(help="A water device or circuit.")],
    quantity: Annotated[str, typer.Argument(help="flow_l_s, pressure_kpa or power_w.")],
    until: Annotated[str | None, typer.Option(help="The end of the seven days; by default now.")] = None,
    city: City = None,
    detectors: Detectors = None,
    as_json: AsJson = False,
) -> None:
    """Show the last seven days hour by hour beside what is usual then; without --json only what lies outside."""
    from hub import clock
    from hub.cli.data import connection
    from hub.config.load import load
    from hub.store.profiles import hourly_means, wrong_times
    from hub.tuning.baselines.learning import subjects_of
    from hub.tuning.baselines.recent import recent_hours, span_before

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    wanted = [one for one in subjects_of(configuration.city, [device]) if one.quantity.value == quantity]
    if not wanted:
        raise CommandError(f"nothing is learnt of {quantity} at {device}")
    (subject,) = wanted
    begin, end = span_before(instant(until, zone) if until else clock.now())
    with connection() as session:
        means = hourly_means(session, [subject], begin, end)
        wrong = wrong_times(session, begin, end, subjects=[subject.subject, *subject.members])
    profile = configuration.profiles.of.get((subject.subject, subject.quantity))
    found = recent_hours(configuration, subject, profile, means, wrong, since=begin, until=end)
    for one in found:
        at = datetime.fromisoformat(one["at"]).astimezone(zone)
        if as_json:
            print(json.dumps(one, ensure_ascii=False))
        elif one["stands"] in ("above", "below"):
            usual = f"{one['usual']:.4g}, {one['low']:.4g} to {one['high']:.4g}"
            print(f"{at:%Y-%m-%d %H:%M}  {one['mean']:>9.4g}  {one['stands']} what is usual ({usual})")
    if not as_json:
        counts = ", ".join(f"{n} {name}" for name, n in sorted(Counter(one["stands"] for one in found).items()))
        print(f"{len(found)} hours: {counts}" + ("" if profile else "; no profile is in force"))


@baseline_app.command("compare")
def compare(
    subjects: Annotated[str, typer.Argument(help="Water devices or circuits, parted by commas.")],
    rules: Annotated[
        str, typer.Option(help="Rules to compare, parted by commas.")
    ] = "water.unusual,water.pressure,water.leak",
    since: Since = None,
    until: Since = None,
    alerts: Annotated[bool, typer.Option("--alerts", help="List each rule's alerts too.")] = False,
    city: City = None,
    detectors: Detectors = None,
    as_json: AsJson = False,
) -> None:
    """Judge a span (by default the last seven days) by several rules and score each on the labels of all of them."""
    from hub import clock
    from hub.cli.data import connection
    from hub.config.load import load
    from hub.store.read_labels import labels_of
    from hub.store.recording import StoredRecording
    from hub.tuning.baselines.compare import compare as compared
    from hub.tuning.baselines.compare import doubts_of
    from hub.tuning.candidate import with_thresholds
    from hub.tuning.judging import Question, judging_of
    from hub.tuning.labels.score import scores_document
    from hub.tuning.runs.judge import raised_document

    settings = from_environment()
    configuration = load(city or settings.city, detectors or settings.detectors)
    zone = ZoneInfo(configuration.city.timezone)
    names = [part.strip() for part in subjects.split(",") if part.strip()]
    unknown = [name for name in names if name not in {*configuration.city.devices, *configuration.city.circuits}]
    if unknown or not names:
        raise CommandError(f"the city has no device or circuit {', '.join(unknown) or 'without a name'}")
    end = instant(until, zone) if until else clock.now()
    begin = instant(since, zone) if since else end - timedelta(days=7)
    if begin >= end:
        raise CommandError("--since must lie before --until")
    wanted = [part.strip() for part in rules.split(",") if part.strip()]
    candidate = with_thresholds(configuration, {f"{rule}.enabled": True for rule in wanted})
    question = Question(rules=frozenset(wanted), grids=None, subjects=frozenset(names), since=begin, until=end)
    raised = judging_of(StoredRecording(settings.database_url), question).judge(candidate)
    with connection() as session:
        labels = labels_of(session, question, configuration.city)
    for one in compared(raised, labels, configuration, question, wanted):
        scores = scores_document(one.scores)
        if as_json:
            document = {"rule": one.rule, "raised": len(one.raised), "scores": scores}
            if alerts:
                words = one.matched.words()
                document["alerts"] = [
                    raised_document(each) | {"label": words.get(each.alert_id)} for each in one.raised
                ]
            print(json.dumps(document, ensure_ascii=False))
            continue
        print(f"{one.rule:<22} raised {len(one.raised):>4}   {_scores(scores)}")
        for each in one.raised if alerts else ():
            said = one.matched.words().get(each.alert_id) or "unlabelled"
            at = each.raised_at.astimezone(zone)
            print(f"  {at:%Y-%m-%d %H:%M}  {each.subject:<20} {said:<10} {each.reason_text}")
    if not as_json:
        doubts = doubts_of(configuration, question, wanted)
        if doubts["without_profile"]:
            print(f"note: no profile is in force of {', '.join(doubts['without_profile'])}")
        if doubts["learnt_from_these_days"]:
            print(f"note: learnt from these very days, so flattered: {', '.join(doubts['learnt_from_these_days'])}")


def _judged(configuration: Any) -> bool:
    return any(configuration.thresholds.is_enabled(rule) for rule in ("water.unusual", "streetlight.unusual"))


def _line(one: Outcome, document: dict[str, Any]) -> str:
    from hub.tuning.baselines.change import left_out_in_words
    from hub.tuning.baselines.learning import WORDS

    said = f"not learnt: {WORDS[one.why_not]}" if one.why_not else CHANGES[document["change"]]
    shift = document["shift"]
    if shift:
        typical = f"{shift['typical']:.3g} {document['unit']}"
        said += f" by {typical}, {shift['outside']} of {shift['hours']} hours beyond what was usual"
    why = left_out_in_words(document["left_out_why"])
    left_out = f", {one.left_out} left out: {why}" if one.left_out else ""
    return f"{one.subject:<24} {one.quantity:<14} {said} ({one.hours} hours{left_out})"


def _print(one: Learnt, document: dict[str, Any], zone: ZoneInfo) -> None:
    from hub.tuning.baselines.change import left_out_in_words

    at = one.learnt_at.astimezone(zone)
    said = document["why_not_text"]
    note = f" ({one.note})" if one.note else ""
    left_out = f", {one.left_out} left out: {left_out_in_words(document['left_out_why'])}" if one.left_out else ""
    who = f"learnt {at:%Y-%m-%d %H:%M} by {one.learnt_by}{note}"
    print(f"{one.subject}  {one.quantity}  {who} from {one.hours} hours{left_out}")
    if said:
        print(f"  not learnt then: {said}")
    profile = document["profile"]
    if profile is None:
        return
    until = datetime.fromisoformat(profile["learnt_until"]).astimezone(zone)
    force = "in force" if profile["in_force"] else "not in force"
    print(f"  profile {profile['version']}, learnt until {until:%Y-%m-%d %H:%M}, {force}")
    if "cells" not in profile:
        return
    print("  hour  " + "  ".join(f"{day:>13}" for day in DAYS))
    for hour in range(24):
        cells = [profile["cells"][day * 24 + hour] for day in range(7)]
        shown = (f"{cell['median']:>7.4g} ±{cell['spread']:<4.2g} " if cell else f"{'-':>13}" for cell in cells)
        print(f"  {hour:02}    " + "  ".join(shown))


def _scores(document: dict[str, Any]) -> str:
    def shown(name: str) -> str:
        value = document[name]["value"]
        return f"{name} {'unknown' if value is None else f'{value:.2f}'}"

    why = f"  ({document['why_not']})" if document["why_not"] else ""
    return ", ".join(shown(name) for name in ("precision", "recall")) + why
