"""A figure with its interval and the number of labels behind it; or why there is none; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# Fewer labels than this give no figure. At 10 a share's interval is a good half wide (measured: 0.34 to 0.58), at 5 two
# thirds: that a share lies somewhere between 0 and 1 was known before.
LEAST = 10


class Why(StrEnum):
    """Why a figure is not given."""

    FEW_LABELS = "few_labels"
    NOBODY_LOOKED = "nobody_looked"  # every label comes from an alert: none could tell of a miss
    MOSTLY_UNLABELLED = "mostly_unlabelled"
    NOTHING_THERE = "nothing_there"  # no camera, no device, no time: nothing to count against


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure: `value` within [`low`, `high`] at 95 %, from `n` labels; or None for all three, and `why`."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: Why | None = None
    needs: int | None = None  # how many labels there would have to be
    says: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "value": _rounded(self.value),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "n": self.n,
            "why": self.why.value if self.why else None,
            "needs": self.needs,
            "why_not": self.says or None,
        }


def withheld(why: Why, n: int, says: str, *, needs: int | None = None) -> Estimate:
    """Return a figure that is not given, and in `says` why."""
    return Estimate(n=n, why=why, needs=needs, says=says)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
