"""Thresholds none of which turns the answer by itself in, the pairs that do out, each drawn back as far as it does.

Three steps outward are tried of each threshold: a moderate one, the farthest that makes sense beside all others, and
the end of its range. All pairs of moderate steps come first, farther ones only where none of these turns the answer.
That is no full search of the plane, and need not be: whoever wants one sweeps the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, takewhile

from hub.tuning.trace.knobs import Knob, outward
from hub.tuning.trace.trials import Outcome, Trials

MODERATE = 0.8  # of the present value: at most so far is the moderate step
HALVINGS = 5
LEVELS = 3
MOST = 3  # pairs that are told

Values = dict[Knob, float]


def two_at_once(
    trials: Trials, turned: Sequence[Knob], *, told: Callable[[float], None] = lambda _: None
) -> tuple[list[tuple[Values, Outcome]], int, bool]:
    """Return the pairs found with what they do, how many pairs were tried, and whether none was left out.

    Those of the thresholds that stand first are tried first.
    """
    found: list[tuple[Values, Outcome]] = []
    steps = [(knob, far) for knob in turned for far in _steps(trials, knob)]
    seen: set[tuple[str, float, str, float]] = set()
    for level in range(LEVELS):
        pairs = [(one, other) for one, other in combinations(steps, 2) if one[0] is not other[0]]
        for number, ((one, to), (other, till)) in enumerate(pairs):
            told((level + number / len(pairs)) / LEVELS)
            values = {one: to[level], other: till[level]}
            pair = one.path, to[level], other.path, till[level]
            if pair in seen:
                continue
            if trials.left <= 0:
                return found, len(seen), False
            seen.add(pair)
            outcome = trials.tried(values)
            if outcome is not None and outcome.turns:
                found.append(_drawn_back(trials, values, outcome))
                if len(found) == MOST:
                    return found, len(seen), True
        if found:
            break
    return found, len(seen), True


def _steps(trials: Trials, knob: Knob) -> Iterator[tuple[float, float, float]]:
    """Yield, for each direction, the moderate step, the farthest that makes sense by itself, and the range's end."""
    base = abs(knob.value) or (knob.high - knob.low) / 100
    for up in (False, True):
        values = list(knob.ladder(up))
        if not values:
            continue
        moderate = [value for value in values if abs(value - knob.value) <= (MODERATE + 1e-9) * base]
        sensible = list(takewhile(lambda value: trials.makes_sense({knob: value}), values))
        near = moderate[-1] if moderate else values[0]
        yield near, sensible[-1] if sensible else near, values[-1]


def _drawn_back(trials: Trials, values: Values, outcome: Outcome) -> tuple[Values, Outcome]:
    """Bring each of the two back towards its present value as far as both together still turn the answer."""
    for knob in list(values):
        good, up = knob.value, values[knob] > knob.value
        for _ in range(HALVINGS):
            middle = knob.fitting((good + values[knob]) / 2)
            if middle in (good, values[knob]) or trials.left <= 0:
                break
            now = trials.tried({**values, knob: middle})
            if now is not None and now.turns:
                values, outcome = {**values, knob: middle}, now
            else:
                good = middle
        for digits in (2, 3):
            rounded = outward(values[knob], digits, up)
            if rounded == values[knob] or not knob.low <= rounded <= knob.high:
                continue
            now = trials.tried({**values, knob: rounded})
            if now is not None and now.turns:
                values, outcome = {**values, knob: rounded}, now
                break
    return values, outcome
