"""A space of thresholds goes in, one point after another comes out, each chosen by how good those before were.

The one place that knows Optuna: its tree-structured Parzen estimator with constraints (Bergstra et al., NeurIPS 2011;
Watanabe and Hutter, c-TPE, IJCAI 2023). docs/decisions/threshold-search.md says why this one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One threshold from `low` to `high` in steps of `step`."""

    path: str
    low: float
    high: float
    step: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How good a point is: `cost` should be small, and `short` at most 0: how far the target is missed by."""

    cost: float
    short: float


def is_installed() -> bool:
    """Tell whether there is a sampler on this machine (the extra `tuning`)."""
    return importlib.util.find_spec("optuna") is not None


def sample(
    space: tuple[Dimension, ...],
    first: Mapping[str, float] | None,
    judge: Callable[[Mapping[str, float]], Outcome],
    *,
    budget: int,
    seed: int,
) -> None:
    """Call `judge` with `budget` points of `space`, `first` before all others where it lies within."""
    import optuna
    from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(8, budget // 4)))
    distributions: dict[str, BaseDistribution] = {
        each.path: IntDistribution(round(each.low), round(each.high), step=max(1, round(each.step)))
        if each.whole
        else FloatDistribution(each.low, each.high, step=each.step)
        for each in space
    }
    if first is not None:
        study.enqueue_trial(dict(first))
    for _ in range(budget):
        trial = study.ask(distributions)
        outcome = judge({path: trial.params[path] for path in distributions})
        trial.set_constraint("short", outcome.short)
        study.tell(trial, outcome.cost)
