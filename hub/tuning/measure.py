"""A threshold and an alert go in; what that threshold was held against in it comes out: a histogram's score; pure.

A duration is held against how long it lasted at all, so that one judging tells of every longer dwell as well. What the
reasons do not say cannot be shown: then there is no measure, and no histogram.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.tuning.axis import inner_path
from hub.tuning.judging import Raised

BINS = 20
WIDE = 50.0  # where the largest is so many times the smallest, the edges grow by a factor and not by a step

Measure = Callable[[Raised, datetime], float | None]


def lasted_s(raised: Raised, until: datetime) -> float | None:
    """Return how long it was seen to last, up to `until` where it never cleared."""
    return max(0.0, ((raised.cleared_at or until) - raised.since).total_seconds())


def number(*keys: str) -> Measure:
    """Return the measure that is the first of `keys` that the reason names."""

    def take(raised: Raised, until: datetime) -> float | None:
        for key in keys:
            value = raised.numbers.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
        return None

    return take


def less(first: str, second: str) -> Measure:
    """Return the measure that is the number `first` less the number `second`."""
    one, other = number(first), number(second)

    def take(raised: Raised, until: datetime) -> float | None:
        a, b = one(raised, until), other(raised, until)
        return None if a is None or b is None else a - b

    return take


def _times(first: str, second: str) -> Measure:
    one, other = number(first), number(second)

    def take(raised: Raised, until: datetime) -> float | None:
        a, b = one(raised, until), other(raised, until)
        return None if a is None or b is None or b <= 0 else a / b

    return take


# What the reasons of a rule say under which name. The first part of the path that fits holds.
_BY_PATH: dict[str, Measure] = {
    "water.burst.fall_kpa": less("before_kpa", "pressure_kpa"),
    "water.burst.rise_l_s": less("flow_l_s", "before_l_s"),
    "water.leak.factor": _times("lowest_l_s", "baseline_l_s"),
    "water.leak.above_l_s": less("lowest_l_s", "baseline_l_s"),
    "water.pressure.low_kpa": number("pressure_kpa"),
    "water.pressure.high_kpa": number("pressure_kpa"),
    "water.quality.turbidity_ntu": number("turbidity_ntu"),
    "water.quality.chlorine_low_mg_l": number("chlorine_mg_l"),
    "water.quality.chlorine_high_mg_l": number("chlorine_mg_l"),
    "drainage.level.high_m": number("level_m"),
    "drainage.level.rise_m": number("rise_m"),
    "gas.leak.low_pct_lel": number("methane_pct_lel"),
    "gas.leak.high_pct_lel": number("methane_pct_lel"),
    "gas.leak.rise_pct_lel": number("rise_pct_lel"),
    "gas.pressure.low_kpa": number("gas_pressure_kpa", "pressure_kpa"),
    "gas.pressure.high_kpa": number("gas_pressure_kpa", "pressure_kpa"),
}
_BY_NAME: dict[str, Measure] = {
    "confidence": number("median_confidence"),
    "presence": number("presence"),
    "dwell_s": lasted_s,
    "raise_after_s": lasted_s,
    "after_s": lasted_s,
    "moved_after_s": lasted_s,
    "covered_after_s": lasted_s,
    "impossible_after_s": lasted_s,
    "frozen_after_s": lasted_s,
}


def measure_of(path: str) -> Measure | None:
    """Return what the threshold at `path` is held against; None where no reason says it."""
    inner = inner_path(path)
    return _BY_PATH.get(inner) or _BY_NAME.get(inner.rpartition(".")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How many alerts have a score between each two neighbouring `edges`, by what labels say of them."""

    path: str
    edges: tuple[float, ...]
    true: tuple[int, ...]
    false: tuple[int, ...]
    unlabelled: tuple[int, ...]


def histogram(
    path: str, true: Sequence[float], false: Sequence[float], unlabelled: Sequence[float], bins: int = BINS
) -> Histogram | None:
    """Return the histogram of the scores of `path`; None without any score."""
    every = [*true, *false, *unlabelled]
    if not every:
        return None
    edges = _edges(min(every), max(every), bins)
    return Histogram(
        path=path,
        edges=edges,
        true=_counts(true, edges),
        false=_counts(false, edges),
        unlabelled=_counts(unlabelled, edges),
    )


def _edges(low: float, high: float, bins: int) -> tuple[float, ...]:
    if not high > low:
        return (low, low + max(abs(low), 1.0) * 1e-6)
    if low > 0 and high / low > WIDE:
        factor = (high / low) ** (1 / bins)
        return (low, *(low * factor**step for step in range(1, bins)), high)
    return (low, *(low + (high - low) * step / bins for step in range(1, bins)), high)


def _counts(scores: Sequence[float], edges: Sequence[float]) -> tuple[int, ...]:
    counts = [0] * (len(edges) - 1)
    for score in scores:
        if math.isfinite(score):
            counts[min(max(bisect_right(edges, score) - 1, 0), len(counts) - 1)] += 1
    return tuple(counts)
