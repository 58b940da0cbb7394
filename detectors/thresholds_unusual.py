"""The thresholds of the rules that hold a quantity against its own learnt profile: defaults, ranges, sources."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from detectors.finding import Severity
from detectors.threshold import SEVERITY, Rule, graded, switched, threshold

PAGE = "E. S. Page, Continuous inspection schemes, Biometrika 41, 1954"
ON = (
    "whether the rule is judged at all; off as shipped, because it judges nothing until profiles were learnt from this "
    "city's own weeks, and how many alerts it would give should be looked at in the workbench first"
)


class Unusual(Rule):
    """Hours lie off what the hour of the week is used to, and the deviations add up."""

    enabled: bool = switched(False, ON)
    severity: Severity = graded(Severity.WARNING, SEVERITY)
    slack_z: float = threshold(
        0.5,
        "k: each hour's deviation, in spreads, counts less this much; half the shift that is to be found fastest",
        unit="spreads",
        low=0.05,
        high=3.0,
        source=PAGE + ": half the shift",
    )
    limit_z: float = threshold(
        12.0,
        "h: raised when the deviations summed so reach this; the higher, the rarer a false alarm and the later a true "
        "one",
        unit="spreads × hours",
        low=2.0,
        high=200.0,
        source="our judgement: by Siegmund's approximation of 1985 about a million independent hours to a false alarm "
        "with k = 0.5; real hours resemble their neighbours, so it comes sooner",
    )
    most_z: float = threshold(
        4.0,
        "an hour counts for at most this many spreads, so that no single hour raises anything",
        unit="spreads",
        low=1.0,
        high=20.0,
    )
    window_h: int = threshold(
        48,
        "deviations are summed over at most the last so many hours; a restarted worker reads back twice as far",
        unit="h",
        low=6,
        high=168,
    )
    clear_z: float = threshold(
        0.25,
        "it is over, and the sum begins again, when the last clear_hours judged hours average less than this off",
        unit="spreads",
        low=0.0,
        high=2.0,
    )
    clear_hours: int = threshold(12, "of how many judged hours that average is", unit="hours", low=2, high=72)
    heard_quarters: int = threshold(
        3,
        "an hour of which fewer quarters were heard is not judged; a device that reports less often than every quarter "
        "of an hour needs as many as it could fill",
        unit="quarters of an hour",
        low=1,
        high=4,
    )
    profile_days: float = threshold(
        60.0,
        "a profile learnt from what ended longer ago than this is not used: the season has moved on",
        unit="days",
        low=1.0,
        high=400.0,
    )
    least_spread_share: float = threshold(
        0.02,
        "a spread counts as at least this share of the median: steady hours would else make a trifle unusual",
        unit="ratio",
        low=0.0,
        high=0.5,
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if (self.most_z - self.slack_z) * self.window_h < self.limit_z:
            raise ValueError("limit_z could never be reached: window_h hours of most_z less slack_z do not sum to it")
        if self.clear_z >= self.slack_z:
            raise ValueError("clear_z must be below slack_z, else what adds up would count as over")
        if self.clear_hours > self.window_h:
            raise ValueError("clear_hours must not be more than window_h")
        return self


class WaterUnusual(Unusual):
    """Flow or pressure of a main lies off what this place is used to at this hour of the week, for hours."""

    least_spread_l_s: float = threshold(0.2, "and a spread of flow as at least this", unit="L/s", low=0.0, high=100.0)
    least_spread_kpa: float = threshold(
        2.0, "and a spread of pressure as at least this", unit="kPa", low=0.0, high=200.0
    )


class LampUnusual(Unusual):
    """The lamps of a circuit draw other power than they are used to at this hour of the night, for hours."""

    window_h: int = threshold(
        96,
        "deviations are summed over at most the last so many hours, days included; a restarted worker reads back twice "
        "as far",
        unit="h",
        low=24,
        high=168,
    )
    clear_hours: int = threshold(8, "of how many judged hours that average is", unit="hours", low=2, high=72)
    least_spread_w: float = threshold(
        0.5, "and a spread of the lamps' mean power as at least this", unit="W", low=0.0, high=100.0
    )
    heard_share: float = threshold(
        0.8,
        "an hour in which fewer than this share of the circuit's lamps was heard is not judged",
        unit="share of the circuit's lamps",
        low=0.1,
        high=1.0,
    )
