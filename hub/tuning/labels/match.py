"""What was raised and what people said in, which alert is which event out: at event level, one to one; pure.

The law:
- An alert and a label may belong together when they are of one rule, at one place (`place.apart`), and their
  intervals overlap or lie no further apart than the tolerance.
- One alert belongs to one label at most, and one label to one alert. As many belong together as can; among the ways to
  have that many, those that lie closest together do. The order in which they come changes nothing.
- An event with nothing raised for it is missed. An alert that only touches events that have an alert already repeats
  one. An alert that touches no label is unlabelled, and unlabelled is not false: it is counted nowhere.
- Events that did not begin within the span that was judged are told of, and not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from uuid import UUID

from hub.tuning.judging import Raised
from hub.tuning.labels.assign import assign
from hub.tuning.labels.label import Label, Verdict, latest
from hub.tuning.labels.place import REACH, apart, distance, parted


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far an alert and a label may lie apart and still be one event.

    `gap_s` parts their intervals, and `reach`, a share of the picture's side, their places.
    """

    gap_s: float = 60.0
    reach: float = REACH


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Which alerts are which events. `pairs`, `missed` and `quiet` hold the labels that count.

    `missed` are real events with nothing raised, `quiet` those that were none and raised nothing, as is right.
    `repeats` are further alerts of events that have one, `aside` alerts of events that began outside of the span.
    """

    raised: tuple[Raised, ...]
    pairs: tuple[tuple[Raised, Label], ...]
    missed: tuple[Label, ...]
    quiet: tuple[Label, ...]
    repeats: tuple[tuple[Raised, Label], ...]
    aside: tuple[tuple[Raised, Label], ...]
    unlabelled: tuple[Raised, ...]

    def labels(self) -> Iterator[Label]:
        """Yield every label that counts, once."""
        yield from (label for _, label in self.pairs)
        yield from self.missed
        yield from self.quiet

    def words(self) -> dict[UUID, str]:
        """Return by alert id what is said of it: "true" or "false"; alerts of which nothing is said are not in it."""
        said = {one.alert_id: _word(label) for one, label in (*self.repeats, *self.aside)}
        return {**said, **{one.alert_id: _word(label) for one, label in self.pairs}}


EXACTLY = Tolerance()
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


def match(
    raised: Sequence[Raised],
    labels: Iterable[Label],
    *,
    span: tuple[datetime, datetime] | None = None,
    tolerance: Tolerance = EXACTLY,
) -> Matched:
    """Return which alert is which event; `span` is [since, until) of what was judged, None where every label counts."""
    alerts = sorted(raised, key=lambda one: (one.since, one.raised_at, one.rule, one.subject, str(one.alert_id)))
    said = _last_words(tuple(labels))
    near = _near(alerts, said, tolerance)
    together = assign(near, len(said))
    pairs: list[tuple[Raised, Label]] = []
    repeats: list[tuple[Raised, Label]] = []
    aside: list[tuple[Raised, Label]] = []
    unlabelled = []
    for index, one in enumerate(alerts):
        if index in together:
            label = said[together[index]]
            (pairs if _counts(label, span) else aside).append((one, label))
        elif near[index]:
            label = said[min(near[index], key=lambda at: (near[index][at], at))]
            (repeats if _counts(label, span) else aside).append((one, label))
        else:
            unlabelled.append(one)
    found = set(together.values())
    rest = [label for index, label in enumerate(said) if index not in found and _counts(label, span)]
    return Matched(
        raised=tuple(alerts),
        pairs=tuple(pairs),
        missed=tuple(label for label in rest if label.verdict.is_real),
        quiet=tuple(label for label in rest if not label.verdict.is_real),
        repeats=tuple(repeats),
        aside=tuple(aside),
        unlabelled=tuple(unlabelled),
    )


def touch(one: Raised, other: Raised, tolerance: Tolerance = EXACTLY) -> bool:
    """Tell whether two alerts, of two configurations, may be one event."""
    if one.rule != other.rule or apart(one.subject, other.subject, reach=tolerance.reach) is None:
        return False
    gap_s = (max(one.since, other.since) - min(one.cleared_at or FOREVER, other.cleared_at or FOREVER)).total_seconds()
    return gap_s <= tolerance.gap_s


def _near(alerts: Sequence[Raised], labels: tuple[Label, ...], tolerance: Tolerance) -> list[dict[int, float]]:
    """Return for each alert the labels that it may be, by their index, with the closeness."""
    index = _indexed(labels)
    found = []
    for one in alerts:
        begin = one.since.timestamp()
        end = None if one.cleared_at is None else one.cleared_at.timestamp()
        name, position = parted(one.subject)
        near = {}
        for entry in index.around(one.rule, name, begin, end, tolerance.gap_s):
            label = labels[entry.at]
            if label.alert_id is not None and label.alert_id == one.alert_id:
                near[entry.at] = 0.0
                continue
            place = distance(position, entry.position, reach=tolerance.reach)
            if place is not None:
                near[entry.at] = _closeness(place, begin, end, entry.since, entry.until)
        found.append(near)
    return found


def _closeness(place: float, begin: float, end: float | None, since: float, until: float) -> float:
    """Return how far two that may be one are apart: half of it the place, half how little of their time they share."""
    last = max(begin, until if end is None else end)  # an alert that never cleared lasts as long as the event does
    whole_s = max(last, until) - min(begin, since)
    shared_s = min(last, until) - max(begin, since)
    shared = max(0.0, shared_s) / whole_s if whole_s > 0 else 1.0
    return 0.01 + 0.495 * place + 0.495 * (1.0 - shared)


@dataclass(frozen=True, slots=True)
class _Entry:
    at: int
    position: tuple[float, float] | None
    since: float
    until: float


class _Index:
    """The labels of each rule and place in order of time, so that an alert looks only at those around it."""

    def __init__(self, labels: Sequence[Label]) -> None:
        here: dict[tuple[str, str], list[_Entry]] = defaultdict(list)
        for at, label in enumerate(labels):
            name, position = parted(label.subject)
            entry = _Entry(at, position, label.since.timestamp(), label.ends_at.timestamp())
            here[label.rule, name].append(entry)
        self._places = {
            place: (
                sorted(entries, key=lambda entry: entry.since),
                sorted(entry.since for entry in entries),
                list(accumulate((entry.until for entry in sorted(entries, key=lambda each: each.since)), max)),
            )
            for place, entries in here.items()
        }

    def around(self, rule: str, name: str, begin: float, end: float | None, gap_s: float) -> Iterator[_Entry]:
        """Yield the labels of a place that lie no further than `gap_s` from [begin, end]; None: without end."""
        if (rule, name) not in self._places:
            return
        entries, starts, last_ends = self._places[rule, name]
        at = len(entries) if end is None else bisect_right(starts, max(begin, end) + gap_s)
        while at > 0 and last_ends[at - 1] >= begin - gap_s:  # before that, all have ended
            at -= 1
            if entries[at].until >= begin - gap_s:
                yield entries[at]


def _counts(label: Label, span: tuple[datetime, datetime] | None) -> bool:
    return span is None or span[0] <= label.since < span[1]


def _word(label: Label) -> str:
    return Verdict.TRUE.value if label.verdict.is_real else Verdict.FALSE.value


# A sweep asks for the same labels again and again.
@lru_cache(maxsize=8)
def _last_words(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    return tuple(latest(labels))


@lru_cache(maxsize=8)
def _indexed(labels: tuple[Label, ...]) -> _Index:
    return _Index(labels)
