"""Streetlights: a circuit's state in, what a lamp, or the circuit, was held against out."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.duration import Law, Stage
from detectors.streetlight import CircuitState, Streetlight
from detectors.together import Together
from hub.tuning.trace.explain import Asked, Explainer
from hub.tuning.trace.explain_telemetry import of_condition
from hub.tuning.trace.predicate import Look, Predicate, Text, held_against, said
from ingest.observation import Quantity, Reading

POWER, VOLTAGE = Text("功率", "power"), Text("电压", "voltage")
_SHOULD_NOT_TELL = Text(
    "此刻不判断应亮还是应灭（日出日落或命令前后）", "whether it should burn is not judged at this time"
)


def lamp_out(asked: Asked, state: CircuitState, reading: Reading) -> Look | None:
    """Tell how streetlight.lamp_out goes on one lamp."""
    if reading.quantity is not Quantity.POWER_W or reading.device_id != asked.subject:
        return None
    detector: Streetlight = asked.detector
    dark_w, _ = detector.powers(reading.device_id)
    should, by = detector.should(state, reading.device_id, reading.measured_at)
    low = held_against("dark", POWER, reading.value, "<", dark_w, "W", "streetlight.burning.off_power_w")
    lit = _should(should, by, wanted=True)
    return _single(asked, state.out, reading, "power_w", (lit, low))


def circuit_out(asked: Asked, state: CircuitState, reading: Reading) -> Look | None:
    """Tell how streetlight.circuit_out goes: with every power of any of its lamps."""
    if reading.quantity is not Quantity.POWER_W:
        return None
    return _whole(asked, state.out, reading)


def day_burning(asked: Asked, state: CircuitState, reading: Reading) -> Look | None:
    """Tell how streetlight.day_burning goes, on a lamp or on the circuit."""
    if reading.quantity is not Quantity.POWER_W:
        return None
    if asked.subject in asked.city.circuits:
        return _whole(asked, state.burning, reading)
    if reading.device_id != asked.subject:
        return None
    detector: Streetlight = asked.detector
    _, burns_w = detector.powers(reading.device_id)
    should, by = detector.should(state, reading.device_id, reading.measured_at)
    high = held_against("burns", POWER, reading.value, ">=", burns_w, "W", "streetlight.burning.on_over_off")
    return _single(asked, state.burning, reading, "power_w", (_should(should, by, wanted=False), high))


def voltage(asked: Asked, state: CircuitState, reading: Reading) -> Look | None:
    """Tell how streetlight.voltage goes, on a lamp or on the circuit."""
    if reading.quantity is not Quantity.VOLTAGE_V:
        return None
    if asked.subject in asked.city.circuits:
        return _whole(asked, state.voltage, reading)
    if reading.device_id != asked.subject:
        return None
    limits, value, section = asked.thresholds.streetlight.voltage, reading.value, "streetlight.voltage"
    predicates = (
        held_against("alive", VOLTAGE, value, ">=", limits.dead_v, "V", f"{section}.dead_v"),
        held_against("low", VOLTAGE, value, "<", limits.low_v, "V", f"{section}.low_v"),
        held_against("high", VOLTAGE, value, ">", limits.high_v, "V", f"{section}.high_v"),
    )
    return _single(asked, state.voltage, reading, "voltage_v", predicates)


def _should(should: bool | None, by: str, *, wanted: bool) -> Predicate:
    by_zh = {"the sun": "日出日落", "the schedule": "时控计划", "command": "控制命令"}.get(by, by)
    burn = Text(f"按{by_zh}应当亮灯", f"it should burn by {by}")
    dark = Text(f"按{by_zh}应当熄灯", f"it should be dark by {by}")
    text = _SHOULD_NOT_TELL if should is None else (burn if should else dark)
    return Predicate(name="should", holds=should is wanted, text=text)


def _single(asked: Asked, together: Together, reading: Reading, lane: str, predicates: tuple[Predicate, ...]) -> Look:
    rule = asked.thresholds.of_rule(asked.rule)
    condition = together.single(reading.device_id)
    whole = together.whole.stage
    if whole is not Stage.QUIET:
        waits = Text(
            "所在回路正在判断或已报警，单灯不另报", "its circuit is judged or has an alert: the lamp raises none"
        )
        predicates = (*predicates, said("alone", False, waits, waits))
    return of_condition(
        condition,
        Law(rule.raise_after_s, rule.clear_after_s, rule.gap_s),  # type: ignore[attr-defined]
        reading.measured_at,
        predicates,
        {lane: reading.value},
        f"{asked.rule}.raise_after_s",
    )


def _whole(asked: Asked, together: Together, reading: Reading) -> Look:
    rule = asked.thresholds.of_rule(asked.rule)
    at, lamps = reading.measured_at, len(asked.city.circuits[asked.subject].lamps)
    affected, heard, needed = together.counts(at)
    predicates = (
        held_against(
            "heard",
            Text("近期有读数的灯", "lamps heard lately,"),
            heard,
            ">=",
            rule.heard_share * lamps,  # type: ignore[attr-defined]
            "",
            f"{asked.rule}.heard_share",
        ),
        held_against(
            "affected",
            Text("受影响的灯", "lamps affected,"),
            affected,
            ">=",
            needed,
            "",
            f"{asked.rule}.share",
        ),
    )
    return of_condition(
        together.whole,
        Law(rule.raise_after_s, rule.clear_after_s, rule.gap_s),  # type: ignore[attr-defined]
        at,
        predicates,
        {"lamps_affected": float(affected), "lamps_heard": float(heard)},
        f"{asked.rule}.raise_after_s",
    )


EXPLAINERS: Mapping[str, Explainer] = {
    "streetlight.lamp_out": lamp_out,
    "streetlight.circuit_out": circuit_out,
    "streetlight.day_burning": day_burning,
    "streetlight.voltage": voltage,
}
