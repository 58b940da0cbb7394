"""Observations go in as they arrive, batch by batch; findings come out, and which observations came too late.

The judge holds every detector's state. It puts each stream in the order of event time, hands each observation to the
detectors that want it, and lets silence run on the hub's own clock. What it finds depends on the observations and their
arrival alone: not on how they are batched, nor on how often `advance` is called. A new judge that folds the recent past
again (`rebuild`) stands where the old one stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import groupby

from detectors.baseline import HourSums
from detectors.detector import Unseen
from detectors.finding import Finding, OpenFinding
from detectors.overrides import Overridden
from detectors.profile import NO_PROFILES, Profiles
from detectors.reconcile import orphaned, settle
from detectors.reorder import BEGINNING, HELD_LIMIT, NEVER, Foldable, Stream, key_of
from detectors.routes import Route, Routes, Slot
from detectors.silence import Silence
from detectors.thresholds import Thresholds
from detectors.watches import Watch
from ingest.city import City
from ingest.observation import Frame, Observation, Quantity, Reading, Status


@dataclass(slots=True)
class Judgement:
    """What a batch meant: findings in the order they were made, and the indexes of observations that came too late."""

    findings: list[Finding] = field(default_factory=list)
    late: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class HoursWanted:
    """Of which devices and quantities the hours are wanted, how far back, and which values of theirs can be."""

    devices: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    back: timedelta
    ranges: Mapping[Quantity, tuple[float, float]]


class Judge:
    """All detectors over the devices and cameras of `grids` (default: the whole city).

    `open_findings` are those that were open when the last worker stopped: they are latched, so that none is raised
    again and each clears when its condition ends. `listening_since` is when this hub began to listen. `profiles` are
    what is usual, for the rules that hold a quantity against that.
    """

    def __init__(
        self,
        city: City,
        thresholds: Thresholds,
        *,
        grids: frozenset[str] | None = None,
        open_findings: Sequence[OpenFinding] = (),
        listening_since: datetime,
        profiles: Profiles = NO_PROFILES,
    ) -> None:
        self._silence = Silence(
            city, thresholds, grids=grids, open_findings=open_findings, listening_since=listening_since
        )
        overridden = Overridden(thresholds, city)
        watched = [found for found in open_findings if overridden.is_enabled(found.rule, found.subject)]
        routes = Routes(city, thresholds, grids, watched, self._silence, profiles)
        self._recalling = routes.recalling
        self._devices, self._cameras, self._ranges = routes.devices, routes.cameras, routes.ranges
        self._streams = routes.streams
        self._numbers = {id(stream): number for number, stream in enumerate(self._streams)}
        self._queue: list[tuple[datetime, int]] = []  # when which stream, by number, must release something
        self._latest = listening_since  # the hub's clock, as far as it was told
        self._open = tuple(open_findings)
        waits = thresholds.lateness_s.model_dump().values()
        self.memory_s = max(self._silence.memory_s, routes.memory_s + max(waits))
        taken = routes.taken | {(watch.rule, watch.subject) for watch in self._silence.watches() if watch.is_judged}
        self._orphans = orphaned(self._open, taken, routes.elsewhere, overridden.is_enabled, listening_since)

    def route(self, name: str) -> Route | None:
        """Return where the observations of a device or camera go, for who wants to look on; None: it is not judged."""
        return self._devices.get(name) or self._cameras.get(name)

    def watch(self, name: str) -> Watch | None:
        """Return what is known of how a device, gateway or camera is heard; None: nobody waits for it."""
        return self._silence.devices.get(name) or self._silence.cameras.get(name)

    def observe(self, batch: Sequence[Observation]) -> Judgement:
        """Return what `batch`, in the order of its arrival, means."""
        judgement = Judgement(self._orphans)
        self._orphans = []
        findings, late = judgement.findings, judgement.late
        silence, devices = self._silence, self._devices
        for index, observation in enumerate(batch):
            at = observation.received_at
            if at > self._latest:
                self._latest = at
                if at > silence.next_due:
                    findings += silence.advance(at)
            else:
                at = self._latest
            if isinstance(observation, Reading):
                route = devices.get(observation.device_id)
                if route is None:
                    # Where a camera looks is judged; that it sees is proved by frames alone.
                    camera = self._heard(observation)
                    if camera is not None and not self._arrive(camera.stream, observation, findings):
                        late.add(index)
                    continue
            elif isinstance(observation, Frame):
                route = self._cameras.get(observation.camera_id)
            else:
                watch = silence.devices.get(observation.device_id) or silence.cameras.get(observation.device_id)
                if watch is not None:
                    findings += silence.tell(watch, observation, at)
                continue
            if route is None:
                continue
            if route.watch is not None:
                findings += silence.hear(route.watch, at)
            if not self._arrive(route.stream, observation, findings):
                late.add(index)
        return judgement

    def advance(self, at: datetime) -> list[Finding]:
        """Return what is found because the hub's time reached `at`: all that was received before `at` was observed."""
        findings, self._orphans = self._orphans, []
        self._latest = at = max(at, self._latest)
        findings += self._silence.advance(at)
        self._release(at, findings)
        return findings

    def resume_listening(self, at: datetime) -> None:
        """Say that the hub was deaf until `at` (restart, outage, clock step): silence needs its grace again."""
        self._latest = max(self._latest, at)
        self._silence.resume(self._latest)

    def hours_wanted(self) -> list[HoursWanted]:
        """Return which hours from before the past that `rebuild` is fed some detector wants to be told of."""
        return [
            HoursWanted(tuple(one.slots), tuple(sorted(one.detector.quantities)), one.detector.window, self._ranges)
            for one in self._recalling
        ]

    def recall(self, hours: Sequence[HourSums], until: datetime) -> None:
        """Let the detectors that sum over days remember `hours`, of what was received before `until`."""
        for one in self._recalling:
            mine: dict[int, tuple[Slot, list[HourSums]]] = {}
            for hour in hours:
                slot = one.slots.get(hour.device_id)
                if slot is not None:
                    mine.setdefault(id(slot), (slot, []))[1].append(hour)
            for slot, those in mine.values():
                one.detector.recall(slot.state, those, until)

    def rebuild(self, recorded: Iterable[tuple[Observation, bool]], *, emit_from: datetime) -> list[Finding]:
        """Fold `recorded`, pairs of an observation and whether it was late, in the order received, before all else.

        What is found at or after `emit_from` is returned. Of what is found before it, only what the open findings do
        not account for is: a condition that holds and is not open, an open finding whose condition has ended. So it
        makes no difference to anybody that some of it was said before, and nothing is lost when the thresholds, or the
        moment of the last commit, were others than thought. Silence is not judged in the past, only remembered.
        """
        findings: list[Finding] = []
        for observation, late in _in_order(recorded):
            self._silence.recall(observation)
            if isinstance(observation, Reading):
                route = self._devices.get(observation.device_id) or self._heard(observation)
            elif isinstance(observation, Frame):
                route = self._cameras.get(observation.camera_id)
            else:
                continue
            if route is not None and not late:
                self._arrive(route.stream, observation, findings)
        released_from = len(findings)
        self._release(emit_from, findings)
        orphans, self._orphans = self._orphans, []
        return orphans + settle(findings, self._open, emit_from, released_from)

    def _release(self, at: datetime, findings: list[Finding]) -> None:
        """Fold what the streams have held for long enough before `at`."""
        while self._queue and self._queue[0][0] < at:
            due, number = heappop(self._queue)
            stream = self._streams[number]
            if stream.queued_at != due:
                continue  # was queued again for an earlier instant, and seen to then
            stream.queued_at = NEVER
            for observation in stream.release(at):
                self._fold(observation, findings)
            self._enqueue(stream)

    def _arrive(self, stream: Stream, observation: Foldable, findings: list[Finding]) -> bool:
        """Put `observation` in its stream and fold what that releases; return False if it came too late."""
        key = key_of(observation)
        if not stream.ordered:
            if key <= stream.folded:
                return False
            stream.folded = key
            self._fold(observation, findings)
            return True
        at = observation.received_at
        if stream.due < at:
            for released in stream.release(at):
                self._fold(released, findings)
        if len(stream) > HELD_LIMIT:
            for released in stream.overflow():
                self._fold(released, findings)
        accepted = stream.arrive(key, observation)
        if stream.due < stream.queued_at:
            self._enqueue(stream)
        return accepted

    def _fold(self, observation: Foldable, findings: list[Finding]) -> None:
        """Hand `observation` to every detector that wants it; an impossible value to faults alone."""
        if isinstance(observation, Reading):
            route = self._devices.get(observation.device_id)
            if route is None:
                self._fold_camera(self._cameras[observation.device_id], observation, findings)
                return
            quantity, value = observation.quantity, observation.value
            faults = route.faults
            if faults is not None:
                faults.state, found = faults.observe(faults.state, observation)
                if found:
                    findings.extend(found)
            slots = route.slots.get(quantity, ())
            if not slots:
                return
            limits = self._ranges.get(quantity)
            if limits is not None and not limits[0] <= value <= limits[1]:
                return
            for slot in slots:
                slot.state, found = slot.observe(slot.state, observation)
                if found:
                    findings.extend(found)
        else:
            self._fold_camera(self._cameras[observation.camera_id], observation, findings)

    def _fold_camera(self, route: Route, observation: Foldable, findings: list[Finding]) -> None:
        """Hand a frame, or a reading of where the camera looks, to its view, and what that lets through to the rest."""
        passed: Sequence[Foldable | Unseen] = (observation,)
        if route.view is not None:
            route.view.state, found = route.view.observe(route.view.state, observation)
            findings.extend(found)
            passed = route.view.state.passed
        for each in passed:
            for slot in route.slots.get(None, ()):
                slot.state, found = slot.observe(slot.state, each)
                if found:
                    findings.extend(found)

    def _heard(self, reading: Reading) -> Route | None:
        """Return the camera that `reading` tells something of that is judged."""
        route = self._cameras.get(reading.device_id)
        return route if route is not None and reading.quantity in route.heard else None

    def _enqueue(self, stream: Stream) -> None:
        if stream.due < stream.queued_at:
            stream.queued_at = stream.due
            heappush(self._queue, (stream.due, self._numbers[id(stream)]))


def _in_order(recorded: Iterable[tuple[Observation, bool]]) -> Iterator[tuple[Observation, bool]]:
    """Yield `recorded` in the order received; what was received at one instant in the order of event time.

    The store keeps no finer order than the instant of receipt, yet nothing that it holds as in time may turn late here.
    """
    for _, together in groupby(recorded, key=lambda pair: pair[0].received_at):
        group = list(together)
        if len(group) > 1:
            group.sort(key=lambda pair: BEGINNING if isinstance(pair[0], Status) else key_of(pair[0]))
        yield from group
