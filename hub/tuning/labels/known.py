"""A configuration in, what labels can speak of out: its rules, and where its devices and places lie; pure."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.threshold import Rule
from hub.config.load import Configuration
from hub.tuning.judging import Question
from hub.tuning.labels.label import Label
from hub.tuning.labels.place import parted
from hub.tuning.trace.scope import scope_of
from ingest.city import City


class KnownTo:
    """What one configuration knows."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def rules(self) -> Iterable[str]:
        """Return the names of all rules."""
        for domain in type(self._configuration.thresholds).model_fields:
            section = getattr(self._configuration.thresholds, domain)
            for what in getattr(type(section), "model_fields", {}):
                if isinstance(getattr(section, what), Rule):
                    yield f"{domain}.{what}"

    def grid_of(self, subject: str) -> str | None:
        """Return the grid that a device, circuit, camera or a zone's place lies in; None for what is not known."""
        city = self._configuration.city
        for things in (city.devices, city.circuits, city.cameras):
            if subject in things:
                return things[subject].grid
        camera = camera_of(city, subject)
        return None if camera is None else city.cameras[camera].grid

    def has_grid(self, grid: str) -> bool:
        """Tell whether there is such a grid."""
        return grid in self._configuration.city.grids

    def names(self) -> Iterable[str]:
        """Return the names of all devices, circuits, cameras and zones."""
        city = self._configuration.city
        for things in (city.devices, city.circuits, city.cameras):
            yield from things
        for camera in city.cameras.values():
            yield from (zone.zone_id for zone in camera.zones)

    def refused(self, rule: str, subject: str) -> str:
        """Return why `rule` can never speak of `subject`, which the city has; nothing where it can."""
        refused = scope_of(self._configuration.city, rule, subject).refused
        return "" if refused is None else refused.en


def camera_of(city: City, subject: str) -> str | None:
    """Return the camera whose zone a label's subject names; None for any other."""
    zone = parted(subject)[0]
    return next(
        (camera.camera_id for camera in city.cameras.values() for each in camera.zones if each.zone_id == zone), None
    )


def touches(question: Question, city: City, label: Label) -> bool:
    """Tell whether `question` asks for the place of `label`: by subject, zone, camera or its lamp's circuit."""
    if question.rules is not None and label.rule not in question.rules:
        return False
    if question.grids is not None and label.grid not in question.grids:
        return False
    if question.subjects is None:
        return True
    device = city.devices.get(label.subject)
    names = {label.subject, parted(label.subject)[0], camera_of(city, label.subject)}
    return bool((names | ({device.circuit_id} if device is not None else set())) & question.subjects)
