"""A quantity's hours go in, with what is usual for them; how far they are off and what that adds up to comes out.

Each hour's mean is held against the profile's cell: its deviation z is in spreads. Deviations are summed as E. S. Page
does ("Continuous inspection schemes", Biometrika 41, 1954): S = max(0, S + z − k), upwards and downwards apart. So an
hour that is a little off says nothing, and many of them do. What is ours: z is bounded, so that no single hour raises
anything; only the hours of a window are summed, so that a restarted worker that reads them again stands where the old
one stood; and the sum begins again wherever the last hours were as usual on average, so that nothing is counted twice.
All of it follows from the hours of the last two windows alone, never from what was raised meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import fsum

from detectors.profile import Profile
from detectors.thresholds_unusual import Unusual
from ingest.observation import Quantity

SCALE = 10_000  # values are summed as whole ten-thousandths: such sums are the same in any order, in SQL too
STUCK_FROM = 3  # readings: so many and all the same are a sensor that is stuck
QUARTER_S = 900


@dataclass(slots=True)
class Sums:
    """What one device's readings of one hour add up to. `quarters` has a bit for each quarter that was heard."""

    total: int = 0
    count: int = 0
    low: float = float("inf")
    high: float = float("-inf")
    quarters: int = 0

    def add(self, value: float, at: datetime) -> None:
        """Take a reading in."""
        self.total += round(value * SCALE)
        self.count += 1
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.quarters |= 1 << int(at.timestamp()) % 3600 // QUARTER_S

    def join(self, other: Sums) -> None:
        """Take in what other readings of the same hour add up to."""
        self.total += other.total
        self.count += other.count
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.quarters |= other.quarters


@dataclass(frozen=True, slots=True)
class HourSums:
    """What was stored of one device's quantity in the hour from `hour` on."""

    device_id: str
    quantity: Quantity
    hour: datetime
    sums: Sums


class Unjudged(StrEnum):
    """Why an hour says nothing."""

    NO_PROFILE = "no_profile"  # nothing was learnt of this quantity here
    NO_CELL = "no_cell"  # nor of this hour of the week
    OLD_PROFILE = "old_profile"
    TOO_LITTLE_HEARD = "too_little_heard"
    STUCK = "stuck"
    NOT_LIT = "not_lit"  # the lamps need not burn through the whole hour


@dataclass(frozen=True, slots=True)
class Judged:
    """One hour: its mean, what is usual, and how many spreads it is off."""

    hour: datetime
    value: float
    expected: float
    spread: float
    z: float


@dataclass(frozen=True, slots=True)
class Drift:
    """What the hours add up to in one direction: the sum, and from which hour on; and whether they are as usual again.

    `hours` is how many judged hours the sum is of.
    """

    total_z: float
    since: datetime | None
    hours: int
    over: bool


def heard_mean(sums: Mapping[str, Sums], stuck: bool) -> float | Unjudged:
    """Return the mean over the devices of the means of their readings; with `stuck`, one that never moves is left out.

    A value of 0 may well stay: water that does not flow.
    """
    living = {
        name: one
        for name, one in sums.items()
        if not (stuck and one.count >= STUCK_FROM and one.low == one.high and one.low != 0.0)
    }
    if not sums:
        return Unjudged.TOO_LITTLE_HEARD
    if not living:
        return Unjudged.STUCK
    return fsum(living[name].total / living[name].count for name in sorted(living)) / len(living) / SCALE


def enough_heard(sums: Mapping[str, Sums], needed_quarters: int, interval_s: float) -> bool:
    """Tell whether the hour was heard in enough of its quarters by a device that reports every `interval_s`."""
    fillable = max(1, min(4, int(4 * QUARTER_S / max(interval_s, 1.0))))
    heard = 0
    for one in sums.values():
        heard |= one.quarters
    return heard.bit_count() >= min(needed_quarters, fillable)


def judged(
    hour: datetime, value: float, cell: int, profile: Profile | None, limits: Unusual, least_spread: float
) -> Judged | Unjudged:
    """Return how far `value`, the mean of the hour from `hour` on, is off what `profile` says of it; or why not."""
    if profile is None:
        return Unjudged.NO_PROFILE
    if hour - profile.learnt_until > timedelta(days=limits.profile_days):
        return Unjudged.OLD_PROFILE
    usual = profile.cells[cell]
    if usual is None:
        return Unjudged.NO_CELL
    spread = spread_of(usual.median, usual.spread, limits, least_spread)
    z = (value - usual.median) / spread
    return Judged(hour, value, usual.median, spread, max(-limits.most_z, min(limits.most_z, z)))


def spread_of(median: float, spread: float, limits: Unusual, least_spread: float) -> float:
    """Return the spread that counts: never so small that a trifle becomes unusual."""
    return max(spread, least_spread, limits.least_spread_share * abs(median), 1e-9)


def drift(hours: Sequence[Judged], upwards: bool, limits: Unusual) -> Drift:
    """Return what `hours`, in order and of the last two windows, add up to at the last of them."""
    if not hours:
        return Drift(0.0, None, 0, False)
    window = timedelta(hours=limits.window_h)
    from_hour = hours[-1].hour - window
    total, since, count, over = 0.0, None, 0, False
    for index, one in enumerate(hours):
        if one.hour <= from_hour:
            continue
        total += (one.z if upwards else -one.z) - limits.slack_z
        since, count = since or one.hour, count + 1
        over = _as_usual(hours, index, upwards, limits)
        if total <= 0.0 or over:
            total, since, count = 0.0, None, 0
    return Drift(total, since, count, over)


def _as_usual(hours: Sequence[Judged], index: int, upwards: bool, limits: Unusual) -> bool:
    """Tell whether the last `clear_hours` judged hours up to `index` lie less than `clear_z` off on average.

    The last of them must not be one that counts: where something begins, the hours before are as usual.
    """
    own = hours[index].z if upwards else -hours[index].z
    first = index - limits.clear_hours + 1
    if own > limits.slack_z or first < 0 or hours[first].hour <= hours[index].hour - timedelta(hours=limits.window_h):
        return False
    mean = fsum(one.z for one in hours[first : index + 1]) / limits.clear_hours
    return (mean if upwards else -mean) < limits.clear_z
