"""Water levels in drains go in; levels too high, or rising too fast, come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.causes import CALM, Cause, Course, Watched, begin, proceed
from detectors.duration import Condition, Evidence, above, law, told_span
from detectors.finding import Finding, Number, OpenFinding, Phase
from detectors.sliding import Lowest
from detectors.thresholds import Thresholds
from ingest.city import City, DeviceKind
from ingest.observation import Quantity, Reading

RISING, HIGH = range(2)


class DrainageState:
    """One device: how it goes, and the lowest level of the last while."""

    __slots__ = ("course", "lowest", "watched")

    def __init__(self, watched: Watched, course: Course, window_s: float) -> None:
        """Begin with what was open."""
        self.watched, self.course = watched, course
        self.lowest = Lowest(window_s)


class Drainage:
    """The drainage detector; its partition is the device."""

    name = "drainage"
    rules = ("drainage.level",)
    quantities = frozenset({Quantity.LEVEL_M})

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch the drainage devices of `city`."""
        self._limits = limits = thresholds.drainage.level
        self._on, self._high, self._rise, self._floor = (
            limits.enabled,
            limits.high_m,
            limits.rise_m,
            limits.rise_floor_m,
        )
        self._watched: dict[str, Watched] = {}
        for device in city.devices.values():
            if device.kind is DeviceKind.DRAINAGE:
                own = law(limits.raise_after_s, limits.clear_after_s, limits.gap_s, device.interval_s)
                causes = (Cause("rising", own, limits.severity), Cause("high", own, limits.severity))
                self._watched[device.device_id] = Watched("drainage.level", device.device_id, device.grid, causes)
        gaps = [watched.causes[0].law.gap_s for watched in self._watched.values()]
        longest = max(limits.raise_after_s, limits.clear_after_s)
        self.memory_s = 2 * longest + max(gaps, default=0.0) + limits.rise_window_s

    def partitions(self) -> Mapping[str, str]:
        """Return each drainage device as its own partition."""
        return {device_id: device_id for device_id in self._watched}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> DrainageState:
        """Return the device's state at start."""
        watched = self._watched[partition]
        return DrainageState(watched, begin(watched, open_findings), self._limits.rise_window_s)

    def observe(self, state: DrainageState, reading: Reading) -> tuple[Any, Sequence[Finding]]:
        """Return the device's state after `reading` and what is found by it."""
        if reading.quantity is not Quantity.LEVEL_M or not self._on:
            return state, ()
        value = reading.value
        rise = value - state.lowest.push(reading.measured_at, value)
        if value <= self._high and (rise < self._rise or value < self._floor) and state.course is CALM[2]:
            return state, ()
        limits = self._limits
        rising = Evidence.HOLDS if rise >= self._rise and value >= self._floor else Evidence.UNDECIDED
        if rise <= self._rise / 2:
            rising = Evidence.OVER
        evidence = ((RISING, rising), (HIGH, above(value, limits.high_m, limits.clear_m)))

        def explain(phase: Phase, cause: str, condition: Condition) -> tuple[str, dict[str, Number]]:
            numbers: dict[str, Number] = {"level_m": value}
            if phase is Phase.CLEARED:
                numbers["threshold_m"] = limits.clear_m
                return f"The level is back at {value:g} m and rises no more.", numbers
            if cause == "rising":
                numbers |= {
                    "rise_m": round(rise, 3),
                    "threshold_m": limits.rise_m,
                    "window_s": limits.rise_window_s,
                }
                return (
                    f"The level rose by {rise:.2f} m to {value:g} m within {limits.rise_window_s:g} s; "
                    f"{limits.rise_m:g} m is allowed.",
                    numbers,
                )
            numbers["threshold_m"] = limits.high_m
            return f"The level stands at {value:g} m, above {limits.high_m:g} m{told_span(condition)}.", numbers

        state.course, findings = proceed(state.watched, state.course, evidence, reading.measured_at, explain)
        return state, findings
