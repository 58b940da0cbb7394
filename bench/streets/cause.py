"""An event that was missed or late and the detections of its scene in, whose fault it was out; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from bench.streets.match import overlap
from bench.streets.truth import HALF, STALL, THRESHOLDS, Corners, Event, Stand


class Fault(StrEnum):
    """What failed: the model, or what was made of its boxes."""

    MODEL = "model"
    JUDGEMENT = "judgement"


@dataclass(frozen=True, slots=True)
class Found:
    """One box of one picture."""

    label: str
    confidence: float
    box: Corners


@dataclass(frozen=True, slots=True)
class Cause:
    """Of the pictures that showed at least half of it: the share in which the model found it, and how surely."""

    fault: Fault
    found_share: float
    confidence: float


def cause(
    event: Event, stand: Stand, taken_s: Sequence[float], processed: Sequence[tuple[float, Sequence[Found]]]
) -> Cause:
    """Return why `event` was missed or late: the model, where the rules' own demands on boxes were not met."""
    rule = THRESHOLDS.stall.unlicensed if event.rule == STALL else THRESHOLDS.parking.illegal
    until_s = event.until_s if event.due_s is None else event.due_s
    shown = {
        round(at_s, 2)
        for at_s, seen in zip(taken_s, stand.seen, strict=True)
        if seen is not None and seen >= HALF and event.since_s <= at_s <= until_s
    }
    best = [
        max(
            (
                one.confidence
                for one in found
                if one.label in rule.labels and overlap(one.box, event.box) >= rule.overlap
            ),
            default=0.0,
        )
        for at_s, found in processed
        if round(at_s, 2) in shown
    ]
    sure = [confidence for confidence in best if confidence >= rule.box_floor]
    share = len(sure) / len(best) if best else 0.0
    middle = median(sure) if sure else 0.0
    model = share < rule.presence or middle < rule.confidence
    return Cause(Fault.MODEL if model else Fault.JUDGEMENT, round(share, 3), round(middle, 3))
