"""The city and its thresholds go in; the detectors that judge it come out, one set for each set of thresholds.

Without overrides there is one of each. With them each distinct set of thresholds gets a detector of its own, over those
devices and cameras that it holds for; partitions stay whole. The zones of one camera may be held against different
thresholds: then each of these detectors sees all of the picture, as if its thresholds held for all of it, and what it
finds counts in its own zones. So a zone is judged as in a city that has its thresholds everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from detectors.detector import Detector
from detectors.finding import Finding, OpenFinding
from detectors.overrides import ZONE_DOMAINS, Key, Overridden
from detectors.thresholds import Thresholds
from ingest.city import City

Kind = Callable[[City, Thresholds], Detector]


class Narrowed:
    """A detector of cameras whose findings count in some zones alone, on the cameras that have others as well."""

    def __init__(self, detector: Detector, zones: Mapping[str, frozenset[str]]) -> None:
        """Let `detector` be heard of the zones of each camera of `zones`, and of all others altogether."""
        self.detector, self.zones = detector, zones
        self.name, self.rules, self.memory_s = detector.name, detector.rules, detector.memory_s

    def partitions(self) -> Mapping[str, str]:
        """Return the detector's own."""
        return self.detector.partitions()

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> Any:
        """Return the detector's own; what is open in other zones stands there for it as well."""
        return self.detector.start(partition, open_findings)

    def observe(self, state: Any, observation: Any) -> tuple[Any, Sequence[Finding]]:
        """Return the detector's own state, and what of its findings counts."""
        state, found = self.detector.observe(state, observation)
        return state, [each for each in found if self._counts(each)] if found else found

    def _counts(self, found: Finding) -> bool:
        zones = self.zones.get(found.camera_id or "")
        return zones is None or found.subject.rpartition("@")[0] in zones


def laid(kinds: Iterable[Kind], city: City, thresholds: Thresholds) -> list[Detector]:
    """Return the detectors of these kinds, each kind's one after the other."""
    everywhere = thresholds.everywhere()
    if not thresholds.overrides:
        return [kind(city, everywhere) for kind in kinds]
    overridden = Overridden(thresholds, city)
    found: list[Detector] = []
    for kind in kinds:
        whole = kind(city, everywhere)
        domain = whole.rules[0].partition(".")[0]
        if overridden.relevant(domain):
            found += _parted(kind, overridden, domain)
        else:
            found.append(whole)
    return found


def _parted(kind: Kind, overridden: Overridden, domain: str) -> list[Detector]:
    """Return a detector of `kind` for each set of thresholds, over those that it holds for."""
    city = overridden.city
    names: dict[Key, set[str]] = {(): set()}
    zones: dict[Key, dict[str, frozenset[str]]] = {}
    for name in city.devices:
        names.setdefault(overridden.key(domain, name), set()).add(name)
    for name in city.cameras:
        parts = _zones_by_key(overridden, domain, name)
        for key, those in parts.items():
            names.setdefault(key, set()).add(name)
            if len(parts) > 1:
                zones.setdefault(key, {})[name] = those
    found: list[Detector] = []
    for key, those_named in names.items():
        part = replace(
            city,
            devices={name: device for name, device in city.devices.items() if name in those_named},
            cameras={name: camera for name, camera in city.cameras.items() if name in those_named},
        )
        detector = kind(part, overridden.under(key))
        found.append(Narrowed(detector, zones[key]) if key in zones else detector)
    return found


def _zones_by_key(overridden: Overridden, domain: str, camera_id: str) -> dict[Key, frozenset[str]]:
    """Return which of the camera's zones are held against which thresholds; the picture as a whole has its own name."""
    kinds = ZONE_DOMAINS.get(domain, frozenset())
    names = [zone.zone_id for zone in overridden.city.cameras[camera_id].zones if zone.kind in kinds]
    if domain != "parking" or not names:  # a stall may be found in no zone at all
        names.append(camera_id)
    parts: dict[Key, set[str]] = {}
    for name in names:
        parts.setdefault(overridden.key(domain, name), set()).add(name)
    return {key: frozenset(those) for key, those in parts.items()}
