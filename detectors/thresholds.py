"""Every threshold of every rule as one validated value; its attribute path is its path in detectors.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, model_validator

from detectors.finding import Severity
from detectors.override import Override, checked
from detectors.threshold import Rule, Section, seconds
from detectors.thresholds_streetlight import StreetlightThresholds
from detectors.thresholds_telemetry import (
    DrainageThresholds,
    GasThresholds,
    WaterThresholds,
)
from detectors.thresholds_watch import (
    CameraThresholds,
    DeviceThresholds,
    ParkingThresholds,
    SensorThresholds,
    StallThresholds,
)


class Lateness(Section):
    """How long a stream of each kind waits for stragglers before its readings are judged in order of event time."""

    streetlight: float = seconds(5.0, "wait of a circuit's readings", high=300.0)
    water: float = seconds(2.0, "wait of a water device's readings", high=300.0)
    drainage: float = seconds(2.0, "wait of a drainage device's readings", high=300.0)
    gas: float = seconds(0.0, "wait of a gas device's readings: none, a gas alarm is never delayed", high=10.0)
    gateway: float = seconds(0.0, "wait of a gateway's own readings", high=300.0)
    camera: float = seconds(1.0, "wait of a camera's frames", high=60.0)


class Thresholds(Section):
    """What the detectors hold their observations against. `Thresholds()` are the shipped defaults."""

    lateness_s: Lateness = Lateness()
    streetlight: StreetlightThresholds = StreetlightThresholds()
    water: WaterThresholds = WaterThresholds()
    drainage: DrainageThresholds = DrainageThresholds()
    gas: GasThresholds = GasThresholds()
    device: DeviceThresholds = DeviceThresholds()
    sensor: SensorThresholds = SensorThresholds()
    camera: CameraThresholds = CameraThresholds()
    parking: ParkingThresholds = ParkingThresholds()
    stall: StallThresholds = StallThresholds()
    overrides: tuple[Override, ...] = Field(
        default=(), max_length=1000, description="what holds for some devices, circuits, cameras, zones or grids alone"
    )

    @model_validator(mode="after")
    def _overrides_make_sense(self) -> Self:
        if self.overrides:
            # Frozen for everybody else; here the values take the form that the thresholds themselves would have.
            self.__dict__["overrides"] = checked(self.everywhere(), self.overrides)
        return self

    def everywhere(self) -> Thresholds:
        """Return what holds where no override does."""
        return self.model_copy(update={"overrides": ()}) if self.overrides else self

    def of_rule(self, rule: str) -> Rule:
        """Return the section of `rule`, such as "water.burst"; raise KeyError for a name that is no rule."""
        domain, _, what = rule.partition(".")
        section = getattr(getattr(self, domain, None), what, None)
        if not isinstance(section, Rule):
            raise KeyError(rule)
        return section

    def is_enabled(self, rule: str) -> bool:
        """Tell whether `rule` is judged; a name that is no rule is not."""
        try:
            return self.of_rule(rule).enabled
        except KeyError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One threshold as the documentation shows it; `low` and `high` are None where it is no number."""

    path: str
    default: Any
    unit: str
    low: float | None
    high: float | None
    meaning: str
    source: str


def described(section: Section | None = None, prefix: str = "") -> Iterator[Described]:
    """Yield every threshold of `section` (default: all shipped defaults) in the order of the file."""
    section = Thresholds() if section is None else section
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        path = f"{prefix}{name}"
        if name == "overrides" and not prefix:
            continue  # where thresholds hold otherwise, and no threshold
        if isinstance(value, Section):
            yield from described(value, f"{path}.")
            continue
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        limits = {type(limit).__name__: limit for limit in field.metadata}
        yield Described(
            path=path,
            default=value.value if isinstance(value, Severity) else value,
            unit=str(extra.get("unit", "")),
            low=getattr(limits.get("Ge"), "ge", None),
            high=getattr(limits.get("Le"), "le", None),
            meaning=field.description or "",
            source=str(extra.get("source", "")),
        )
