"""A space of thresholds goes in, one point after another comes out, each chosen by how good those before were.

The one place that knows Optuna: its tree-structured Parzen estimator with constraints (Bergstra et al., NeurIPS 2011;
Watanabe and Hutter, c-TPE, IJCAI 2023). docs/decisions/threshold-search.md says why this one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How good a point is: `cost` should be small, and `short` at most 0: how far the target is missed by."""

    cost: float
    short: float


def is_installed() -> bool:
    """Tell whether there is a sampler on this machine (the extra `tuning`)."""
    return importlib.util.find_spec("optuna") is not None


def sample(
    space: Mapping[str, Sequence[float]],
    first: Mapping[str, float],
    judge: Callable[[Mapping[str, float]], Outcome],
    *,
    budget: int,
    seed: int,
) -> None:
    """Call `judge` with `budget` points of `space`, ascending values by path, beginning with the nearest to `first`.

    The sampler is asked for places in these lists, so that every point is one that a grid could hold as well.
    """
    import optuna
    from optuna.distributions import BaseDistribution, IntDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(8, budget // 4)))
    places: dict[str, BaseDistribution] = {path: IntDistribution(0, len(values) - 1) for path, values in space.items()}
    study.enqueue_trial({path: _nearest(values, first[path]) for path, values in space.items()})
    for _ in range(budget):
        trial = study.ask(places)
        outcome = judge({path: values[trial.params[path]] for path, values in space.items()})
        trial.set_constraint("short", outcome.short)
        study.tell(trial, outcome.cost)


def _nearest(values: Sequence[float], wanted: float) -> int:
    return min(range(len(values)), key=lambda place: abs(values[place] - wanted))
