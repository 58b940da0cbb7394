"""Two judgings of one recording go in; what appeared, vanished, moved or changed its severity comes out; pure.

Two alerts are one when they have one identity, or are of one rule at one place with lives that overlap. As many are
taken together as can be, the closest so. Nothing depends on the order of either side, and `diff(b, a)` is the mirror of
`diff(a, b)`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from hub.tuning.judging import Raised
from hub.tuning.labels.assign import assign
from hub.tuning.labels.place import apart, parted


class Lived(Protocol):
    """What tells one event from another: a judged alert has it, and a recorded one."""

    @property
    def alert_id(self) -> UUID:
        """Its identity."""
        ...

    @property
    def rule(self) -> str:
        """Which rule raised it."""
        ...

    @property
    def subject(self) -> str:
        """On what."""
        ...

    @property
    def since(self) -> datetime:
        """When it began."""
        ...

    @property
    def raised_at(self) -> datetime:
        """When it was raised."""
        ...

    @property
    def cleared_at(self) -> datetime | None:
        """When it was over; None where it is not."""
        ...


One = TypeVar("One", bound=Lived)
Other = TypeVar("Other", bound=Lived)


@dataclass(frozen=True, slots=True)
class Pair:
    """One event as both configurations judge it."""

    base: Raised
    candidate: Raised

    @property
    def by_s(self) -> float:
        """How much later the candidate raises it; negative: earlier."""
        return (self.candidate.raised_at - self.base.raised_at).total_seconds()

    @property
    def cleared_by_s(self) -> float | None:
        """How much later the candidate clears it; None where either side never does."""
        if self.base.cleared_at is None or self.candidate.cleared_at is None:
            return None
        return (self.candidate.cleared_at - self.base.cleared_at).total_seconds()

    @property
    def is_moved(self) -> bool:
        """Tell whether it is raised or cleared at another moment."""
        return self.by_s != 0.0 or self.base.cleared_at != self.candidate.cleared_at

    @property
    def is_regraded(self) -> bool:
        """Tell whether its severity is another."""
        return self.base.severity is not self.candidate.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What a candidate would change. A pair may have moved and changed its severity; `same` did neither."""

    appeared: tuple[Raised, ...]
    vanished: tuple[Raised, ...]
    moved: tuple[Pair, ...]
    severity: tuple[Pair, ...]
    same: int

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would change."""
        return not (self.appeared or self.vanished or self.moved or self.severity)


def diff(base: Sequence[Raised], candidate: Sequence[Raised]) -> Diff:
    """Return what changes from `base` to `candidate`, each part in order of raising."""
    one, other = sorted(base, key=_order), sorted(candidate, key=_order)
    # Ties are decided by position, so both directions must look from the same side.
    turned = [_order(each) for each in other] < [_order(each) for each in one]
    pairs = paired(other, one) if turned else paired(one, other)
    together = [Pair(right, left) if turned else Pair(left, right) for left, right in pairs]
    together.sort(key=lambda pair: (_order(pair.base), _order(pair.candidate)))
    kept_base = {id(pair.base) for pair in together}
    kept_candidate = {id(pair.candidate) for pair in together}
    return Diff(
        appeared=tuple(each for each in other if id(each) not in kept_candidate),
        vanished=tuple(each for each in one if id(each) not in kept_base),
        moved=tuple(pair for pair in together if pair.is_moved),
        severity=tuple(pair for pair in together if pair.is_regraded),
        same=sum(not pair.is_moved and not pair.is_regraded for pair in together),
    )


def diff_document(
    found: Diff, base_version: str, candidate_version: str, words: Mapping[UUID, str], *, document: Any
) -> dict[str, Any]:
    """Return the diff as JSON-ready data; `words` is what labels say of an alert, `document` makes one alert's."""

    def told(raised: Raised) -> dict[str, Any]:
        return {**document(raised), "label": words.get(raised.alert_id)}

    return {
        "base_version": base_version,
        "candidate_version": candidate_version,
        "appeared": [told(each) for each in found.appeared],
        "vanished": [told(each) for each in found.vanished],
        "moved": [
            {
                "base": told(pair.base),
                "candidate": told(pair.candidate),
                "by_s": pair.by_s,
                "cleared_by_s": pair.cleared_by_s,
            }
            for pair in found.moved
        ],
        "severity": [{"base": told(pair.base), "candidate": told(pair.candidate)} for pair in found.severity],
        "same": found.same,
    }


def paired(left: Sequence[One], right: Sequence[Other]) -> list[tuple[One, Other]]:
    """Return which of the left are which of the right: by their identity, else by rule, place and overlapping lives."""
    by_id = {each.alert_id: each for each in right}
    pairs = [(each, by_id[each.alert_id]) for each in left if each.alert_id in by_id]
    met = {each.alert_id for each, _ in pairs}
    rest = [each for each in left if each.alert_id not in met]
    others = [each for each in right if each.alert_id not in met]
    if not rest or not others:
        return pairs
    everything: list[Lived] = [*left, *right]
    last = max(each.cleared_at or each.raised_at for each in everything)
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, one in enumerate(others):
        places[one.rule, parted(one.subject)[0]].append(index)
    near: list[dict[int, float]] = []
    for each in rest:
        options = {}
        for index in places.get((each.rule, parted(each.subject)[0]), ()):
            distance = _distance(each, others[index], last)
            if distance is not None:
                options[index] = distance
        near.append(options)
    together = assign(near, len(others))
    return pairs + [(rest[index], others[chosen]) for index, chosen in together.items()]


def _distance(one: Lived, other: Lived, last: datetime) -> float | None:
    """Return how unlike two alerts of one rule are, 0 to 1; None where they are two events."""
    place = apart(one.subject, other.subject)
    if place is None:
        return None
    # What never cleared lasts beyond everything else.
    ends = [each.cleared_at if each.cleared_at is not None else max(last, each.since) for each in (one, other)]
    begin, end = max(one.since, other.since), min(ends)
    if begin > end:
        return None
    whole_s = (max(ends) - min(one.since, other.since)).total_seconds()
    shared = (end - begin).total_seconds() / whole_s if whole_s > 0 else 1.0
    return 0.5 * place + 0.5 * (1.0 - shared)


def _order(raised: Raised) -> tuple[object, ...]:
    return (
        raised.raised_at,
        raised.rule,
        raised.subject,
        raised.since,
        str(raised.alert_id),
        (raised.cleared_at is None, raised.cleared_at or raised.raised_at),
        raised.severity.value,
    )
