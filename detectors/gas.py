"""Gas readings go in; leaks (fast rise, first level, second level) and pressures out of range come out.

The second level never waits: it is raised on the very reading, and gas readings are not held back for stragglers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.causes import CALM, Cause, Course, Watched, begin, proceed
from detectors.duration import Condition, Evidence, law, told_span
from detectors.finding import Finding, Number, OpenFinding, Phase
from detectors.ranges import Limits, judge_range, low_and_high
from detectors.sliding import Lowest
from detectors.thresholds import Thresholds
from ingest.city import City, Device, DeviceKind
from ingest.observation import Quantity, Reading

METHANE, PRESSURE = Quantity.METHANE_PCT_LEL, Quantity.GAS_PRESSURE_KPA
RISING, FIRST, SECOND = range(3)  # causes of gas.leak, by index


class GasState:
    """One device: how leak and pressure go, and the lowest methane of the last while."""

    __slots__ = ("leak", "lowest", "pressure", "watched_leak", "watched_pressure")

    def __init__(self, watched: tuple[Watched, Watched], leak: Course, pressure: Course, window_s: float) -> None:
        """Begin with what was open."""
        self.watched_leak, self.watched_pressure = watched
        self.leak, self.pressure = leak, pressure
        self.lowest = Lowest(window_s)


class Gas:
    """The gas detector; its partition is the device."""

    name = "gas"
    rules = ("gas.leak", "gas.pressure")
    quantities = frozenset({METHANE, PRESSURE})

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch the gas devices of `city`."""
        self._leak, self._pressure = thresholds.gas.leak, thresholds.gas.pressure
        self._leak_on, self._pressure_on = self._leak.enabled, self._pressure.enabled
        self._low, self._rise = self._leak.low_pct_lel, self._leak.rise_pct_lel
        pressure = self._pressure
        self._range = Limits(
            "Gas pressure", "gas_pressure_kpa", "kPa", pressure.low_kpa, pressure.high_kpa, pressure.hysteresis_kpa
        )
        self._watched = {
            device.device_id: self._watch(device) for device in city.devices.values() if device.kind is DeviceKind.GAS
        }
        gaps = [cause.law.gap_s for pair in self._watched.values() for watched in pair for cause in watched.causes]
        longest = max(self._leak.raise_after_s, self._leak.clear_after_s, self._leak.rise_raise_after_s,
                      self._pressure.raise_after_s, self._pressure.clear_after_s)  # fmt: skip
        self.memory_s = 2 * longest + max(gaps, default=0.0) + self._leak.rise_window_s

    def partitions(self) -> Mapping[str, str]:
        """Return each gas device as its own partition."""
        return {device_id: device_id for device_id in self._watched}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> GasState:
        """Return the device's state at start."""
        watched = self._watched[partition]
        leak, pressure = (begin(each, open_findings) for each in watched)
        return GasState(watched, leak, pressure, self._leak.rise_window_s)

    def observe(self, state: GasState, reading: Reading) -> tuple[Any, Sequence[Finding]]:
        """Return the device's state after `reading` and what is found by it."""
        if reading.quantity is METHANE:
            value = reading.value
            rise = value - state.lowest.push(reading.measured_at, value)
            if not self._leak_on or (value < self._low and rise < self._rise and state.leak is CALM[3]):
                return state, ()
            return self._judge_leak(state, reading, rise)
        if reading.quantity is PRESSURE and self._pressure_on:
            limits = self._range
            if limits.low <= reading.value <= limits.high and state.pressure is CALM[2]:
                return state, ()
            state.pressure, findings = judge_range(
                state.watched_pressure, state.pressure, limits, reading.value, reading.measured_at
            )
            return state, findings
        return state, ()

    def _judge_leak(self, state: GasState, reading: Reading, rise: float) -> tuple[Any, Sequence[Finding]]:
        limits, value = self._leak, reading.value

        def level(limit: float) -> Evidence:
            if value >= limit:
                return Evidence.HOLDS
            return Evidence.OVER if value < limits.clear_pct_lel else Evidence.UNDECIDED

        rising = Evidence.HOLDS if rise >= limits.rise_pct_lel else Evidence.UNDECIDED
        if rise <= limits.rise_pct_lel / 2:
            rising = Evidence.OVER
        evidence = ((RISING, rising), (FIRST, level(limits.low_pct_lel)), (SECOND, level(limits.high_pct_lel)))

        def explain(phase: Phase, cause: str, condition: Condition) -> tuple[str, dict[str, Number]]:
            numbers: dict[str, Number] = {"methane_pct_lel": value}
            if phase is Phase.CLEARED:
                numbers["threshold_pct_lel"] = limits.clear_pct_lel
                return f"Methane is back at {value:g} %LEL and rises no more.", numbers
            if cause == "rising":
                numbers |= {
                    "rise_pct_lel": round(rise, 3),
                    "threshold_pct_lel": limits.rise_pct_lel,
                    "window_s": limits.rise_window_s,
                }
                return (
                    f"Methane rose by {rise:g} %LEL to {value:g} %LEL within {limits.rise_window_s:g} s; "
                    f"{limits.rise_pct_lel:g} %LEL is allowed.",
                    numbers,
                )
            name, limit = ("second", limits.high_pct_lel) if cause == "second" else ("first", limits.low_pct_lel)
            numbers["threshold_pct_lel"] = limit
            return (
                f"Methane stands at {value:g} %LEL, at or above the {name} level of {limit:g} %LEL"
                f"{told_span(condition)}.",
                numbers,
            )

        state.leak, findings = proceed(state.watched_leak, state.leak, evidence, reading.measured_at, explain)
        return state, findings

    def _watch(self, device: Device) -> tuple[Watched, Watched]:
        leak, pressure = self._leak, self._pressure
        first = law(leak.raise_after_s, leak.clear_after_s, leak.gap_s, device.interval_s)
        rising = law(leak.rise_raise_after_s, leak.clear_after_s, leak.gap_s, device.interval_s)
        at_once = law(0.0, leak.clear_after_s, leak.gap_s, device.interval_s)
        slow = law(pressure.raise_after_s, pressure.clear_after_s, pressure.gap_s, device.interval_s)
        return (
            Watched(
                "gas.leak",
                device.device_id,
                device.grid,
                (
                    Cause("rising", rising, leak.severity_rising),
                    Cause("first", first, leak.severity),
                    Cause("second", at_once, leak.severity_high),
                ),
            ),
            Watched(
                "gas.pressure",
                device.device_id,
                device.grid,
                low_and_high(slow, pressure.severity),
            ),
        )
