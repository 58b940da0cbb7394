"""A backtest goes in; JUnit XML for a build server, Markdown for people and JSON for programs come out; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.tuning.backtest import Backtest, Checked, Outcome, Side
from hub.tuning.diff import diff_document
from hub.tuning.judging import Raised
from hub.tuning.junit import Case, report
from hub.tuning.labels.estimate import Estimate
from hub.tuning.labels.score import scores_document
from hub.tuning.runs.judge import raised_document

SHOWN = 50  # alerts of a list in Markdown: who wants more asks for JSON

ROWS = (
    ("recall", "recall"),
    ("precision", "precision"),
    ("F1", "f1"),
    ("delay after due, s", "delay_s"),
    ("false alarms per camera-day", "false_per_camera_day"),
    ("false alarms per device-month", "false_per_device_month"),
    ("alarms per operator-hour", "alarms_per_operator_hour"),
)


def document(found: Backtest) -> dict[str, Any]:
    """Return the backtest as JSON-ready data."""

    def side(each: Side) -> dict[str, Any]:
        return {
            "version": each.version,
            "raised": len(each.raised),
            "false_alarms": each.false_alarms,
            "missed": each.missed,
            "scores": scores_document(each.scores),
        }

    versions = found.base.version, found.candidate.version
    return {
        "base": side(found.base),
        "candidate": side(found.candidate),
        "diff": diff_document(found.diff, *versions, found.words, document=raised_document),
        "conditions": [
            {
                "fail_if": each.condition,
                "outcome": each.outcome.value,
                "figures": dict(each.figures),
                "why": each.why or None,
            }
            for each in found.checked
        ],
        "limits": list(found.limits),
    }


def junit(found: Backtest, *, unknown_passes: bool) -> bytes:
    """Return a JUnit report: one test case for each condition."""
    cases = []
    for each in found.checked:
        failure = skipped = ""
        if each.outcome is Outcome.FAILED:
            failure = f"{each.condition} holds: {told(each)}"
        elif each.outcome is Outcome.UNKNOWN:
            failure, skipped = ("", each.why) if unknown_passes else (each.why, "")
        cases.append(Case("lianqin.backtest", f"not ({each.condition})", failure=failure, skipped=skipped))
    return report(f"backtest of {found.candidate.version} against {found.base.version}", cases)


def markdown(found: Backtest, zone: ZoneInfo, *, unknown_passes: bool) -> str:
    """Return the backtest as a page of Markdown, times in `zone`."""
    failed = found.is_failed(unknown_passes=unknown_passes)
    lines = [
        f"# Backtest: {'failed' if failed else 'passed'}",
        "",
        f"Candidate `{found.candidate.version}` against base `{found.base.version}`.",
        "",
    ]
    if found.checked:
        lines += ["| fails if | outcome | figures |", "|---|---|---|"]
        lines += [
            f"| `{_cell(each.condition)}` | {each.outcome.value} | {_cell(told(each))} |" for each in found.checked
        ]
        lines.append("")
    lines += ["| | base | candidate |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(found)]
    lines.append("")
    if whys := unknown(found):
        lines += ["What is not known, and why:", "", *(f"- {_cell(each)}" for each in whys), ""]
    parts = (("Appeared", found.diff.appeared), ("Vanished", found.diff.vanished))
    for title, alerts in parts:
        lines += _alerts(f"{title}: {len(alerts)}", alerts, found, zone)
    lines += [f"## Moved: {len(found.diff.moved)}", ""]
    for pair in found.diff.moved[:SHOWN]:
        where = f"`{pair.candidate.rule}` {_cell(pair.candidate.subject)}"
        lines.append(f"- {where}, {_local(pair.base.raised_at, zone)}: raised {pair.by_s:+g} s")
    lines += ["", f"Severity changed: {len(found.diff.severity)}; the same: {found.diff.same}.", ""]
    if found.limits:
        lines += ["What a replay cannot bring back:", "", *(f"- {each}" for each in found.limits), ""]
    return "\n".join(lines)


def rows(found: Backtest) -> list[tuple[str, str, str]]:
    """Return the figures of both sides for a table: name, base, candidate."""
    base, candidate = found.base, found.candidate
    table = [
        ("alerts", str(len(base.raised)), str(len(candidate.raised))),
        ("false alarms", f"{base.false_alarms:g}", f"{candidate.false_alarms:g}"),
        ("missed", f"{base.missed:g}", f"{candidate.missed:g}"),
        ("without a label", str(base.scores.unlabelled), str(candidate.scores.unlabelled)),
    ]
    table += [
        (title, shown(getattr(base.scores, name)), shown(getattr(candidate.scores, name))) for title, name in ROWS
    ]
    return table


def unknown(found: Backtest) -> list[str]:
    """Return why figures are not known, each reason once and with the figures that it keeps from us."""
    kept: dict[str, dict[str, list[str]]] = {}
    for side, scores in (("base", found.base.scores), ("candidate", found.candidate.scores)):
        for title, name in ROWS:
            estimate: Estimate = getattr(scores, name)
            if estimate.value is None:
                kept.setdefault(estimate.says or "not known", {}).setdefault(title, []).append(side)
    said = []
    for why, titles in kept.items():
        named = [title if len(sides) == 2 else f"{title} ({sides[0]})" for title, sides in titles.items()]
        said.append(f"{', '.join(named)}: {why}")
    return said


def shown(estimate: Estimate) -> str:
    """Return a figure with its interval, or a dash."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "–"
    return f"{_figure(estimate.value)} ({_figure(estimate.low)} to {_figure(estimate.high)}, n={estimate.n})"


def _figure(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"  # people do not read 1.46e+03


def told(checked: Checked) -> str:
    """Return the figures that a condition looked at, or why nobody knows."""
    if checked.why:
        return checked.why
    return ", ".join(f"{name} = {'?' if value is None else f'{value:.4g}'}" for name, value in checked.figures.items())


def _alerts(title: str, alerts: tuple[Raised, ...], found: Backtest, zone: ZoneInfo) -> list[str]:
    lines = [f"## {title}", ""] if alerts else [f"## {title}"]
    for each in alerts[:SHOWN]:
        word = {"true": " (labelled real)", "false": " (labelled false)"}.get(found.words.get(each.alert_id, ""), "")
        where = f"`{each.rule}` {_cell(each.subject)}"
        lines.append(f"- {_local(each.raised_at, zone)} {where}{word}: {_cell(each.reason_text)}")
    if len(alerts) > SHOWN:
        lines.append(f"- and {len(alerts) - SHOWN} more")
    return [*lines, ""]


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
