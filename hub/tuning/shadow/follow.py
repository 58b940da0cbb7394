"""One grid's recording as it grows goes in, what a candidate configuration would have raised comes out; pure.

A follower is a replay that never ends: it begins as `replay` does, and each look feeds it what was committed since the
last. What it has given after any number of looks is what a replay of the whole span gives. A follower that is begun
again where another one stopped goes on in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from detectors.watches import watched_cameras, watched_devices
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.intake import REMEMBERED
from hub.config.load import Configuration
from hub.tuning.replay import Interval, chunks
from hub.worker.fold import Fold
from ingest.observation import Observation

Recorded = tuple[Observation, bool]


class SteppedBack(RuntimeError):
    """Somebody has begun to listen before what was already followed: the machine's clock was set back meanwhile."""

    def __init__(self, since: datetime) -> None:
        super().__init__(f"a worker began to listen at {since.isoformat()}, which had been judged already")
        self.since = since


class Past(Protocol):
    """What a follower needs of the store when it begins."""

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[Recorded]:
        """Yield (observation, late) in the order received."""
        ...


class Follower:
    """One grid under one candidate configuration."""

    def __init__(
        self,
        past: Past,
        configuration: Configuration,
        *,
        grid: str,
        known: Sequence[Alert],
        at: datetime,
        heard_until: datetime,
        heard: Sequence[Interval] = (),
        began_at: datetime | None = None,
    ) -> None:
        """Begin at `at`, with the alerts `known` then, oldest first.

        `heard_until` is until when somebody is known to have listened; what lies between it and the next interval is
        time in which nothing could be heard. A follower that goes on in another one's place is given when that one
        `began_at`, and in `heard` the intervals that began until `at`: their silence has not to be waited for again.
        """
        self.configuration = configuration
        self.grid = grid
        self.followed_until = at
        self.heard_until = heard_until
        self._intervals = {interval.since for interval in heard if interval.since <= at}
        listening_since = at
        memory = None
        if began_at is not None:
            memory = _longest_grace(configuration, grid, at)
            listening_since = max(min(max(self._intervals, default=at), heard_until), began_at, at - memory)
        self._fold = Fold(configuration, grids=frozenset([grid]), recent=known, listening_since=listening_since)
        reach = timedelta(seconds=self._fold.memory_s)
        begin = at - (reach if memory is None else max(reach, memory))
        self._fold.recall(past, begin)
        self._begun = self._fold.rebuild(past.recorded([grid], begin, at, nights_of=configuration), emit_from=at)

    def follow(
        self, recorded: Iterable[Recorded], *, heard: Sequence[Interval], until: datetime
    ) -> Iterator[AlertChange]:
        """Yield what is changed by what was received from where it stands to `until`, and stand there.

        `heard` are the intervals of listening that touch that time, in order. `until` must not lie beyond the last of
        them: what is received after it may still be on its way into the store. Raises SteppedBack.
        """
        deaf = self._deaf(heard, until)
        begun, self._begun = self._begun, []
        yield from begun
        fold = self._fold
        for moment, chunk in chunks(recorded):
            while deaf and deaf[0][1] <= moment:
                yield from self._pass_deaf(*deaf.pop(0))
            yield from fold.again(chunk)
        for begin, end in deaf:
            yield from self._pass_deaf(begin, end)
        yield from fold.tick(until)
        self.followed_until = until

    def _pass_deaf(self, begin: datetime, end: datetime) -> Iterator[AlertChange]:
        yield from self._fold.tick(begin)
        self._fold.resume_listening(end)

    def _deaf(self, heard: Sequence[Interval], until: datetime) -> list[tuple[datetime, datetime]]:
        """Return the gaps between the intervals that begin before `until`, after all that was heard before."""
        deaf = []
        for interval in heard:
            if interval.since in self._intervals:
                self.heard_until = max(self.heard_until, min(interval.until, until))
                continue
            if interval.since > until or interval.until <= self.followed_until:
                continue
            if interval.since < self.heard_until and self._intervals:
                raise SteppedBack(interval.since)
            if interval.since > self.heard_until:
                deaf.append((self.heard_until, interval.since))
            self._intervals.add(interval.since)
            self.heard_until = max(self.heard_until, min(interval.until, until))
        return deaf


def known_since(at: datetime) -> datetime:
    """Return since when alerts must be known to a follower that begins at `at`."""
    return at - REMEMBERED


def _longest_grace(configuration: Configuration, grid: str, at: datetime) -> timedelta:
    """Return for how long one must have heard nothing of anybody in the grid to know that he is silent."""
    grids = frozenset([grid])
    watches = [
        *watched_devices(configuration.city, configuration.thresholds, grids, at).values(),
        *watched_cameras(configuration.city, configuration.thresholds, grids, at).values(),
    ]
    return max((watch.grace for watch in watches), default=timedelta(0))
