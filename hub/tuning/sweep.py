"""One or two thresholds with the values to try go in; what each combination raises and how well it scores comes out.

The recording is judged once for each cell. Pure: the judging holds what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.tuning.axis import Axis, threshold_at
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Judging, Progress, Raised, Told, untold
from hub.tuning.labels.exposure import Exposure
from hub.tuning.labels.label import Label
from hub.tuning.labels.match import Matched, match
from hub.tuning.labels.score import Scores, scores, scores_document
from hub.tuning.measure import Histogram, histogram, measure_of
from hub.tuning.pareto import Point, front

MOST_CELLS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of values, in the order of the axes; or `problem`: why it is no configuration at all."""

    values: tuple[Any, ...]
    matched: Matched | None = None
    scores: Scores | None = None
    problem: str | None = None

    @property
    def false_alarms(self) -> float | None:
        """How many false alarms it raises, each label counting for what it stands for."""
        return None if self.matched is None else false_alarms(self.matched)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One point of the precision–recall curve: the value of the first axis there, and the cell."""

    threshold: Any
    cell: int
    precision: float
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a sweep found; `front` and the curve's `cell` are indexes into `cells`, `current` what holds now."""

    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    current: tuple[Any, ...]
    front: tuple[int, ...]
    curve: tuple[CurvePoint, ...]
    histogram: Histogram | None
    limits: tuple[str, ...]


def sweep(
    judging: Judging,
    configuration: Configuration,
    axes: Sequence[Axis],
    labels: Sequence[Label],
    exposure: Exposure,
    told: Told = untold,
    *,
    seed: int = 0,
) -> Sweep:
    """Return every cell of `axes`, scored by `labels`; raise ConfigError for no threshold, Cancelled where told.

    A combination that contradicts itself (a floor above its ceiling) is a cell with a problem, not an error.
    """
    check(axes)
    current = tuple(threshold_at(configuration, axis.path)[0] for axis in axes)
    combinations = list(product(*(axis.values for axis in axes)))
    cells: list[Cell] = []
    for index, values in enumerate(combinations):
        note = ", ".join(f"{axis.path} {value}" for axis, value in zip(axes, values, strict=True))
        told(Progress(index / len(combinations), note))
        changes = {axis.path: value for axis, value in zip(axes, values, strict=True)}
        step = _part(told, index, len(combinations), note)
        cells.append(_cell(judging, configuration, changes, values, labels, exposure, step, seed))
    if all(cell.problem is not None for cell in cells):
        raise ConfigError([cell.problem for cell in cells[:1] if cell.problem is not None])
    told(Progress(1.0))
    return Sweep(
        axes=tuple(axes),
        cells=tuple(cells),
        current=current,
        front=tuple(front([_point(cell) for cell in cells])),
        curve=_curve(cells, current),
        histogram=_histogram(axes, cells, judging),
        limits=tuple(judging.limits()),
    )


def check(axes: Sequence[Axis]) -> None:
    """Raise ConfigError where `axes` cannot be swept."""
    if not 1 <= len(axes) <= 2:
        raise ConfigError([f"one or two thresholds are swept at once, not {len(axes)}"])
    if len({axis.path for axis in axes}) < len(axes):
        raise ConfigError([f"{axes[0].path}: is given twice"])
    for axis in axes:
        if not axis.values:
            raise ConfigError([f"{axis.path}: no value is given"])
        if len(set(axis.values)) < len(axis.values):
            raise ConfigError([f"{axis.path}: a value is given twice"])
    cells = 1
    for axis in axes:
        cells *= len(axis.values)
    if cells > MOST_CELLS:
        raise ConfigError([f"{cells} combinations are too many: at most {MOST_CELLS} at once"])


def false_alarms(matched: Matched) -> float:
    """Return how many alerts are labelled false, each label counting for what it stands for."""
    return sum(label.weight for _, label in matched.pairs if not label.verdict.is_real)


def missed(matched: Matched) -> float:
    """Return how many real events raised nothing, each label counting for what it stands for."""
    return sum(label.weight for label in matched.missed)


def sweep_document(found: Sweep) -> dict[str, Any]:
    """Return the sweep as JSON-ready data."""
    return {
        "axes": [{"path": axis.path, "values": list(axis.values)} for axis in found.axes],
        "cells": [
            {
                "values": list(cell.values),
                "scores": None if cell.scores is None else scores_document(cell.scores),
                "raised": None if cell.matched is None else len(cell.matched.raised),
                "false_alarms": cell.false_alarms,
                "missed": None if cell.matched is None else missed(cell.matched),
                "problem": cell.problem,
            }
            for cell in found.cells
        ],
        "current": {"values": list(found.current)},
        "front": list(found.front),
        "curve": [asdict(point) for point in found.curve],
        "histogram": None if found.histogram is None else _listed(found.histogram),
        "limits": list(found.limits),
    }


def _listed(found: Histogram) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(found).items()}


def _cell(
    judging: Judging,
    configuration: Configuration,
    changes: dict[str, Any],
    values: tuple[Any, ...],
    labels: Sequence[Label],
    exposure: Exposure,
    told: Told,
    seed: int,
) -> Cell:
    try:
        candidate = with_thresholds(configuration, changes)
    except ConfigError as error:
        return Cell(values=values, problem=str(error))
    matched = match(judging.judge(candidate, told=told), labels, span=(exposure.since, exposure.until))
    return Cell(values=values, matched=matched, scores=scores(matched, exposure, seed))


def _part(told: Told, index: int, of: int, note: str) -> Told:
    """Return who is told of one cell's progress, as the part that it is of the whole."""

    def tell(progress: Progress) -> None:
        told(Progress((index + min(max(progress.done, 0.0), 1.0)) / of, note))

    return tell


def _point(cell: Cell) -> Point | None:
    """Return what the front weighs: false alarms, delay, and what is missed, so that no cell is quick by missing."""
    if cell.matched is None or cell.scores is None or cell.scores.delay_s.value is None:
        return None
    return (false_alarms(cell.matched), cell.scores.delay_s.value, missed(cell.matched))


def _curve(cells: Sequence[Cell], current: tuple[Any, ...]) -> tuple[CurvePoint, ...]:
    """Return precision and recall along the first axis; the second, if any, stands as near as it can to what holds."""
    chosen = list(enumerate(cells))
    if len(current) == 2:
        near = min({cell.values[1] for cell in cells}, key=lambda value: (_away(value, current[1]), str(value)))
        chosen = [(index, cell) for index, cell in chosen if cell.values[1] == near]
    points = []
    for index, cell in chosen:
        if cell.scores is None:
            continue
        precision, recall = cell.scores.precision.value, cell.scores.recall.value
        if precision is not None and recall is not None:
            points.append(CurvePoint(threshold=cell.values[0], cell=index, precision=precision, recall=recall))
    return tuple(points)


def _away(value: Any, current: Any) -> float:
    numbers = isinstance(value, int | float) and isinstance(current, int | float)
    return abs(value - current) if numbers else float(value != current)


def _histogram(axes: Sequence[Axis], cells: Sequence[Cell], judging: Judging) -> Histogram | None:
    """Return the scores of the first axis that has a measure, of the cell that raises most: the laxest."""
    laxest = max((cell.matched for cell in cells if cell.matched is not None), key=lambda matched: len(matched.raised))
    words = laxest.words()
    until = judging.question.until
    for axis in axes:
        measure = measure_of(axis.path)
        if measure is None:
            continue

        def of(word: str | None, measured: Any = measure) -> list[float]:
            chosen: list[Raised] = [one for one in laxest.raised if words.get(one.alert_id) == word]
            return [score for one in chosen if (score := measured(one, until)) is not None]

        found = histogram(axis.path, of("true"), of("false"), of(None))
        if found is not None:
            return found
    return None
