"""What several rules raised on the same subjects goes in; each rule's scores on the same labels come out; pure.

A leak is a leak whichever rule tells of it. So every label of one of the rules is read as a word on the event, and each
rule is scored against all of them: what another rule's alert was called counts for this one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from detectors.unusual import FLOW, POWER, PRESSURE
from hub.config.load import Configuration
from hub.tuning.baselines.learning import subjects_of
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Question, Raised
from hub.tuning.labels.label import Label
from hub.tuning.labels.match import Matched
from hub.tuning.labels.score import Scores, scored, scores_document
from hub.tuning.runs.judge import raised_document
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Asked, Changes

UNUSUAL = {"water.unusual": (FLOW, PRESSURE), "streetlight.unusual": (POWER,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRule:
    """One rule of a comparison: what it raised, which of that is which event, and its scores."""

    rule: str
    raised: tuple[Raised, ...]
    matched: Matched
    scores: Scores


def compare(
    raised: Sequence[Raised],
    labels: Iterable[Label],
    configuration: Configuration,
    question: Question,
    rules: Sequence[str],
) -> list[OfRule]:
    """Return each of `rules` scored on the labels of all of them.

    Give the `configuration` that holds now, as to `scored`.
    """
    said = [label for label in labels if label.rule in rules]
    found = []
    for rule in rules:
        mine = [one for one in raised if one.rule == rule]
        as_mine = [replace(label, rule=rule) for label in said]
        matched, scores = scored(mine, as_mine, configuration, replace(question, rules=frozenset({rule})))
        found.append(OfRule(rule=rule, raised=tuple(mine), matched=matched, scores=scores))
    return found


def doubts_of(configuration: Configuration, question: Question, rules: Sequence[str]) -> dict[str, list[str]]:
    """Return what makes the comparison unfair to rules that judge by profiles, as subjects.

    `without_profile` cannot be judged by them at all; the profiles of `learnt_from_these_days` know what is judged.
    """
    kinds = [UNUSUAL[rule] for rule in rules if rule in UNUSUAL]
    without, known = set(), set()
    for subject in subjects_of(configuration.city, question.subjects):
        if not any(subject.quantity in quantities for quantities in kinds):
            continue
        profile = configuration.profiles.of.get((subject.subject, subject.quantity))
        if profile is None:
            without.add(f"{subject.subject} {subject.quantity}")
        elif profile.learnt_until > question.since and profile.learnt_from < question.until:
            known.add(subject.subject)
    return {"without_profile": sorted(without), "learnt_from_these_days": sorted(known)}


class Compare(Arguments):
    """Which rules are compared, on what; each is switched on for the comparison."""

    question: Asked
    rules: list[str] = Field(min_length=2, max_length=6, description="Such as water.unusual and water.pressure.")
    changes: Changes
    version: str | None = Field(None, max_length=64, description="A stored configuration; null is the present one.")


def work(arguments: Compare, means: Means) -> dict[str, Any]:
    """Return what each rule raises on the question's subjects, with its scores on the labels of all of them."""
    asked = arguments.question.question()
    question = replace(asked, rules=frozenset(arguments.rules))
    present = means.configuration(None)
    enabled = {f"{rule}.enabled": True for rule in arguments.rules}
    configuration = with_thresholds(means.configuration(arguments.version), {**enabled, **arguments.changes})
    judging = means.judging(question)
    raised = judging.judge(configuration, told=means.told)
    found = compare(raised, means.labels(question), present, question, arguments.rules)
    return {
        "rules": [
            {
                "rule": one.rule,
                "raised": [
                    raised_document(each) | {"label": one.matched.words().get(each.alert_id)} for each in one.raised
                ],
                "scores": scores_document(one.scores),
            }
            for one in found
        ],
        "profiles": configuration.profiles.version,
        **doubts_of(configuration, question, arguments.rules),
        "version": configuration.version,
        "limits": judging.limits(),
    }
