"""Learnt profiles: the hours judged so far in, what they add up to against the limit, or why one is not judged, out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from detectors.baseline import Unjudged, drift
from detectors.profile import HOUR, Profile, Profiles, hour_of
from detectors.unusual import CAUSE, UnusualDetector, UnusualState
from hub.tuning.trace.explain import Asked, Explainer
from hub.tuning.trace.predicate import Look, Predicate, State, Text, held_against, said
from ingest.observation import Quantity, Reading

RULES = {
    "water.unusual": (Quantity.FLOW_L_S, Quantity.PRESSURE_KPA),
    "streetlight.unusual": (Quantity.POWER_W,),
}
_NAMES = {
    Quantity.FLOW_L_S: Text("流量", "flow"),
    Quantity.PRESSURE_KPA: Text("供水压力", "pressure"),
    Quantity.POWER_W: Text("平均功率", "the lamps' mean power"),
}
_WAYS = {"high": Text("偏高", "above"), "low": Text("偏低", "below")}


def unusual(asked: Asked, state: UnusualState, reading: Reading) -> Look | None:
    """Tell how the deviations of the reading's quantity add up, by the last hour that was judged."""
    quantity = reading.quantity
    if quantity not in state.judged:
        return None
    limits = asked.thresholds.of_rule(asked.rule)
    hours = state.judged[quantity]
    values: dict[str, float] = {}
    predicates: list[Predicate] = []
    before = hour_of(reading.measured_at) - HOUR
    if not hours or hours[-1].hour < before:
        predicates.append(_unjudged(asked.detector, state, quantity, before))
    if hours:
        values["hour_z"] = round(hours[-1].z, 3)
        for way, told in _WAYS.items():
            turn = drift(hours, way == "high", limits)  # type: ignore[arg-type]
            name = f"{CAUSE[quantity]}_{way}"
            what = Text(
                f"{_NAMES[quantity].zh}{told.zh}，{turn.hours} 小时累计",
                f"the sum of what {turn.hours} hours of {_NAMES[quantity].en} lay {told.en} the usual,",
            )
            limit_z: float = limits.limit_z  # type: ignore[attr-defined]
            values[f"{name}_z"] = round(turn.total_z, 3)
            path = f"{asked.rule}.limit_z"
            predicates.append(held_against(name, what, turn.total_z, ">=", limit_z, "spreads", path, 2))
    return Look(
        at=reading.measured_at,
        state=State.RAISED if state.since is not None else State.QUIET,
        predicates=tuple(predicates),
        values=values,
        thing=hours[-1].hour.isoformat() if hours else "",
    )


def unlearnt(profiles: Profiles, rule: str, subject: str) -> Text | None:
    """Return that nothing was learnt of `subject`, where that is why `rule` cannot judge it."""
    if rule not in RULES or any((subject, quantity) in profiles.of for quantity in RULES[rule]):
        return None
    return Text(
        "还没有学到它的画像，不知道什么是平常的：请先学习画像",
        "no profile of it has been learnt, so nobody knows what is usual: learn one first",
    )


def _unjudged(detector: UnusualDetector, state: UnusualState, quantity: Quantity, hour: datetime) -> Predicate:
    """Return why the hour from `hour` on was not judged."""
    why = detector.barred(state.place, quantity, hour)
    profile = state.place.profiles[quantity]
    called = _NAMES[quantity]
    of = Text(f"{called.zh}：此前一小时未参与判断，", f"{called.en} of the hour before is not judged: ")
    reason = _REASONS.get(why) or _too_old(profile)
    text = Text(of.zh + reason.zh, of.en + reason.en)
    return said("hour_judged", False, text, text)


_REASONS: Mapping[Unjudged | None, Text] = {
    Unjudged.NO_CELL: Text("一周中的这一小时没有学到", "nothing was learnt of that hour of the week"),
    Unjudged.NOT_LIT: Text("灯不必整个小时亮着", "the lamps need not burn through it"),
    None: Text("收到的太少，或传感器一直重复同一个值", "too little of it was heard, or the sensor repeated one value"),
}


def _too_old(profile: Profile) -> Text:
    day = f"{profile.learnt_until:%Y-%m-%d}"
    return Text(f"画像学到 {day} 为止，已经太旧", f"the profile was learnt until {day}, which is too long ago")


EXPLAINERS: Mapping[str, Explainer] = dict.fromkeys(RULES, unusual)
