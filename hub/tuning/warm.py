"""A recording and a question in, a judging that keeps what it has loaded, and answers each configuration quickly, out.

Rules of which is known when they rest are judged by their episodes, over columns in memory (hub/tuning/engine.py). All
others are replayed as a whole, over the part of the city that matters, read from the recording each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from detectors.finding import Finding
from detectors.moved import QUANTITIES as LOOKS
from hub.alerts.alert import Alert
from hub.alerts.intake import REMEMBERED
from hub.config.load import Configuration
from hub.tuning import busy, limits
from hub.tuning.columns import (
    Cut,
    FrameColumns,
    FrameRows,
    ReadingColumns,
    ReadingRows,
    Rows,
    frames_of,
    micros,
    readings_of,
    rows_from,
)
from hub.tuning.engine import PLACES, RULES, Engine, Passed, names_of, part_of, quantities_of
from hub.tuning.raised import Progress, Question, Raised, Told, TooLarge, asked, raised_of, untold
from hub.tuning.replay import Recording, replay
from hub.tuning.section import Section, section_of
from ingest.city import City, Zone
from ingest.observation import Quantity

Names = Mapping[str, frozenset[Quantity] | None]
SPARE = (
    2.0  # as much of the past is loaded as twice what the detectors remember: thresholds that look back may be tried
)


@runtime_checkable
class TellsRows(Protocol):
    """A recording that gives columns by itself, quicker than one observation after the other."""

    def rows(self, names: Names, received_from: datetime, received_to: datetime) -> Iterator[Rows]:
        """Yield what was received in [from, to) of those devices and cameras, and was not late, in any order."""
        ...


@dataclass(slots=True)
class _Loaded:
    """What is kept of a recording: the columns of each name, and what they were loaded for."""

    names: frozenset[str]
    lateness: object
    memory_s: float
    end: datetime
    recent: Sequence[Alert]
    readings: dict[str, ReadingColumns] = field(default_factory=dict)
    frames: dict[str, FrameColumns] = field(default_factory=dict)
    passed: dict[tuple[str, str], Passed] = field(default_factory=dict)
    ground: dict[tuple[object, ...], busy.Touched] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.readings.values()) + sum(one.bytes for one in self.frames.values())


class Warm:
    """A judging (hub.tuning.raised.Judging) that may be asked by several threads at once."""

    def __init__(self, recording: Recording, question: Question, *, most_bytes: int | None = None) -> None:
        """Load nothing yet. `most_bytes` is what columns may take."""
        self.question = question
        self._recording, self._most = recording, most_bytes
        self._loaded: _Loaded | None = None
        self._lock = RLock()
        self._told_limits: list[str] | None = None
        self._zone: ZoneInfo | None = None

    @property
    def bytes(self) -> int:
        """How much memory what is loaded takes."""
        loaded = self._loaded
        return 0 if loaded is None else loaded.bytes

    def judge(self, configuration: Configuration, *, told: Told = untold) -> list[Raised]:
        """Return what is raised, in order of raising; raise Cancelled where `told` does."""
        told(Progress(0.0))
        self._zone = ZoneInfo(configuration.city.timezone)
        rules = self.question.rules
        if rules is not None and rules <= RULES and self._is_quick(configuration, rules):
            alerts = self._by_episodes(configuration, rules, told)
        else:
            alerts = replayed(self._recording, configuration, self.question, told=told)
        told(Progress(1.0))
        found = [raised_of(alert) for alert in alerts if asked(self.question, configuration.city, alert)]
        return sorted(found, key=lambda one: (one.raised_at, one.rule, one.subject))

    def limits(self) -> list[str]:
        """Say what of that time no replay can bring back."""
        with self._lock:
            if self._told_limits is None:
                loaded = self._loaded
                first: dict[str, int] = {}
                if loaded is not None:
                    first |= {name: int(one.at_us[0]) for name, one in loaded.readings.items() if len(one)}
                    first |= {name: int(one.at_us[0]) for name, one in loaded.frames.items() if len(one)}
                missing = () if loaded is None else sorted(loaded.names - first.keys())
                self._told_limits = limits.told(self._recording, self.question, first, missing, self._zone)
            return list(self._told_limits)

    def _is_quick(self, configuration: Configuration, rules: frozenset[str]) -> bool:
        thresholds, loaded = configuration.thresholds, self._loaded
        if thresholds.overrides and not rules.isdisjoint(PLACES):
            return False  # the zones of one camera may have thresholds of their own each
        # What came late was so under the bounds of then: with others it must be found out anew.
        return loaded is None or loaded.lateness == thresholds.lateness_s

    def _by_episodes(self, configuration: Configuration, rules: frozenset[str], told: Told) -> list[Alert]:
        question = self.question
        names = names_of(configuration.city, rules, question.grids, question.subjects)
        if not names:
            return []
        part = part_of(configuration.city, names)
        loaded = self._load(configuration, part, rules, told)
        engine = Engine(configuration, part, rules, loaded.recent, question.since)
        alerts: list[Alert] = []
        for number, name in enumerate(names):
            told(Progress(0.5 + 0.5 * number / len(names), name))
            findings: list[Finding] = []
            if name in loaded.readings:
                findings = engine.device(loaded.readings[name])
            elif name in loaded.frames:
                findings = self._camera(engine, loaded, configuration, name)
            if findings:
                alerts += engine.raised(findings)
        return alerts

    def _camera(self, engine: Engine, loaded: _Loaded, configuration: Configuration, name: str) -> list[Finding]:
        columns = loaded.frames[name]
        camera = configuration.city.cameras[name]
        view = (name, f"{configuration.thresholds.camera.moved!r} {camera.preset} {bool(camera.zones)}")
        if view not in loaded.passed:
            loaded.passed[view] = engine.view(columns)

        def ground(zones: tuple[Zone, ...], labels: frozenset[str], floor: float, drift: float) -> busy.Touched:
            key = (name, zones, labels, floor, drift)
            if key not in loaded.ground:
                if len(loaded.ground) > 16:
                    loaded.ground.clear()
                loaded.ground[key] = busy.touched(columns, zones, labels, floor, drift)
            return loaded.ground[key]

        return list(engine.camera(columns, loaded.passed[view], ground))

    def _load(self, configuration: Configuration, part: City, rules: frozenset[str], told: Told) -> _Loaded:
        """Return the columns of `part`, loaded unless they are there and reach back far enough."""
        question = self.question
        names = frozenset(part.devices) | frozenset(part.cameras)
        with self._lock:
            memory_s = Engine(configuration, part, rules, (), question.since).memory_s
            loaded = self._loaded
            grids = _grids(part)
            end = self._end(grids)  # while the question reaches into the present, more is recorded all the time
            if loaded is not None and (loaded.names, loaded.end) == (names, end) and loaded.memory_s >= memory_s:
                return loaded
            told(Progress(0.0, "loading what was recorded"))
            begin = question.since - timedelta(seconds=SPARE * memory_s)
            recent = self._recording.alerts_as_of(grids, question.since, question.since - REMEMBERED)
            lateness = configuration.thresholds.lateness_s
            loaded = _Loaded(names, lateness, SPARE * memory_s, end, _about(recent, part))
            self._fill(loaded, configuration, part, quantities_of(rules), begin, end, told)
            self._loaded, self._told_limits = loaded, None
            return loaded

    def _end(self, grids: Sequence[str]) -> datetime:
        """Return until when the question can be judged: as long as somebody listened."""
        question = self.question
        heard = [one.until for one in self._recording.listening(question.since, question.until, grids)]
        heard = [until for until in heard if until > question.since]
        return min(question.until, heard[-1]) if heard else question.until

    def _fill(
        self,
        loaded: _Loaded,
        configuration: Configuration,
        part: City,
        quantities: frozenset[Quantity],
        begin: datetime,
        end: datetime,
        told: Told,
    ) -> None:
        names: dict[str, frozenset[Quantity] | None] = dict.fromkeys(part.devices, quantities)
        names |= dict.fromkeys(part.cameras, LOOKS)
        readings: dict[str, list[ReadingRows]] = {}
        frames: dict[str, list[FrameRows]] = {}
        kept = 0
        for rows in self._rows(names, part, begin):
            kept += rows.at_us.nbytes * 2 + (rows.numbers.nbytes if isinstance(rows, FrameRows) else rows.value.nbytes)
            if self._most is not None and kept > self._most:
                most = self._most // 1024**2
                raise TooLarge(
                    f"the recording of this question takes more than {most} MiB: ask for a shorter span or fewer "
                    "devices, or allow more in LIANQIN_TUNING_MEMORY_MB"
                )
            if isinstance(rows, FrameRows):
                frames.setdefault(rows.camera_id, []).append(rows)
            else:
                readings.setdefault(rows.device_id, []).append(rows)
            told(Progress(0.5 * min(1.0, (len(readings) + len(frames)) / len(names)), "loading what was recorded"))
        lateness = configuration.thresholds.lateness_s
        since_us, end_us = micros(self.question.since), micros(end)
        for name, device in part.devices.items():
            if name in readings:
                cut = Cut(since_us=since_us, end_us=end_us, lateness_us=_us(getattr(lateness, device.kind.value)))
                loaded.readings[name] = readings_of(name, readings[name], cut)
        for name in part.cameras:
            if name in frames:
                cut = Cut(since_us=since_us, end_us=end_us, lateness_us=_us(lateness.camera))
                loaded.frames[name] = frames_of(name, frames.pop(name), readings.get(name, []), cut)

    def _rows(self, names: Names, part: City, begin: datetime) -> Iterator[Rows]:
        until = self.question.until
        if isinstance(self._recording, TellsRows):
            yield from self._recording.rows(names, begin, until)
            return
        grids = _grids(part)
        yield from rows_from(self._recording.recorded(grids, begin, until), names)


def replayed(
    recording: Recording, configuration: Configuration, question: Question, *, told: Told = untold
) -> list[Alert]:
    """Return the alerts that answer the question, by a replay of the part of the city that matters."""
    part = section_of(configuration.city, question)
    if part is None:
        return []
    alerts = replay(
        Section(recording, part, question, told),
        replace(configuration, city=part.city),
        grids=part.grids,
        since=question.since,
        until=question.until,
    )
    return [alert for alert in alerts if asked(question, configuration.city, alert)]


def _about(alerts: Sequence[Alert], part: City) -> list[Alert]:
    """Return the alerts about what is in `part`: others are another detector's to remember."""
    return [
        alert
        for alert in alerts
        if alert.subject in part.devices or alert.camera_id in part.cameras or alert.subject in part.cameras
    ]


def _grids(part: City) -> list[str]:
    devices, cameras = part.devices.values(), part.cameras.values()
    return sorted({one.grid for one in devices} | {one.grid for one in cameras})


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)
