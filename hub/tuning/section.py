"""A city and a question in, the part of the city that must be judged to answer it out; and its recording.

The part is as small as it may be: what belongs together (a circuit's lamps, a gateway and all behind it) stays so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.alerts.alert import Alert
from hub.config.load import Configuration
from hub.tuning.raised import Progress, Question, Told
from hub.tuning.replay import Interval, Recording
from hub.worker.fold import TellsHours
from ingest.city import City, DeviceKind
from ingest.observation import Observation, Reading, Status

KINDS = {
    "streetlight": frozenset({DeviceKind.STREETLIGHT}),
    "water": frozenset({DeviceKind.WATER}),
    "drainage": frozenset({DeviceKind.DRAINAGE}),
    "gas": frozenset({DeviceKind.GAS}),
    "device": frozenset(DeviceKind) - {DeviceKind.CAMERA},
    "sensor": frozenset(DeviceKind) - {DeviceKind.CAMERA, DeviceKind.GATEWAY},
}
OF_CAMERAS = frozenset({"camera", "parking", "stall"})
OF_GATEWAYS = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a city: `names` are its devices and cameras, None where it is all of the grids."""

    city: City
    grids: frozenset[str]
    names: frozenset[str] | None


def section_of(city: City, question: Question) -> Part | None:
    """Return the part that answers the question; None where the city has nothing that it asks for."""
    grids = frozenset(city.grids) if question.grids is None else question.grids & city.grids.keys()
    domains = None if question.rules is None else {rule.partition(".")[0] for rule in question.rules}
    if question.subjects is None and domains is None:
        return Part(city=city, grids=grids, names=None) if grids else None
    names = {name for name in _asked(city, question, domains) if _grid(city, name) in grids}
    names = {name for name in _together(city, names, domains) if _grid(city, name) in grids}
    if not names:
        return None
    smaller = replace(
        city,
        devices={name: device for name, device in city.devices.items() if name in names},
        circuits={name: circuit for name, circuit in city.circuits.items() if not names.isdisjoint(circuit.lamps)},
        cameras={name: camera for name, camera in city.cameras.items() if name in names},
    )
    if domains is not None and OF_GATEWAYS not in domains:
        # Whether a device is heard is another rule's business: behind no gateway it is judged all the same.
        smaller = replace(smaller, devices={n: replace(one, gateway_id=None) for n, one in smaller.devices.items()})
    return Part(
        city=smaller, grids=frozenset(grid for name in names if (grid := _grid(city, name))), names=frozenset(names)
    )


def _asked(city: City, question: Question, domains: set[str] | None) -> Iterator[str]:
    subjects = question.subjects
    kinds = frozenset(DeviceKind) if domains is None else frozenset().union(*(KINDS.get(one, ()) for one in domains))
    for name, device in city.devices.items():
        if device.kind in kinds and (subjects is None or name in subjects or device.circuit_id in subjects):
            yield name
    if domains is None or not domains.isdisjoint(OF_CAMERAS):
        for name, camera in city.cameras.items():
            if subjects is None or name in subjects or any(zone.zone_id in subjects for zone in camera.zones):
                yield name


def _together(city: City, names: set[str], domains: set[str] | None) -> set[str]:
    """Return `names` with all that is judged together with any of them."""
    circuits = {city.devices[name].circuit_id for name in names if name in city.devices} - {None}
    names = names | {name for name, device in city.devices.items() if device.circuit_id in circuits}
    if domains is None or OF_GATEWAYS in domains:
        gateways = {city.devices[name].gateway_id for name in names if name in city.devices} - {None}
        gateways |= names
        names = names | {
            name for name, device in city.devices.items() if name in gateways or device.gateway_id in gateways
        }
    return names


def _grid(city: City, name: str) -> str:
    found = city.devices.get(name) or city.cameras.get(name)
    return found.grid if found is not None else ""


class Section:
    """The recording of a part alone; reading it tells how far the replay is, and ends it when nobody wants it."""

    def __init__(self, recording: Recording, part: Part, question: Question, told: Told) -> None:
        self._recording, self._part, self._question, self._told = recording, part, question, told
        self._grids = sorted(part.grids)

    def alerts_as_of(self, grids: Sequence[str] | None, moment: datetime, since: datetime) -> list[Alert]:
        """Return those of the part."""
        found = self._recording.alerts_as_of(grids, moment, since)
        names, city = self._part.names, self._part.city
        if names is None:
            return found
        return [one for one in found if one.subject in names or one.subject in city.circuits or one.camera_id in names]

    def recorded(
        self,
        grids: Sequence[str] | None,
        received_from: datetime,
        received_to: datetime,
        *,
        nights_of: Configuration | None = None,
    ) -> Iterator[tuple[Observation, bool]]:
        """Yield what was recorded of the part."""
        names, question = self._part.names, self._question
        grid = grids[0] if grids else ""
        place = self._grids.index(grid) if grid in self._grids else 0
        span_s = (question.until - question.since).total_seconds()
        for number, pair in enumerate(self._recording.recorded(grids, received_from, received_to, nights_of=nights_of)):
            if number % 2000 == 0:
                gone_s = max(0.0, (pair[0].received_at - question.since).total_seconds())
                done = (place + min(1.0, gone_s / span_s)) / len(self._grids)
                self._told(Progress(done, f"{pair[0].received_at:%Y-%m-%d %H:%M}"))
            if names is None or _name(pair[0]) in names:
                yield pair

    def listening(self, since: datetime, until: datetime, grids: Sequence[str] | None = None) -> Sequence[Interval]:
        """Return when somebody listened."""
        return self._recording.listening(since, until, grids)

    def hours(self, wanted: Sequence[object], until: datetime) -> Sequence[object]:
        """Return the sums of hours, where the recording has them."""
        if isinstance(self._recording, TellsHours):
            return self._recording.hours(wanted, until)  # type: ignore[arg-type]
        return ()


def _name(observation: Observation) -> str:
    return observation.device_id if isinstance(observation, Reading | Status) else observation.camera_id
