"""What laxer thresholds raise in, a share of it drawn by lot out, with what each stands for; pure.

A quiet candidate is what laxer thresholds would raise, today's do not, and nobody has spoken of. They are drawn in
strata, by rule and by how near they came (Cochran, Sampling Techniques, 1977, ch. 5). The lot is a number made from the
seed and the candidate's identity (permanent random numbers; Ohlsson in Cox et al., Business Survey Methods, 1995, ch.
9): drawn again with a larger share, those drawn before are among them, and a longer list does not shuffle them.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.tuning.judging import Raised
from hub.tuning.labels.label import Label, Source
from hub.tuning.labels.match import EXACTLY, Tolerance, match, touch
from hub.tuning.labels.place import parted

LEAST_DRAWN = 10  # of each stratum, where it has so many


class Nearness(StrEnum):
    """How little was lacking: raised halfway to the lax thresholds already, or only there."""

    NEAR = "near"
    FAR = "far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A candidate that was drawn: `turn` is its place in its stratum's lot, `frame` how many were in the drum."""

    candidate: Raised
    stratum: str
    frame: int
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """One candidate and how near it came."""

    candidate: Raised
    nearness: Nearness


def quiet(
    lax: Sequence[Raised],
    halfway: Sequence[Raised],
    now: Sequence[Raised],
    labels: Iterable[Label],
    *,
    tolerance: Tolerance = EXACTLY,
) -> list[Quiet]:
    """Return what is raised at `lax` thresholds, but not `now`, and carries no label, but for one given to a sample."""
    words = match(lax, [label for label in labels if label.source is not Source.SAMPLE], tolerance=tolerance).words()
    raised_now, raised_halfway = _by_place(now), _by_place(halfway)
    found = []
    for one in sorted(lax, key=lambda each: (each.since, each.rule, each.subject)):
        if one.alert_id in words or any(touch(one, other, tolerance) for other in raised_now[_place(one)]):
            continue
        near = any(touch(one, other, tolerance) for other in raised_halfway[_place(one)])
        found.append(Quiet(candidate=one, nearness=Nearness.NEAR if near else Nearness.FAR))
    return found


def draw(
    found: Sequence[Quiet], *, share: float, most: int, seed: int, already: Set[UUID] = frozenset(), of: str = ""
) -> list[Drawn]:
    """Return the candidates drawn: `share` of each stratum, at least LEAST_DRAWN, at most `most` in all.

    Those `already` drawn before (by alert id) stay drawn. `of` names the draw's question: strata of two questions are
    two strata.
    """
    strata: dict[str, list[Raised]] = defaultdict(list)
    for each in found:
        strata[f"{each.candidate.rule}|{each.nearness}|{of}"].append(each.candidate)
    drawn = []
    for stratum, candidates in sorted(strata.items()):
        lot = sorted(candidates, key=lambda one: _number(seed, one.alert_id))
        count = min(len(lot), max(LEAST_DRAWN, math.ceil(share * len(lot))))
        if len(strata) * count > most:
            count = max(1, most // len(strata))
        drawn += [
            Drawn(candidate=one, stratum=stratum, frame=len(lot), turn=turn)
            for turn, one in enumerate(lot)
            if turn < count or one.alert_id in already
        ]
    return drawn


def _by_place(raised: Iterable[Raised]) -> Mapping[tuple[str, str], list[Raised]]:
    here: dict[tuple[str, str], list[Raised]] = defaultdict(list)
    for one in raised:
        here[_place(one)].append(one)
    return here


def _place(one: Raised) -> tuple[str, str]:
    return one.rule, parted(one.subject)[0]


def _number(seed: int, identity: UUID) -> bytes:
    return hashlib.sha256(f"{seed}|{identity}".encode()).digest()
