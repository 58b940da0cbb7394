"""The city, the detectors and what was open go in; for every device and camera, where its observations go comes out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from detectors.detector import Detector
from detectors.drainage import Drainage
from detectors.faults import Faults
from detectors.finding import OpenFinding
from detectors.gas import Gas
from detectors.laying import Kind, laid
from detectors.moved import Moved
from detectors.parking import Parking
from detectors.profile import NO_PROFILES, Profiles
from detectors.reorder import Stream
from detectors.silence import Silence
from detectors.stalls import Stalls
from detectors.streetlight import Streetlight
from detectors.thresholds import Thresholds
from detectors.unusual import UnusualDetector, UnusualLamps, UnusualWater
from detectors.watches import Watch
from detectors.water import Water
from ingest.city import City
from ingest.observation import Quantity


class Slot:
    """One partition of one detector, with its state."""

    __slots__ = ("detector", "observe", "state")

    def __init__(self, detector: Detector, partition: str, open_findings: Sequence[OpenFinding]) -> None:
        """Start the partition with its open findings latched."""
        self.detector = detector
        self.observe = detector.observe
        self.state: Any = detector.start(partition, open_findings)


class Route:
    """Where the readings of one device, or the frames of one camera (quantity None), go.

    A device's `faults` see its readings first; a camera's `view` sees its frames first and lets through what may be
    judged, and takes those of the camera's own readings that are in `heard`.
    """

    __slots__ = ("faults", "heard", "slots", "stream", "view", "watch")

    def __init__(self, stream: Stream, watch: Watch | None) -> None:
        """Begin with no detector."""
        self.stream, self.watch = stream, watch
        self.faults: Slot | None = None
        self.view: Slot | None = None
        self.heard: frozenset[Quantity] = frozenset()
        self.slots: dict[Quantity | None, tuple[Slot, ...]] = {}


class Recalling:
    """A detector that sums over days, and where the devices of its partitions lead to."""

    __slots__ = ("detector", "slots")

    def __init__(self, detector: UnusualDetector, slots: Mapping[str, Slot]) -> None:
        self.detector, self.slots = detector, slots


# Every kind of detector but silence, which runs on another clock, and those that need profiles besides.
KINDS: tuple[Kind, ...] = (Faults, Streetlight, Water, Drainage, Gas, Moved, Parking, Stalls)


class Routes:
    """Every device and camera of `grids` (None: the whole city), with its stream, its watch and its detectors.

    `taken` are the open findings, as (rule, subject), that some partition latched; `elsewhere` are the subjects that
    lie in other grids; `memory_s` is the longest that any detector remembers.
    """

    def __init__(
        self,
        city: City,
        thresholds: Thresholds,
        grids: frozenset[str] | None,
        open_findings: Sequence[OpenFinding],
        silence: Silence,
        profiles: Profiles = NO_PROFILES,
    ) -> None:
        """Start every partition of every detector."""
        self.devices: dict[str, Route] = {}
        self.cameras: dict[str, Route] = {}
        self.streams: list[Stream] = []
        self.recalling: list[Recalling] = []
        self.taken: set[tuple[str, str]] = set()
        self._places = {zone.zone_id: name for name, camera in city.cameras.items() for zone in camera.zones}
        self.elsewhere = self._elsewhere(city, grids)
        unusual = (partial(UnusualWater, profiles=profiles), partial(UnusualLamps, profiles=profiles))
        detectors = laid((*KINDS, *unusual), city, thresholds)
        self.memory_s = max(detector.memory_s for detector in detectors)
        self.ranges: Mapping[Quantity, tuple[float, float]] = {}
        self._lay_streams(city, thresholds, grids, silence)
        for detector in detectors:
            if isinstance(detector, Faults):
                self.ranges = detector.ranges
            self._lay(detector, open_findings)

    def _lay_streams(self, city: City, thresholds: Thresholds, grids: frozenset[str] | None, silence: Silence) -> None:
        streams: dict[str, Stream] = {}
        for name, device in city.devices.items():
            if grids is not None and device.grid not in grids:
                continue
            stream = streams.setdefault(
                f"circuit {device.circuit_id}" if device.circuit_id else name,
                Stream(getattr(thresholds.lateness_s, device.kind.value)),
            )
            self.devices[name] = Route(stream, silence.devices.get(name))
        for name, camera in city.cameras.items():
            if grids is None or camera.grid in grids:
                stream = streams[f"camera {name}"] = Stream(thresholds.lateness_s.camera)
                self.cameras[name] = Route(stream, silence.cameras.get(name))
        self.streams = list(streams.values())

    def _lay(self, detector: Detector, opened: Sequence[OpenFinding]) -> None:
        """Start the detector's partitions, what was open latched, and let its devices and cameras lead there."""
        partitions = detector.partitions()
        mine: dict[str, list[OpenFinding]] = {}
        for found in opened:
            if found.rule in detector.rules:
                mine.setdefault(self._partition_of(found.subject, partitions), []).append(found)
        wanted: Collection[Quantity] = getattr(detector, "quantities", frozenset(Quantity))
        slots: dict[str, Slot] = {}
        for name, partition in partitions.items():
            route = self.devices.get(name) or self.cameras.get(name)
            if route is None:
                continue
            if partition not in slots:
                latched = mine.get(partition, [])
                slots[partition] = Slot(detector, partition, latched)
                self.taken |= {(found.rule, found.subject) for found in latched}
            if isinstance(detector, Faults):
                route.faults = slots[partition]
                continue
            if isinstance(detector, Moved):
                route.view, route.heard = slots[partition], detector.quantities
                continue
            for quantity in wanted if name in self.devices else (None,):
                route.slots[quantity] = (*route.slots.get(quantity, ()), slots[partition])
        if isinstance(detector, UnusualDetector) and slots:
            self.recalling.append(
                Recalling(detector, {name: slots[one] for name, one in partitions.items() if one in slots})
            )

    def _partition_of(self, subject: str, partitions: Mapping[str, str]) -> str:
        """Return the partition that a subject belongs to: a device of it, the partition itself, or a place in it."""
        if subject in partitions:
            return partitions[subject]
        zone, at_sign, _ = subject.rpartition("@")
        return partitions.get(self._places.get(zone, zone), subject) if at_sign else subject

    def _elsewhere(self, city: City, grids: frozenset[str] | None) -> set[str]:
        """Return the subjects in the city's other grids; places there are known by their zone."""
        if grids is None:
            return set()
        grid_of = {name: device.grid for name, device in city.devices.items()}
        grid_of |= {name: circuit.grid for name, circuit in city.circuits.items()}
        grid_of |= {name: camera.grid for name, camera in city.cameras.items()}
        others = {name for name, grid in grid_of.items() if grid not in grids}
        return others | {zone for zone, camera in self._places.items() if camera in others}
