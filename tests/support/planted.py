"""A seed goes in; a recording with planted events and nuisances comes out, and labels that say which is which.

Parking: vehicles that stand for long (real), by dusk seen less surely, and what only looks so: traffic that waits at a
light, and ghosts of low confidence that stay for minutes. Water: bursts (real), pumps that start (a short fall with a
rise) and the morning's demand (a slow fall while flow rises). What is real lasts longer, falls further or is surer than
most nuisances, not than all: the two overlap, so that a threshold trades one for the other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid5

from detectors.thresholds import Thresholds
from hub.alerts.alert import NAMESPACE, Alert
from hub.config.load import Configuration, config_version
from hub.tuning.judging import Question
from hub.tuning.labels.label import Label, Source, Verdict
from ingest.city import Camera, City, Device, DeviceKind, Grid, Zone, ZoneKind
from ingest.observation import Box, Frame, Observation, Quantity, Reading

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
SLOTS = (0.15, 0.35, 0.55, 0.75)
KERB_Y, WIDTH, HEIGHT = 0.7, 0.1, 0.1


@dataclass(frozen=True, slots=True)
class Heard:
    since: datetime
    until: datetime


@dataclass(slots=True)
class Planted:
    """A recording in memory, as `replay` takes it, and what is true of it."""

    configuration: Configuration
    observations: list[Observation] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    lasts_s: float = 0.0

    @property
    def until(self) -> datetime:
        return START + timedelta(seconds=self.lasts_s)

    def question(self, *rules: str) -> Question:
        return Question(rules=frozenset(rules), grids=None, subjects=None, since=START, until=self.until)

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        return []

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[tuple[Observation, bool]]:
        for one in self.observations:
            if received_from <= one.received_at < received_to:
                yield one, False

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> Sequence[Heard]:
        return [Heard(since, until)]


def parking(seed: int, *, events: int = 16, nuisances: int = 24, every_s: float = 5.0) -> Planted:
    """Return a camera's recording: vehicles that stand 4 to 10 minutes, traffic that waits, ghosts at dusk."""
    chance = random.Random(seed)
    city = _city(cameras=("cam",))
    made = Planted(_configured(city))
    kinds = ["stand"] * events + ["wait"] * (nuisances // 2) + ["ghost"] * (nuisances - nuisances // 2)
    chance.shuffle(kinds)
    free = dict.fromkeys(SLOTS, 30.0)
    boxes: dict[int, list[Box]] = {}
    for number, kind in enumerate(kinds):
        slot = min(free, key=lambda each: (free[each], each))
        # Who comes next does not stop to the centimetre where the last one stood: that would be the same one again.
        x = slot + (-0.03, 0.0, 0.03)[number % 3]
        begin_s = free[slot] + chance.uniform(60, 120)
        stands_s = {
            "stand": chance.uniform(240, 600),
            "wait": chance.uniform(60, 270),
            "ghost": chance.uniform(150, 500),
        }[kind]
        middle = {"stand": chance.uniform(0.42, 0.8), "wait": chance.uniform(0.45, 0.8), "ghost": 0.0}[kind]
        middle = middle or chance.uniform(0.28, 0.5)
        if kind == "stand" and number > 0.8 * len(kinds):  # the light goes, and what truly stands is seen less surely
            middle *= 0.8
        first, last = round(begin_s / every_s), round((begin_s + stands_s) / every_s)
        for step in range(first, last):
            confidence = min(0.99, max(0.21, chance.gauss(middle, 0.04)))
            jitter = chance.gauss(0, 0.002)
            boxes.setdefault(step, []).append(
                Box("car", confidence, None, x + jitter - WIDTH / 2, KERB_Y - HEIGHT, x + jitter + WIDTH / 2, KERB_Y)
            )
        made.labels.append(
            _label("parking.illegal", f"kerb@{x:.2f},{KERB_Y:.2f}", first * every_s, last * every_s, kind == "stand")
        )
        free[slot] = begin_s + stands_s
    steps = round((max(free.values()) + 180) / every_s)
    for step in range(steps):
        at = _at(step * every_s)
        made.observations.append(Frame("cam", at, tuple(boxes.get(step, ())), at))
    made.lasts_s = steps * every_s
    return made


def water(seed: int, *, events: int = 14, nuisances: int = 22, every_s: float = 10.0) -> Planted:
    """Return the readings of four water devices: bursts, pumps that start, and the demand of a morning."""
    chance = random.Random(seed)
    names = ("w-1", "w-2", "w-3", "w-4")
    made = Planted(_configured(_city(water=names, interval_s=every_s)))
    kinds = ["burst"] * events + ["pump"] * (nuisances - nuisances // 3) + ["demand"] * (nuisances // 3)
    chance.shuffle(kinds)
    free = dict.fromkeys(names, 600.0)
    shapes: dict[str, list[tuple[float, float, float, float, float]]] = {name: [] for name in names}
    for kind in kinds:
        name = min(free, key=lambda each: (free[each], each))
        begin_s = round((free[name] + chance.uniform(300, 600)) / every_s) * every_s
        fall, rise, lasts_s, ramp_s = {
            "burst": (chance.uniform(55, 140), chance.uniform(14, 40), chance.uniform(300, 700), 20.0),
            "pump": (chance.uniform(45, 95), chance.uniform(10, 20), chance.uniform(20, 120), 10.0),
            "demand": (chance.uniform(50, 80), chance.uniform(10, 20), chance.uniform(900, 1400), 900.0),
        }[kind]
        shapes[name].append((begin_s, begin_s + lasts_s, fall, rise, ramp_s))
        made.labels.append(_label("water.burst", name, begin_s, begin_s + lasts_s, kind == "burst"))
        free[name] = begin_s + lasts_s + 600
    made.lasts_s = max(free.values()) + 300
    for step in range(round(made.lasts_s / every_s)):
        second = step * every_s
        for name in names:
            share = [(_share(second, *shape[:2], shape[4]), shape) for shape in shapes[name]]
            pressure = 330 - sum(part * shape[2] for part, shape in share) + chance.gauss(0, 1.0)
            flow = 12 + sum(part * shape[3] for part, shape in share) + chance.gauss(0, 0.3)
            for quantity, value in ((Quantity.FLOW_L_S, flow), (Quantity.PRESSURE_KPA, pressure)):
                made.observations.append(Reading(name, quantity, round(value, 2), _at(second), _at(second)))
    return made


def _share(second: float, begin_s: float, end_s: float, ramp_s: float) -> float:
    """Return how much of a change is there: it comes within `ramp_s` and goes within 30 s."""
    if second < begin_s or second >= end_s + 30:
        return 0.0
    return min(1.0, (second - begin_s) / ramp_s) if second < end_s else max(0.0, 1 - (second - end_s) / 30)


def _label(rule: str, subject: str, begin_s: float, end_s: float, real: bool) -> Label:
    return Label(
        label_id=uuid5(NAMESPACE, f"{rule}{subject}{begin_s}"),
        rule=rule,
        subject=subject,
        grid="01",
        since=_at(begin_s),
        until=_at(end_s),
        verdict=Verdict.MISSED if real else Verdict.FALSE,
        reason="planted",
        source=Source.DRAWN,
        weight=1.0,
        by="planter",
        at=_at(end_s),
    )


def _at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def _configured(city: City) -> Configuration:
    thresholds = Thresholds()
    return Configuration(city, thresholds, config_version(city, thresholds))


def _city(*, cameras: Sequence[str] = (), water: Sequence[str] = (), interval_s: float = 10.0) -> City:
    kerb = ((0.0, 0.5), (1.0, 0.5), (1.0, 0.95), (0.0, 0.95))
    return City(
        name="Planted",
        timezone="Asia/Shanghai",
        latitude=30.25,
        longitude=120.17,
        grids={"01": Grid(grid_id="01", name="One")},
        devices={
            each: Device(device_id=each, kind=DeviceKind.WATER, grid="01", interval_s=interval_s) for each in water
        },
        cameras={
            each: Camera(
                camera_id=each,
                grid="01",
                url="rtsp://nowhere/1",
                zones=(Zone(zone_id="kerb", camera_id=each, kind=ZoneKind.NO_PARKING, polygon=kerb),),
            )
            for each in cameras
        },
    )
