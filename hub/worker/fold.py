"""Takes messages, gives the batch to store: decode, judge, alerts. No I/O, no clock: a replay runs the same code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from detectors.baseline import HourSums
from detectors.judge import HoursWanted, Judge
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.intake import Intake, open_findings
from hub.config.load import Configuration
from hub.store.write import Batch
from ingest.decode import Decoder
from ingest.observation import EvidencePicture, Frame, Observation, Quarantined, Reading, Status
from ingest.window import Message


@dataclass(slots=True)
class Decoded:
    """What some messages held, and how many observations of which grid and hour were received in them."""

    observations: list[Observation] = field(default_factory=list)
    pictures: list[EvidencePicture] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    received: Counter[tuple[str, datetime]] = field(default_factory=Counter)


@runtime_checkable
class TellsHours(Protocol):
    """What readings were stored, added up by the hour."""

    def hours(self, wanted: Sequence[HoursWanted], until: datetime) -> Sequence[HourSums]:
        """Return the sums of what was received before `until` and not late, of each wanted hour, in order."""
        ...


class Fold:
    """Everything a worker knows of its grids under one configuration."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        grids: frozenset[str] | None,
        recent: Sequence[Alert],
        listening_since: datetime,
    ) -> None:
        """Begin with the alerts that are open or ended lately (oldest first); `grids` None is the whole city."""
        self.configuration = configuration
        city = configuration.city
        self._decoder = Decoder(city, grids=grids)
        self._intake = Intake(city, configuration.version, recent)
        self._grid_of = {device_id: device.grid for device_id, device in city.devices.items()} | {
            camera_id: camera.grid for camera_id, camera in city.cameras.items()
        }
        self._judge = Judge(
            city,
            configuration.thresholds,
            grids=grids,
            open_findings=open_findings(recent),
            listening_since=listening_since,
            profiles=configuration.profiles,
        )

    @property
    def memory_s(self) -> float:
        """How far back `rebuild` must be fed."""
        return float(self._judge.memory_s)

    @property
    def open_alerts(self) -> Sequence[Alert]:
        """The alerts whose condition holds."""
        return self._intake.open_alerts

    def recall(self, source: object, until: datetime) -> None:
        """Before `rebuild`: remember the hours that rules over days sum up, of what was received before `until`.

        A `source` that cannot tell them (see TellsHours) leaves these rules to begin anew.
        """
        wanted = self._judge.hours_wanted()
        if wanted and isinstance(source, TellsHours):
            self._judge.recall(source.hours(wanted, until), until)

    def rebuild(self, recorded: Iterable[tuple[Observation, bool]], *, emit_from: datetime) -> list[AlertChange]:
        """Fold what was stored before; return the changes that the last transaction may have missed."""
        return self._intake.take(self._judge.rebuild(recorded, emit_from=emit_from))

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Return what `messages` hold; whatever cannot be read is in `quarantined`."""
        out = Decoded()
        decode = self._decoder.decode
        for message in messages:
            found = decode(message.topic, message.payload, message.received_at, retained=message.retained)
            out.observations += found.observations
            out.pictures += found.pictures
            out.quarantined += found.quarantined
            hour = message.received_at.replace(minute=0, second=0, microsecond=0)
            if found.received:  # what the hub itself published comes back by its own wildcard, and is nothing
                out.received[found.grid, hour] += found.received
        return out

    def judge(self, decoded: Decoded, *, now: datetime) -> Batch:
        """Return the batch to store for what was decoded, with the alerts it changes."""
        judgement = self._judge.observe(decoded.observations)
        batch = self._batch(decoded, judgement.late, now=now)
        batch.changes.extend(self._intake.take(judgement.findings))
        return batch

    def again(self, observations: Sequence[Observation]) -> list[AlertChange]:
        """Return what `observations`, recorded and in the order of their arrival, change."""
        return self._intake.take(self._judge.observe(observations).findings)

    def tick(self, at: datetime) -> list[AlertChange]:
        """Let hub time reach `at`; return what that changes."""
        return self._intake.take(self._judge.advance(at))

    def resume_listening(self, at: datetime) -> None:
        """Forget the time in which nothing could be heard: silence needs its grace again."""
        self._judge.resume_listening(at)

    def one_by_one(self, messages: Sequence[Message], batch: Batch) -> Iterator[tuple[Message, Batch]]:
        """Yield each message with a batch of what it alone held, judged as in `batch`, without alert changes."""
        readings_late = iter([late for _, _, late in batch.readings])
        frames_late = iter([late for _, _, late in batch.frames])
        for message in messages:
            single = self._batch(self.decode([message]), set(), now=batch.at)
            single.readings = [(reading, grid, next(readings_late)) for reading, grid, _ in single.readings]
            single.frames = [(frame, grid, next(frames_late)) for frame, grid, _ in single.frames]
            yield message, single

    def _batch(self, decoded: Decoded, late: set[int], *, now: datetime) -> Batch:
        batch = Batch(at=now, received=decoded.received)
        batch.quarantined.extend(decoded.quarantined)
        grid_of = self._grid_of
        batch.pictures.extend((picture, grid_of[picture.camera_id]) for picture in decoded.pictures)
        readings = batch.readings
        for index, observation in enumerate(decoded.observations):
            if type(observation) is Reading:
                readings.append((observation, grid_of[observation.device_id], index in late))
            elif type(observation) is Frame:
                batch.frames.append((observation, grid_of[observation.camera_id], index in late))
            elif type(observation) is Status:
                batch.statuses.append((observation, grid_of[observation.device_id]))
        return batch
