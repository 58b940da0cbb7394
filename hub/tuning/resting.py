"""Columns and thresholds go in; where a telemetry rule may begin to stir comes out, and what tells that it rests.

A rule *rests* where its detector is in the state in which it would be had it seen nothing of late. Resting, it is moved
by few readings: those that pass a threshold. For each rule here a condition is known that every such reading fulfils
(others may as well), so all between may be left out and the detector finds what it finds. What a detector remembers
besides, such as the lowest of the last while, lies within `reach_s` before such a reading, and is folded too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.causes import CALM
from detectors.thresholds import Thresholds
from hub.tuning.columns import CODE, Flags, Floats, Longs, ReadingColumns
from ingest.city import DeviceKind
from ingest.observation import Quantity

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """How one rule rests: on which devices, moved by which quantities, and by which readings of them."""

    kind: DeviceKind
    detector: str
    quantities: frozenset[Quantity]
    stirs: Callable[[ReadingColumns, Thresholds], Flags]
    rests: Callable[[Any], bool]
    reach_s: Callable[[Thresholds], float] = lambda _: 0.0


def _water_pressure(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    limits = thresholds.water.pressure
    return _is(columns, Quantity.PRESSURE_KPA) & _outside(columns.value, limits.low_kpa, limits.high_kpa)


def _water_quality(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    limits = thresholds.water.quality
    turbid = _is(columns, Quantity.TURBIDITY_NTU) & (columns.value > limits.turbidity_ntu)
    chlorine = _outside(columns.value, limits.chlorine_low_mg_l, limits.chlorine_high_mg_l)
    return turbid | (_is(columns, Quantity.CHLORINE_MG_L) & chlorine)


def _water_burst(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    limits = thresholds.water.burst
    is_pressure = _is(columns, Quantity.PRESSURE_KPA)
    found = np.zeros(len(columns), np.bool_)
    value = columns.value[is_pressure]
    highest = -_lowest(columns.at_us[is_pressure], -value, limits.window_s)
    found[is_pressure] = highest - value >= limits.fall_kpa
    return found


def _gas_leak(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    limits = thresholds.gas.leak
    risen = columns.value - _lowest(columns.at_us, columns.value, limits.rise_window_s) >= limits.rise_pct_lel
    return risen | (columns.value >= limits.low_pct_lel)


def _gas_pressure(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    limits = thresholds.gas.pressure
    return _outside(columns.value, limits.low_kpa, limits.high_kpa)


def _drainage_level(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    limits = thresholds.drainage.level
    risen = columns.value - _lowest(columns.at_us, columns.value, limits.rise_window_s) >= limits.rise_m
    return (risen & (columns.value >= limits.rise_floor_m)) | (columns.value > limits.high_m)


RESTING: dict[str, Resting] = {
    "water.pressure": Resting(
        kind=DeviceKind.WATER,
        detector="water",
        quantities=frozenset({Quantity.PRESSURE_KPA}),
        stirs=_water_pressure,
        rests=lambda state: state.pressure is CALM[2],
    ),
    "water.quality": Resting(
        kind=DeviceKind.WATER,
        detector="water",
        quantities=frozenset({Quantity.TURBIDITY_NTU, Quantity.CHLORINE_MG_L}),
        stirs=_water_quality,
        rests=lambda state: state.quality is CALM[3],
    ),
    "water.burst": Resting(
        kind=DeviceKind.WATER,
        detector="water",
        quantities=frozenset({Quantity.PRESSURE_KPA, Quantity.FLOW_L_S}),
        stirs=_water_burst,
        rests=lambda state: state.burst.course is CALM[1],
        reach_s=lambda thresholds: thresholds.water.burst.window_s,
    ),
    "gas.leak": Resting(
        kind=DeviceKind.GAS,
        detector="gas",
        quantities=frozenset({Quantity.METHANE_PCT_LEL}),
        stirs=_gas_leak,
        rests=lambda state: state.leak is CALM[3],
        reach_s=lambda thresholds: thresholds.gas.leak.rise_window_s,
    ),
    "gas.pressure": Resting(
        kind=DeviceKind.GAS,
        detector="gas",
        quantities=frozenset({Quantity.GAS_PRESSURE_KPA}),
        stirs=_gas_pressure,
        rests=lambda state: state.pressure is CALM[2],
    ),
    "drainage.level": Resting(
        kind=DeviceKind.DRAINAGE,
        detector="drainage",
        quantities=frozenset({Quantity.LEVEL_M}),
        stirs=_drainage_level,
        rests=lambda state: state.course is CALM[2],
        reach_s=lambda thresholds: thresholds.drainage.level.rise_window_s,
    ),
}


def possible(columns: ReadingColumns, thresholds: Thresholds) -> Flags:
    """Tell of each reading whether its value can be: others are the sensor's fault, and no other detector sees them."""
    found = np.ones(len(columns), np.bool_)
    for quantity, code in CODE.items():
        limits = thresholds.sensor.fault.ranges.of(quantity)
        if limits is not None:
            found &= (columns.code != code) | ((columns.value >= limits.low) & (columns.value <= limits.high))
    return found


def _is(columns: ReadingColumns, quantity: Quantity) -> Flags:
    found: Flags = columns.code == CODE[quantity]
    return found


def _outside(value: Floats, low: float, high: float) -> Flags:
    found: Flags = (value < low) | (value > high)
    return found


def _lowest(at_us: Longs, value: Floats, window_s: float) -> Floats:
    """Return a value at or below the lowest of the last `window_s` at each instant: that of up to two such spans."""
    if not len(value):
        return value
    window_us = max(1, round(window_s * SECOND_US))
    bucket = (at_us - at_us[0]) // window_us
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    lowest = np.minimum.reduceat(value, starts)
    which = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(value))))
    number = bucket[starts]
    previous = np.full(len(lowest), np.inf)
    follows = np.diff(number) == 1
    previous[1:][follows] = lowest[:-1][follows]
    here: Floats = np.minimum(lowest, previous)[which]
    return here
