"""Water, gas, drainage and sensors: a detector's state in, what it held the last reading against out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from detectors.burst import BurstWatch
from detectors.causes import Course
from detectors.drainage import DrainageState
from detectors.duration import Condition, Law, Stage
from detectors.faults import FaultState
from detectors.gas import GasState
from detectors.leak import LeakWatch
from detectors.water import WaterState
from hub.tuning.trace import words
from hub.tuning.trace.explain import Asked, Explainer
from hub.tuning.trace.predicate import Look, Predicate, State, Text, held_against, lasted, said
from ingest.observation import Quantity, Reading

PRESSURE, FLOW = Text("水压", "pressure"), Text("流量", "flow")
_STATES = {
    Stage.QUIET: State.QUIET,
    Stage.PENDING: State.PENDING,
    Stage.RAISED: State.RAISED,
    Stage.CLEARING: State.CLEARING,
}
_RANK = (Stage.QUIET, Stage.PENDING, Stage.CLEARING, Stage.RAISED)


def of_condition(
    condition: Condition,
    law: Law,
    at: datetime,
    predicates: Sequence[Predicate],
    values: Mapping[str, float],
    path: str,
    thing: str = "",
) -> Look:
    """Return the look at one condition that must last by `law`; `path` is its threshold's section."""
    pending = condition.stage is Stage.PENDING
    counted_s = condition.lasted_s if condition.stage in (Stage.PENDING, Stage.RAISED) else 0.0
    needed_s = law.raise_after_s
    time = (lasted(counted_s, needed_s, path),) if pending and needed_s else ()
    return Look(
        at=at,
        state=_STATES[condition.stage],
        predicates=(*predicates, *time),
        values=values,
        counted_s=counted_s,
        needed_s=needed_s,
        blind_s=condition.blind_s,
        thing=thing,
    )


def of_course(
    course: Course,
    laws: Sequence[tuple[str, Law, str]],
    at: datetime,
    predicates: Sequence[Predicate],
    values: Mapping[str, float],
) -> Look:
    """Return the look at the cause that has come farthest; `laws` are each cause's name, law and threshold."""

    def far(index: int) -> tuple[int, float]:
        condition = course.conditions[index]
        return _RANK.index(condition.stage), condition.lasted_s / (laws[index][1].raise_after_s or 1.0)

    told = max(range(len(laws)), key=far)
    name, law, path = laws[told]
    return of_condition(course.conditions[told], law, at, predicates, values, path, name)


def _laws(watched: Any, section: str, paths: Mapping[str, str] | None = None) -> list[tuple[str, Law, str]]:
    named = paths or {}
    return [(cause.name, cause.law, f"{section}.{named.get(cause.name, 'raise_after_s')}") for cause in watched.causes]


def pressure(asked: Asked, state: WaterState, reading: Reading) -> Look | None:
    """Tell how water.pressure goes."""
    if reading.quantity is not Quantity.PRESSURE_KPA:
        return None
    limits, value = asked.thresholds.water.pressure, reading.value
    predicates = _range(PRESSURE, value, limits.low_kpa, limits.high_kpa, "kPa", "water.pressure", "kpa")
    laws = _laws(state.watched_pressure, "water.pressure")
    return of_course(state.pressure, laws, reading.measured_at, predicates, {"pressure_kpa": value})


def gas_pressure(asked: Asked, state: GasState, reading: Reading) -> Look | None:
    """Tell how gas.pressure goes."""
    if reading.quantity is not Quantity.GAS_PRESSURE_KPA:
        return None
    limits, value = asked.thresholds.gas.pressure, reading.value
    what = Text("燃气压力", "gas pressure")
    predicates = _range(what, value, limits.low_kpa, limits.high_kpa, "kPa", "gas.pressure", "kpa")
    laws = _laws(state.watched_pressure, "gas.pressure")
    return of_course(state.pressure, laws, reading.measured_at, predicates, {"gas_pressure_kpa": value})


def _range(
    what: Text, value: float, low: float, high: float, unit: str, section: str, suffix: str
) -> tuple[Predicate, Predicate]:
    return (
        held_against("low", what, value, "<", low, unit, f"{section}.low_{suffix}"),
        held_against("high", what, value, ">", high, unit, f"{section}.high_{suffix}"),
    )


def quality(asked: Asked, state: WaterState, reading: Reading) -> Look | None:
    """Tell how water.quality goes."""
    limits, value, section = asked.thresholds.water.quality, reading.value, "water.quality"
    if reading.quantity is Quantity.TURBIDITY_NTU:
        what, key = Text("浊度", "turbidity"), "turbidity_ntu"
        predicates: tuple[Predicate, ...] = (
            held_against("turbid", what, value, ">", limits.turbidity_ntu, "NTU", f"{section}.{key}"),
        )
    elif reading.quantity is Quantity.CHLORINE_MG_L:
        what, key, unit = Text("余氯", "free chlorine"), "chlorine_mg_l", "mg/L"
        low, high = limits.chlorine_low_mg_l, limits.chlorine_high_mg_l
        predicates = (
            held_against("chlorine_low", what, value, "<", low, unit, f"{section}.chlorine_low_mg_l"),
            held_against("chlorine_high", what, value, ">", high, unit, f"{section}.chlorine_high_mg_l"),
        )
    else:
        return None
    return of_course(
        state.quality, _laws(state.watched_quality, section), reading.measured_at, predicates, {key: value}
    )


def burst(asked: Asked, state: WaterState, reading: Reading) -> Look | None:
    """Tell how water.burst goes: it is judged with each pressure."""
    at, value, limits = reading.measured_at, reading.value, asked.thresholds.water.burst
    if reading.quantity is Quantity.FLOW_L_S:
        condition = state.burst.course.conditions[0]
        return Look(at=at, state=_STATES[condition.stage], predicates=(), values={"flow_l_s": value})
    if reading.quantity is not Quantity.PRESSURE_KPA:
        return None
    watch: BurstWatch = state.burst
    measures = watch.measures(at, value)
    fall, rise, needed = measures["fall_kpa"], measures["rise_l_s"], measures["needed_rise_l_s"]
    predicates = []
    if fall is not None:
        what = Text("水压下降", "the fall of pressure,")
        predicates.append(held_against("fall", what, fall, ">=", limits.fall_kpa, "kPa", "water.burst.fall_kpa"))
    if rise is not None and needed is not None:
        by_share = needed > limits.rise_l_s
        path = "water.burst.rise_share" if by_share else "water.burst.rise_l_s"
        predicates.append(held_against("rise", Text("流量上升", "the rise of flow,"), rise, ">=", needed, "L/s", path))
    else:
        no = Text("近期没有流量读数", "no flow was heard in the last while")
        predicates.append(said("flow_known", False, no, no))
    # What the thresholds are held against is how far it fell and rose, and no line on the values themselves.
    moved = {name: each for name, each in (("fall_kpa", fall), ("rise_l_s", rise)) if each is not None}
    condition = watch.course.conditions[0]
    return of_condition(
        condition,
        Law(limits.raise_after_s, limits.clear_after_s, limits.gap_s),
        at,
        predicates,
        {"pressure_kpa": value, **moved},
        "water.burst.raise_after_s",
    )


def leak(asked: Asked, state: WaterState, reading: Reading) -> Look | None:
    """Tell how water.leak goes: it is judged once a night, with the first flow after the night window."""
    if reading.quantity is not Quantity.FLOW_L_S:
        return None
    watch: LeakWatch = state.leak
    limits, flow = asked.thresholds.water.leak, watch.judged
    predicates: list[Predicate] = []
    values = {"flow_l_s": reading.value}
    if flow is None:
        no = Text(
            f"还没有可判断的夜间（本夜已测得 {watch.spans} 段）",
            f"no night could be judged yet ({watch.spans} spans of this one are measured)",
        )
        predicates.append(said("night_judged", False, no, no))
    elif flow.baseline_l_s is None:
        what = Text("已有基线夜数", "nights to compare with,")
        predicates.append(
            held_against("nights", what, flow.nights, ">=", limits.min_nights, "", "water.leak.min_nights")
        )
    else:
        base, lowest = flow.baseline_l_s, flow.lowest_l_s
        values |= {"night_lowest_l_s": lowest, "night_baseline_l_s": base}
        what = Text("夜间最小流量", "the night's lowest flow")
        more = Text("高出基线", "what lies above the baseline,")
        predicates += [
            held_against("factor", what, lowest, ">", base * limits.factor, "L/s", "water.leak.factor"),
            held_against("above", more, lowest - base, ">=", limits.above_l_s, "L/s", "water.leak.above_l_s"),
        ]
    return Look(
        at=reading.measured_at,
        state=State.RAISED if watch.open_since is not None else State.QUIET,
        predicates=tuple(predicates),
        values=values,
        thing=flow.night.day.isoformat() if flow is not None else "",
    )


def gas_leak(asked: Asked, state: GasState, reading: Reading) -> Look | None:
    """Tell how gas.leak goes."""
    if reading.quantity is not Quantity.METHANE_PCT_LEL:
        return None
    limits, value, at = asked.thresholds.gas.leak, reading.value, reading.measured_at
    lowest = state.lowest.at(at)
    rise = value - lowest if lowest is not None else 0.0
    what, unit = Text("甲烷浓度", "methane"), "%LEL"
    risen = Text("甲烷上升", "the rise of methane,")
    predicates = (
        held_against("rising", risen, rise, ">=", limits.rise_pct_lel, unit, "gas.leak.rise_pct_lel"),
        held_against("first", what, value, ">=", limits.low_pct_lel, unit, "gas.leak.low_pct_lel"),
        held_against("second", what, value, ">=", limits.high_pct_lel, unit, "gas.leak.high_pct_lel"),
    )
    laws = _laws(state.watched_leak, "gas.leak", {"rising": "rise_raise_after_s"})
    return of_course(state.leak, laws, at, predicates, {"methane_pct_lel": value})


def level(asked: Asked, state: DrainageState, reading: Reading) -> Look | None:
    """Tell how drainage.level goes."""
    if reading.quantity is not Quantity.LEVEL_M:
        return None
    limits, value, at = asked.thresholds.drainage.level, reading.value, reading.measured_at
    lowest = state.lowest.at(at)
    rise = value - lowest if lowest is not None else 0.0
    what, section = Text("液位", "the level"), "drainage.level"
    predicates = (
        held_against("rise", Text("液位上升", "the rise,"), rise, ">=", limits.rise_m, "m", f"{section}.rise_m"),
        held_against("floor", what, value, ">=", limits.rise_floor_m, "m", f"{section}.rise_floor_m"),
        held_against("high", what, value, ">", limits.high_m, "m", f"{section}.high_m"),
    )
    return of_course(state.course, _laws(state.watched, section), at, predicates, {"level_m": value})


def fault(asked: Asked, state: FaultState, reading: Reading) -> Look | None:
    """Tell how sensor.fault goes, by the quantity of this reading."""
    track = state.tracks.get(reading.quantity)
    if track is None:
        return None
    rule, value, at = asked.thresholds.sensor.fault, reading.value, reading.measured_at
    name = reading.quantity.value
    called = words.quantity(reading.quantity)
    predicates: list[Predicate] = []
    limits = rule.ranges.of(reading.quantity)
    if limits is not None:
        outside = not limits.low <= value <= limits.high
        inside = f"{limits.low:g}–{limits.high:g}"
        predicates.append(
            said(
                "impossible",
                outside,
                Text(f"{called.zh} {value:g}，不在 {inside} 之内", f"{name} {value:g} lies outside {inside}"),
                Text(f"{called.zh} {value:g}，在 {inside} 之内", f"{name} {value:g} lies inside {inside}"),
            )
        )
    law, condition, path = state.impossible_law, track.impossible, "sensor.fault.impossible_after_s"
    if track.frozen.stage is not Stage.QUIET and condition.stage is Stage.QUIET:
        law, condition, path = state.frozen_law, track.frozen, "sensor.fault.frozen_after_s"
    look = of_condition(condition, law, at, predicates, {name: value}, path, name)
    if condition.stage is not Stage.QUIET or reading.quantity not in rule.frozen_quantities:
        return look
    what = Text(f"{called.zh}读数不变的时间", f"the time {name} has stayed the same,")
    same = held_against("frozen", what, track.same_s, ">=", rule.frozen_after_s, "s", "sensor.fault.frozen_after_s", 0)
    return Look(
        at=at,
        state=State.PENDING if track.same_s > 0 else look.state,
        predicates=(*predicates, same),
        values=look.values,
        counted_s=track.same_s,
        needed_s=rule.frozen_after_s,
        thing=f"{name} frozen",
    )


EXPLAINERS: Mapping[str, Explainer] = {
    "water.pressure": pressure,
    "water.quality": quality,
    "water.burst": burst,
    "water.leak": leak,
    "gas.leak": gas_leak,
    "gas.pressure": gas_pressure,
    "drainage.level": level,
    "sensor.fault": fault,
}
