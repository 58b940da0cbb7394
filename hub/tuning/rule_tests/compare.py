"""What a test expects and what its story told go in; how they differ comes out, a line for each difference; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from hub.alerts.alert import Alert
from hub.tuning.labels.assign import assign
from hub.tuning.rule_tests import notation
from hub.tuning.rule_tests.document import Expected, Moment, Test
from hub.tuning.rule_tests.story import Told, open_at, seconds_of

SLACK_S = 0.0015  # the store keeps microseconds, people write milliseconds
T = TypeVar("T")


def differences(test: Test, told: Told) -> list[str]:
    """Return how `told` differs from what `test` expects: lines with `-` expected, `+` got, as in a diff."""
    lines: list[str] = []
    if test.alerts is not None:
        lines += _of_alerts(test.alerts, told)
    for moment in test.open:
        lines += _of_moment(moment, told)
    return lines


def shown(at_s: float) -> str:
    """Return seconds of the story as `1h5m20s`."""
    if math.isinf(at_s):
        return ""
    sign, rest = ("-", -at_s) if at_s < 0 else ("", at_s)
    whole = int(rest)
    part = round(rest - whole, 3)
    hours, minutes, seconds = whole // 3600, whole % 3600 // 60, round(whole % 60 + part, 3)
    text = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")
    return sign + text + (f"{seconds:g}s" if seconds or not text else "")


def alert_line(alert: Alert, start: datetime) -> str:
    """Return one alert as a line."""
    cleared = "open" if alert.cleared_at is None else f"cleared {shown(seconds_of(alert.cleared_at, start))}"
    raised = shown(seconds_of(alert.raised_at, start))
    return f"{alert.rule} {alert.subject} raised {raised} {cleared} {alert.severity.value}: {alert.reason.text}"


def _of_alerts(expected: Sequence[Expected], told: Told) -> list[str]:
    start, alerts = told.start, told.alerts
    found = _matched(expected, alerts, lambda want, got: not _wrong(want, got, start))
    lines: list[str] = []
    left = [alert for index, alert in enumerate(alerts) if index not in found.values()]
    for number, want in enumerate(expected):
        if number in found:
            continue
        lines.append(f"- {_expected_line(want)}")
        near = next((one for one in left if _is_about(want.rule, want.subject, one)), None)
        if near is not None:
            left.remove(near)
            lines.append(f"+ {alert_line(near, start)}")
            lines += [f"    {each}" for each in _wrong(want, near, start)]
        else:
            lines.append("    no such alert was raised")
    for one in left:
        lines += [f"+ {alert_line(one, start)}", "    not expected"]
    return lines


def _of_moment(moment: Moment, told: Told) -> list[str]:
    at = told.start + timedelta(seconds=notation.seconds(moment.at))
    there = open_at(told.alerts, at)
    found = _matched(moment.open, there, lambda want, got: _is_about(want.rule, want.subject, got))
    missing = [want for number, want in enumerate(moment.open) if number not in found]
    more = [one for index, one in enumerate(there) if index not in found.values()]
    if not missing and not more:
        return []
    lines = [f"@ {moment.at}"]
    lines += [f"- {want.rule} {want.subject or ''}".rstrip() + " open" for want in missing]
    return lines + [f"+ {alert_line(one, told.start)}" for one in more]


def _matched(expected: Sequence[T], alerts: Sequence[Alert], fits: Callable[[T, Alert], bool]) -> dict[int, int]:
    """Return which alert each expectation has; as many have one as can."""
    near = [{index: 0.0 for index, one in enumerate(alerts) if fits(want, one)} for want in expected]
    return assign(near, len(alerts))


def _is_about(rule: str, subject: str | None, alert: Alert) -> bool:
    return alert.rule == rule and (subject is None or subject in (alert.subject, alert.subject.partition("@")[0]))


def _wrong(want: Expected, got: Alert, start: datetime) -> list[str]:
    """Return what of `got` is not as `want` has it."""
    if not _is_about(want.rule, want.subject, got):
        return ["another rule or subject"]
    wrong = [
        each
        for each in (
            _time("since", want.since, got.since, start),
            _time("raised", want.raised, got.raised_at, start),
            _time("cleared", want.cleared, got.cleared_at, start),
        )
        if each
    ]
    if want.severity is not None and got.severity is not want.severity:
        wrong.append(f"severity: expected {want.severity.value}, got {got.severity.value}")
    if want.reason is not None and want.reason not in got.reason.text:
        wrong.append(f"reason: expected to contain {want.reason!r}")
    for name, value in want.numbers.items():
        there = got.reason.numbers.get(name)
        if not _equal(value, there):
            wrong.append(f"{name}: expected {value!r}, got {there!r}")
    return wrong


def _time(what: str, want: float | str | None, got: datetime | None, start: datetime) -> str:
    if want is None:
        return ""
    told = "never" if got is None else shown(seconds_of(got, start))
    if want == "never":
        return "" if got is None else f"{what}: expected never, got {told}"
    low, high = notation.span(want)
    if got is not None and low - SLACK_S <= seconds_of(got, start) <= high + SLACK_S:
        return ""
    expected = shown(low) if low == high else f"{shown(low)}..{shown(high)}"
    return f"{what}: expected {expected}, got {told}"


def _equal(want: float | int | str | bool | None, got: object) -> bool:
    numbers = isinstance(want, int | float) and not isinstance(want, bool)
    if numbers and isinstance(got, int | float) and not isinstance(got, bool):
        assert isinstance(want, int | float)
        return math.isclose(want, got, rel_tol=1e-6, abs_tol=1e-6)
    return want == got


def _expected_line(want: Expected) -> str:
    parts = [want.rule, want.subject or "anywhere"]
    times = (("since", want.since), ("raised", want.raised), ("cleared", want.cleared))
    parts += [f"{what} {value}" for what, value in times if value is not None]
    return " ".join([*parts, *([want.severity.value] if want.severity is not None else [])])
