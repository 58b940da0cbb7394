"""How one threshold is written down: its default, allowed range, unit, meaning and source; and what every rule has."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from detectors.finding import Severity

T = TypeVar("T", float, int)

OURS = "our judgement"


class Section(BaseModel):
    """A part of the detectors file. Unknown names are refused, so a misspelt threshold is never silently unused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def threshold(default: T, meaning: str, *, unit: str, low: T, high: T, source: str = OURS) -> T:
    """Return the field of a threshold: `low` ≤ value ≤ `high`, with unit and source carried into the JSON Schema."""
    field: T = Field(
        default=default, ge=low, le=high, description=meaning, json_schema_extra={"unit": unit, "source": source}
    )
    return field


def bound(meaning: str, *, source: str = OURS) -> float:
    """Return the required field of one end of a physical range; its unit is that of what it bounds."""
    field: float = Field(description=meaning, json_schema_extra={"unit": "the quantity's", "source": source})
    return field


def listed(default: tuple[Any, ...], meaning: str, *, source: str = OURS) -> Any:
    """Return the field of a list of names, such as the labels that count as a vehicle."""
    return Field(default=default, description=meaning, json_schema_extra={"unit": "names", "source": source})


def switched(default: bool, meaning: str, *, source: str = OURS) -> bool:
    """Return the field of a yes-or-no setting."""
    field: bool = Field(default=default, description=meaning, json_schema_extra={"unit": "yes or no", "source": source})
    return field


def graded(default: Severity, meaning: str, *, source: str = OURS) -> Severity:
    """Return the field of a severity."""
    field: Severity = Field(
        default=default, description=meaning, json_schema_extra={"unit": "severity", "source": source}
    )
    return field


def seconds(default: float, meaning: str, *, low: float = 0.0, high: float = 86400.0, source: str = OURS) -> float:
    """Return the field of a span of time in seconds; by default at most a day."""
    return threshold(default, meaning, unit="s", low=low, high=high, source=source)


RAISE_AFTER = "seconds of event time the condition must have been seen to hold before the alert is raised"
CLEAR_AFTER = "seconds of event time it must have been seen to be over before the alert clears"
GAP = (
    "a gap between two of the subject's own observations longer than this, and longer than two and a half of its own "
    "intervals, is blind time: it neither counts nor resets"
)
SEVERITY = "how bad it is when the rule raises"


class Rule(Section):
    """What every rule has: it can be switched off, and it has a severity."""

    enabled: bool = switched(True, "whether the rule is judged at all")
    severity: Severity = graded(Severity.MINOR, SEVERITY)


class Timed(Rule):
    """A rule whose condition must last before it raises, and be over for a while before it clears."""

    raise_after_s: float = seconds(60.0, RAISE_AFTER)
    clear_after_s: float = seconds(60.0, CLEAR_AFTER)
    gap_s: float = seconds(300.0, GAP, low=1.0)
