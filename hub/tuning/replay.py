"""Recorded observations go in, the alerts that they raise come out: judged again by the code that runs live.

A replay is a simulated restart at its beginning: the alerts that were open then are latched and the recent past is
folded silently, exactly as a restarted worker does. Then everything recorded is observed in the order of its arrival.
Each grid is replayed by itself, since nothing is judged across grids. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Protocol
from uuid import UUID

from detectors.reorder import key_of
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.intake import REMEMBERED
from hub.alerts.lifecycle import EventType
from hub.config.load import Configuration
from hub.worker.fold import Fold
from ingest.observation import Observation, Status


class Interval(Protocol):
    """Somebody listened without a break."""

    @property
    def since(self) -> datetime:
        """The first moment."""
        ...

    @property
    def until(self) -> datetime:
        """The last moment."""
        ...


@dataclass(frozen=True, slots=True)
class Listened:
    """The spans of a question in which nobody listened, until when it can be judged, and whether anybody ever did."""

    deaf: tuple[tuple[datetime, datetime], ...]
    until: datetime
    is_heard: bool


class Recording(Protocol):
    """What a replay needs of the store."""

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return what was known at `moment` of the alerts active then or ended since `since`, oldest first."""
        ...

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[tuple[Observation, bool]]:
        """Yield (observation, late) in the order received."""
        ...

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> Sequence[Interval]:
        """Return when somebody listened to any of `grids`, in order."""
        ...


def replay(
    recording: Recording,
    configuration: Configuration,
    *,
    grids: frozenset[str] | None,
    since: datetime,
    until: datetime,
) -> list[Alert]:
    """Return the alerts raised by what was received in [since, until), as they stood at `until`, in order of raising.

    With the configuration that was live, they are those that were raised live: same identity, times, severity, reasons.
    """
    found: dict[UUID, Alert] = {}
    for grid in sorted(grids if grids is not None else configuration.city.grids):
        for change in _of_grid(recording, configuration, grid, since, until):
            if change.type is EventType.RAISED or change.alert.alert_id in found:
                found[change.alert.alert_id] = change.alert
    return sorted(found.values(), key=lambda alert: (alert.raised_at, alert.rule, alert.subject))


def _of_grid(
    recording: Recording, configuration: Configuration, grid: str, since: datetime, until: datetime
) -> Iterator[AlertChange]:
    recent = recording.alerts_as_of([grid], since, since - REMEMBERED)
    fold = Fold(configuration, grids=frozenset([grid]), recent=recent, listening_since=since)
    begin = since - timedelta(seconds=fold.memory_s)
    fold.recall(recording, begin)
    past = recording.recorded([grid], begin, since, nights_of=configuration)
    yield from fold.rebuild(past, emit_from=since)
    listened = listened_of(recording, grid, since, until)
    deaf = list(listened.deaf)
    for moment, chunk in chunks(recording.recorded([grid], since, until)):
        while deaf and deaf[0][1] <= moment:
            begin, end = deaf.pop(0)
            yield from fold.tick(begin)
            fold.resume_listening(end)
        yield from fold.again(chunk)
    for begin, end in deaf:
        yield from fold.tick(begin)
        fold.resume_listening(end)
    if not listened.is_heard:
        fold.resume_listening(until)  # nobody listened at all: that nobody was heard says nothing
    yield from fold.tick(listened.until)


def listened_of(recording: Recording, grid: str, since: datetime, until: datetime) -> Listened:
    """Return when somebody listened to `grid` in a span, and when nobody did."""
    heard = [interval for interval in recording.listening(since, until, [grid]) if interval.until > since]
    deaf = [(one.until, other.since) for one, other in pairwise(heard)]
    if heard and heard[0].since > since:
        deaf.insert(0, (since, heard[0].since))  # nobody listened yet
    return Listened(tuple(deaf), min(until, heard[-1].until) if heard else until, bool(heard))


def chunks(recorded: Iterable[tuple[Observation, bool]]) -> Iterator[tuple[datetime, list[Observation]]]:
    """Yield what was recorded in the order received, as much together as was received at one instant."""
    for moment, together in groupby((pair[0] for pair in recorded), key=attrgetter("received_at")):
        group = list(together)
        if len(group) > 1:
            # The store keeps no finer order than the instant; a message's readings come in the order of folding.
            group.sort(key=lambda each: (isinstance(each, Status), () if isinstance(each, Status) else key_of(each)))
        yield moment, group
