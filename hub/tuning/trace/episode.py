"""Looks at one rule in, the stretches in which it counted towards an alert, and what ended each, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.tuning.trace.predicate import Look, Predicate, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A stretch in which the rule counted, and came to nothing: its looks, and the look that ended it.

    `ended` is None where it still counted at the end of what was recorded.
    """

    looks: tuple[Look, ...]
    ended: Look | None

    @property
    def last(self) -> Look:
        """Its last look."""
        return self.looks[-1]

    @property
    def farthest(self) -> Look:
        """Its last look before it went wrong."""
        turn = self.turn
        return next((look for look in reversed(self.looks) if turn is None or look.at < turn.at), self.looks[0])

    @property
    def share(self) -> float:
        """How much of what it needed it had."""
        return self.last.counted_s / self.last.needed_s if self.last.needed_s else 1.0

    @property
    def turn(self) -> Look | None:
        """The look from which on it went wrong: for a stay the first without its box, else what ended it.

        None where nothing went wrong.
        """
        if not any(one.name == "there" for one in self.last.predicates):
            return self.ended
        lost: Look | None = self.ended
        for look in reversed(self.looks):
            if any(one.name == "there" and one.holds for one in look.predicates):
                break
            lost = look
        return lost

    @property
    def would_at(self) -> datetime:
        """When it would have been raised, had it gone on."""
        turn = self.turn
        before = [look for look in self.looks if turn is None or look.at < turn.at] or list(self.looks)
        return before[-1].at + timedelta(seconds=max(0.0, before[-1].needed_s - before[-1].counted_s))


def episodes(looks: Sequence[Look]) -> list[Episode]:
    """Return the stretches that came to nothing, in order."""
    found: list[Episode] = []
    now: list[Look] = []
    for look in looks:
        goes_on = not now or (look.thing == now[-1].thing and look.counted_s >= now[-1].counted_s)
        if look.state is State.PENDING and goes_on:
            now.append(look)
            continue
        if now and look.state is not State.RAISED:
            found.append(Episode(looks=tuple(now), ended=look))
        now = [look] if look.state is State.PENDING else []
    if now:
        found.append(Episode(looks=tuple(now), ended=None))
    return found


def broken_by(episode: Episode) -> list[Predicate]:
    """Return what failed: what had held until then, or else what never did though it had lasted long enough."""
    if episode.last.counted_s >= episode.last.needed_s > 0:
        return [one for one in episode.last.predicates if not one.holds and one.name not in ("there", "box_floor")]
    turn = episode.turn
    if turn is None:
        return []
    failed = [one for one in turn.predicates if not one.holds and one.name not in ("lasted", "dwell")]
    faint = [one for one in failed if one.name == "box_floor"]
    lost = faint or [one for one in failed if one.name == "there"]
    if lost:
        return lost
    held = {one.name for one in episode.last.predicates if one.holds}
    fresh = [one for one in failed if one.name in held]
    return fresh or failed


def besides(episode: Episode, failed: Sequence[Predicate]) -> list[Predicate]:
    """Return what else did not hold when the episode came farthest: it had not been raised, had it gone on."""
    told = {one.name for one in failed} | {"lasted", "dwell", "there", "box_floor"}
    found = [one for one in episode.farthest.predicates if not one.holds and one.name not in told]
    return [one for one in found if one.name not in ONE_OF]


def failing_s(looks: Sequence[Look], name: str, since: datetime) -> tuple[float, float | None]:
    """Return for how long from `since` on the predicate failed without a break, and the last of its values then."""
    until, value = since, None
    for look in looks:
        if look.at < since:
            continue
        told = next((one for one in look.predicates if one.name == name), None)
        if told is None:
            continue
        if told.holds:
            return (look.at - since).total_seconds(), value
        until, value = look.at, told.value
    return (until - since).total_seconds(), value


ONE_OF = {
    "low", "high", "first", "second", "rising", "turbid", "chlorine_low", "chlorine_high", "moved", "covered",
    "blurred", "preset", "flow_high", "flow_low", "pressure_high", "pressure_low", "power_high", "power_low",
    "impossible", "frozen", "silent", "offline",
}  # fmt: skip
"""Predicates of which one is enough; of all others each must hold."""


def nearest(looks: Sequence[Look]) -> tuple[Look, list[Predicate]] | None:
    """Return the look that came nearest to counting, and what failed in it; None where nothing was held against."""
    best: tuple[tuple[int, float], Look, list[Predicate]] | None = None
    for look in looks:
        needed = [one for one in look.predicates if one.name not in ONE_OF and not one.holds]
        either = [one for one in look.predicates if one.name in ONE_OF]
        failed = list(needed)
        if either and not any(one.holds for one in either):
            failed.append(min(either, key=distance))
        if not failed:
            continue
        rank = (len(failed), sum(distance(one) for one in failed))
        if best is None or rank < best[0]:
            best = (rank, look, failed)
    return None if best is None else (best[1], best[2])


def distance(predicate: Predicate) -> float:
    """Return how far a value lies from its limit, as a share of that; a large figure where there is neither."""
    if predicate.value is None or predicate.limit is None:
        return 10.0
    return abs(predicate.value - predicate.limit) / max(abs(predicate.limit), 1e-9)
