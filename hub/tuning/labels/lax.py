"""A configuration and rules in, laxer thresholds out: what nearly raised, so that somebody can look at it; pure.

Lax means readier to raise: waits and needed amounts shrink, permitted ranges narrow. How far is our judgement: far
enough to find what is missed, near enough that not everything that moves is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from detectors.thresholds import described
from hub.config.load import Configuration

# What a threshold of this name is multiplied with, for every rule but those below.
FACTORS: Mapping[str, float] = {
    "raise_after_s": 0.5,
    "dwell_s": 0.5,
    "after_s": 0.5,
    "confidence": 0.6,
    "box_floor": 0.6,  # must not lie above the confidence
    "presence": 0.5,
    "scatter": 2.0,
    "share": 0.75,
    "intervals": 0.5,
    "at_least_s": 0.5,
    "impossible_after_s": 0.5,
    "frozen_after_s": 0.5,
    "moved_after_s": 0.5,
    "covered_after_s": 0.5,
}
OF_RULES: Mapping[str, float] = {
    "camera.moved.shift_pct": 0.65,
    "camera.moved.lost_pct": 0.75,
    "camera.moved.sharpness_pct": 1.3,
    "drainage.level.high_m": 0.9,
    "drainage.level.rise_m": 0.6,
    "gas.leak.low_pct_lel": 0.85,
    "gas.leak.rise_pct_lel": 0.6,
    "gas.leak.rise_raise_after_s": 0.5,
    "gas.pressure.high_kpa": 0.95,
    "gas.pressure.low_kpa": 1.1,
    "streetlight.unusual.limit_z": 0.6,
    "streetlight.voltage.high_v": 0.99,
    "streetlight.voltage.low_v": 1.01,
    "water.burst.fall_kpa": 0.6,
    "water.burst.rise_l_s": 0.6,
    "water.burst.rise_share": 0.6,
    "water.leak.above_l_s": 0.6,
    "water.leak.factor": 0.9,
    "water.pressure.high_kpa": 0.95,
    "water.pressure.low_kpa": 1.1,
    "water.quality.chlorine_high_mg_l": 0.9,
    "water.quality.chlorine_low_mg_l": 1.4,
    "water.quality.turbidity_ntu": 0.92,
    "water.unusual.limit_z": 0.6,
}


def lax_changes(configuration: Configuration, rules: Iterable[str] | None) -> dict[str, Any]:
    """Return the changes that make `rules` (None: all) readier to raise, within what each threshold allows.

    A zone's own dwell shrinks as its rule's does.
    """
    wanted = None if rules is None else set(rules)
    changes: dict[str, Any] = {}
    for each in described(configuration.thresholds):
        rule, _, name = each.path.rpartition(".")
        factor = OF_RULES.get(each.path, FACTORS.get(name))
        if factor is None or rule.count(".") != 1 or (wanted is not None and rule not in wanted):
            continue
        now = each.default
        if isinstance(now, bool) or not isinstance(now, int | float):
            continue
        changed = now * factor
        changed = min(max(changed, each.low if each.low is not None else changed), each.high or changed)
        changes[each.path] = round(changed, 6)
    if wanted is None or wanted & {"parking.illegal", "stall.unlicensed"}:
        changes |= {
            f"zone:{zone.zone_id}.dwell_s": max(1.0, zone.dwell_s * FACTORS["dwell_s"])
            for camera in configuration.city.cameras.values()
            for zone in camera.zones
            if zone.dwell_s is not None
        }
    return changes


def halfway(now: Any, lax: Any) -> Any:
    """Return the middle between two thresholds; what is no number stays as it is now."""
    if isinstance(now, bool) or not isinstance(now, int | float) or not isinstance(lax, int | float):
        return now
    return round((now + lax) / 2, 6)
