"""A loaded question and a configuration go in, what is raised comes out: by the detectors that run live, and no other.

Most of a recording moves nothing. Between two episodes every rule here is at rest, and of what lies there nothing is
shown to the detectors (hub/tuning/resting.py for telemetry, hub/tuning/busy.py for cameras). All else goes through the
same `observe`, in the same order, with the findings that were open at the beginning latched, as after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from detectors.detector import Unseen
from detectors.finding import Finding
from detectors.judge import Judge
from detectors.overrides import Overridden
from detectors.places import Places
from detectors.reconcile import settle
from detectors.routes import Slot
from detectors.thresholds import Thresholds
from hub.alerts.alert import Alert
from hub.alerts.intake import Intake, open_findings
from hub.alerts.lifecycle import EventType
from hub.config.load import Configuration
from hub.tuning import busy, resting
from hub.tuning.columns import CODE, FrameColumns, Longs, ReadingColumns, micros, moment
from hub.tuning.resting import RESTING, SECOND_US, Resting
from ingest.city import City, Zone
from ingest.observation import Quantity

PLACES = {"parking.illegal": "parking", "stall.unlicensed": "stalls"}
Ground = Callable[[tuple[Zone, ...], frozenset[str], float, float], busy.Touched]
RULES = frozenset(RESTING) | frozenset(PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What a camera's view let through to those who judge frames, in order.

    `frame` are the frames' numbers, -1 for a time in which nothing was seen up to `until_us`; `past` as with columns.
    """

    frame: Longs
    until_us: Longs
    past: int


def names_of(
    city: City, rules: frozenset[str], grids: frozenset[str] | None, subjects: frozenset[str] | None
) -> list[str]:
    """Return the devices and cameras of `city` that a question of these rules is about."""
    kinds = {RESTING[rule].kind for rule in rules if rule in RESTING}
    found = [
        name
        for name, device in city.devices.items()
        if device.kind in kinds
        and (grids is None or device.grid in grids)
        and (subjects is None or name in subjects or device.circuit_id in subjects)
    ]
    if rules & PLACES.keys():
        found += [
            name
            for name, camera in city.cameras.items()
            if camera.zones
            and (grids is None or camera.grid in grids)
            and (subjects is None or name in subjects or any(zone.zone_id in subjects for zone in camera.zones))
        ]
    return found


def quantities_of(rules: frozenset[str]) -> frozenset[Quantity]:
    """Return what these rules need to see of devices."""
    return frozenset(quantity for rule in rules if rule in RESTING for quantity in RESTING[rule].quantities)


def part_of(city: City, names: Iterable[str]) -> City:
    """Return the city as if it had these devices and cameras alone."""
    wanted = set(names)
    return replace(
        city,
        # Whether a device is heard is another rule's business: behind no gateway it is judged all the same.
        devices={name: replace(one, gateway_id=None) for name, one in city.devices.items() if name in wanted},
        circuits={},
        cameras={name: camera for name, camera in city.cameras.items() if name in wanted},
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

    @property
    def memory_s(self) -> float:
        """How far before the question's beginning it must see."""
        return float(self._judge.memory_s)

    def device(self, columns: ReadingColumns) -> list[Finding]:
        """Return what is found of one device."""
        found: list[Finding] = []
        route = self._judge.route(columns.device_id)
        if route is None or not len(columns):
            return found
        thresholds = self._thresholds(columns.device_id)
        possible = resting.possible(columns, self._configuration.thresholds)
        for rule, how in RESTING.items():
            slot = next(
                (
                    slot
                    for slots in route.slots.values()
                    for slot in slots
                    if slot.detector.name == how.detector and rule in slot.detector.rules
                ),
                None,
            )
            if rule not in self._rules or slot is None or not thresholds[how.detector].of_rule(rule).enabled:
                continue
            mine = possible & np.isin(columns.code, [CODE[quantity] for quantity in how.quantities])
            # Each rule begins with a state of its own: the others' rest is not its.
            own = Slot(slot.detector, columns.device_id, self._opened_of(slot, columns.device_id))
            found += self._settled(
                [one for one in _episodes(own, columns, np.flatnonzero(mine), how, thresholds[how.detector])],
                rule,
            )
        return found

    def camera(self, columns: FrameColumns, passed: Passed, ground: Ground) -> list[Finding]:
        """Return what is found in one camera's picture; `ground` gives what its frames show of some zones."""
        found: list[Finding] = []
        route = self._judge.route(columns.camera_id)
        if route is None:
            return found
        for slot in route.slots.get(None, ()):
            detector = slot.detector
            if not isinstance(detector, Places) or detector.rules[0] not in self._rules:
                continue
            zones = detector.forbidden.zones(self._city.cameras[columns.camera_id])
            findings = _stays(slot, detector, columns, passed, zones, ground)
            found += self._settled(list(findings), detector.rules[0])
        return found

    def view(self, columns: FrameColumns) -> Passed:
        """Return what the camera's view lets through, by the rule that live judges where it looks."""
        route = self._judge.route(columns.camera_id)
        slot = route.view if route is not None else None
        frames = len(columns)
        if slot is None or (not len(columns.looks) and not slot.state.is_off):
            return Passed(frame=np.arange(frames), until_us=np.zeros(frames, np.int64), past=columns.past)
        passed: list[tuple[int, int]] = []
        past = 0
        number = {int(at): n for n, at in enumerate(columns.at_us)}
        looks = columns.looks
        # Both in the order of folding: by time, a camera's frame before its readings of the same instant.
        order = np.lexsort(
            (np.concatenate((np.full(frames, -1), looks.code)), np.concatenate((columns.at_us, looks.at_us)))
        )
        for index in order.tolist():
            is_past = index < columns.past if index < frames else index - frames < looks.past
            one = columns.blank(index) if index < frames else looks.reading(index - frames)
            slot.state, _ = slot.observe(slot.state, one)
            for each in slot.state.passed:
                if isinstance(each, Unseen):
                    passed.append((-1, micros(each.until)))
                else:
                    passed.append((number[micros(each.captured_at)], 0))
            if is_past:
                past = len(passed)
        return Passed(
            frame=np.array([one for one, _ in passed], np.int64),
            until_us=np.array([until for _, until in passed], np.int64),
            past=past,
        )

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

    def _opened_of(self, slot: Slot, partition: str) -> list[Any]:
        return [one for one in self._opened if one.rule in slot.detector.rules and one.subject == partition]

    def _settled(self, found: list[tuple[bool, Finding]], rule: str) -> list[Finding]:
        """Return what counts: of what was found before the beginning, what the open findings do not account for."""
        past = [one for is_past, one in found if is_past and one.rule == rule]
        opened = [one for one in self._opened if one.rule == rule]
        return settle(past, opened, self._since, len(past)) + [
            one for is_past, one in found if not is_past and one.rule == rule
        ]


def _episodes(
    slot: Slot, columns: ReadingColumns, mine: Longs, how: Resting, thresholds: Thresholds
) -> Iterator[tuple[bool, Finding]]:
    """Yield what is found, and whether before the beginning, of the readings `mine`, by their numbers."""
    at_us = columns.at_us[mine]
    stirring = np.flatnonzero(how.stirs(columns, thresholds)[mine])
    reach_us = round(how.reach_s(thresholds) * SECOND_US)
    position, count = 0, len(mine)
    awake_at = 0  # up to here it is folded whatever its state
    while position < count:
        if position >= awake_at and how.rests(slot.state):
            after = int(np.searchsorted(stirring, position))
            if after == len(stirring):
                return
            awake_at = int(stirring[after])
            position = max(position, int(np.searchsorted(at_us, at_us[awake_at] - reach_us)))
            awake_at += 1
        number = int(mine[position])
        slot.state, found = slot.observe(slot.state, columns.reading(number))
        for one in found:
            yield number < columns.past, one
        position += 1


def _stays(
    slot: Slot, detector: Places, columns: FrameColumns, passed: Passed, zones: tuple[Zone, ...], ground: Ground
) -> Iterator[tuple[bool, Finding]]:
    """Yield what is found, and whether before the beginning, of what the view lets through."""
    is_frame = passed.frame >= 0
    if not is_frame.any():
        return
    frames = passed.frame[is_frame]
    position_of = np.flatnonzero(is_frame)
    rule = detector.rule
    dwell_s = min(rule.dwell_s if zone.dwell_s is None else zone.dwell_s for zone in zones)
    touched = ground(zones, detector.labels, rule.box_floor, rule.drift)
    seen = busy.Touched(touched.things[frames], touched.any[frames], touched.several[frames])
    at_us = columns.at_us[frames]
    since_us = np.concatenate((at_us[:1], at_us[:-1]))
    unseen = np.flatnonzero(~is_frame)
    if len(unseen):  # a time unseen ends where it says, which is later than the frame before it
        following = np.searchsorted(position_of, unseen)
        inside = following < len(frames)
        np.maximum.at(since_us, following[inside], passed.until_us[unseen][inside])
    found_at = busy.stretches(at_us, since_us, seen, rule, dwell_s)
    may_raise, clear = np.flatnonzero(found_at.may_raise), np.flatnonzero(found_at.is_clear)
    raises, clears = position_of[may_raise], position_of[clear]
    position, count, awake_at = 0, len(passed.frame), 0
    while position < count:
        if position >= awake_at and not slot.state.stays:
            after = int(np.searchsorted(raises, position))
            if after == len(raises):
                return
            target = int(raises[after])
            before = int(np.searchsorted(clears, target, side="right")) - 1
            position = max(position, int(clears[before]) if before >= 0 else position)
            awake_at = target + 1
        number = int(passed.frame[position])
        one = (
            columns.frame(number) if number >= 0 else Unseen(columns.camera_id, moment(int(passed.until_us[position])))
        )
        slot.state, findings = slot.observe(slot.state, one)
        for each in findings:
            yield position < passed.past, each
        position += 1
