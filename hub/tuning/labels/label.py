"""What somebody said was true of one place and interval: a value, what is refused, and which word counts; pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """What a label says. `missed` is `true` of something that raised no alert when it happened."""

    TRUE = "true"
    FALSE = "false"
    MISSED = "missed"

    @property
    def is_real(self) -> bool:
        """Tell whether something was there."""
        return self is not Verdict.FALSE


class Source(StrEnum):
    """Where a label comes from."""

    VERDICT = "verdict"  # an operator's word on an alert
    DRAWN = "drawn"  # on a timeline
    DIFF = "diff"  # given to what two configurations judge differently
    SAMPLE = "sample"  # given to a quiet candidate that was drawn by lot
    IMPORT = "import"


# Labels of these sources say something of moments that nobody chose for their having raised an alert.
BEYOND_ALERTS = frozenset({Source.DRAWN, Source.SAMPLE, Source.IMPORT})

SAME = 0.5  # two intervals on one subject that share this much are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One word on one event: `rule` at `subject` from `since` to `until` was real, was not, or was missed.

    `subject` is an alert's subject. A place in a picture is `zone@x,y`, or the zone alone for anywhere in it. `until`
    is None for what was still going on when the label was given (`at`). `weight` is one over the share at which such
    events were chosen for labelling: how many events this one stands for. `alert_id` is the alert it was given to.
    """

    label_id: UUID
    rule: str
    subject: str
    grid: str
    since: datetime
    until: datetime | None
    verdict: Verdict
    reason: str
    source: Source
    weight: float
    by: str
    at: datetime
    alert_id: UUID | None = None

    def __post_init__(self) -> None:
        if any(moment is not None and moment.tzinfo is None for moment in (self.since, self.until, self.at)):
            raise ValueError("a label's times carry a timezone")
        if self.until is not None and self.until < self.since:
            raise ValueError("until must not lie before since")
        if not (math.isfinite(self.weight) and self.weight >= 1.0):
            raise ValueError("weight must be at least 1: one over the share that was labelled")

    @property
    def ends_at(self) -> datetime:
        """Return when it was over; where it was still going on, when that was said."""
        return self.until if self.until is not None else max(self.since, self.at)


def latest(labels: Iterable[Label]) -> list[Label]:
    """Return the labels that count, in order of time: of several on one alert or one interval, the last word.

    Two labels speak of one interval when they are of one rule and subject, and share at least half of the time that
    either takes: nobody draws the same event twice to the second.
    """
    kept: list[Label] = []
    alerts: set[UUID] = set()
    said: dict[tuple[str, str], _Intervals] = defaultdict(_Intervals)
    for label in sorted(labels, key=_newest_first):
        here = said[label.rule, label.subject]
        since, until = label.since.timestamp(), label.ends_at.timestamp()
        if label.alert_id not in alerts and not here.has(since, until):
            kept.append(label)
        here.add(since, until)
        if label.alert_id is not None:
            alerts.add(label.alert_id)
    return sorted(kept, key=order)


def is_beyond_alerts(label: Label) -> bool:
    """Tell whether a label says something of a moment that nobody chose for its alert: it can tell of a miss."""
    return label.source in BEYOND_ALERTS or label.verdict is Verdict.MISSED


def order(label: Label) -> tuple[object, ...]:
    """Return what labels are ordered by: time, then place, so that the same labels always come in one order."""
    return (label.since, label.ends_at, label.rule, label.subject, str(label.label_id))


def covered(labels: Sequence[Label], since: datetime, until: datetime) -> list[Label]:
    """Return the labels of events that began in [since, until): a replay of that span could have raised them."""
    return [label for label in labels if since <= label.since < until]


def _newest_first(label: Label) -> tuple[float, str]:
    return (-label.at.timestamp(), str(label.label_id))


class _Intervals:
    """Intervals by length and beginning, so that a place with very many labels asks only those that may be the same.

    Two that share half of what they take differ in length by a factor of two at most, and begin no further apart than
    the shorter one is long. `tests/unit/test_label_matching.py` holds this to looking at all of them.
    """

    def __init__(self) -> None:
        self._cells: dict[tuple[int, float], list[tuple[float, float]]] = defaultdict(list)

    def add(self, since: float, until: float) -> None:
        size = _size(until - since)
        self._cells[size, since // 2.0**size].append((since, until))

    def has(self, since: float, until: float) -> bool:
        """Tell whether one of them shares at least half of the time that it and this one take."""
        mine = _size(until - since)
        for size in (mine - 1, mine, mine + 1):
            cell = since // 2.0**size
            for near in (cell - 1, cell, cell + 1):
                for begin, end in self._cells.get((size, near), ()):
                    if min(end, until) - max(begin, since) >= SAME * (max(end, until) - min(begin, since)):
                        return True
        return False


def _size(length_s: float) -> int:
    """Return the power of two above a length; a moment, and what lasted no microsecond, is the smallest."""
    return math.frexp(max(length_s, 1e-6))[1]
