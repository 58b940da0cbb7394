"""The table of explainers: a rule in, the pure function that tells what its detector holds of a subject out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from detectors.thresholds import Thresholds
from hub.tuning.trace.predicate import Look
from ingest.city import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about: a rule on a subject of a city, under the thresholds that hold for that subject.

    `detector` is the one that judges it, `zone_id` and `point` where in a picture it lies, for rules of cameras.
    """

    rule: str
    subject: str
    city: City
    thresholds: Thresholds
    detector: Any = None
    zone_id: str | None = None
    point: tuple[float, float] | None = None


# Given what is asked, the detector's state and the observation it has just taken in, tell what it was held against;
# None: that observation says nothing of the rule. Nothing is changed.
Explainer = Callable[[Asked, Any, Any], Look | None]


def explainers() -> Mapping[str, Explainer]:
    """Return the explainer of every rule that a detector with a state judges; silence is told by who is heard."""
    from hub.tuning.trace import explain_cameras, explain_lamps, explain_telemetry, explain_unusual

    tables = (explain_telemetry, explain_lamps, explain_cameras, explain_unusual)
    return {rule: explainer for table in tables for rule, explainer in table.EXPLAINERS.items()}
