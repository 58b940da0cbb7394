"""`lianqin sweep|search|diff|backtest`: what thresholds would do to what was recorded; nothing is applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.failure import CommandError
from hub.cli.naming import check_paths
from hub.cli.tuning_inputs import AsJson, Over, inputs, judged_over, local, named, working

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from hub.config.load import Configuration
    from hub.tuning.axis import Axis
    from hub.tuning.backtest import Backtest
    from hub.tuning.diff import Diff
    from hub.tuning.judging import Raised
    from hub.tuning.search import Goal, Range
    from hub.tuning.sweep import Cell, Sweep

Axes = Annotated[
    list[str],
    typer.Option(
        "--axis", help="A threshold and its values, as path=v1,v2,…; the path alone: nine around the present."
    ),
]
Base = Annotated[str, typer.Option(help="A detectors file, a stored version, or `current`.")]
Candidate = Annotated[str, typer.Option(help="A detectors file, a stored version, or `current`.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(sweep)
    app.command()(search)
    app.command()(diff)
    app.command()(backtest)


@judged_over
def sweep(
    *,
    axis: Axes,
    over: Over,
    as_json: AsJson = False,
) -> None:
    """Judge a recording once for each combination of one or two thresholds, and score each by the labels."""
    from hub.tuning.labels.exposure import exposure_of
    from hub.tuning.sweep import sweep as swept
    from hub.tuning.sweep import sweep_document

    given = inputs(over)
    axes = [_axis(text, given.configuration) for text in axis]
    check_paths([each.path for each in axes], over.rule)
    exposure = exposure_of(given.configuration, given.judging.question)
    with working("sweep") as told:
        found = swept(given.judging, given.configuration, axes, given.labels, exposure, told)
    if not as_json:
        _print_sweep(found, len(given.labels))
        return
    document = sweep_document(found)
    for index, cell in enumerate(document.pop("cells")):
        print(json.dumps({"cell": index, **cell}, ensure_ascii=False))
    print(json.dumps(document, ensure_ascii=False))


@judged_over
def search(
    *,
    path: Annotated[list[str], typer.Option("--path", help="A threshold and its range, as path=LOW:HIGH; repeatable.")],
    recall: Annotated[float | None, typer.Option(help="Reach at least this recall.")] = None,
    precision: Annotated[float | None, typer.Option(help="Or: reach at least this precision.")] = None,
    minimise: Annotated[str, typer.Option(help="Then what should be small: false_alarms or delay.")] = "false_alarms",
    budget: Annotated[int, typer.Option(min=2, max=1000, help="How many combinations are judged at most.")] = 60,
    over: Over,
    as_json: AsJson = False,
) -> None:
    """Look for thresholds that reach a target, and explain the proposal. Exit status 1 when it cannot be reached."""
    from hub.tuning.labels.exposure import exposure_of
    from hub.tuning.search import search as searched
    from hub.tuning.search_words import explained, search_document

    goal = _goal(recall, precision, minimise)
    ranges = [_range(text) for text in path]
    given = inputs(over)
    check_paths([each.path for each in ranges], over.rule)
    exposure = exposure_of(given.configuration, given.judging.question)
    with working("search") as told:
        found = searched(
            given.judging, given.configuration, ranges, goal, given.labels, exposure, told, budget=budget
        )  # fmt: skip
    if as_json:
        document = search_document(found)
        for tried in document.pop("tried"):
            print(json.dumps({"tried": tried}, ensure_ascii=False))
        print(json.dumps(document, ensure_ascii=False))
    else:
        for sentence in explained(found):
            print(sentence.text_en)
        _print_limits(found.limits)
    if not found.reached:
        raise SystemExit(1)


@judged_over
def diff(
    *,
    candidate: Candidate,
    base: Base = "current",
    over: Over,
    as_json: AsJson = False,
) -> None:
    """Tell which alerts appear, vanish, move or change their severity from one configuration to another."""
    found, zone = _compared([], base, candidate, over)
    if as_json:
        from hub.tuning.backtest_report import document

        print(json.dumps(document(found)["diff"], ensure_ascii=False))
        return
    print(f"from {base} {found.base.version} to {candidate} {found.candidate.version}")
    _print_diff(found.diff, found.words, zone)
    _print_limits(found.limits)


@judged_over
def backtest(
    *,
    candidate: Candidate,
    base: Base = "current",
    fail_if: Annotated[
        list[str] | None, typer.Option(help="A condition such as 'recall<0.9' or 'appeared > 10'; may be repeated.")
    ] = None,
    allow_unknown: Annotated[
        bool, typer.Option("--allow-unknown", help="Let a condition pass that too few labels tell of.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report here.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a page of Markdown here.")] = None,
    over: Over,
    as_json: AsJson = False,
) -> None:
    """Judge a recording by two configurations; exit status 1 when a condition to fail by holds, 2 on misuse."""
    from hub.tuning import backtest_report as report
    from hub.tuning.backtest import FIGURES
    from hub.tuning.condition import BadCondition, parse

    try:
        conditions = [parse(text, FIGURES) for text in fail_if or ()]
    except BadCondition as error:
        raise CommandError(f"--fail-if: {error}") from None
    found, zone = _compared(conditions, base, candidate, over)
    if junit is not None:
        _write(junit, report.junit(found, unknown_passes=allow_unknown))
    if markdown is not None:
        _write(markdown, report.markdown(found, zone, unknown_passes=allow_unknown).encode())
    if as_json:
        print(json.dumps(report.document(found), ensure_ascii=False))
    else:
        _print_backtest(found)
    if found.is_failed(unknown_passes=allow_unknown):
        raise SystemExit(1)


def _compared(conditions: list[Any], base: str, candidate: str, over: Over) -> tuple[Backtest, ZoneInfo]:
    from hub.tuning.backtest import backtest as compared

    given = inputs(over)
    one, other = named(base, given), named(candidate, given)
    with working("backtest") as told:
        return compared(given.judging, one, other, given.labels, conditions, told), given.zone


def _axis(text: str, configuration: Configuration) -> Axis:
    from hub.tuning.axis import Axis, axis_of

    path, equals, listed = text.partition("=")
    if not equals:
        return axis_of(configuration, path.strip())
    values = tuple(_number(part, text) for part in listed.split(","))
    return Axis(path.strip(), values)


def _number(text: str, whole: str) -> float | int:
    try:
        return int(text) if text.strip().lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise CommandError(f"{whole}: {text.strip()!r} is no number; write path=v1,v2,…") from None


def _range(text: str) -> Range:
    from hub.tuning.search import Range

    path, _, ends = text.partition("=")
    low, colon, high = ends.partition(":")
    if not colon:
        raise CommandError(f"{text}: write path=LOW:HIGH, such as parking.illegal.dwell_s=60:300")
    return Range(path.strip(), _number(low, text), _number(high, text))


def _goal(recall: float | None, precision: float | None, minimise: str) -> Goal:
    from hub.tuning.search import Aim, Figure, Goal

    if (recall is None) is (precision is None):
        raise CommandError("name one target: --recall 0.95 or --precision 0.9")
    if minimise not in tuple(Aim):
        raise CommandError(f"--minimise {minimise}: false_alarms or delay is expected")
    if recall is not None:
        return Goal(Figure.RECALL, recall, Aim(minimise))
    return Goal(Figure.PRECISION, precision or 0.0, Aim(minimise))


def _print_sweep(found: Sweep, labels: int) -> None:
    from hub.tuning.backtest_report import shown

    names = [axis.path for axis in found.axes]
    widths = [max(len(name), 8) for name in names]
    head = "  ".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    print(f"  {head}  alerts  false  missed  recall                          precision")
    for index, cell in enumerate(found.cells):
        values = "  ".join(f"{value!s:>{width}}" for value, width in zip(cell.values, widths, strict=True))
        mark = ("*" if index in found.front else " ") + (">" if cell.values == found.current else " ")
        if cell.matched is None or cell.scores is None:
            print(f"{mark}{values}  {cell.problem}")
            continue
        known = _known(cell)
        recall, precision = (shown(each) if known else "–" for each in (cell.scores.recall, cell.scores.precision))
        print(
            f"{mark}{values}  {len(cell.matched.raised):>6}  {cell.false_alarms:>5g}  "
            f"{len(cell.matched.missed):>6}  {recall:<30}  {precision}"
        )
    now = ", ".join(f"{name} = {value}" for name, value in zip(names, found.current, strict=True))
    mark = "(>)" if any(cell.values == found.current for cell in found.cells) else "(none of these)"
    best = "; * is beaten by no other in false alarms, delay and misses together" if found.front else ""
    print(f"now {now} {mark}{best}; {labels} {'label' if labels == 1 else 'labels'}")
    why = next((cell.scores.why_not for cell in found.cells if cell.scores is not None and cell.scores.why_not), None)
    if why:
        print(why)
    _print_limits(found.limits)


def _known(cell: Cell) -> bool:
    return cell.scores is not None and cell.scores.recall.value is not None and cell.scores.precision.value is not None


def _print_backtest(found: Backtest) -> None:
    from hub.tuning.backtest_report import rows, told, unknown

    head = ("", f"base {found.base.version}", f"candidate {found.candidate.version}")
    table = [head, *rows(found)]
    wide = max(len(base) for _, base, _ in table)
    for name, base, candidate in table:
        print(f"  {name:<30} {base:<{wide}} {candidate}".rstrip())
    for why in unknown(found):
        print(f"  – {why}")
    diff = found.diff
    print(
        f"{len(diff.appeared)} appeared, {len(diff.vanished)} vanished, {len(diff.moved)} moved, "
        f"{len(diff.severity)} of another severity, {diff.same} the same"
    )
    for each in found.checked:
        print(f"{each.outcome.value.upper():<8} fails if {each.condition}: {told(each)}")
    _print_limits(found.limits)


def _print_diff(found: Diff, words: Any, zone: ZoneInfo) -> None:
    def line(sign: str, one: Raised, tail: str) -> str:
        word = {"true": " [real]", "false": " [false]"}.get(words.get(one.alert_id, ""), "")
        return f"{sign} {local(one.raised_at, zone)}  {one.rule:<20} {one.subject}{word}  {tail}"

    for one in found.appeared:
        print(line("+", one, one.reason_text))
    for one in found.vanished:
        print(line("-", one, one.reason_text))
    for pair in found.moved:
        cleared = "" if pair.cleared_by_s is None else f", cleared {pair.cleared_by_s:+g} s"
        print(line("~", pair.candidate, f"raised {pair.by_s:+g} s{cleared}"))
    for pair in found.severity:
        print(line("!", pair.candidate, f"{pair.base.severity.value} → {pair.candidate.severity.value}"))
    print(
        f"{len(found.appeared)} appeared (+), {len(found.vanished)} vanished (-), {len(found.moved)} moved (~), "
        f"{len(found.severity)} of another severity (!), {found.same} the same"
    )


def _print_limits(limits: tuple[str, ...]) -> None:
    for each in limits:
        print(f"note: {each}")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None
