"""What is explained in, the thresholds that bear on it out, each with its range and the values that are tried in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10

from detectors.overrides import Overridden
from detectors.thresholds import described
from hub.config.load import Configuration
from hub.config.yaml_source import ConfigError
from hub.tuning.candidate import value_at
from hub.tuning.trace.material import Material

STEPS = (0.05, 0.15, 0.4, 0.8, 2.0, 5.0, 20.0)  # how far is tried, as shares of the present value
LAMPS = ("off_power_w", "off_share", "on_over_off", "margin_min")
SKIPPED = ("clear", "_back", "hysteresis", "status_grace", "forget", "place")  # they bear on the end, not on the raise


@dataclass(frozen=True, slots=True)
class Knob:
    """One threshold that may be turned; `whole`: to whole numbers alone."""

    path: str
    unit: str
    value: float
    low: float
    high: float
    whole: bool

    def fitting(self, value: float) -> float:
        """Return `value` as this threshold can have it."""
        return float(round(value)) if self.whole else value

    def ladder(self, up: bool) -> Iterator[float]:
        """Yield the values that are tried in one direction, the end of the range last."""
        base = abs(self.value) or (self.high - self.low) / 100
        end = self.high if up else self.low
        if self.value == end:
            return
        for step in STEPS:
            value = self.fitting(self.value + (1 if up else -1) * step * base)
            if value == self.value:
                continue
            if (value >= end) if up else (value <= end):
                break
            yield value
        yield end


def outward(value: float, digits: int, up: bool) -> float:
    """Round `value` to so many figures, away from where it came from."""
    if value == 0:
        return value
    grain = 10.0 ** (floor(log10(abs(value))) - digits + 1)
    steps = value / grain
    return round((floor(steps) + 1 if up and floor(steps) != steps else floor(steps)) * grain, 9)


def knobs(material: Material, configuration: Configuration) -> Iterator[Knob]:
    """Yield the thresholds that may change whether the rule raises: the value that counts for the subject."""
    scope = material.scope
    sections = [f"{scope.rule}."]
    if scope.rule in ("streetlight.lamp_out", "streetlight.day_burning", "streetlight.circuit_out"):
        sections.append("streetlight.burning.")
    zone = scope.zone_id
    dwell = f"zone:{zone}.dwell_s" if zone is not None else None
    own = None
    if dwell is not None:
        try:
            own = value_at(configuration, dwell)
        except ConfigError:
            own = None
    if dwell is not None and own is not None:
        yield Knob(dwell, "s", float(own), 1.0, 86400.0, False)
    for one in described():
        section = next((name for name in sections if one.path.startswith(name)), None)
        name = one.path.rpartition(".")[2]
        if section is None or one.low is None or one.high is None or any(part in one.path for part in SKIPPED):
            continue
        if section == "streetlight.burning." and name not in LAMPS:
            continue
        if own is not None and name == "dwell_s":
            continue
        path = _effective(configuration, scope.subject, one.path)
        value = value_at(configuration, path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        whole = isinstance(one.default, int) and not isinstance(one.default, bool)
        yield Knob(path, one.unit, float(value), float(one.low), float(one.high), whole)


def _effective(configuration: Configuration, subject: str, path: str) -> str:
    """Return the path whose value counts for `subject`: that of the last override that sets it, else the rule's own."""
    domain = path.partition(".")[0]
    for override in reversed(Overridden(configuration.thresholds, configuration.city).holding(domain, subject)):
        if path in override.set:
            return f"overrides[{override.name}].{path}"
    return path
