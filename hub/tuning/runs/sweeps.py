"""The runs `sweep`, `search` and `diff`: checked arguments in, the answer's document out."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hub.config.load import Configuration
from hub.tuning.axis import Axis, axis_of
from hub.tuning.candidate import with_thresholds
from hub.tuning.diff import diff, diff_document
from hub.tuning.judging import Progress, Question, Raised, Told
from hub.tuning.labels.exposure import exposure_of
from hub.tuning.labels.match import match
from hub.tuning.runs.judge import raised_document
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Asked, Changes
from hub.tuning.search import MOST_BUDGET, MOST_PATHS, Aim, Figure, Goal, Range, search
from hub.tuning.search_words import search_document
from hub.tuning.sweep import MOST_CELLS, sweep, sweep_document

Path = Annotated[str, Field(min_length=1, max_length=200, description="A threshold, as in detectors.yaml.")]
Version = Annotated[str | None, Field(max_length=64, description="A stored configuration; null is the present one.")]


class AxisEntry(Arguments):
    """One threshold and the values to try; without values, nine around what holds now."""

    path: Path
    values: Annotated[list[float | int | bool | str], Field(min_length=1, max_length=MOST_CELLS)] | None = None


class Sweep(Arguments):
    """Which thresholds are swept over what."""

    question: Asked
    axes: list[AxisEntry] = Field(min_length=1, max_length=2)
    version: Version = None
    changes: Changes


class RangeEntry(Arguments):
    """A threshold and the ends between which it may be set."""

    path: Path
    low: float
    high: float


class Target(BaseModel):
    """What must be reached: one of the two."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recall_at_least: float | None = Field(None, gt=0, le=1)
    precision_at_least: float | None = Field(None, gt=0, le=1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.recall_at_least is None) is (self.precision_at_least is None):
            raise ValueError("name one target: recall_at_least or precision_at_least")
        return self

    def goal(self, aim: Aim) -> Goal:
        """Return the goal that it sets."""
        if self.recall_at_least is not None:
            return Goal(Figure.RECALL, self.recall_at_least, aim)
        assert self.precision_at_least is not None
        return Goal(Figure.PRECISION, self.precision_at_least, aim)


class Search(Arguments):
    """Which thresholds are searched for which target."""

    question: Asked
    paths: list[RangeEntry] = Field(min_length=1, max_length=MOST_PATHS)
    target: Target
    minimise: Aim = Aim.FALSE_ALARMS
    budget: int = Field(60, ge=2, le=MOST_BUDGET, description="How many combinations are judged at most.")
    version: Version = None


class Side(Arguments):
    """One configuration: a stored version, or the present one, with changed thresholds."""

    version: Version = None
    changes: Changes


class Diff(Arguments):
    """Which two configurations are compared over what."""

    question: Asked
    base: Side = Side(changes={})
    candidate: Side


def work_sweep(arguments: Sweep, means: Means) -> dict[str, Any]:
    """Return the sweep's document."""
    question = arguments.question.question()
    configuration = with_thresholds(means.configuration(arguments.version), arguments.changes)
    axes = [
        axis_of(configuration, each.path) if each.values is None else Axis(each.path, tuple(each.values))
        for each in arguments.axes
    ]
    labels, exposure = means.labels(question), exposure_of(means.configuration(None), question)
    return sweep_document(sweep(means.judging(question), configuration, axes, labels, exposure, means.told))


def work_search(arguments: Search, means: Means) -> dict[str, Any]:
    """Return the search's document; nothing is applied."""
    question = arguments.question.question()
    configuration = means.configuration(arguments.version)
    found = search(
        means.judging(question),
        configuration,
        [Range(each.path, each.low, each.high) for each in arguments.paths],
        arguments.target.goal(arguments.minimise),
        means.labels(question),
        exposure_of(means.configuration(None), question),
        means.told,
        budget=arguments.budget,
    )
    return search_document(found)


def work_diff(arguments: Diff, means: Means) -> dict[str, Any]:
    """Return the diff's document."""
    question = arguments.question.question()
    base, candidate = _side(arguments.base, means), _side(arguments.candidate, means)
    judging = means.judging(question)
    before = judging.judge(base, told=_half(means.told, 0.0))
    after = judging.judge(candidate, told=_half(means.told, 0.5))
    words = words_of(question, means, before, after)
    answer = diff_document(diff(before, after), base.version, candidate.version, words, document=raised_document)
    return {**answer, "limits": judging.limits()}


def words_of(question: Question, means: Means, *judged: list[Raised]) -> dict[UUID, str]:
    """Return what the labels say of each alert, "true" or "false"."""
    labels = means.labels(question)
    words: dict[UUID, str] = {}
    for raised in judged:
        said = match(raised, labels, span=(question.since, question.until)).words()
        words |= {one.alert_id: said[one.alert_id] for one in raised if one.alert_id in said}
    return words


def _side(side: Side, means: Means) -> Configuration:
    return with_thresholds(means.configuration(side.version), side.changes)


def _half(told: Told, begun: float) -> Told:
    return lambda progress: told(Progress(begun + progress.done / 2, progress.note))
