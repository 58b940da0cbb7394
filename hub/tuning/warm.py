"""A recording and a question in, a judging that keeps what it has loaded, and answers each configuration quickly, out.

Rules of which is known when they rest are judged by their episodes, over columns in memory (hub/tuning/engine.py). All
others are replayed as a whole, over the part of the city that matters, read from the recording each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock
from zoneinfo import ZoneInfo

from detectors.finding import Finding
from hub.alerts.alert import Alert
from hub.config.load import Configuration
from hub.tuning import busy, heard, lamps, limits
from hub.tuning.engine import RULES, Engine, Wanted, wanted_of
from hub.tuning.loading import Loaded, load
from hub.tuning.raised import Progress, Question, Raised, Told, asked, raised_of, untold
from hub.tuning.replay import Recording, replay
from hub.tuning.section import Section, section_of
from ingest.city import City, DeviceKind, Zone

SPARE = (
    2.0  # as much of the past is loaded as twice what the detectors remember: thresholds that look back may be tried
)


class Warm:
    """A judging (hub.tuning.raised.Judging) that may be asked by several threads at once."""

    def __init__(self, recording: Recording, question: Question, *, most_bytes: int | None = None) -> None:
        """Load nothing yet. `most_bytes` is what columns may take."""
        self.question = question
        self._recording, self._most = recording, most_bytes
        self._loaded: Loaded | None = None
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
        if rules is not None and rules <= RULES and self._is_quick(configuration):
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
                first = {} if loaded is None else loaded.first_us
                missing = () if loaded is None else loaded.missing
                self._told_limits = limits.told(self._recording, self.question, first, missing, self._zone)
            return list(self._told_limits)

    def _is_quick(self, configuration: Configuration) -> bool:
        loaded = self._loaded
        # What came late was so under the bounds of then: with others it must be found out anew.
        return loaded is None or loaded.lateness == configuration.thresholds.lateness_s

    def _by_episodes(self, configuration: Configuration, rules: frozenset[str], told: Told) -> list[Alert]:
        section = section_of(configuration.city, self.question)
        if section is None:
            return []
        part, wanted = section.city, wanted_of(section.city, rules)
        if not (wanted.readings or wanted.frames or wanted.heard_devices or wanted.heard_cameras):
            return []
        loaded = self._load(configuration, part, wanted, rules, told)
        engine = Engine(configuration, part, rules, loaded.recent, self.question.since)
        alerts: list[Alert] = []
        for share, name, findings in self._found(engine, loaded, part, rules):
            told(Progress(0.5 + 0.5 * share, name))
            if findings:
                alerts += engine.raised(findings)
        return alerts

    def _found(
        self, engine: Engine, loaded: Loaded, part: City, rules: frozenset[str]
    ) -> Iterator[tuple[float, str, Sequence[Finding]]]:
        """Yield what is found of each device, camera, circuit and group, with how much of them is done."""
        circuits = _circuits(part, loaded) if not rules.isdisjoint(lamps.RULES) else {}
        groups = [
            names
            for names in heard.together(part)
            if not loaded.wanted.heard_devices.isdisjoint(names) or not loaded.wanted.heard_cameras.isdisjoint(names)
        ]
        count = len(loaded.readings) + len(loaded.frames) + len(circuits) + len(groups)
        done = 0
        for name, readings in loaded.readings.items():
            yield done / count, name, engine.device(readings)
            done += 1
        for name in loaded.frames:
            yield done / count, name, self._camera(engine, loaded, name)
            done += 1
        for (partition, _), names in circuits.items():
            possible = {name: engine.possible(loaded.readings[name]) for name in names}
            with self._lock:
                columns = loaded.circuit(names, engine.begin_us, possible, engine.ranges)
            yield done / count, partition, engine.circuit(partition, columns)
            done += 1
        for members in groups:
            with self._lock:
                group = loaded.group(members)
            yield done / count, members[0], engine.silences(group, loaded.listened[_grid(part, members[0])])
            done += 1

    def _camera(self, engine: Engine, loaded: Loaded, name: str) -> list[Finding]:
        columns = loaded.frames[name]
        view = (name, engine.view_of(name))
        if view not in loaded.passed:
            loaded.passed[view] = engine.view(columns)
        passed, moved = loaded.passed[view]

        def ground(zones: tuple[Zone, ...], labels: frozenset[str], floor: float, drift: float) -> busy.Touched:
            key = (name, zones, labels, floor, drift)
            if key not in loaded.ground:
                if len(loaded.ground) > 16:
                    loaded.ground.clear()
                loaded.ground[key] = busy.touched(columns, zones, labels, floor, drift)
            return loaded.ground[key]

        return [*moved, *engine.camera(columns, passed, ground)]

    def _load(
        self, configuration: Configuration, part: City, wanted: Wanted, rules: frozenset[str], told: Told
    ) -> Loaded:
        """Return what is `wanted`, loaded unless it is there and reaches back far enough."""
        with self._lock:
            engine = Engine(configuration, part, rules, (), self.question.since)
            loaded = self._loaded
            end = self._end(part)  # while the question reaches into the present, more is recorded all the time
            if (
                loaded is not None
                and (loaded.wanted, loaded.end) == (wanted, end)
                and loaded.reach_s >= engine.reach_s()
            ):
                return loaded
            loaded = load(
                self._recording,
                configuration,
                self.question,
                part,
                wanted,
                engine.reach_s(SPARE),
                end,
                most_bytes=self._most,
                told=told,
            )
            self._loaded, self._told_limits = loaded, None
            return loaded

    def _end(self, part: City) -> datetime:
        """Return until when the question can be judged: as long as somebody listened."""
        question = self.question
        grids = sorted({_grid(part, name) for name in (*part.devices, *part.cameras)})
        heard_in = [one.until for one in self._recording.listening(question.since, question.until, grids)]
        heard_in = [until for until in heard_in if until > question.since]
        return min(question.until, heard_in[-1]) if heard_in else question.until


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


def _grid(part: City, name: str) -> str:
    return part.devices[name].grid if name in part.devices else part.cameras[name].grid


def _circuits(part: City, loaded: Loaded) -> dict[tuple[str, str], list[str]]:
    """Return the lamps that are judged together, by their circuit, or the lamp itself, and their grid."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, device in part.devices.items():
        if name in loaded.readings and device.kind is DeviceKind.STREETLIGHT:
            circuit = device.circuit_id if device.circuit_id in part.circuits else None
            found.setdefault((circuit or name, device.grid), []).append(name)
    return found
