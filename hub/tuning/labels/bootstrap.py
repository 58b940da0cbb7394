"""Weighted observations in clusters in, 95 % intervals out, the same for the same seed; numpy lives here alone.

Labels of one day at one place resemble one another, so whole clusters are drawn again, not labels: the cluster
bootstrap (Davison and Hinkley, Bootstrap Methods and their Application, 1997, §3.8; Field and Welsh, JRSS B 69, 2007)
with percentile limits (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13).

A bootstrap of 30 hits in 30 knows nothing of a miss: all its draws are equal. So each interval is widened to what is
known without drawing again: Wilson's score interval for a share (Brown, Cai and DasGupta, Statistical Science 16,
2001), the score interval for a count, the order statistics' for a median. Their number of labels is the effective one:
weights count by Kish (Survey Sampling, 1965), and clusters by the design effect that the bootstrap itself shows.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations
FEWEST_CLUSTERS = 5  # below it clusters cannot tell how they differ, and each label is drawn by itself

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def share(hits: Sequence[float], misses: Sequence[float], clusters: Sequence[Hashable], seed: int) -> Interval:
    """Return Σ hits ÷ (Σ hits + Σ misses); each observation has the weight of its hit or of its miss, and a cluster."""
    hit, miss = np.asarray(hits, dtype=np.float64), np.asarray(misses, dtype=np.float64)
    weights = hit + miss
    value = float(hit.sum() / weights.sum())
    groups = _groups(clusters)
    sums = np.stack([_per_group(groups, hit), _per_group(groups, weights)])
    drawn = sums @ _draws(sums.shape[1], seed).T
    shares = drawn[0][drawn[1] > 0] / drawn[1][drawn[1] > 0]
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    if 0.0 < value < 1.0:
        effective /= max(1.0, float(shares.var()) * effective / (value * (1.0 - value)))
    low, high = wilson(value, effective)
    return _widened(value, low, high, shares)


def rate(counts: Sequence[float], clusters: Sequence[Hashable], exposure: float, seed: int) -> Interval:
    """Return Σ counts ÷ exposure, where what is not in `clusters` counted nothing.

    Each cluster is drawn as often as a Poisson variable of mean 1 says: what resampling a great many days and places,
    nearly all of them empty, amounts to.
    """
    count = np.asarray(counts, dtype=np.float64)
    total = float(count.sum())
    if total == 0.0:
        return Interval(0.0, 0.0, poisson(0.0)[1] / exposure)
    sums = _per_group(_groups(clusters, always=True), count)
    drawn = _poisson_draws(len(sums), seed) @ sums
    each = float((sums**2).sum()) / total  # how many come together
    low, high = poisson(total / each)
    return _widened(total / exposure, low * each / exposure, high * each / exposure, drawn / exposure)


def median(values: Sequence[float], weights: Sequence[float], clusters: Sequence[Hashable], seed: int) -> Interval:
    """Return the weighted median."""
    order = np.argsort(np.asarray(values, dtype=np.float64), kind="stable")
    value, weight = np.asarray(values, dtype=np.float64)[order], np.asarray(weights, dtype=np.float64)[order]
    groups = _groups([clusters[index] for index in order])
    drawn = _draws(int(groups.max()) + 1, seed)[:, groups] * weight
    sums = drawn.cumsum(axis=1)
    medians = value[(sums >= sums[:, -1:] / 2).argmax(axis=1)]
    whole = weight.cumsum()
    middle = float(value[(whole >= whole[-1] / 2).argmax()])
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    reach = Z * math.sqrt(0.25 / effective)
    low, high = (_weighted_at(value, whole, at) for at in (0.5 - reach, 0.5 + reach))
    return _widened(middle, low, high, medians)


def wilson(value: float, n: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share found in `n` observations."""
    middle = (value + Z * Z / (2 * n)) / (1 + Z * Z / n)
    reach = Z * math.sqrt(value * (1 - value) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def poisson(count: float) -> tuple[float, float]:
    """Return the score interval of the mean of a Poisson variable that came out as `count`."""
    reach = Z * math.sqrt(count + Z * Z / 4)
    return max(0.0, count + Z * Z / 2 - reach), count + Z * Z / 2 + reach


def _groups(clusters: Sequence[Hashable], *, always: bool = False) -> NDArray[np.intp]:
    """Return the number of each observation's cluster; each its own where there are too few clusters."""
    numbers: dict[Hashable, int] = {}
    found = [numbers.setdefault(cluster, len(numbers)) for cluster in clusters]
    if len(numbers) < FEWEST_CLUSTERS and not always:
        return np.arange(len(found))
    return np.asarray(found, dtype=np.intp)


def _per_group(groups: NDArray[np.intp], values: Vector) -> Vector:
    return np.bincount(groups, weights=values).astype(np.float64)


@lru_cache(maxsize=32)
def _draws(clusters: int, seed: int) -> Vector:
    """Return how often each cluster is drawn, by draw: a sweep's cells ask for the same again and again."""
    drawn = np.random.default_rng([seed, clusters]).integers(0, clusters, size=(DRAWS, clusters))
    flat = drawn + np.arange(DRAWS)[:, None] * clusters
    return np.bincount(flat.ravel(), minlength=DRAWS * clusters).reshape(DRAWS, clusters).astype(np.float64)


@lru_cache(maxsize=32)
def _poisson_draws(clusters: int, seed: int) -> Vector:
    return np.random.default_rng([seed, clusters]).poisson(1.0, size=(DRAWS, clusters)).astype(np.float64)


def _widened(value: float, low: float, high: float, drawn: Vector) -> Interval:
    """Return the interval that holds both [low, high] and the percentile limits of what was drawn."""
    least, most = np.quantile(drawn, (0.025, 0.975))
    return Interval(value, min(low, float(least)), max(high, float(most)))


def _weighted_at(values: Vector, cumulated: Vector, quantile: float) -> float:
    index = int(np.searchsorted(cumulated, max(0.0, quantile) * cumulated[-1]))
    return float(values[min(index, len(values) - 1)])
