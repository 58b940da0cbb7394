"""Two configurations over one recording go in; figures of both, the diff, and which conditions fail come out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.config.load import Configuration
from hub.tuning.condition import Condition, Unknown
from hub.tuning.diff import Diff, diff
from hub.tuning.judging import Judging, Progress, Raised, Told, untold
from hub.tuning.labels.exposure import exposure_of
from hub.tuning.labels.label import Label
from hub.tuning.labels.match import match
from hub.tuning.labels.score import Scores, scores
from hub.tuning.sweep import false_alarms, missed

_ESTIMATES = (
    "precision",
    "recall",
    "f1",
    "delay_s",
    "false_per_camera_day",
    "false_per_device_month",
    "alarms_per_operator_hour",
)
_COUNTS = ("raised", "unlabelled", "false_alarms", "missed")
_CHANGES = ("appeared", "vanished", "moved", "severity_changed")
_ENDS = ("", ".low", ".high", ".labels")
_OWN = frozenset({f"{name}{end}" for name in _ESTIMATES for end in _ENDS} | set(_COUNTS))
# What a condition may look at: the candidate's own by bare name or as `candidate.…`, the base's as `base.…`.
FIGURES = _OWN | {f"{side}.{name}" for side in ("base", "candidate") for name in _OWN} | set(_CHANGES)


class Outcome(StrEnum):
    """What came of a condition."""

    PASSED = "passed"  # the condition to fail by does not hold
    FAILED = "failed"
    UNKNOWN = "unknown"  # the labels do not tell; counts as failed unless it is allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One condition, what came of it, and the figures that it looked at."""

    condition: str
    outcome: Outcome
    figures: Mapping[str, float | None]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One configuration's part."""

    version: str
    raised: tuple[Raised, ...]
    scores: Scores
    false_alarms: float
    missed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What a candidate would change, and whether that is allowed."""

    base: Side
    candidate: Side
    diff: Diff
    words: Mapping[Any, str]
    checked: tuple[Checked, ...]
    limits: tuple[str, ...]

    def is_failed(self, *, unknown_passes: bool) -> bool:
        """Tell whether any condition failed; one that nobody can know fails too unless `unknown_passes`."""
        bad = {Outcome.FAILED} if unknown_passes else {Outcome.FAILED, Outcome.UNKNOWN}
        return any(each.outcome in bad for each in self.checked)


def backtest(
    judging: Judging,
    base: Configuration,
    candidate: Configuration,
    labels: Sequence[Label],
    fail_if: Sequence[Condition],
    told: Told = untold,
) -> Backtest:
    """Return how `candidate` compares with `base`; delays are measured against what `base` promises."""
    sides = []
    words: dict[Any, str] = {}
    question = judging.question
    exposure = exposure_of(base, question)
    for number, configuration in enumerate((base, candidate)):
        raised = judging.judge(configuration, told=_half(told, number / 2, "base" if number == 0 else "candidate"))
        matched = match(raised, labels, span=(question.since, question.until))
        words |= matched.words()
        sides.append(
            Side(
                version=configuration.version,
                raised=tuple(raised),
                scores=scores(matched, exposure),
                false_alarms=false_alarms(matched),
                missed=missed(matched),
            )
        )
    found = diff(sides[0].raised, sides[1].raised)
    figures = figures_of(sides[0], sides[1], found)
    told(Progress(1.0))
    return Backtest(
        base=sides[0],
        candidate=sides[1],
        diff=found,
        words=words,
        checked=tuple(_checked(each, figures, sides) for each in fail_if),
        limits=tuple(judging.limits()),
    )


def figures_of(base: Side, candidate: Side, found: Diff) -> dict[str, float | None]:
    """Return every figure that a condition may look at; None for what the labels do not tell."""
    figures: dict[str, float | None] = {
        "appeared": float(len(found.appeared)),
        "vanished": float(len(found.vanished)),
        "moved": float(len(found.moved)),
        "severity_changed": float(len(found.severity)),
    }
    for name, side in (("base", base), ("candidate", candidate)):
        own: dict[str, float | None] = {
            "raised": float(len(side.raised)),
            "unlabelled": float(side.scores.unlabelled),
            "false_alarms": side.false_alarms,
            "missed": side.missed,
        }
        for each in _ESTIMATES:
            estimate = getattr(side.scores, each)
            own |= {
                each: estimate.value,
                f"{each}.low": estimate.low,
                f"{each}.high": estimate.high,
                f"{each}.labels": float(estimate.n),
            }
        figures |= {f"{name}.{key}": value for key, value in own.items()}
        if side is candidate:
            figures |= own
    return figures


def _checked(condition: Condition, figures: Mapping[str, float | None], sides: Sequence[Side]) -> Checked:
    looked_at = {name: figures[name] for name in sorted(condition.names)}
    try:
        outcome = Outcome.FAILED if condition.holds(figures) else Outcome.PASSED
    except Unknown as unknown:
        side = sides[0] if unknown.name.startswith("base.") else sides[1]
        bare = unknown.name.removeprefix("base.").removeprefix("candidate.").partition(".")[0]
        says = getattr(getattr(side.scores, bare, None), "says", "")
        why = f"{unknown.name} is not known. {says}".strip()
        return Checked(condition=condition.text, outcome=Outcome.UNKNOWN, figures=looked_at, why=why)
    return Checked(condition=condition.text, outcome=outcome, figures=looked_at)


def _half(told: Told, begun: float, note: str) -> Told:
    return lambda progress: told(Progress(begun + progress.done / 2, progress.note or note))
