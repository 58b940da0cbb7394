"""What was received of a scope is judged again by the judge itself; what its detector held all the while comes out.

The live loop knows nothing of this: on a judge of our own the one slot that is asked about is looked at after each
observation that it has taken in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from detectors.finding import Finding, Reason
from detectors.judge import Judge
from detectors.laying import Narrowed
from detectors.overrides import Overridden
from detectors.reorder import key_of
from detectors.routes import Slot
from detectors.watches import CAMERA_LOST, DEVICE_SILENT, Watch
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.intake import Intake, open_findings
from hub.config.load import Configuration
from hub.tuning.trace.explain import Asked, Explainer, explainers
from hub.tuning.trace.explain_cameras import withheld
from hub.tuning.trace.hearing import heard_look
from hub.tuning.trace.material import Material, event_time, name_of
from hub.tuning.trace.predicate import Look
from ingest.observation import Frame, Observation, Reading, Status

SILENCE = (DEVICE_SILENT, CAMERA_LOST)


@dataclass(slots=True)
class Watched:
    """What the judge's detector held, and what became of the observations.

    `raised` are the alerts that are asked about, as they stood at the end, by their id; `reasons` why each was raised.
    `others` are those of other rules or subjects that were open meanwhile. `late` and `impossible` are the times of
    what was not judged.
    """

    looks: list[Look] = field(default_factory=list)
    raised: dict[Any, Alert] = field(default_factory=dict)
    reasons: dict[Any, Reason] = field(default_factory=dict)
    others: dict[Any, Alert] = field(default_factory=dict)
    late: list[datetime] = field(default_factory=list)
    impossible: list[tuple[datetime, str, float]] = field(default_factory=list)
    heard: list[datetime] = field(default_factory=list)


def judged(material: Material, configuration: Configuration) -> list[Alert]:
    """Return the alerts asked about that `configuration` raises, without looking on."""
    return list(_Judged(material, configuration).run().raised.values())


def watched(material: Material, configuration: Configuration) -> Watched:
    """Return what the detector held after each observation, and all else that explains it."""
    judged = _Judged(material, configuration)
    judged.look_on()
    return judged.run()


class _Judged:
    """One judge over one scope, as a worker that begins where the material does."""

    def __init__(self, material: Material, configuration: Configuration) -> None:
        scope = self._scope = material.scope
        self._material = material
        city = scope.part(configuration.city)
        self._asked = Asked(
            rule=scope.rule,
            subject=scope.subject,
            city=city,
            thresholds=Overridden(configuration.thresholds, city).of(scope.rule, scope.subject),
            zone_id=scope.zone_id,
            point=scope.point,
        )
        self._judge = Judge(
            city,
            configuration.thresholds,
            grids=frozenset([scope.grid]),
            open_findings=open_findings(material.recent),
            listening_since=material.since,
            profiles=configuration.profiles,
        )
        self._intake = Intake(city, configuration.version, material.recent)
        self._out = Watched()
        self._looking = False
        for alert in self._intake.open_alerts:
            self._note(alert)

    def look_on(self) -> None:
        """Look at the slots that are asked about after each observation."""
        self._looking = True
        explainer = explainers().get(self._asked.rule)
        seen: set[int] = set()
        for name in sorted(self._scope.names):
            route = self._judge.route(name)
            if route is None:
                continue
            slots = [slot for group in route.slots.values() for slot in group]
            for slot in (*slots, route.faults, route.view):
                if slot is None or id(slot) in seen:
                    continue
                seen.add(id(slot))
                if explainer is not None and self._asked.rule in slot.detector.rules and self._counts(slot):
                    self._watch(slot, explainer)
                elif slot is route.view:
                    self._watch_view(slot)

    def run(self) -> Watched:
        """Judge everything; return what was seen."""
        material, judge = self._material, self._judge
        if material.hours and material.begins is not None:
            judge.recall(material.hours, material.begins)
        self._take(judge.rebuild(material.past, emit_from=material.since))
        self._out.looks = [look for look in self._out.looks if look.at >= material.since]
        deaf = [] if material.nobody else list(material.deaf)
        for moment, chunk in _chunks(material.received):
            while deaf and deaf[0][1] <= moment:
                begin, end = deaf.pop(0)
                self._take(judge.advance(begin))
                judge.resume_listening(end)
            if self._looking:
                self._hear(chunk, moment)
            judgement = judge.observe(chunk)
            self._take(judgement.findings)
            self._out.late += [event_time(chunk[index]) for index in judgement.late]
        for begin, end in deaf:
            self._take(judge.advance(begin))
            judge.resume_listening(end)
        if material.nobody:
            judge.resume_listening(material.until)
        self._take(judge.advance(material.ends))
        watch = self._heard_watch()
        if self._looking and watch is not None:
            self._out.looks.append(heard_look(watch, material.ends, self._asked.thresholds.device.silent.at_least_s))
        return self._out

    def _counts(self, slot: Slot) -> bool:
        """Tell whether what the slot finds counts at the place asked about: zones may have thresholds of their own."""
        zone_id, detector = self._scope.zone_id, slot.detector
        if zone_id is None or not isinstance(detector, Narrowed):
            return True
        return all(zone_id in detector.zones.get(name, {zone_id}) for name in self._scope.names)

    def _watch(self, slot: Slot, explainer: Explainer) -> None:
        real, out = slot.observe, self._out
        detector = slot.detector.detector if isinstance(slot.detector, Narrowed) else slot.detector
        asked = replace(self._asked, detector=detector)

        def observe(state: Any, observation: Any) -> tuple[Any, Sequence[Finding]]:
            state, found = real(state, observation)
            look = explainer(asked, state, observation)
            if look is not None:
                out.looks.append(look)
            return state, found

        slot.observe = observe

    def _watch_view(self, slot: Slot) -> None:
        real, out = slot.observe, self._out

        def observe(state: Any, observation: Any) -> tuple[Any, Sequence[Finding]]:
            state, found = real(state, observation)
            look = withheld(state, observation.captured_at) if isinstance(observation, Frame) else None
            if look is not None:
                out.looks.append(look)
            return state, found

        slot.observe = observe

    def _hear(self, chunk: Sequence[Observation], at: datetime) -> None:
        ranges = self._asked.thresholds.sensor.fault.ranges
        watch = self._heard_watch()
        for one in chunk:
            if watch is not None and _is_sign(one, watch):
                self._out.looks.append(heard_look(watch, at, self._asked.thresholds.device.silent.at_least_s))
            if name_of(one) not in self._scope.names:
                continue
            self._out.heard.append(event_time(one))
            if isinstance(one, Reading):
                limits = ranges.of(one.quantity)
                if limits is not None and not limits.low <= one.value <= limits.high:
                    self._out.impossible.append((one.measured_at, one.quantity.value, one.value))

    def _heard_watch(self) -> Watch | None:
        return self._judge.watch(self._scope.subject) if self._asked.rule in SILENCE else None

    def _take(self, findings: Sequence[Finding]) -> None:
        for change in self._intake.take(findings):
            self._changed(change)

    def _changed(self, change: AlertChange) -> None:
        self._note(change.alert)

    def _note(self, alert: Alert) -> None:
        about = self._scope.is_about(alert.rule, alert.subject, alert.camera_id)
        (self._out.raised if about else self._out.others)[alert.alert_id] = alert
        if about:
            self._out.reasons.setdefault(alert.alert_id, alert.reason)  # later ones tell how it went on


def _is_sign(one: Observation, watch: Watch) -> bool:
    """Tell whether an observation is a sign of life, or a last word, of what is watched."""
    name = name_of(one)
    if isinstance(one, Status):
        return name == watch.subject
    if watch.rule == CAMERA_LOST:
        return isinstance(one, Frame) and name == watch.subject
    return name == watch.subject or any(name == device.subject for device in watch.behind)


def _chunks(received: Sequence[Observation]) -> Iterator[tuple[datetime, list[Observation]]]:
    """Yield what was received at one instant together, in the order that a replay has it."""
    for moment, together in groupby(received, key=attrgetter("received_at")):
        group = list(together)
        if len(group) > 1:
            group.sort(key=lambda each: (isinstance(each, Status), () if isinstance(each, Status) else key_of(each)))
        yield moment, group
