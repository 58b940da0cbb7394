"""Stored hours of some weeks go in, the profile of each quantity at each place comes out, or why there is none; pure.

What is learnt from are hours in which nothing is known to have been wrong: those in which an alert stood that nobody
called false, or that a label calls real, are left out, and so are values that cannot be and sensors that are stuck. So
a leak that lasts does not become usual while its alert is open; once an engineer calls it normal, it does.

Seasons are followed by learning again from the last weeks; nothing is extrapolated, and a profile that is too old is
not used (`profile_days`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import fsum
from zoneinfo import ZoneInfo

from detectors.baseline import STUCK_FROM
from detectors.overrides import Overridden
from detectors.profile import HOUR, Profile, cell_of
from detectors.unusual import FLOW, POWER, PRESSURE, LitHours, lamps_of
from hub.config.load import Configuration
from hub.tuning.baselines.fitting import LEAST_WEEKS, cells_of
from ingest.city import City, DeviceKind
from ingest.observation import Quantity

LEARNT_SHARE = 0.5  # of the hours of the week that anything was seen of


@dataclass(frozen=True, slots=True)
class HourMean:
    """What was stored of one device's quantity in the hour from `hour` on."""

    device_id: str
    quantity: Quantity
    hour: datetime
    low: float
    mean: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A stretch of time in which something was wrong with `subject`; `until` None: it still is."""

    subject: str
    since: datetime
    until: datetime | None


class NotLearnt(StrEnum):
    """Why there is no profile."""

    NO_READINGS = "no_readings"
    ALL_LEFT_OUT = "all_left_out"  # every hour had an alert, or a sensor that is not believed
    TOO_FEW_WEEKS = "too_few_weeks"  # no hour of the week was seen in three weeks
    TOO_FEW_HOURS = "too_few_hours"  # most hours of the week were not


class LeftOut(StrEnum):
    """Why an hour did not count."""

    ALERT = "alert"  # an alert stood that nobody called false, or a label says that something was wrong
    IMPOSSIBLE = "impossible"  # a value outside of what the sensor can tell
    STUCK = "stuck"  # the sensor repeated one value
    FEW_LAMPS = "few_lamps"  # too few lamps of the circuit were heard


WORDS: Mapping[NotLearnt, str] = {
    NotLearnt.NO_READINGS: "nothing was read in that time",
    NotLearnt.ALL_LEFT_OUT: "in every hour an alert stood, or the sensor could not be believed",
    NotLearnt.TOO_FEW_WEEKS: f"no hour of the week was seen in {LEAST_WEEKS} weeks or more",
    NotLearnt.TOO_FEW_HOURS: f"more than half of the hours of the week were seen in fewer than {LEAST_WEEKS} weeks",
}


_RANK = tuple(LeftOut)  # of several reasons the first is told
LEFT_OUT_WORDS: Mapping[LeftOut, str] = {
    LeftOut.ALERT: "an alert stood that nobody called false",
    LeftOut.IMPOSSIBLE: "a value cannot be",
    LeftOut.STUCK: "the sensor repeated one value",
    LeftOut.FEW_LAMPS: "too few of its lamps were heard",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one quantity at one place: a profile or why not; from how many hours, and how many left out."""

    subject: str
    quantity: Quantity
    grid: str
    profile: Profile | None
    why_not: NotLearnt | None
    hours: int
    left_out: int
    left_out_why: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The last word on one quantity at one place. `profile` is the newest there is, learnt then or before."""

    subject: str
    quantity: Quantity
    grid: str
    learnt_at: datetime
    learnt_by: str
    since: datetime
    until: datetime
    hours: int
    left_out: int
    why_not: NotLearnt | None
    profile: Profile | None
    note: str = ""
    left_out_why: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours of one quantity at one place: those that count with their means, and why the others do not."""

    counted: Mapping[datetime, float]
    left_out: Mapping[datetime, LeftOut]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a profile can be learnt of: a quantity at a device, or over the lamps of a circuit."""

    subject: str
    grid: str
    quantity: Quantity
    members: tuple[str, ...]


def subjects_of(city: City, wanted: Collection[str] | None = None) -> list[Subject]:
    """Return what profiles can be learnt of; `wanted` are devices or circuits, None: all. A lamp means its circuit."""
    found = []
    for name, device in city.devices.items():
        if device.kind is DeviceKind.WATER and (wanted is None or name in wanted):
            found += [Subject(name, device.grid, quantity, (name,)) for quantity in (FLOW, PRESSURE)]
    for name, lamps in lamps_of(city).items():
        members = tuple(sorted(lamp.device_id for lamp in lamps))
        if wanted is None or name in wanted or not {*members}.isdisjoint(wanted):
            circuit = city.circuits.get(name)
            found.append(Subject(name, circuit.grid if circuit is not None else lamps[0].grid, POWER, members))
    return found


def learn(
    configuration: Configuration,
    subjects: Sequence[Subject],
    means: Iterable[HourMean],
    wrong: Iterable[Wrong],
    *,
    since: datetime,
    until: datetime,
) -> list[Outcome]:
    """Return what became of each of `subjects` from the hours of [since, until)."""
    sorter, stored = _Sorter(configuration, wrong), _by_device(means, since, until)
    return [sorter.outcome(subject, stored, since, until) for subject in subjects]


def hours_of(
    configuration: Configuration,
    subject: Subject,
    means: Iterable[HourMean],
    wrong: Iterable[Wrong],
    *,
    since: datetime,
    until: datetime,
) -> Hours:
    """Return the hours of [since, until) as learning takes them: which count, and why the others do not."""
    return _Sorter(configuration, wrong).hours(subject, _by_device(means, since, until))


def _by_device(
    means: Iterable[HourMean], since: datetime, until: datetime
) -> Mapping[tuple[str, Quantity], Sequence[HourMean]]:
    stored: defaultdict[tuple[str, Quantity], list[HourMean]] = defaultdict(list)
    for one in means:
        if since <= one.hour and one.hour + HOUR <= until:
            stored[one.device_id, one.quantity].append(one)
    return stored


class _Sorter:
    """Tells which hours count, and makes profiles of them."""

    def __init__(self, configuration: Configuration, wrong: Iterable[Wrong]) -> None:
        self._configuration = configuration
        city, thresholds = configuration.city, configuration.thresholds
        self._zone = ZoneInfo(city.timezone)
        self._lit = LitHours(city, thresholds)
        self._overridden = Overridden(thresholds, city)
        fault = thresholds.sensor.fault
        self._freezing = frozenset(fault.frozen_quantities)
        self._ranges = {quantity: fault.ranges.of(quantity) for quantity in (FLOW, PRESSURE, POWER)}
        self._wrong: defaultdict[str, list[Wrong]] = defaultdict(list)
        for one in wrong:
            self._wrong[one.subject].append(one)

    def outcome(
        self,
        subject: Subject,
        stored: Mapping[tuple[str, Quantity], Sequence[HourMean]],
        since: datetime,
        until: datetime,
    ) -> Outcome:
        """Return what became of one quantity at one place."""
        found = self.hours(subject, stored)
        hours = found.counted
        by_cell: defaultdict[int, list[float]] = defaultdict(list)
        for hour, mean in sorted(hours.items()):
            by_cell[cell_of(hour, self._zone, self._configuration.city.calendar)].append(mean)
        cells = cells_of(by_cell)
        learnt = sum(cell is not None for cell in cells)
        why_not = _why_not(bool(hours or found.left_out), len(by_cell), learnt)
        profile = None
        if why_not is None:
            profile = Profile(
                subject=subject.subject,
                quantity=subject.quantity,
                learnt_from=since,
                learnt_until=until,
                hours=len(hours),
                cells=cells,
            )
        return Outcome(
            subject=subject.subject,
            quantity=subject.quantity,
            grid=subject.grid,
            profile=profile,
            why_not=why_not,
            hours=len(hours),
            left_out=len(found.left_out),
            left_out_why={why.value: n for why, n in sorted(Counter(found.left_out.values()).items())},
        )

    def hours(self, subject: Subject, stored: Mapping[tuple[str, Quantity], Sequence[HourMean]]) -> Hours:
        """Return which hours of one quantity at one place count, and why the others do not."""
        heard: defaultdict[datetime, list[float]] = defaultdict(list)
        doubted: dict[datetime, LeftOut] = {}
        spoilt: set[datetime] = set()
        for member in subject.members:
            for one in stored.get((member, subject.quantity), ()):
                if subject.quantity is POWER and not self._lit.is_lit(subject.subject, one.hour):
                    continue
                why = self._why_left_out(one, (member, subject.subject))
                if why is None:
                    heard[one.hour].append(one.mean)
                    continue
                if why is LeftOut.ALERT and self._is_wrong(subject.subject, one.hour):
                    spoilt.add(one.hour)
                doubted[one.hour] = min(why, doubted.get(one.hour, why), key=_RANK.index)
        least = self._least_members(subject)
        counted: dict[datetime, float] = {}
        for hour in sorted({*heard, *doubted}):
            values = heard.get(hour, ())
            if hour not in spoilt and values and len(values) >= least:
                counted[hour] = fsum(values) / len(values)
                doubted.pop(hour, None)
            else:
                doubted.setdefault(hour, LeftOut.FEW_LAMPS)
        return Hours(counted=counted, left_out=doubted)

    def _why_left_out(self, one: HourMean, subjects: Iterable[str]) -> LeftOut | None:
        if any(self._is_wrong(subject, one.hour) for subject in subjects):
            return LeftOut.ALERT
        limits = self._ranges[one.quantity]
        if limits is not None and not (limits.low <= one.low and one.high <= limits.high):
            return LeftOut.IMPOSSIBLE
        if one.quantity in self._freezing and one.low == one.high != 0.0 and one.count >= STUCK_FROM:
            return LeftOut.STUCK
        return None

    def _is_wrong(self, subject: str, hour: datetime) -> bool:
        return any(
            one.since < hour + HOUR and (one.until is None or one.until > hour) for one in self._wrong.get(subject, ())
        )

    def _least_members(self, subject: Subject) -> float:
        if subject.quantity is not POWER:
            return 1
        thresholds = self._overridden.of("streetlight.unusual", subject.subject)
        return thresholds.streetlight.unusual.heard_share * len(subject.members)


def _why_not(seen: bool, cells: int, learnt: int) -> NotLearnt | None:
    if not seen:
        return NotLearnt.NO_READINGS
    if not cells:
        return NotLearnt.ALL_LEFT_OUT
    if not learnt:
        return NotLearnt.TOO_FEW_WEEKS
    return NotLearnt.TOO_FEW_HOURS if learnt < LEARNT_SHARE * cells else None
