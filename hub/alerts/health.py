"""Takes counts of alarms, gives the health of the alarm system beside the limits of the standards; pure.

The figures and limits are those of ANSI/ISA-18.2-2016, clause 16 (IEC 62682:2014, clause 16; EEMUA 191, 3rd edition,
appendix on metrics): what one operator can bear is about 6 alarms an hour and at most about 12, one and two in ten
minutes; a flood begins with more than 10 in ten minutes and ends below 5, and takes less than 1 % of the time; the ten
most frequent sources give less than 1 to 5 % of all; nothing chatters; fewer than 5 are stale for over a day;
priorities are spread about 80, 15 and 5 %. An alarm is what an operator was shown: symptoms of a known cause are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from detectors.finding import Severity

TEN_MINUTES_S = 600
FLOOD_BEGINS_ABOVE, FLOOD_ENDS_BELOW = 10, 5
CHATTER_COUNT, CHATTER_S = 3, 60
STALE_H = 24
TOP = 10

# The standards speak of three priorities; ours are four. The lowest two together are their "low".
PRIORITY: Mapping[Severity, str] = {
    Severity.CRITICAL: "high",
    Severity.MAJOR: "medium",
    Severity.MINOR: "low",
    Severity.WARNING: "low",
}
SPREAD: Mapping[str, float] = {"low": 0.80, "medium": 0.15, "high": 0.05}


class Mark(StrEnum):
    """How a figure stands to its limits."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    NONE = "none"  # nothing to judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure, what it should be at most (`good`), and what is at most bearable (`limit`), in `unit`."""

    name: str
    value: float | None
    good: float
    limit: float
    unit: str

    @property
    def mark(self) -> Mark:
        """Return how the figure stands."""
        if self.value is None:
            return Mark.NONE
        if self.value <= self.good:
            return Mark.GOOD
        return Mark.FAIR if self.value <= self.limit else Mark.POOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was counted over a period.

    `per_ten_minutes` holds the number of alarms of each ten minutes of the period, in order, zeros included;
    `per_severity` and `per_source` add up to their sum. `chattering` are the sources that came three times within a
    minute, `stale` the alarms that have stood for more than a day at its end.
    """

    per_ten_minutes: Sequence[int]
    per_severity: Mapping[Severity, int]
    top_sources: Sequence[int]
    chattering: int
    stale: int
    operators: int = 1


def measures(observed: Observed) -> tuple[Measure, ...]:
    """Return every figure beside its limits; one that needs an alarm is None where there was none."""
    total = sum(observed.per_ten_minutes)
    windows, operators = len(observed.per_ten_minutes), observed.operators
    hours = windows / 6
    busiest = max(observed.per_ten_minutes, default=0) / operators
    return (
        Measure(name="per_hour", value=_share(total, hours * operators), good=6, limit=12, unit="1/h"),
        Measure(name="per_ten_minutes", value=_share(total, windows * operators), good=1, limit=2, unit="1/10 min"),
        Measure(name="busiest_ten_minutes", value=busiest if windows else None, good=10, limit=10, unit="1/10 min"),
        Measure(
            name="flood_share", value=flood_share(observed.per_ten_minutes, operators), good=0.01, limit=0.05, unit="1"
        ),
        Measure(
            name="top_ten_share", value=_share(sum(observed.top_sources[:TOP]), total), good=0.05, limit=0.20, unit="1"
        ),
        Measure(name="chattering", value=observed.chattering, good=0, limit=0, unit="sources"),
        Measure(name="stale", value=observed.stale, good=4, limit=4, unit="alarms"),
        Measure(
            name="high_priority_share",
            value=priority_mix(observed.per_severity).get("high"),
            good=0.05,
            limit=0.10,
            unit="1",
        ),
    )


def flood_share(per_ten_minutes: Sequence[int], operators: int = 1) -> float | None:
    """Return the share of time in flood: from a window with more than 10 an operator until one with fewer than 5."""
    if not per_ten_minutes:
        return None
    return sum(floods(per_ten_minutes, operators)) / len(per_ten_minutes)


def floods(per_ten_minutes: Sequence[int], operators: int = 1) -> list[bool]:
    """Return of each ten minutes whether they lie in a flood."""
    found, flooding = [], False
    for count in per_ten_minutes:
        flooding = count >= FLOOD_ENDS_BELOW * operators if flooding else count > FLOOD_BEGINS_ABOVE * operators
        found.append(flooding)
    return found


def priority_mix(per_severity: Mapping[Severity, int]) -> dict[str, float]:
    """Return the share of each of the standards' three priorities; nothing where there was no alarm."""
    total = sum(per_severity.values())
    if not total:
        return {}
    mix = dict.fromkeys(SPREAD, 0)
    for severity, count in per_severity.items():
        mix[PRIORITY[severity]] += count
    return {priority: count / total for priority, count in mix.items()}


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
