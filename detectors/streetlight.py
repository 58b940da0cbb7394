"""Readings of lamps go in; lamps and circuits that are dark, burn by day, or have a wrong voltage come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from detectors.duration import Condition, Evidence, law, told_span
from detectors.finding import Finding, Number, OpenFinding, Phase
from detectors.lighting import Lighting, Segment
from detectors.sun import Sun
from detectors.threshold import Timed
from detectors.thresholds import Thresholds
from detectors.thresholds_streetlight import LampVoltage
from detectors.thresholds_streetlight import Together as TogetherThresholds
from detectors.together import Rules, Said, Together, Words
from ingest.city import Circuit, City, Device, DeviceKind
from ingest.observation import Quantity, Reading

POWER, VOLTAGE, LAMP_ON = Quantity.POWER_W, Quantity.VOLTAGE_V, Quantity.LAMP_ON
HOLDS, UNDECIDED, OVER = Evidence.HOLDS, Evidence.UNDECIDED, Evidence.OVER


@dataclass(frozen=True, slots=True)
class Command:
    """What a lamp was last told to do: when it said so last, and when that last changed (None: not seen)."""

    on: bool
    told_at: datetime
    changed_at: datetime | None


class CircuitState:
    """One circuit: the stretch of the day it is in, its lamps' commands, and its three kinds of trouble."""

    __slots__ = ("burning", "commands", "lighting", "out", "segment", "voltage")

    def __init__(self, lighting: Lighting, out: Together, burning: Together, voltage: Together) -> None:
        """Begin with what was open."""
        self.lighting, self.out, self.burning, self.voltage = lighting, out, burning, voltage
        self.segment: Segment | None = None
        self.commands: dict[str, Command] = {}


class Streetlight:
    """The streetlight detector; its partition is the circuit, or the lamp itself where it has none."""

    name = "streetlight"
    rules = ("streetlight.lamp_out", "streetlight.circuit_out", "streetlight.day_burning", "streetlight.voltage")
    quantities = frozenset({POWER, VOLTAGE, LAMP_ON})

    def __init__(self, city: City, thresholds: Thresholds) -> None:
        """Watch the lamps of `city`."""
        self._limits = limits = thresholds.streetlight
        self._zone, self._sun = ZoneInfo(city.timezone), Sun(city.latitude, city.longitude)
        self._lamps = {one.device_id: one for one in city.devices.values() if one.kind is DeviceKind.STREETLIGHT}
        self._partitions = {
            lamp: device.circuit_id if device.circuit_id and device.circuit_id in city.circuits else lamp
            for lamp, device in self._lamps.items()
        }
        self._circuits = {
            partition: city.circuits.get(partition) or self._alone(self._lamps[lamp])
            for lamp, partition in self._partitions.items()
        }
        self._members: dict[str, dict[str, Device]] = {}
        for lamp, partition in self._partitions.items():
            self._members.setdefault(partition, {})[lamp] = self._lamps[lamp]
        burning = limits.burning
        self._dark_below_w = {
            lamp: max(burning.off_power_w, burning.off_share * (device.rated_power_w or 0.0))
            for lamp, device in self._lamps.items()
        }
        self._burns_from_w = {lamp: power * burning.on_over_off for lamp, power in self._dark_below_w.items()}
        self._obey = burning.obey_command
        self._command_margin = timedelta(seconds=burning.command_margin_s)
        supply = limits.voltage
        self._low_v, self._high_v = supply.low_v, supply.high_v
        self._inside_v = (supply.low_v + supply.hysteresis_v, supply.high_v - supply.hysteresis_v)
        timed = (limits.lamp_out, limits.circuit_out, limits.day_burning, limits.voltage)
        slowest = max((device.interval_s for device in self._lamps.values()), default=0.0)
        gap_s = max(law(0, 0, rule.gap_s, slowest).gap_s for rule in timed)
        valid_s = law(0, 0, burning.command_valid_s, slowest).gap_s
        self._command_valid = timedelta(seconds=valid_s)
        # Twice, because a worker that rebuilds keeps silent on the first half: by then commands must be known.
        longest = max(max(rule.raise_after_s, rule.clear_after_s) for rule in timed)
        self.memory_s = max(2 * longest + gap_s, 2 * valid_s)

    def partitions(self) -> Mapping[str, str]:
        """Return the circuit of each lamp."""
        return self._partitions

    def start(self, partition: str, open_findings: Sequence[OpenFinding]) -> CircuitState:
        """Return the circuit's state at start."""
        limits, circuit = self._limits, self._circuits[partition]
        lighting = Lighting(limits.burning, self._zone, self._sun, circuit.lit)
        out = self._rules(
            circuit, "streetlight.lamp_out", limits.lamp_out, "streetlight.circuit_out", limits.circuit_out, OutWords()
        )
        rule = "streetlight.day_burning"
        burning = self._rules(circuit, rule, limits.day_burning, rule, limits.day_burning, BurningWords())
        rule = "streetlight.voltage"
        voltage = self._rules(circuit, rule, limits.voltage, rule, limits.voltage, VoltageWords(limits.voltage))
        return CircuitState(lighting, *(Together(rules, open_findings) for rules in (out, burning, voltage)))

    def should(self, state: CircuitState, lamp: str, at: datetime) -> tuple[bool | None, str]:
        """Return whether `lamp` should burn at `at` (None: nothing is judged), and by what."""
        segment = state.lighting.at(at)
        command = state.commands.get(lamp)
        return self._commanded(command, at, segment.should, segment.by) if command else (segment.should, segment.by)

    @property
    def command_valid(self) -> timedelta:
        """For how long a command counts that is not reported again."""
        return self._command_valid

    def powers(self, lamp: str) -> tuple[float, float]:
        """Return below which power `lamp` counts as dark, and from which on as burning."""
        return self._dark_below_w[lamp], self._burns_from_w[lamp]

    def observe(self, state: CircuitState, reading: Reading) -> tuple[Any, Sequence[Finding]]:
        """Return the circuit's state after `reading` and what is found by it."""
        quantity, lamp, value, at = reading.quantity, reading.device_id, reading.value, reading.measured_at
        if quantity is POWER:
            segment = state.segment
            if segment is None or not segment.begins <= at < segment.ends:
                segment = state.segment = state.lighting.at(at)
            should, by = segment.should, segment.by
            if lamp in state.commands:
                should, by = self._commanded(state.commands[lamp], at, should, by)
            if value < self._dark_below_w[lamp]:
                dark, burns = (HOLDS if should else UNDECIDED), OVER
            elif value >= self._burns_from_w[lamp]:
                dark, burns = OVER, (HOLDS if should is False else UNDECIDED)
            else:
                dark = burns = UNDECIDED
            findings = state.out.push(lamp, dark, at, value, by, self._dark_below_w[lamp])
            more = state.burning.push(lamp, burns, at, value, by, self._burns_from_w[lamp])
            return state, (*findings, *more) if findings or more else ()
        if quantity is VOLTAGE:
            if value < self._limits.voltage.dead_v:
                evidence = UNDECIDED
            elif value < self._low_v or value > self._high_v:
                evidence = HOLDS
            else:
                evidence = OVER if self._inside_v[0] <= value <= self._inside_v[1] else UNDECIDED
            return state, state.voltage.push(lamp, evidence, at, value, "", 0.0)
        if quantity is LAMP_ON and self._obey:
            on, known = value >= 0.5, state.commands.get(lamp)
            changed_at = None if known is None else known.changed_at if known.on == on else at
            state.commands[lamp] = Command(on, at, changed_at)
        return state, ()

    def _commanded(self, command: Command, at: datetime, should: bool | None, by: str) -> tuple[bool | None, str]:
        """Return what the lamp should do, given what it was told: an old command counts no more."""
        if at - command.told_at > self._command_valid:
            return should, by
        if command.changed_at is not None and at - command.changed_at < self._command_margin:
            return None, "command"
        return command.on, "command"

    def _rules(
        self,
        circuit: Circuit,
        single_rule: str,
        single: Timed,
        whole_rule: str,
        whole: TogetherThresholds,
        words: Words,
    ) -> Rules:
        members = self._members[circuit.circuit_id]
        slowest_s = max(device.interval_s for device in members.values())
        return Rules(
            single_rule=single_rule,
            single_law=law(single.raise_after_s, single.clear_after_s, single.gap_s, slowest_s),
            single_severity=single.severity,
            single_on=single.enabled,
            whole_rule=whole_rule,
            whole_law=law(whole.raise_after_s, whole.clear_after_s, whole.gap_s, slowest_s),
            whole_severity=whole.severity,
            whole_on=whole.enabled,
            subject=circuit.circuit_id,
            grid=circuit.grid,
            grids={lamp: device.grid for lamp, device in members.items()},
            share=whole.share,
            heard_share=whole.heard_share,
            clear_share=whole.clear_share,
            window=timedelta(seconds=max(whole.window_s, 1.5 * slowest_s)),
            min_lamps=whole.min_lamps,
            words=words,
        )

    @staticmethod
    def _alone(lamp: Device) -> Circuit:
        return Circuit(circuit_id=lamp.device_id, grid=lamp.grid, lamps=(lamp.device_id,))


class OutWords:
    """How dark lamps are told of."""

    def single(self, phase: Phase, value: float, limit: float, by: str, condition: Condition) -> Said:
        """Tell of one lamp."""
        numbers: dict[str, Number] = {"power_w": value, "threshold_w": limit}
        if phase is Phase.CLEARED:
            return f"The lamp draws {value:g} W again.", numbers
        return (
            f"The lamp should burn by {by} and has drawn less than {limit:g} W{told_span(condition)}, now {value:g} W.",
            numbers,
        )

    def whole(self, phase: Phase, members: int, lamps: int, by: str, condition: Condition) -> Said:
        """Tell of the circuit."""
        if phase is Phase.CLEARED:
            return f"Most of the {members} lamps that were dark burn again.", {}
        return f"{members} of {lamps} lamps should burn by {by} and went dark together.", {}


class BurningWords:
    """How lamps that burn by day are told of."""

    def single(self, phase: Phase, value: float, limit: float, by: str, condition: Condition) -> Said:
        """Tell of one lamp."""
        numbers: dict[str, Number] = {"power_w": value, "threshold_w": limit}
        if phase is Phase.CLEARED:
            return f"The lamp is dark again and draws {value:g} W.", numbers
        seen = f"{limit:g} W or more{told_span(condition)}"
        return f"The lamp should be dark by {by} and has drawn {seen}, now {value:g} W.", numbers

    def whole(self, phase: Phase, members: int, lamps: int, by: str, condition: Condition) -> Said:
        """Tell of the circuit."""
        if phase is Phase.CLEARED:
            return f"Most of the {members} lamps that burnt are dark again.", {}
        return f"{members} of {lamps} lamps should be dark by {by} and burn.", {}


class VoltageWords:
    """How voltages out of range are told of."""

    def __init__(self, limits: LampVoltage) -> None:
        """Take the range."""
        self._limits = limits

    def single(self, phase: Phase, value: float, limit: float, by: str, condition: Condition) -> Said:
        """Tell of one lamp."""
        limits = self._limits
        numbers: dict[str, Number] = {"voltage_v": value, "low_v": limits.low_v, "high_v": limits.high_v}
        allowed = f"{limits.low_v:g} to {limits.high_v:g} V"
        if phase is Phase.CLEARED:
            return f"The voltage is back at {value:g} V, inside {allowed}.", numbers
        return f"The voltage has been outside {allowed}{told_span(condition)} and stands at {value:g} V.", numbers

    def whole(self, phase: Phase, members: int, lamps: int, by: str, condition: Condition) -> Said:
        """Tell of the circuit."""
        limits = self._limits
        numbers: dict[str, Number] = {"low_v": limits.low_v, "high_v": limits.high_v}
        allowed = f"{limits.low_v:g} to {limits.high_v:g} V"
        if phase is Phase.CLEARED:
            return f"The voltage of most of the {members} lamps is back inside {allowed}.", numbers
        return f"The voltage of {members} of {lamps} lamps is outside {allowed}.", numbers
