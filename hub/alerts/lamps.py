"""A lamp's last values in, whether it burns out; by the same limits as the streetlight detector judges; pure."""

from __future__ import annotations

from enum import StrEnum

from detectors.thresholds_streetlight import Burning


class LampState(StrEnum):
    """How a lamp is, as far as is known."""

    BURNING = "burning"
    DARK = "dark"
    UNCLEAR = "unclear"  # between the limits: dimmed, or just switched
    SILENT = "silent"  # it, or its gateway, is known to be silent: what it last said says nothing of now
    UNHEARD = "unheard"  # nothing was heard of it within a day


def lamp_state(
    limits: Burning, *, rated_power_w: float | None, power_w: float | None, lamp_on: float | None, silent: bool
) -> LampState:
    """Return how a lamp is. What it draws counts more than what its switch says."""
    if silent:
        return LampState.SILENT
    if power_w is not None:
        dark_below_w = max(limits.off_power_w, limits.off_share * (rated_power_w or 0.0))
        if power_w < dark_below_w:
            return LampState.DARK
        return LampState.BURNING if power_w >= dark_below_w * limits.on_over_off else LampState.UNCLEAR
    if lamp_on is not None:
        return LampState.BURNING if lamp_on >= 0.5 else LampState.DARK
    return LampState.UNHEARD
