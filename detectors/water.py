"""Readings of water mains go in; bursts, leaks, pressures out of range and bad water come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from detectors.burst import BurstWatch
from detectors.causes import CALM, Cause, Course, Watched, begin, proceed
from detectors.duration import Condition, Evidence, above, below, law, told_span
from detectors.finding import Finding, Number, OpenFinding, Phase
from detectors.leak import LeakWatch
from detectors.nights import NightTable
from detectors.ranges import Limits, judge_range, low_and_high
from detectors.thresholds import Thresholds
from ingest.city import City, Device, DeviceKind
from ingest.observation import Quantity, Reading

PRESSURE, FLOW = Quantity.PRESSURE_KPA, Quantity.FLOW_L_S
TURBIDITY, CHLORINE = Quantity.TURBIDITY_NTU, Quantity.CHLORINE_MG_L
TURBID, CHLORINE_LOW, CHLORINE_HIGH = range(3)  # causes of water.quality, by index


class WaterState:
    """One device: how each of its rules goes."""

    __slots__ = ("burst", "leak", "pressure", "quality", "watched_pressure", "watched_quality")

    def __init__(
        self, pressure: tuple[Watched, Course], quality: tuple[Watched, Course], burst: BurstWatch, leak: LeakWatch
    ) -> None:
        """Begin with what was open."""
        self.watched_pressure, self.pressure = pressure
        self.watched_quality, self.quality = quality
        self.burst, self.leak = burst, leak


class Water:
    """The water detector; its partition is the device.

    Besides `memory_s` a restarted worker folds the flow readings of the night windows of the last `leak.nights` + 1
    days first, so that the baseline of the leak rule is what it was.
    """

    name = "water"
    rules = ("water.burst", "water.leak", "water.pressure", "water.quality")
    quantities = frozenset({PRESSURE, FLOW, TURBIDITY, CHLORINE})

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch the water devices of `city`."""
        self._limits = limits = thresholds.water
        self._devices = {one.device_id: one for one in city.devices.values() if one.kind is DeviceKind.WATER}
        self._nights = NightTable(limits.leak, ZoneInfo(city.timezone))
        pressure = limits.pressure
        self._range = Limits(
            "Water pressure", "pressure_kpa", "kPa", pressure.low_kpa, pressure.high_kpa, pressure.hysteresis_kpa
        )
        self._turbidity, self._chlorine_low, self._chlorine_high = (
            limits.quality.turbidity_ntu,
            limits.quality.chlorine_low_mg_l,
            limits.quality.chlorine_high_mg_l,
        )
        self._burst_on, self._pressure_on, self._quality_on = (
            limits.burst.enabled,
            pressure.enabled,
            limits.quality.enabled,
        )
        timed = (limits.burst, pressure, limits.quality)
        slowest = max((device.interval_s for device in self._devices.values()), default=0.0)
        gap_s = max(law(0, 0, rule.gap_s, slowest).gap_s for rule in timed)
        longest = max(max(rule.raise_after_s, rule.clear_after_s) for rule in timed)
        self.memory_s = 2 * longest + gap_s + limits.burst.window_s

    def partitions(self) -> Mapping[str, str]:
        """Return each water device as its own partition."""
        return {device_id: device_id for device_id in self._devices}

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> WaterState:
        """Return the device's state at start."""
        device, limits = self._devices[partition], self._limits
        pressure, quality = self._watch(device)
        burst_law = law(limits.burst.raise_after_s, limits.burst.clear_after_s, limits.burst.gap_s, device.interval_s)
        return WaterState(
            (pressure, begin(pressure, open_findings)),
            (quality, begin(quality, open_findings)),
            BurstWatch(limits.burst, burst_law, device.device_id, device.grid, open_findings),
            LeakWatch(limits.leak, self._nights, device.device_id, device.grid, open_findings),
        )

    def observe(self, state: WaterState, reading: Reading) -> tuple[Any, Sequence[Finding]]:
        """Return the device's state after `reading` and what is found by it."""
        quantity, value, at = reading.quantity, reading.value, reading.measured_at
        if quantity is PRESSURE:
            findings = state.burst.push_pressure(at, value) if self._burst_on else ()
            limits = self._range
            if not self._pressure_on or (limits.low <= value <= limits.high and state.pressure is CALM[2]):
                return state, findings
            state.pressure, more = judge_range(state.watched_pressure, state.pressure, limits, value, at)
            return state, (*findings, *more)
        if quantity is FLOW:
            state.burst.push_flow(at, value)
            return state, state.leak.push(at, value)
        if not self._quality_on:
            return state, ()
        if quantity is TURBIDITY:
            if value <= self._turbidity and state.quality is CALM[3]:
                return state, ()
            evidence = ((TURBID, above(value, self._turbidity, self._limits.quality.turbidity_clear_ntu)),)
            return state, self._judge_quality(state, reading, evidence)
        if quantity is CHLORINE:
            low, high = self._chlorine_low, self._chlorine_high
            if low <= value <= high and state.quality is CALM[3]:
                return state, ()
            hysteresis = self._limits.quality.chlorine_hysteresis_mg_l
            chlorine = (
                (CHLORINE_LOW, below(value, low, low + hysteresis)),
                (CHLORINE_HIGH, above(value, high, high - hysteresis)),
            )
            return state, self._judge_quality(state, reading, chlorine)
        return state, ()

    def _judge_quality(
        self, state: WaterState, reading: Reading, evidence: Sequence[tuple[int, Evidence]]
    ) -> Sequence[Finding]:
        value = reading.value
        turbid = reading.quantity is TURBIDITY
        what, key, unit = (
            ("Turbidity", "turbidity_ntu", "NTU") if turbid else ("Free chlorine", "chlorine_mg_l", "mg/L")
        )

        def explain(phase: Phase, cause: str, condition: Condition) -> tuple[str, dict[str, Number]]:
            numbers: dict[str, Number] = {key: value}
            if phase is Phase.CLEARED:
                return f"{what} is back at {value:g} {unit}; nothing else is out of limits.", numbers
            limit = {"turbid": self._turbidity, "chlorine_low": self._chlorine_low}.get(cause, self._chlorine_high)
            numbers["threshold_ntu" if turbid else "threshold_mg_l"] = limit
            side = "below" if cause == "chlorine_low" else "above"
            return f"{what} stands at {value:g} {unit}, {side} {limit:g} {unit}{told_span(condition)}.", numbers

        state.quality, findings = proceed(state.watched_quality, state.quality, evidence, reading.measured_at, explain)
        return findings

    def _watch(self, device: Device) -> tuple[Watched, Watched]:
        pressure, quality = self._limits.pressure, self._limits.quality
        pressure_law = law(pressure.raise_after_s, pressure.clear_after_s, pressure.gap_s, device.interval_s)
        quality_law = law(quality.raise_after_s, quality.clear_after_s, quality.gap_s, device.interval_s)
        names = ("turbid", "chlorine_low", "chlorine_high")
        causes = tuple(Cause(name, quality_law, quality.severity) for name in names)
        return (
            Watched("water.pressure", device.device_id, device.grid, low_and_high(pressure_law, pressure.severity)),
            Watched("water.quality", device.device_id, device.grid, causes),
        )
