"""A loaded question and a configuration go in, what is raised comes out: by the detectors that run live, and no other.

Most of a recording moves nothing. Between two episodes every rule here is at rest, and of what lies there nothing is
shown to the detectors (hub/tuning/resting.py for telemetry, hub/tuning/busy.py for cameras). All else goes through the
same `observe`, in the same order, with the findings that were open at the beginning latched, as after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from detectors import faults
from detectors.finding import Finding
from detectors.judge import Judge
from detectors.laying import Narrowed
from detectors.moved import RULE as MOVED
from detectors.overrides import Overridden
from detectors.places import Places
from detectors.reconcile import settle
from detectors.routes import Route, Slot
from detectors.silence import Silence
from detectors.thresholds import Thresholds
from detectors.thresholds_telemetry import Leak
from detectors.watches import CAMERA_LOST, DEVICE_SILENT
from hub.alerts.alert import Alert
from hub.alerts.intake import Intake, open_findings
from hub.alerts.lifecycle import EventType
from hub.config.load import Configuration
from hub.tuning import faulty, lamps, nightly, resting
from hub.tuning.columns import CODE, Flags, FrameColumns, ReadingColumns, micros, moment
from hub.tuning.episodes import Ground, Passed, episodes, shown, stays
from hub.tuning.heard import Group, Listening
from hub.tuning.lamps import CircuitEpisodes, LampColumns
from hub.tuning.looking import View
from hub.tuning.nightly import Nights
from hub.tuning.replay import Listened
from hub.tuning.resting import RESTING, SECOND_US
from ingest.city import City, DeviceKind
from ingest.observation import Quantity

PLACES = {"parking.illegal": "parking", "stall.unlicensed": "stalls"}
LEAK, FAULT = "water.leak", faults.RULE
RULES = frozenset({*RESTING, LEAK, FAULT, *lamps.RULES, DEVICE_SILENT, CAMERA_LOST, *PLACES, MOVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What some rules must be shown: of each device these quantities (None: all), frames, and who was heard when."""

    readings: Mapping[str, frozenset[Quantity] | None]
    frames: frozenset[str]
    heard_devices: frozenset[str]
    heard_cameras: frozenset[str]

    def names(self, part: City) -> frozenset[str]:
        """Return everybody who is expected to say something; a gateway may only pass on what others say."""
        gateways = {name for name, device in part.devices.items() if device.kind is DeviceKind.GATEWAY}
        return self.frames.union(self.readings, self.heard_devices - gateways, self.heard_cameras)


def wanted_of(part: City, rules: frozenset[str]) -> Wanted:
    """Return what `rules` must be shown of a part of the city."""
    readings: dict[str, frozenset[Quantity] | None] = {}
    for name, device in part.devices.items():
        if FAULT in rules and device.kind is not DeviceKind.GATEWAY:
            readings[name] = None
            continue
        mine = {one for rule in rules if rule in RESTING and RESTING[rule].kind is device.kind
                for one in RESTING[rule].quantities}  # fmt: skip
        if LEAK in rules and device.kind is DeviceKind.WATER:
            mine |= {Quantity.FLOW_L_S}
        if not rules.isdisjoint(lamps.RULES) and device.kind is DeviceKind.STREETLIGHT:
            mine |= lamps.SEES
        if mine:
            readings[name] = frozenset(mine)
    sees = not rules.isdisjoint({*PLACES, MOVED})
    return Wanted(
        readings=readings,
        frames=frozenset(name for name, camera in part.cameras.items() if sees and camera.zones),
        heard_devices=frozenset(part.devices if DEVICE_SILENT in rules else ()),
        heard_cameras=frozenset(part.cameras if CAMERA_LOST in rules else ()),
    )


class Engine:
    """Judges the devices and cameras of one part of the city under one configuration."""

    def __init__(
        self, configuration: Configuration, part: City, rules: frozenset[str], recent: Sequence[Alert], since: datetime
    ) -> None:
        """Begin with the alerts that were open, or had ended lately, at `since`."""
        self._configuration, self._rules, self._since = configuration, rules, since
        self._recent = [alert for alert in recent if alert.rule in rules]
        self._opened = open_findings(alert for alert in recent)
        self._overridden = Overridden(configuration.thresholds, part)
        self._judge = Judge(part, configuration.thresholds, open_findings=self._opened, listening_since=since)
        self._city = part
        self._begin_us: int = micros(since) - round(self._judge.memory_s * SECOND_US)
        self._nights: dict[Leak, Nights] = {}

    def reach_s(self, spare: float = 1.0) -> float:
        """Return how far before the beginning it must see, with `spare` times what the detectors remember."""
        memory_s = spare * float(self._judge.memory_s)
        if LEAK not in self._rules:
            return memory_s
        rules = {self._overridden.of(LEAK, name).water.leak for name in self._city.devices}
        return memory_s + max((nightly.reach_s(one) for one in rules), default=0.0)

    @property
    def ranges(self) -> object:
        """What `possible` hangs on."""
        return self._configuration.thresholds.sensor.fault.ranges

    @property
    def begin_us(self) -> int:
        """From when on all that was received is read again at start, as `replay` does."""
        return self._begin_us

    def device(self, whole: ReadingColumns) -> list[Finding]:
        """Return what is found of one device by itself."""
        found: list[Finding] = []
        route = self._judge.route(whole.device_id)
        if route is None or not len(whole):
            return found
        if LEAK in self._rules:
            found += self._leaks(route, whole)
        columns = whole.with_past(whole.received_us >= self._begin_us)
        possible = self.possible(columns)
        if FAULT in self._rules:
            found += self._faults(route, columns, possible)
        thresholds = self._thresholds(columns.device_id)
        for rule, how in RESTING.items():
            slot = _slot(route, how.detector, rule)
            if rule not in self._rules or slot is None or not thresholds[how.detector].of_rule(rule).enabled:
                continue
            mine = possible & np.isin(columns.code, [CODE[quantity] for quantity in how.quantities])
            own = self._own(slot, columns.device_id)
            rows = np.flatnonzero(mine)
            stirring = np.flatnonzero(how.stirs(columns, thresholds[how.detector])[rows])
            reach_us = round(how.reach_s(thresholds[how.detector]) * SECOND_US)
            found += self._settled(episodes(own, columns, rows, stirring, how.rests, reach_us=reach_us), rule)
        return found

    def possible(self, columns: ReadingColumns) -> Flags:
        """Tell of each reading whether its value can be."""
        return resting.possible(columns, self._configuration.thresholds)

    def _leaks(self, route: Route, whole: ReadingColumns) -> list[Finding]:
        limits = self._overridden.of(LEAK, whole.device_id).water.leak
        slot = _slot(route, "water", LEAK)
        if slot is None or not limits.enabled:
            return []
        if limits not in self._nights:
            zone = ZoneInfo(self._city.timezone)
            self._nights[limits] = Nights(limits, zone, moment(self._begin_us))
        nights = self._nights[limits]
        columns = nights.remembered(whole)
        columns = columns.only(self.possible(columns))
        found = shown(self._own(slot, whole.device_id), columns, np.flatnonzero(nights.shown(columns)))
        return self._settled(found, LEAK)

    def _faults(self, route: Route, columns: ReadingColumns, possible: Flags) -> list[Finding]:
        name = columns.device_id
        limits = self._overridden.of(FAULT, name).sensor.fault
        if route.faults is None or not limits.enabled:
            return []
        own = self._own(route.faults, name)
        stirs = faulty.stirs(columns, possible, limits.frozen_quantities, own.state.frozen_law)
        rows = np.arange(len(columns))
        begin_anew = partial(own.detector.start, name, ())
        return self._settled(
            episodes(own, columns, rows, np.flatnonzero(stirs), faulty.rests, begin_anew=begin_anew), FAULT
        )

    def circuit(self, partition: str, columns: LampColumns) -> list[Finding]:
        """Return what is found of lamps that are judged together."""
        route = self._judge.route(columns.names[0])
        slot = _slot(route, "streetlight", "streetlight.lamp_out") if route is not None else None
        if slot is None:
            return []
        rules = {rule for rule in self._rules & lamps.RULES if self._overridden.is_enabled(rule, partition)}
        limits = self._overridden.of("streetlight.lamp_out", partition).streetlight
        own = Slot(slot.detector, partition, [
            one for one in self._opened if one.rule in slot.detector.rules
            and (one.subject == partition or one.subject in columns.names)
            and self._overridden.is_enabled(one.rule, one.subject)
        ])  # fmt: skip
        found = list(CircuitEpisodes(columns, own, frozenset(rules), limits).findings())
        return [finding for rule in sorted(rules) for finding in self._settled(found, rule)]

    def silences(self, group: Group, listened: Listened) -> list[Finding]:
        """Return what is found of who was heard when."""
        devices = {name: self._city.devices[name] for name in group.names if name in self._city.devices}
        cameras = {name: self._city.cameras[name] for name in group.names if name in self._city.cameras}
        grid = devices[group.names[0]].grid if devices else cameras[group.names[0]].grid
        silence = Silence(
            replace(self._city, devices=devices, cameras=cameras),
            self._configuration.thresholds,
            grids=frozenset([grid]),
            open_findings=[one for one in self._opened if one.subject in group.names],
            listening_since=self._since,
        )
        return Listening(silence, group, self._since, listened).findings(self._begin_us)

    def camera(self, columns: FrameColumns, passed: Passed, ground: Ground) -> list[Finding]:
        """Return what is found in one camera's picture; `ground` gives what its frames show of some zones."""
        found: list[Finding] = []
        route = self._judge.route(columns.camera_id)
        if route is None:
            return found
        for slot in route.slots.get(None, ()):
            # Where its zones have thresholds of their own each, a detector sees the whole picture and counts in some.
            detector = slot.detector.detector if isinstance(slot.detector, Narrowed) else slot.detector
            if not isinstance(detector, Places) or detector.rules[0] not in self._rules:
                continue
            zones = detector.forbidden.zones(self._city.cameras[columns.camera_id])
            findings = stays(slot, detector, columns, passed, zones, ground)
            found += self._settled(findings, detector.rules[0])
        return found

    def view_of(self, camera_id: str) -> object:
        """Return what the answer of `view` hangs on."""
        rule = self._overridden.of(MOVED, camera_id).camera.moved
        return self._begin_us, rule, self._city.cameras[camera_id].preset

    def view(self, columns: FrameColumns) -> tuple[Passed, list[Finding]]:
        """Return what the camera's view lets through and what is found of it, by the rule that live judges it."""
        route = self._judge.route(columns.camera_id)
        slot = route.view if route is not None else None
        remembered = np.ones(len(columns), np.bool_)
        remembered[: columns.past] = columns.received_us >= self._begin_us
        looks = columns.looks.with_past(columns.looks.received_us >= self._begin_us)
        if slot is None or (not len(looks) and not slot.state.is_off):
            kept = np.flatnonzero(remembered)
            past = int(np.count_nonzero(remembered[: columns.past]))
            return Passed(frame=kept, until_us=np.zeros(len(kept), np.int64), past=past), []
        limits = self._overridden.of(MOVED, columns.camera_id).camera.moved
        passed, found = View(slot, columns, remembered, looks, limits).seen()
        return passed, self._settled(found, MOVED)

    def raised(self, findings: Sequence[Finding]) -> list[Alert]:
        """Return the alerts that these findings, of one device or camera and rule, raise, as they stand in the end."""
        intake = Intake(self._city, self._configuration.version, self._recent)
        found: dict[UUID, Alert] = {}
        for change in intake.take(findings):
            if change.type is EventType.RAISED or change.alert.alert_id in found:
                found[change.alert.alert_id] = change.alert
        return list(found.values())

    def _thresholds(self, name: str) -> dict[str, Thresholds]:
        overridden, domains = self._overridden, {how.detector for how in RESTING.values()}
        return {domain: overridden.under(overridden.key(domain, name)) for domain in domains}

    def _own(self, slot: Slot, partition: str) -> Slot:
        """Return a slot like that one with a state of its own: each rule's rest is its own."""
        mine = [one for one in self._opened if one.rule in slot.detector.rules and one.subject == partition]
        return Slot(slot.detector, partition, mine)

    def _settled(self, told: Iterable[tuple[bool, Finding]], rule: str) -> list[Finding]:
        """Return what counts: of what was found before the beginning, what the open findings do not account for."""
        found = list(told)
        past = [one for is_past, one in found if is_past and one.rule == rule]
        opened = [one for one in self._opened if one.rule == rule]
        return settle(past, opened, self._since, len(past)) + [
            one for is_past, one in found if not is_past and one.rule == rule
        ]


def _slot(route: Route, detector: str, rule: str) -> Slot | None:
    return next(
        (
            slot
            for slots in route.slots.values()
            for slot in slots
            if slot.detector.name == detector and rule in slot.detector.rules
        ),
        None,
    )
