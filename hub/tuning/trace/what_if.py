"""What was judged in, the single thresholds that would have changed the answer out, the smallest change first.

Nothing is guessed: each value told of was judged again, with the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import floor, log10

from detectors.overrides import Overridden
from detectors.thresholds import described
from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.tuning.candidate import value_at, with_thresholds
from hub.tuning.trace.material import Material
from hub.tuning.trace.predicate import Text
from hub.tuning.trace.watching import judged

STEPS = (0.05, 0.15, 0.4, 0.8, 2.0, 5.0, 20.0)  # how far is tried, as shares of the present value
HALVINGS = 6
WORK = 4_000_000  # observations judged in all: on this much the answer takes some ten seconds
LAMPS = ("off_power_w", "off_share", "on_over_off", "margin_min")
SKIPPED = ("clear", "_back", "hysteresis", "status_grace", "forget", "place")  # they bear on the end, not on the raise


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """One threshold at another value; with it, and not with the present one, the answer is the other one."""

    path: str
    unit: str
    value: float
    to: float

    @property
    def change(self) -> float:
        """By how much of its present value it is changed."""
        return abs(self.to - self.value) / max(abs(self.value), 1e-9)

    def text(self, raised: bool) -> Text:
        """Say it; `raised`: so far the alert is raised."""
        of = f" {self.unit}" if self.unit not in ("", "ratio") else ""
        ends_zh, ends_en = (
            ("这段时间内就不会报警", "it would not be raised in that time")
            if raised
            else ("就会报警", "it would be raised")
        )
        return Text(
            f"若 {self.path} 从 {self.value:g}{of} 改为 {self.to:g}{of}，{ends_zh}",
            f"with {self.path} at {self.to:g}{of} instead of {self.value:g}{of} {ends_en}",
        )


@dataclass(frozen=True, slots=True)
class _Axis:
    path: str
    unit: str
    value: float
    low: float
    high: float
    whole: bool


def what_if(
    material: Material,
    configuration: Configuration,
    *,
    span: tuple[datetime, datetime],
    first: tuple[str, ...] = (),
    told: Callable[[float], None] = lambda _: None,
) -> tuple[list[WhatIf], bool]:
    """Return the changes, smallest first, and whether all thresholds of the rule could be tried.

    The question is whether anything is raised on the subject within `span`. `first` are the thresholds
    that are tried first.
    """
    count = len(material.received) + len(material.past)
    budget = max(40, WORK // max(count, 1))
    before = _raises(material, configuration, span)
    axes = sorted(_axes(material, configuration), key=lambda axis: axis.path not in first)
    found: list[WhatIf] = []
    complete = True
    for number, axis in enumerate(axes):
        told(number / len(axes))
        for up in (False, True):
            if budget <= 0:
                complete = False
                break
            change, spent = _along(material, configuration, axis, span=span, up=up, before=before, budget=budget)
            budget -= spent
            if change is not None:
                found.append(change)
    return sorted(found, key=lambda one: one.change), complete


def _raises(material: Material, configuration: Configuration, span: tuple[datetime, datetime]) -> bool:
    return any(span[0] <= one.raised_at < span[1] for one in judged(material, configuration))


def _along(
    material: Material,
    configuration: Configuration,
    axis: _Axis,
    *,
    span: tuple[datetime, datetime],
    up: bool,
    before: bool,
    budget: int,
) -> tuple[WhatIf | None, int]:
    """Go along one axis until the answer changes, then back as far as it stays so."""
    spent = 0

    def flips(value: float) -> bool | None:
        nonlocal spent
        try:
            changed = with_thresholds(configuration, {axis.path: int(value) if axis.whole else value})
        except ConfigError:
            return None  # it makes no sense beside the others
        spent += 1
        return _raises(material, changed, span) is not before

    good = axis.value
    bad: float | None = None
    for value in _ladder(axis, up):
        if spent >= budget:
            return None, spent
        verdict = flips(value)
        if verdict is None:
            break
        if verdict:
            bad = value
            break
        good = value
    if bad is None:
        return None, spent
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        if axis.whole:
            middle = float(round(middle))
            if middle in (good, bad):
                break
        if flips(middle):
            bad = middle
        else:
            good = middle
    for digits in (2, 3):
        rounded = _outward(bad, digits, up)
        if rounded != bad and axis.low <= rounded <= axis.high and flips(rounded):
            bad = rounded
            break
    return WhatIf(path=axis.path, unit=axis.unit, value=axis.value, to=round(bad, 6)), spent


def _ladder(axis: _Axis, up: bool) -> Iterator[float]:
    base = abs(axis.value) or (axis.high - axis.low) / 100
    end = axis.high if up else axis.low
    if axis.value == end:
        return
    for step in STEPS:
        value = axis.value + (1 if up else -1) * step * base
        if axis.whole:
            value = float(round(value))
        if value == axis.value:
            continue
        if (value >= end) if up else (value <= end):
            break
        yield value
    yield end


def _outward(value: float, digits: int, up: bool) -> float:
    """Round `value` to so many figures, away from where it came from."""
    if value == 0:
        return value
    grain = 10.0 ** (floor(log10(abs(value))) - digits + 1)
    steps = value / grain
    return round((floor(steps) + 1 if up and floor(steps) != steps else floor(steps)) * grain, 9)


def _axes(material: Material, configuration: Configuration) -> Iterator[_Axis]:
    scope = material.scope
    sections = [f"{scope.rule}."]
    if scope.rule in ("streetlight.lamp_out", "streetlight.day_burning", "streetlight.circuit_out"):
        sections.append("streetlight.burning.")
    zone = scope.zone_id
    dwell = f"zone:{zone}.dwell_s" if zone is not None else None
    own = None
    if dwell is not None:
        try:
            own = value_at(configuration, dwell)
        except ConfigError:
            own = None
    if dwell is not None and own is not None:
        yield _Axis(dwell, "s", float(own), 1.0, 86400.0, False)
    for one in described():
        section = next((name for name in sections if one.path.startswith(name)), None)
        name = one.path.rpartition(".")[2]
        if section is None or one.low is None or one.high is None or any(part in one.path for part in SKIPPED):
            continue
        if section == "streetlight.burning." and name not in LAMPS:
            continue
        if own is not None and name == "dwell_s":
            continue
        path = _effective(configuration, scope.subject, one.path)
        value = value_at(configuration, path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        whole = isinstance(one.default, int) and not isinstance(one.default, bool)
        yield _Axis(path, one.unit, float(value), float(one.low), float(one.high), whole)


def _effective(configuration: Configuration, subject: str, path: str) -> str:
    """Return the path whose value counts for `subject`: that of the last override that sets it, else the rule's own."""
    domain = path.partition(".")[0]
    for override in reversed(Overridden(configuration.thresholds, configuration.city).holding(domain, subject)):
        if path in override.set:
            return f"overrides[{override.name}].{path}"
    return path
