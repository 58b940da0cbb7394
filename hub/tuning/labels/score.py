"""Which alert is which event in, precision, recall, delay and rates out, each with its interval; pure but for numpy.

A figure is given only where there are labels enough for it; else it says how many there are and how many it needs.
Weights count: a label that stands for five events counts five times. docs/tuning.md tells what each figure means.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from hub.config.load import Configuration
from hub.tuning.judging import Question, Raised
from hub.tuning.labels import bootstrap
from hub.tuning.labels.bootstrap import Interval
from hub.tuning.labels.estimate import LEAST, Estimate, Why, withheld
from hub.tuning.labels.exposure import OF_CAMERAS, Exposure, exposure_of
from hub.tuning.labels.label import Label, Verdict, is_beyond_alerts
from hub.tuning.labels.match import Matched, match
from hub.tuning.labels.place import parted

# What one operator can bear, an hour: ANSI/ISA-18.2-2016 and EEMUA 191, as the alarm health page has it.
ISA_ACCEPTABLE, ISA_MOST = 6.0, 12.0
LABELLED_SHARE = 0.5  # of the alerts: with fewer labelled, the false ones among the rest could be more than those known


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well the alerts of one configuration agree with what people said.

    `true`, `false` and `missed` count labels by what they say. `raised`, `unlabelled` and `repeats` count alerts.
    """

    true: int
    false: int
    missed: int
    raised: int
    unlabelled: int
    repeats: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    delay_s: Estimate
    false_per_camera_day: Estimate
    false_per_device_month: Estimate
    alarms_per_operator_hour: Estimate

    @property
    def enough(self) -> bool:
        """Tell whether precision and recall are both known."""
        return self.precision.value is not None and self.recall.value is not None

    @property
    def why_not(self) -> str | None:
        """Return why precision or recall are not known, in words."""
        said = dict.fromkeys(one.says for one in (self.precision, self.recall) if one.says)
        return " ".join(said) or None


def scores(matched: Matched, exposure: Exposure, seed: int = 0) -> Scores:
    """Return the scores; the same for the same labels and seed, in whatever order they came."""
    found = [(one, label) for one, label in matched.pairs if label.verdict.is_real]
    false = [(one, label) for one, label in matched.pairs if not label.verdict.is_real]
    labels = list(matched.labels())
    precision = _precision(found, false, exposure, seed)
    recall = _recall(found, matched.missed, labels, exposure, seed)
    return Scores(
        true=sum(label.verdict is Verdict.TRUE for label in labels),
        false=sum(label.verdict is Verdict.FALSE for label in labels),
        missed=sum(label.verdict is Verdict.MISSED for label in labels),
        raised=len(matched.raised),
        unlabelled=len(matched.unlabelled),
        repeats=len(matched.repeats),
        precision=precision,
        recall=recall,
        f1=_f1(precision, recall, found, false, matched.missed, exposure, seed),
        delay_s=_delay(found, exposure, seed),
        false_per_camera_day=_false_rate(matched, exposure, seed, of_cameras=True),
        false_per_device_month=_false_rate(matched, exposure, seed, of_cameras=False),
        alarms_per_operator_hour=_load(matched, exposure, seed),
    )


def scored(
    raised: Sequence[Raised],
    labels: Iterable[Label],
    configuration: Configuration,
    question: Question,
    *,
    operators: int = 1,
    seed: int = 0,
) -> tuple[Matched, Scores]:
    """Return which of `raised` is which event of `labels`, and the scores of that.

    Give the `configuration` that holds now, whatever candidate raised them: it says when alerts are due.
    """
    matched = match(raised, labels, span=(question.since, question.until))
    return matched, scores(matched, exposure_of(configuration, question, operators=operators), seed)


def scores_document(found: Scores) -> dict[str, Any]:
    """Return the scores as JSON-ready data."""
    return {
        "labels": {"true": found.true, "false": found.false, "missed": found.missed},
        "raised": found.raised,
        "unlabelled": found.unlabelled,
        "repeats": found.repeats,
        **{
            each.name: getattr(found, each.name).document()
            for each in fields(found)
            if isinstance(getattr(found, each.name), Estimate)
        },
        "isa_limit": {"acceptable": ISA_ACCEPTABLE, "most": ISA_MOST},
        "enough": found.enough,
        "why_not": found.why_not,
    }


Pairs = Sequence[tuple[Raised, Label]]


def _precision(found: Pairs, false: Pairs, exposure: Exposure, seed: int) -> Estimate:
    right, wrong = [label for _, label in found], [label for _, label in false]
    n = len(right) + len(wrong)
    if n < LEAST:
        return _few(n, "Alerts with a label")
    return _share(right, wrong, exposure, seed)


def _recall(found: Pairs, missed: Sequence[Label], labels: Sequence[Label], exposure: Exposure, seed: int) -> Estimate:
    n = len(found) + len(missed)
    if n < LEAST:
        return _few(n, "Labels of real events")
    looked = sum(is_beyond_alerts(label) for label in labels)
    if looked < LEAST:
        says = (
            f"Labels of moments without an alert: {looked} of the {LEAST} that are needed. Label a sample of quiet "
            "candidates, or draw what was missed."
        )
        return withheld(Why.NOBODY_LOOKED, looked, says, needs=LEAST)
    return _share([label for _, label in found], list(missed), exposure, seed)


def _f1(
    precision: Estimate,
    recall: Estimate,
    found: Pairs,
    false: Pairs,
    missed: Sequence[Label],
    exposure: Exposure,
    seed: int,
) -> Estimate:
    for part in (precision, recall):
        if part.value is None:
            return part
    # F1 = 2J/(1+J), where J is the share of what was found of everything found, false or missed.
    jaccard = _share([label for _, label in found], [*(label for _, label in false), *missed], exposure, seed)
    value, low, high = (2 * (x or 0.0) / (1 + (x or 0.0)) for x in (jaccard.value, jaccard.low, jaccard.high))
    return Estimate(n=jaccard.n, value=value, low=low, high=high)


def _delay(found: Pairs, exposure: Exposure, seed: int) -> Estimate:
    if len(found) < LEAST:
        return _few(len(found), "Real events with an alert")
    late_s = [(one.raised_at - label.since).total_seconds() - exposure.due_after_s(label) for one, label in found]
    labels = [label for _, label in found]
    interval = bootstrap.median(late_s, [label.weight for label in labels], _clusters(labels, exposure), seed)
    return _given(interval, len(found))


def _false_rate(matched: Matched, exposure: Exposure, seed: int, *, of_cameras: bool) -> Estimate:
    amount = exposure.camera_days if of_cameras else exposure.device_months
    if amount <= 0:
        says = f"The question looks at no {'camera' if of_cameras else 'device'}."
        return withheld(Why.NOTHING_THERE, 0, says)

    def counts(one: Raised) -> bool:
        return (one.rule.partition(".")[0] in OF_CAMERAS) is of_cameras

    pairs = [(one, label) for one, label in matched.pairs if counts(one)]
    unlabelled = sum(counts(one) for one in matched.unlabelled)
    stand_for = sum(label.weight for _, label in pairs)
    if unlabelled and stand_for < LABELLED_SHARE * (len(pairs) + unlabelled):
        says = (
            f"False alarms are not counted: of {len(pairs) + unlabelled} alerts {len(pairs)} carry a label. Label at "
            "least half of them."
        )
        return withheld(Why.MOSTLY_UNLABELLED, len(pairs), says, needs=-(-(len(pairs) + unlabelled) // 2))
    if unlabelled and len(pairs) < LEAST:
        return _few(len(pairs), "Alerts with a label")
    false = [label for _, label in pairs if not label.verdict.is_real]
    weights = [label.weight for label in false]
    return _given(bootstrap.rate(weights, _clusters(false, exposure), amount, seed), len(pairs))


def _load(matched: Matched, exposure: Exposure, seed: int) -> Estimate:
    if exposure.operator_hours <= 0:
        return withheld(Why.NOTHING_THERE, 0, "No time was judged.")
    clusters = [(exposure.day_of(one.since), parted(one.subject)[0]) for one in matched.raised]
    interval = bootstrap.rate([1.0] * len(clusters), clusters, exposure.operator_hours, seed)
    return _given(interval, len(matched.raised) - len(matched.unlabelled))


def _share(right: Sequence[Label], wrong: Sequence[Label], exposure: Exposure, seed: int) -> Estimate:
    labels = [*right, *wrong]
    hits = [label.weight for label in right] + [0.0] * len(wrong)
    misses = [0.0] * len(right) + [label.weight for label in wrong]
    return _given(bootstrap.share(hits, misses, _clusters(labels, exposure), seed), len(labels))


def _clusters(labels: Sequence[Label], exposure: Exposure) -> list[Hashable]:
    return [(exposure.day_of(label.since), parted(label.subject)[0]) for label in labels]


def _given(interval: Interval, n: int) -> Estimate:
    return Estimate(n=n, value=interval.value, low=interval.low, high=interval.high)


def _few(n: int, what: str) -> Estimate:
    return withheld(Why.FEW_LABELS, n, f"{what}: {n} of the {LEAST} that are needed.", needs=LEAST)
