"""A value that should lie in a range goes in; the raise and clear of the rule "out of range" come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detectors.causes import Cause, Course, Watched, proceed
from detectors.duration import Condition, Law, above, below, told_span
from detectors.finding import Finding, Number, Phase, Severity

LOW, HIGH = range(2)


@dataclass(frozen=True, slots=True)
class Limits:
    """The range of one quantity, and how to speak of it: `key` is its name among a reason's numbers."""

    what: str
    key: str
    unit: str
    low: float
    high: float
    hysteresis: float


def low_and_high(law: Law, severity: Severity) -> tuple[Cause, Cause]:
    """Return the causes of a rule whose value can be too low or too high."""
    return Cause("low", law, severity), Cause("high", law, severity)


def judge_range(
    watched: Watched, course: Course, limits: Limits, value: float, at: datetime
) -> tuple[Course, Sequence[Finding]]:
    """Return the course of "out of range" after `value`, and what is found; `watched` has the two causes above."""
    evidence = (
        (LOW, below(value, limits.low, limits.low + limits.hysteresis)),
        (HIGH, above(value, limits.high, limits.high - limits.hysteresis)),
    )

    def explain(phase: Phase, cause: str, condition: Condition) -> tuple[str, dict[str, Number]]:
        unit = limits.key.rpartition("_")[2]
        numbers: dict[str, Number] = {limits.key: value}
        if phase is Phase.CLEARED:
            numbers |= {f"low_{unit}": limits.low, f"high_{unit}": limits.high}
            inside = f"inside {limits.low:g} to {limits.high:g} {limits.unit}"
            return f"{limits.what} is back at {value:g} {limits.unit}, {inside}.", numbers
        side, limit = ("below", limits.low) if cause == "low" else ("above", limits.high)
        numbers[f"threshold_{unit}"] = limit
        return (
            f"{limits.what} stands at {value:g} {limits.unit}, {side} {limit:g} {limits.unit}{told_span(condition)}.",
            numbers,
        )

    return proceed(watched, course, evidence, at, explain)
