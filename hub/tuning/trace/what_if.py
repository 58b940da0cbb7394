"""What was judged in, the smallest changes of thresholds that would have turned the answer out, the smallest first.

Nothing is guessed: each value told of was judged again, with the one before it. Single thresholds are tried first;
where none turns the answer, two at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.config.load import Configuration
from hub.tuning.trace.knobs import Knob, knobs, outward
from hub.tuning.trace.material import Material
from hub.tuning.trace.pairs import two_at_once
from hub.tuning.trace.predicate import Text
from hub.tuning.trace.trials import Outcome, Trials

HALVINGS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One threshold at another value."""

    path: str
    unit: str
    value: float
    to: float

    @property
    def share(self) -> float:
        """By how much of its present value it is changed."""
        return abs(self.to - self.value) / max(abs(self.value), 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """One or two thresholds at other values; with them, and not with the present ones, the answer is the other one.

    `raised_at` is when it would be raised, None where it would not be.
    """

    changes: tuple[Change, ...]
    raised_at: datetime | None

    @property
    def size(self) -> float:
        """By how much of the present values it is a change, over all of them."""
        return sum(change.share for change in self.changes)

    def text(self, clock: Callable[[datetime], str]) -> Text:
        """Say it."""
        zh = "，且 ".join(f"{one.path} 从 {one.value:g}{_of(one)} 改为 {one.to:g}{_of(one)}" for one in self.changes)
        en = " and ".join(
            f"{one.path} at {one.to:g}{_of(one)} instead of {one.value:g}{_of(one)}" for one in self.changes
        )
        if self.raised_at is None:
            return Text(f"若 {zh}，这段时间内就不会报警", f"with {en} it would not be raised in that time")
        at = clock(self.raised_at)
        return Text(f"若 {zh}，就会在 {at} 报警", f"with {en} it would be raised at {at}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What was found, and how much was tried: `complete` where nothing that was to be tried was left out."""

    found: tuple[WhatIf, ...] = ()
    complete: bool = True
    singles: int = 0
    pairs: int = 0


def what_if(
    material: Material,
    configuration: Configuration,
    *,
    span: tuple[datetime, datetime],
    first: tuple[str, ...] = (),
    told: Callable[[float], None] = lambda _: None,
) -> Sought:
    """Return the changes, smallest first; `first` are the thresholds that are tried first.

    The question is whether anything is raised on the subject within `span`.
    """
    trials = Trials(material, configuration, span)
    turned = sorted(knobs(material, configuration), key=lambda knob: knob.path not in first)
    found: list[WhatIf] = []
    singles, complete = 0, True
    for number, knob in enumerate(turned):
        told(0.5 * number / len(turned))
        for up in (False, True):
            if trials.left <= 0:
                complete = False
                break
            change = _along(trials, knob, up)
            if change is not None:
                found.append(change)
        singles += complete
    pairs = 0
    if not found and complete and len(turned) > 1:
        trials.allow()
        together, pairs, complete = two_at_once(trials, turned, told=lambda done: told(0.5 + 0.5 * done))
        found = [_what_if(values, outcome) for values, outcome in together]
    return Sought(found=tuple(sorted(found, key=lambda one: one.size)), complete=complete, singles=singles, pairs=pairs)


def _what_if(values: dict[Knob, float], outcome: Outcome) -> WhatIf:
    changes = (Change(path=one.path, unit=one.unit, value=one.value, to=round(to, 6)) for one, to in values.items())
    return WhatIf(changes=tuple(changes), raised_at=outcome.raised_at)


def _along(trials: Trials, knob: Knob, up: bool) -> WhatIf | None:
    """Go along one threshold until the answer turns, then back as far as it stays so."""
    good = knob.value
    bad: tuple[float, Outcome] | None = None
    for value in knob.ladder(up):
        if trials.left <= 0:
            return None
        outcome = trials.tried({knob: value})
        if outcome is None:
            break  # it makes no sense beside the others
        if outcome.turns:
            bad = value, outcome
            break
        good = value
    if bad is None:
        return None
    for _ in range(HALVINGS):
        middle = knob.fitting((good + bad[0]) / 2)
        if middle in (good, bad[0]):
            break
        outcome = trials.tried({knob: middle})
        if outcome is not None and outcome.turns:
            bad = middle, outcome
        else:
            good = middle
    for digits in (2, 3):
        rounded = outward(bad[0], digits, up)
        if rounded == bad[0] or not knob.low <= rounded <= knob.high:
            continue
        outcome = trials.tried({knob: rounded})
        if outcome is not None and outcome.turns:
            bad = rounded, outcome
            break
    return _what_if({knob: bad[0]}, bad[1])


def _of(change: Change) -> str:
    return f" {change.unit}" if change.unit not in ("", "ratio") else ""
