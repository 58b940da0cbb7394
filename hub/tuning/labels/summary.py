"""Labels in, how many of what they are by rule, and which figures they are enough for out; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.tuning.labels.estimate import LEAST, Why
from hub.tuning.labels.label import Label, Source, Verdict, is_beyond_alerts, latest


@dataclass(frozen=True, slots=True)
class Needed:
    """How many labels a figure has of those it needs; `why` and `says` where that is too few."""

    has: int
    why: Why | None = None
    says: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "enough": self.why is None,
            "has": self.has,
            "needs": LEAST,
            "why": self.why.value if self.why else None,
            "why_not": self.says or None,
        }


def summary(labels: Iterable[Label], waiting: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return a document for each rule that has labels, or candidates waiting for one; the last words alone count."""
    by_rule: dict[str, list[Label]] = {rule: [] for rule in waiting}
    for label in latest(labels):
        by_rule.setdefault(label.rule, []).append(label)
    return [_of(rule, said, waiting.get(rule, 0)) for rule, said in sorted(by_rule.items())]


def _of(rule: str, labels: list[Label], waiting: int) -> dict[str, Any]:
    verdicts, sources = Counter(label.verdict for label in labels), Counter(label.source for label in labels)
    beyond = sum(is_beyond_alerts(label) for label in labels)
    real = verdicts[Verdict.TRUE] + verdicts[Verdict.MISSED]
    told_of = verdicts[Verdict.TRUE] + verdicts[Verdict.FALSE]
    return {
        "rule": rule,
        "true": verdicts[Verdict.TRUE],
        "false": verdicts[Verdict.FALSE],
        "missed": verdicts[Verdict.MISSED],
        "sources": {source.value: sources[source] for source in Source if sources[source]},
        "beyond_alerts": beyond,
        "waiting": waiting,
        "precision": _needed(told_of, "Labels that say true or false").document(),
        "recall": (
            _needed(real, "Labels of real events")
            if real < LEAST
            else _needed(beyond, "Labels of moments without an alert", Why.NOBODY_LOOKED)
        ).document(),
    }


def _needed(has: int, what: str, why: Why = Why.FEW_LABELS) -> Needed:
    return Needed(has) if has >= LEAST else Needed(has, why, f"{what}: {has} of the {LEAST} that are needed.")
