"""Takes an alert, tells which measured quantities show what happened, and which limits belong on them; pure.

The limits are those in the alert's own reason: what it was judged by then, not what is configured now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from detectors.finding import Number
from hub.alerts.alert import Alert
from ingest.observation import Quantity

MOST_DEVICES = 12


@dataclass(frozen=True, slots=True)
class Limit:
    """A line across a chart; `kind` is threshold, low, high or usual."""

    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """One quantity to draw, and the limits on it."""

    quantity: Quantity
    limits: tuple[Limit, ...] = ()


_Q = Quantity
# rule -> the quantities it is judged by, with the numbers of the reason that are limits on them
_PLAIN: Mapping[str, Sequence[tuple[Quantity, Mapping[str, str]]]] = MappingProxyType(
    {
        "streetlight.lamp_out": ((_Q.POWER_W, {"threshold_w": "threshold"}),),
        "streetlight.circuit_out": ((_Q.POWER_W, {"threshold_w": "threshold"}),),
        "streetlight.day_burning": ((_Q.POWER_W, {"threshold_w": "threshold"}),),
        "streetlight.voltage": ((_Q.VOLTAGE_V, {"low_v": "low", "high_v": "high"}),),
        "water.pressure": ((_Q.PRESSURE_KPA, {"threshold_kpa": "threshold", "low_kpa": "low", "high_kpa": "high"}),),
        "streetlight.unusual": ((_Q.POWER_W, {"expected_w": "usual"}),),
        "water.unusual": (
            (_Q.FLOW_L_S, {"expected_l_s": "usual"}),
            (_Q.PRESSURE_KPA, {"expected_kpa": "usual"}),
        ),
        "water.leak": ((_Q.FLOW_L_S, {"baseline_l_s": "usual"}),),
        "water.quality": (
            (_Q.TURBIDITY_NTU, {"threshold_ntu": "threshold"}),
            (_Q.CHLORINE_MG_L, {"threshold_mg_l": "threshold"}),
        ),
        "drainage.level": ((_Q.LEVEL_M, {"threshold_m": "threshold"}),),
        "gas.leak": ((_Q.METHANE_PCT_LEL, {"threshold_pct_lel": "threshold"}),),
        "gas.pressure": ((_Q.GAS_PRESSURE_KPA, {"threshold_kpa": "threshold", "low_kpa": "low", "high_kpa": "high"}),),
        "device.silent": ((_Q.RSSI_DBM, {}), (_Q.BATTERY_PCT, {})),
        "camera.lost": ((_Q.DECODED_FPS, {}), (_Q.RECONNECTS, {})),
        "camera.moved": (
            (_Q.VIEW_SHIFT_PCT, {"threshold_shift_pct": "threshold"}),
            (_Q.VIEW_LOST_PCT, {"threshold_lost_pct": "threshold"}),
            (_Q.VIEW_SHARPNESS_PCT, {"threshold_sharpness_pct": "threshold"}),
        ),
    }
)


def charts_of(alert: Alert) -> tuple[Chart, ...]:
    """Return what to draw for `alert`; nothing for what was only seen by a camera."""
    numbers = alert.reason.numbers
    if alert.rule == "water.burst":
        return _burst(numbers)
    if alert.rule == "sensor.fault":
        ends = _limits(numbers, {"threshold_low": "low", "threshold_high": "high"})
        return tuple(Chart(quantity, ends) for quantity in Quantity if quantity.value in numbers)
    # Judged by how fast it rose: the threshold is a rise then, which is no line on the level itself.
    rose = any(key.startswith("rise_") for key in numbers)
    return tuple(
        Chart(quantity, () if rose else _limits(numbers, names)) for quantity, names in _PLAIN.get(alert.rule, ())
    )


def devices_of(alert: Alert) -> tuple[str, ...]:
    """Return whose readings show it: the members of an alert that speaks for several, the camera, or the subject."""
    if alert.members:
        return alert.members[:MOST_DEVICES]
    return (alert.camera_id or alert.subject,)


def _burst(numbers: Mapping[str, Number]) -> tuple[Chart, ...]:
    before_kpa, fall_kpa = _number(numbers, "before_kpa"), _number(numbers, "fall_kpa")
    before_l_s, rise_l_s = _number(numbers, "before_l_s"), _number(numbers, "rise_l_s")
    pressure: tuple[Limit, ...] = ()
    flow: tuple[Limit, ...] = ()
    if before_kpa is not None and fall_kpa is not None:
        pressure = (Limit("usual", before_kpa), Limit("threshold", round(before_kpa - fall_kpa, 4)))
    if before_l_s is not None and rise_l_s is not None:
        flow = (Limit("usual", before_l_s), Limit("threshold", round(before_l_s + rise_l_s, 4)))
    return (Chart(_Q.PRESSURE_KPA, pressure), Chart(_Q.FLOW_L_S, flow))


def _limits(numbers: Mapping[str, Number], names: Mapping[str, str]) -> tuple[Limit, ...]:
    found = ((kind, _number(numbers, name)) for name, kind in names.items())
    return tuple(Limit(kind, value) for kind, value in found if value is not None)


def _number(numbers: Mapping[str, Number], name: str) -> float | None:
    value = numbers.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
