"""A report and what stands open around it in, what it probably tells of too out, each with a score and its reasons.

Nothing is ever joined by this alone: it proposes, and somebody decides. Three things count: how near it lies, whether
it was there at the time, and whether it is the same kind of thing. A thing that is too far away, or was over long ago,
is no candidate however alike it looks; a thing of another kind may be one, because people name things differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hub.distance import Position, distance_m


class Kind(StrEnum):
    """What a report may be a duplicate of."""

    ALERT = "alert"
    CASE = "case"
    REPORT = "report"


class Why(StrEnum):
    """The named reasons of a score."""

    SAME_PLACE = "same_place"
    NEAR = "near"
    SAME_GRID = "same_grid"
    THEN_OPEN = "then_open"
    SHORTLY_APART = "shortly_apart"
    SAME_CATEGORY = "same_category"
    SAME_GROUP = "same_group"
    OTHER_CATEGORY = "other_category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How much each part counts, and where it ends to count; the parts' weights are shares of 1."""

    place: float = 0.5
    time: float = 0.2
    category: float = 0.3
    same_place_m: float = 20.0
    far_m: float = 200.0
    apart: timedelta = timedelta(hours=24)
    grid_alone: float = 0.35  # in the same grid, and nobody knows where
    same_group: float = 0.6
    other_category: float = 0.1
    proposed_from: float = 0.55


WEIGHING = Weighing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An alert, a case or a report. `until` is None for one that is still open."""

    kind: Kind
    thing_id: UUID
    title: str
    since: datetime
    until: datetime | None = None
    position: Position | None = None
    grid: str | None = None
    category: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason, with its number: metres, or seconds."""

    why: Why
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Likely:
    """Something that the report probably tells of too: 1 is certain, and nothing ever is."""

    thing: Thing
    score: float
    grounds: tuple[Ground, ...]


def likely(report: Thing, around: Iterable[Thing], weighing: Weighing = WEIGHING, *, most: int = 10) -> list[Likely]:
    """Return what the report probably tells of too, the likeliest first; itself never."""
    found = []
    for thing in around:
        if thing.thing_id == report.thing_id:
            continue
        judged = score(report, thing, weighing)
        if judged is not None and judged.score >= weighing.proposed_from:
            found.append(judged)
    return sorted(found, key=lambda one: (-one.score, one.thing.since, str(one.thing.thing_id)))[:most]


def score(report: Thing, thing: Thing, weighing: Weighing = WEIGHING) -> Likely | None:
    """Return how likely `thing` is what the report tells of; None for what cannot be: too far away, or long over."""
    place, where = _place(report, thing, weighing)
    time, when = _time(report, thing, weighing)
    if place <= 0 or time <= 0:
        return None
    category, what = _category(report, thing, weighing)
    total = weighing.place * place + weighing.time * time + weighing.category * category
    return Likely(thing, round(total, 3), (where, when, what))


def _place(report: Thing, thing: Thing, weighing: Weighing) -> tuple[float, Ground]:
    if report.position is None or thing.position is None:
        same = report.grid is not None and report.grid == thing.grid
        return (weighing.grid_alone if same else 0.0), Ground(Why.SAME_GRID)
    away_m = distance_m(report.position, thing.position)
    if away_m <= weighing.same_place_m:
        return 1.0, Ground(Why.SAME_PLACE, round(away_m, 1))
    share = 1 - (away_m - weighing.same_place_m) / (weighing.far_m - weighing.same_place_m)
    return max(0.0, share), Ground(Why.NEAR, round(away_m, 1))


def _time(report: Thing, thing: Thing, weighing: Weighing) -> tuple[float, Ground]:
    if thing.since <= report.since and (thing.until is None or report.since <= thing.until):
        return 1.0, Ground(Why.THEN_OPEN, (report.since - thing.since).total_seconds())
    ended = thing.until if thing.until is not None and thing.until < report.since else thing.since
    apart = abs(report.since - ended)
    return max(0.0, 1 - apart / weighing.apart), Ground(Why.SHORTLY_APART, apart.total_seconds())


def _category(report: Thing, thing: Thing, weighing: Weighing) -> tuple[float, Ground]:
    if report.category is not None and report.category == thing.category:
        return 1.0, Ground(Why.SAME_CATEGORY)
    if report.group is not None and report.group == thing.group:
        return weighing.same_group, Ground(Why.SAME_GROUP)
    return weighing.other_category, Ground(Why.OTHER_CATEGORY)
