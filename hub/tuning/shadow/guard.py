"""How many alarms a canary's grids have given in a while goes in, why it must be rolled back comes out; pure.

The alarms of a whole window are looked at from the first moment on: a flood shows as soon as it is more than the limit
allows in that window, and a single early alarm is never taken for a rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WINDOW_S = 3600.0
LEAST = 5  # alarms; fewer are never a flood


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When it is a flood: more than `alarms_per_hour`, or more than `factor` times what the same grids had before.

    Both are taken over the last `window_s`, and neither with fewer than `least` alarms. None: that limit is not set.
    """

    alarms_per_hour: float | None = None
    factor: float | None = None
    window_s: float = WINDOW_S
    least: int = LEAST

    def __post_init__(self) -> None:
        if self.alarms_per_hour is None and self.factor is None:
            raise ValueError("a canary needs a limit: alarms_per_hour, factor or both")
        if self.alarms_per_hour is not None and not 0 < self.alarms_per_hour <= 100_000:
            raise ValueError("alarms_per_hour must be above 0, at most 100000")
        if self.factor is not None and not 1 <= self.factor <= 1000:
            raise ValueError("factor must be 1 to 1000")
        if not 60 <= self.window_s <= 86_400:
            raise ValueError("window_s must be 60 to 86400")
        if not 1 <= self.least <= 10_000:
            raise ValueError("least must be 1 to 10000")


class Flood(StrEnum):
    """Why a canary is rolled back."""

    ABSOLUTE = "alarms per hour"
    FACTOR = "times what was before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A flood: which limit, how many alarms in the window, how many an hour that is, and how many were allowed."""

    flood: Flood
    alarms: int
    per_hour: float
    allowed_per_hour: float
    text: str


def flood(limits: Limits, *, alarms: int, per_hour_before: float | None) -> Found | None:
    """Return the flood that `alarms` within the last window are, or None.

    Where nothing is known of before (None), the factor says nothing; where nothing was raised before, `least` alarms
    are a flood by the factor.
    """
    if alarms < limits.least:
        return None
    per_hour = alarms * 3600.0 / limits.window_s
    seen = f"{alarms} alarms within {limits.window_s / 60:g} min are {per_hour:.3g} an hour"
    if limits.alarms_per_hour is not None and per_hour > limits.alarms_per_hour:
        text = f"{seen}; {limits.alarms_per_hour:g} are allowed"
        return Found(
            flood=Flood.ABSOLUTE, alarms=alarms, per_hour=per_hour, allowed_per_hour=limits.alarms_per_hour, text=text
        )
    if limits.factor is not None and per_hour_before is not None and per_hour > limits.factor * per_hour_before:
        text = f"{seen}; {limits.factor:g} times the {per_hour_before:.3g} an hour of before are allowed"
        allowed = limits.factor * per_hour_before
        return Found(flood=Flood.FACTOR, alarms=alarms, per_hour=per_hour, allowed_per_hour=allowed, text=text)
    return None
