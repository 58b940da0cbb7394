"""A recording and what some rules must be shown go in; the columns that are kept of it in memory come out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import numpy as np

from detectors.finding import Finding
from detectors.moved import QUANTITIES as LOOKS
from hub.alerts.alert import Alert
from hub.alerts.intake import REMEMBERED
from hub.config.load import Configuration
from hub.tuning import busy, heard, lamps
from hub.tuning.columns import (
    Cut,
    Flags,
    FrameColumns,
    FrameRows,
    ReadingColumns,
    ReadingRows,
    Rows,
    frames_of,
    micros,
    rows_from,
    stream_of,
)
from hub.tuning.engine import Wanted
from hub.tuning.episodes import Passed
from hub.tuning.heard import Group, Heard, HeardRows
from hub.tuning.lamps import LampColumns
from hub.tuning.raised import Progress, Question, Told, TooLarge
from hub.tuning.replay import Listened, Recording, listened_of
from ingest.city import City
from ingest.observation import Quantity, Status

Names = Mapping[str, frozenset[Quantity] | None]


@runtime_checkable
class TellsRows(Protocol):
    """A recording that gives columns by itself, quicker than one observation after the other."""

    def rows(self, names: Names, received_from: datetime, received_to: datetime) -> Iterator[Rows]:
        """Yield what was received in [from, to) of those devices and cameras, and was not late, in any order."""
        ...


@runtime_checkable
class TellsHeard(Protocol):
    """A recording that tells by itself when somebody was heard."""

    def heard(
        self, devices: Collection[str], cameras: Collection[str], received_from: datetime, received_to: datetime
    ) -> Iterator[Heard]:
        """Yield when those were heard in [from, to), in any order, and each status told of them."""
        ...


@dataclass(slots=True)
class Loaded:
    """What is kept of a recording: the columns of each name, and what they were loaded for."""

    wanted: Wanted
    lateness: object
    reach_s: float
    end: datetime
    since_us: int
    recent: Sequence[Alert]
    listened: Mapping[str, Listened]
    first_us: dict[str, int] = field(default_factory=dict)  # from when on anything is there of each name
    missing: list[str] = field(default_factory=list)  # of whom nothing is there
    readings: dict[str, ReadingColumns] = field(default_factory=dict)
    frames: dict[str, FrameColumns] = field(default_factory=dict)
    words: dict[str, list[HeardRows]] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    passed: dict[tuple[str, object], tuple[Passed, list[Finding]]] = field(default_factory=dict)
    ground: dict[tuple[object, ...], busy.Touched] = field(default_factory=dict)
    circuits: dict[tuple[object, ...], LampColumns] = field(default_factory=dict)
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        words = sum(part.received_us.nbytes + part.at_us.nbytes for parts in self.words.values() for part in parts)
        words += sum(one.bytes for one in self.groups.values())
        lamps_too = sum(one.bytes for one in self.circuits.values())
        telemetry = sum(one.bytes for one in self.readings.values())
        return words + lamps_too + telemetry + sum(one.bytes for one in self.frames.values())

    def group(self, names: tuple[str, ...]) -> Group:
        """Return when those who are judged together were heard."""
        if names not in self.groups:
            self.groups[names] = heard.group_of(names, self.words, self.statuses, self.since_us)
            for name in names:
                self.words.pop(name, None)
        return self.groups[names]

    def circuit(
        self, names: Sequence[str], begin_us: int, possible: Mapping[str, Flags], limits: object
    ) -> LampColumns:
        """Return the readings of lamps that are judged together, as far as they are possible and remembered."""
        key = (*names, begin_us, limits)
        if key not in self.circuits:
            for other in [other for other in self.circuits if other[: len(names)] == tuple(names)]:
                del self.circuits[other]
            kept = dict(possible)
            for name in names:
                columns = self.readings[name]
                kept[name] = kept[name] & np.concatenate(
                    (columns.received_us >= begin_us, np.ones(len(columns) - columns.past, np.bool_))
                )
            self.circuits[key] = lamps.lamps_of({name: self.readings[name] for name in names}, kept)
        return self.circuits[key]


def load(
    recording: Recording,
    configuration: Configuration,
    question: Question,
    part: City,
    wanted: Wanted,
    reach_s: float,
    end: datetime,
    *,
    most_bytes: int | None,
    told: Told,
) -> Loaded:
    """Return what `question` needs of the recording, from `reach_s` before its beginning on."""
    told(Progress(0.0, "loading what was recorded"))
    begin = question.since - timedelta(seconds=reach_s)
    grids = sorted({one.grid for one in part.devices.values()} | {one.grid for one in part.cameras.values()})
    recent = recording.alerts_as_of(grids, question.since, question.since - REMEMBERED)
    listened = {grid: listened_of(recording, grid, question.since, question.until) for grid in grids}
    found = Loaded(
        wanted,
        configuration.thresholds.lateness_s,
        reach_s,
        end,
        micros(question.since),
        _about(recent, part),
        listened,
    )
    allowance = _Allowance(most_bytes)
    heard_of = wanted.heard_devices | wanted.heard_cameras
    if heard_of:
        for one in _heard(recording, wanted, grids, begin, question.until):
            if isinstance(one, Status):
                found.statuses.append(one)
            else:
                allowance.take(one.received_us.nbytes + one.at_us.nbytes)
                found.words.setdefault(one.name, []).append(one)
            share = min(1.0, len(found.words) / len(heard_of))
            told(Progress(0.5 * share, "loading who was heard when"))
    names = {**wanted.readings, **dict.fromkeys(wanted.frames, LOOKS)}
    if names:
        _fill(found, recording, configuration, question, part, names, grids, begin, allowance, told)
    found.first_us = {name: int(one.at_us[0]) for name, one in found.readings.items() if len(one)}
    found.first_us |= {name: int(one.at_us[0]) for name, one in found.frames.items() if len(one)}
    for name, rows in found.words.items():
        found.first_us.setdefault(name, min(int(one.at_us.min()) for one in rows))
    found.missing = sorted(wanted.names(part) - found.first_us.keys())
    return found


class _Allowance:
    """How much may be kept."""

    def __init__(self, most_bytes: int | None) -> None:
        self._most, self._kept = most_bytes, 0

    def take(self, more_bytes: int) -> None:
        """Count some more; raise TooLarge where that is too much."""
        self._kept += more_bytes
        if self._most is not None and self._kept > self._most:
            raise TooLarge(
                f"the recording of this question takes more than {self._most // 1024**2} MiB: ask for a shorter span "
                "or fewer devices, or allow more in LIANQIN_TUNING_MEMORY_MB"
            )


def _fill(
    found: Loaded,
    recording: Recording,
    configuration: Configuration,
    question: Question,
    part: City,
    names: Names,
    grids: Sequence[str],
    begin: datetime,
    allowance: _Allowance,
    told: Told,
) -> None:
    readings: dict[str, list[ReadingRows]] = {}
    frames: dict[str, list[FrameRows]] = {}
    for rows in _rows(recording, names, grids, begin, question.until):
        allowance.take(rows.at_us.nbytes * 2 + (rows.numbers if isinstance(rows, FrameRows) else rows.value).nbytes)
        if isinstance(rows, FrameRows):
            frames.setdefault(rows.camera_id, []).append(rows)
        else:
            readings.setdefault(rows.device_id, []).append(rows)
        share = min(1.0, (len(readings) + len(frames)) / len(names))
        told(Progress(0.5 * share, "loading what was recorded"))
    lateness, end_us = configuration.thresholds.lateness_s, micros(found.end)

    def cut(kind: str) -> Cut:
        return Cut(since_us=found.since_us, end_us=end_us, lateness_us=round(getattr(lateness, kind) * 1_000_000))

    streams: dict[tuple[str, str], list[str]] = {}
    for name, device in part.devices.items():
        if name in readings:
            streams.setdefault((device.grid, f"circuit {device.circuit_id}" if device.circuit_id else name), []).append(
                name
            )
    for together in streams.values():
        kind = part.devices[together[0]].kind.value
        found.readings |= stream_of({name: readings.pop(name) for name in together}, cut(kind))
    for name in part.cameras:
        if name in frames:
            found.frames[name] = frames_of(name, frames.pop(name), readings.get(name, []), cut("camera"))


def _rows(recording: Recording, names: Names, grids: Sequence[str], begin: datetime, until: datetime) -> Iterator[Rows]:
    if isinstance(recording, TellsRows):
        yield from recording.rows(names, begin, until)
        return
    yield from rows_from(recording.recorded(grids, begin, until), names)


def _heard(
    recording: Recording, wanted: Wanted, grids: Sequence[str], begin: datetime, until: datetime
) -> Iterator[Heard]:
    devices, cameras = wanted.heard_devices, wanted.heard_cameras
    if isinstance(recording, TellsHeard):
        yield from recording.heard(devices, cameras, begin, until)
        return
    yield from heard.heard_from(recording.recorded(grids, begin, until), devices, cameras)


def _about(alerts: Sequence[Alert], part: City) -> list[Alert]:
    """Return the alerts about what is in `part`: others are another detector's to remember."""
    known = (part.devices, part.circuits, part.cameras)
    return [
        alert for alert in alerts if alert.camera_id in part.cameras or any(alert.subject in names for names in known)
    ]
