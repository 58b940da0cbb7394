"""Takes a finding and the open alerts, gives the alert of which the finding is only a symptom.

The topology is gateway → circuit → lamp and camera → zone; a burst main has low pressure. A symptom is recorded, linked
to its cause, and surfaces by itself once the cause has cleared and it still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from detectors.finding import Finding
from ingest.city import City


@dataclass(frozen=True, slots=True)
class Inhibition:
    """An open alert of rule `cause` on the subject that lies `above` makes findings of `symptoms` mere symptoms.

    A symptom ending in `.*` names a whole domain.
    """

    cause: str
    symptoms: tuple[str, ...]
    above: Callable[[Finding, City], str | None]

    def covers(self, rule: str) -> bool:
        """Tell whether findings of `rule` can be symptoms of this cause."""
        return any(rule == name or (name.endswith(".*") and rule.startswith(name[:-1])) for name in self.symptoms)


def circuit_above(finding: Finding, city: City) -> str | None:
    """Return the circuit of the lamp that `finding` is about."""
    device = city.devices.get(finding.subject)
    return device.circuit_id if device else None


def gateway_above(finding: Finding, city: City) -> str | None:
    """Return the gateway of the device or circuit that `finding` is about."""
    device = city.devices.get(finding.subject)
    if device is not None:
        return device.gateway_id
    circuit = city.circuits.get(finding.subject)
    return circuit.gateway_id if circuit else None


def camera_above(finding: Finding, city: City) -> str | None:
    """Return the camera whose picture `finding` is about."""
    return finding.camera_id


def itself(finding: Finding, city: City) -> str | None:
    """Return the very subject of `finding`."""
    return finding.subject


TABLE: tuple[Inhibition, ...] = (
    Inhibition("streetlight.circuit_out", ("streetlight.lamp_out", "streetlight.voltage"), circuit_above),
    Inhibition("device.silent", ("device.silent", "sensor.fault", "streetlight.circuit_out"), gateway_above),
    Inhibition("streetlight.circuit_out", ("streetlight.unusual",), itself),
    Inhibition("water.burst", ("water.pressure", "water.unusual"), itself),
    Inhibition("sensor.fault", ("water.unusual",), itself),
    Inhibition("camera.lost", ("camera.moved", "parking.*", "stall.*"), camera_above),
)


def causes(finding: Finding, city: City) -> Iterator[tuple[str, str]]:
    """Yield (rule, subject) of every alert that would make `finding` a symptom, nearest first."""
    for row in TABLE:
        if row.covers(finding.rule):
            subject = row.above(finding, city)
            if subject is not None and (row.cause, subject) != (finding.rule, finding.subject):
                yield row.cause, subject


def first_open(pairs: Iterable[tuple[str, str]], is_open: Callable[[tuple[str, str]], bool]) -> tuple[str, str] | None:
    """Return the first of `pairs` that is open, or None."""
    return next((pair for pair in pairs if is_open(pair)), None)
