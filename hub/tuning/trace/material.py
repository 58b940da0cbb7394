"""A recording and a scope in, what must be judged to explain a moment out: loaded once, judged often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol, runtime_checkable

from detectors.baseline import HourSums
from detectors.judge import Judge
from hub.alerts.alert import Alert
from hub.alerts.intake import REMEMBERED
from hub.config.load import Configuration
from hub.tuning.replay import Recording
from hub.tuning.trace.scope import Scope
from hub.worker.fold import TellsHours
from ingest.observation import Frame, Observation, Reading

Span = tuple[datetime, datetime]
SPARE = timedelta(hours=2)  # of memory: thresholds that look farther back may be tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What was received of one scope: before the span, with whether it came late, and in it; and who listened when."""

    scope: Scope
    since: datetime
    until: datetime
    past: Sequence[tuple[Observation, bool]]
    received: Sequence[Observation]
    recent: Sequence[Alert]
    deaf: Sequence[Span]
    ends: datetime  # until when somebody listened
    nobody: bool = False  # listened at all
    hours: Sequence[HourSums] = ()  # from before `past`, for rules that sum up days
    begins: datetime | None = None  # when `past` does


@runtime_checkable
class Partible(Protocol):
    """A recording that can be read of some devices and cameras alone."""

    def of(self, names: Sequence[str]) -> Recording:
        """Return the recording of those alone."""
        ...


def load(
    recording: Recording, configuration: Configuration, scope: Scope, since: datetime, until: datetime
) -> Material:
    """Return what was received of `scope` in [since, until), and as much before it as the detectors remember."""
    held = scope.names | scope.beside
    if isinstance(recording, Partible):
        recording = recording.of(sorted(held))
    city = scope.part(configuration.city)
    recent = [
        alert for alert in recording.alerts_as_of([scope.grid], since, since - REMEMBERED) if _belongs(scope, alert)
    ]
    probe = Judge(
        city,
        configuration.thresholds,
        grids=frozenset([scope.grid]),
        listening_since=since,
        profiles=configuration.profiles,
    )
    memory = timedelta(seconds=probe.memory_s)
    begins = since - memory - min(memory, SPARE)
    wanted = probe.hours_wanted()
    hours = recording.hours(wanted, begins) if wanted and isinstance(recording, TellsHours) else ()
    past = recording.recorded([scope.grid], begins, since, nights_of=replace(configuration, city=city))
    present = recording.recorded([scope.grid], since, until)
    heard = [one for one in recording.listening(since, until, [scope.grid]) if one.until > since]
    deaf = [(one.until, other.since) for one, other in pairwise(heard)]
    if heard and heard[0].since > since:
        deaf.insert(0, (since, heard[0].since))
    return Material(
        scope=scope,
        since=since,
        until=until,
        past=[pair for pair in past if name_of(pair[0]) in held],
        received=[one for one, _ in present if name_of(one) in held],
        recent=recent,
        deaf=deaf if heard else [(since, until)],
        ends=min(until, heard[-1].until) if heard else until,
        nobody=not heard,
        hours=hours,
        begins=begins,
    )


def name_of(observation: Observation) -> str:
    """Return the device or camera that an observation is of."""
    return observation.camera_id if isinstance(observation, Frame) else observation.device_id


def event_time(observation: Observation) -> datetime:
    """Return the observation's own time."""
    if isinstance(observation, Reading):
        return observation.measured_at
    return observation.captured_at if isinstance(observation, Frame) else observation.received_at


def _belongs(scope: Scope, alert: Alert) -> bool:
    held = scope.names | scope.beside
    if alert.subject in held or alert.camera_id in held or scope.is_about(alert.rule, alert.subject, alert.camera_id):
        return True
    return any(member in held for member in alert.members)
