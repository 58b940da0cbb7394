"""Thresholds with the ranges they may take and a target go in; the proposal comes out, with what it costs. Pure.

Where the budget covers every sensible value, all are tried; else a sampler goes where it pays. Of all that reach the
target, the one with the least to regret is proposed. Nothing is ever applied here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any

from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.tuning import sampler
from hub.tuning.axis import nice, threshold_at
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Judging, Progress, Told, untold
from hub.tuning.labels.estimate import Estimate
from hub.tuning.labels.exposure import Exposure
from hub.tuning.labels.label import Label
from hub.tuning.labels.match import match
from hub.tuning.labels.score import Scores, scores
from hub.tuning.sampler import Outcome
from hub.tuning.sweep import false_alarms, missed

FINEST = 20  # values of one threshold: more tell nothing that labels could know
MOST_BUDGET, MOST_PATHS = 1000, 6
NOWHERE = 1e9  # the cost of a configuration that contradicts itself, and of an unknown delay


class Figure(StrEnum):
    """What a target may be set for."""

    RECALL = "recall"
    PRECISION = "precision"


class Aim(StrEnum):
    """What should be small once the target is reached."""

    FALSE_ALARMS = "false_alarms"
    DELAY = "delay"


class Method(StrEnum):
    """How it was searched."""

    GRID = "grid"  # every sensible value
    SAMPLER = "sampler"  # where it pays
    COARSE = "coarse"  # a grid as fine as the budget allows: there is no sampler on this machine


@dataclass(frozen=True, slots=True)
class Range:
    """A threshold and the ends, both included, between which it may be set."""

    path: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dimension:
    path: str
    low: float
    high: float
    step: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """`figure` must be at least `at_least`; then `aim` should be as small as can be."""

    figure: Figure
    at_least: float
    aim: Aim = Aim.FALSE_ALARMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One combination and how it did; `problem` where it contradicts itself and was not judged."""

    changes: Mapping[str, Any]
    scores: Scores | None
    false_alarms: float
    missed: float
    problem: str | None = None

    def figure(self, which: Figure) -> Estimate | None:
        """Return its recall or precision; None where it was not judged."""
        if self.scores is None:
            return None
        return self.scores.recall if which is Figure.RECALL else self.scores.precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found. `best` is the best of all where the target is not `reached`; None where nothing is known.

    `equal` is how many others are as good as the best. `tried` begins with what holds now.
    """

    ranges: tuple[Range, ...]
    goal: Goal
    method: Method
    reached: bool
    best: Tried | None
    now: Tried
    equal: int
    tried: tuple[Tried, ...]
    limits: tuple[str, ...]


def search(
    judging: Judging,
    configuration: Configuration,
    ranges: Sequence[Range],
    goal: Goal,
    labels: Sequence[Label],
    exposure: Exposure,
    told: Told = untold,
    *,
    budget: int = 60,
    seed: int = 0,
) -> Search:
    """Return the proposal for `goal`; raise ConfigError for what cannot be searched, Cancelled where told.

    At most `budget` combinations are judged beside what holds now.
    """
    space = _space(configuration, ranges, budget)
    if not 0.0 < goal.at_least <= 1.0:
        raise ConfigError([f"the target lies above 0 and is at most 1 (it is {goal.at_least:g})"])
    runs = _Runs(judging, configuration, labels, exposure, told, budget + 1, seed)
    current = {each.path: threshold_at(configuration, each.path)[0] for each in space}
    now = runs.judge(current)
    figure = now.figure(goal.figure)
    if goal.figure is Figure.RECALL and (figure is None or figure.value is None):
        # Which events were labelled does not depend on thresholds: no other combination would know more.
        return _found(space, ranges, goal, Method.GRID, runs, now, current)
    values = [_values(each) for each in space]
    combinations = math.prod(len(each) for each in values)
    if combinations <= budget:
        method = Method.GRID
        runs.grid(space, values)
    elif sampler.is_installed():
        method = Method.SAMPLER
        lists = {each.path: each_values for each, each_values in zip(space, values, strict=True)}
        sampler.sample(lists, current, lambda at: runs.outcome(at, goal), budget=budget, seed=seed)
    else:
        method = Method.COARSE
        finest = max(2, math.floor(budget ** (1 / len(space)) + 1e-9))
        runs.grid(space, [_thinned(each, finest) for each in values])
    told(Progress(1.0))
    return _found(space, ranges, goal, method, runs, now, current)


class _Runs:
    """Judges each combination once and keeps it."""

    def __init__(
        self,
        judging: Judging,
        configuration: Configuration,
        labels: Sequence[Label],
        exposure: Exposure,
        told: Told,
        most: int,
        seed: int,
    ) -> None:
        self.judging, self._configuration, self._labels, self._exposure = judging, configuration, labels, exposure
        self._told, self._most, self._seed = told, most, seed
        self.tried: dict[tuple[tuple[str, Any], ...], Tried] = {}

    def judge(self, changes: Mapping[str, Any]) -> Tried:
        """Return how `changes` do."""
        key = tuple(sorted(changes.items()))
        if key in self.tried:
            return self.tried[key]
        self._told(Progress(min(1.0, len(self.tried) / self._most), ", ".join(f"{path} {at}" for path, at in key)))
        try:
            candidate = with_thresholds(self._configuration, changes)
        except ConfigError as error:
            found = Tried(changes=dict(changes), scores=None, false_alarms=0.0, missed=0.0, problem=str(error))
        else:
            done = len(self.tried) / self._most
            raised = self.judging.judge(candidate, told=lambda _: self._told(Progress(min(1.0, done))))
            span = (self._exposure.since, self._exposure.until)
            matched = match(raised, self._labels, span=span)
            found = Tried(
                changes=dict(changes),
                scores=scores(matched, self._exposure, self._seed),
                false_alarms=false_alarms(matched),
                missed=missed(matched),
            )
        self.tried[key] = found
        return found

    def grid(self, space: Sequence[_Dimension], values: Sequence[Sequence[float]]) -> None:
        """Judge every combination of `values`."""
        for combination in product(*values):
            self.judge({each.path: value for each, value in zip(space, combination, strict=True)})

    def outcome(self, at: Mapping[str, float], goal: Goal) -> Outcome:
        """Return how good the point is, for a sampler."""
        found = self.judge(at)
        if found.scores is None:
            return Outcome(NOWHERE, 1.0)
        return Outcome(_cost(found, goal)[0], short_of(found, goal))


def short_of(found: Tried, goal: Goal) -> float:
    """Return by how much the target is missed, at most 0 where it is reached; 1 where nobody knows."""
    figure = found.figure(goal.figure)
    return 1.0 if figure is None or figure.value is None else goal.at_least - figure.value


def is_known(found: Tried, goal: Goal) -> bool:
    """Tell whether the labels say how well a combination does."""
    figure = found.figure(goal.figure)
    return figure is not None and figure.value is not None


def _cost(found: Tried, goal: Goal) -> tuple[float, ...]:
    """Return what is regretted of a combination, the aim first."""
    delay = found.scores.delay_s.value if found.scores is not None else None
    delay_s = NOWHERE if delay is None else delay
    if goal.aim is Aim.DELAY:
        return (delay_s, found.false_alarms, found.missed)
    return (found.false_alarms, found.missed, delay_s)


def _found(
    space: Sequence[_Dimension],
    ranges: Sequence[Range],
    goal: Goal,
    method: Method,
    runs: _Runs,
    now: Tried,
    current: Mapping[str, Any],
) -> Search:
    known = [
        each
        for each in runs.tried.values()
        if is_known(each, goal) and all(one.low <= each.changes[one.path] <= one.high for one in space)
    ]
    reaching = [each for each in known if short_of(each, goal) <= 0.0]

    def regret(each: Tried) -> tuple[float, ...]:
        missing = () if reaching else (short_of(each, goal),)
        return (*missing, *_cost(each, goal))

    chosen = sorted(reaching or known, key=lambda each: (regret(each), _away(each, space, current)))
    best = chosen[0] if chosen else None
    return Search(
        ranges=tuple(ranges),
        goal=goal,
        method=method,
        reached=bool(reaching),
        best=best,
        now=now,
        equal=0 if best is None else sum(regret(each) == regret(best) for each in chosen) - 1,
        tried=tuple(runs.tried.values()),
        limits=tuple(runs.judging.limits()),
    )


def _away(found: Tried, space: Sequence[_Dimension], current: Mapping[str, Any]) -> float:
    """Return how far a combination lies from what holds now: of equals, the smallest change is proposed."""
    return math.sqrt(sum(((found.changes[one.path] - current[one.path]) / (one.high - one.low)) ** 2 for one in space))


def _space(configuration: Configuration, ranges: Sequence[Range], budget: int) -> tuple[_Dimension, ...]:
    problems = []
    if not 1 <= len(ranges) <= MOST_PATHS:
        problems.append(f"1 to {MOST_PATHS} thresholds are searched at once, not {len(ranges)}")
    if len({each.path for each in ranges}) < len(ranges):
        problems.append("a threshold is given twice")
    if not 2 <= budget <= MOST_BUDGET:
        problems.append(f"the budget is 2 to {MOST_BUDGET} combinations (it is {budget})")
    space = []
    for each in ranges:
        now, least, greatest, unit = threshold_at(configuration, each.path)
        if not least <= each.low < each.high <= greatest:
            allowed = f"{least:g} to {greatest:g} {unit}"
            problems.append(
                f"{each.path}: from {each.low:g} to {each.high:g} is no range within what is allowed: {allowed}"
            )
            continue
        whole = isinstance(now, int) and not isinstance(now, bool)
        step = nice((each.high - each.low) / FINEST)
        space.append(
            _Dimension(
                path=each.path, low=each.low, high=each.high, step=max(1.0, step) if whole else step, whole=whole
            )
        )
    if problems:
        raise ConfigError(problems)
    return tuple(space)


def _values(each: _Dimension) -> list[float]:
    steps = math.floor((each.high - each.low) / each.step + 1e-9)
    found = [_clean(each.low + each.step * index) for index in range(steps + 1)]
    if found[-1] < each.high:
        found.append(_clean(each.high))
    return [round(value) for value in found] if each.whole else found


def _thinned(values: Sequence[float], most: int) -> list[float]:
    """Return `most` of `values`, evenly, both ends among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


def _clean(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.6g}")
