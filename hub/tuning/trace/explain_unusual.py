"""Learnt profiles: the hours judged so far in, what they add up to against the limit out."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.baseline import drift
from detectors.unusual import CAUSE, UnusualState
from hub.tuning.trace.explain import Asked, Explainer
from hub.tuning.trace.predicate import Look, Predicate, State, Text, held_against, said
from ingest.observation import Quantity, Reading

_NAMES = {
    Quantity.FLOW_L_S: Text("流量", "flow"),
    Quantity.PRESSURE_KPA: Text("水压", "pressure"),
    Quantity.POWER_W: Text("回路功率", "power"),
}


def unusual(asked: Asked, state: UnusualState, reading: Reading) -> Look | None:
    """Tell how the deviations of the reading's quantity add up, by the last hour that was judged."""
    quantity = reading.quantity
    if quantity not in state.judged:
        return None
    limits = asked.thresholds.of_rule(asked.rule)
    hours = state.judged[quantity]
    values: dict[str, float] = {}
    predicates: list[Predicate] = []
    if hours:
        values["hour_z"] = round(hours[-1].z, 3)
        for way, zh in (("high", "偏高"), ("low", "偏低")):
            turn = drift(hours, way == "high", limits)  # type: ignore[arg-type]
            name = f"{CAUSE[quantity]}_{way}"
            what = Text(
                f"{_NAMES[quantity].zh}{zh}累计",
                f"what {_NAMES[quantity].en} has been off, {way}, over {turn.hours} hours,",
            )
            limit_z: float = limits.limit_z  # type: ignore[attr-defined]
            values[f"{name}_z"] = round(turn.total_z, 3)
            path = f"{asked.rule}.limit_z"
            predicates.append(held_against(name, what, turn.total_z, ">=", limit_z, "spreads", path, 2))
    else:
        text = Text("还没有可判断的小时", "no hour of it could be judged yet")
        predicates.append(said("hour_judged", False, text, text))
    return Look(
        at=reading.measured_at,
        state=State.RAISED if state.since is not None else State.QUIET,
        predicates=tuple(predicates),
        values=values,
        thing=hours[-1].hour.isoformat() if hours else "",
    )


EXPLAINERS: Mapping[str, Explainer] = {"water.unusual": unusual, "streetlight.unusual": unusual}
