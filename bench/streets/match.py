"""Events and alarms in, who belongs to whom out: greedily by place, one to one; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.streets.truth import ANY_ZONE, TOLERANCE_S, Corners, Event

LEAST_OVERLAP = 0.3
EARLY_S = 2.0  # frame times are rounded: an alarm may come this much before its thing stood there


class Verdict(StrEnum):
    """What an alarm was."""

    RIGHT = "right"  # about something that had to be reported
    ALLOWED = "allowed"  # about something that may be reported
    AGAIN = "again"  # a second one about the same stay
    FALSE = "false"  # about nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alert of the hub, in seconds of the scene; `cleared_s` is None where it was open at the end."""

    rule: str
    zone_id: str
    box: Corners
    label: str
    raised_s: float
    since_s: float
    cleared_s: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Matched:
    """For each event the alarm that reports it (by index, or None), and for each alarm what it was."""

    of_event: tuple[int | None, ...]
    verdicts: tuple[Verdict, ...]


def match(events: Sequence[Event], alarms: Sequence[Alarm]) -> Matched:
    """Return which alarm reports which event: what is needed first, then the best overlap, each used once."""
    pairs = sorted(
        (not event.needed, -shared, index, number)
        for index, event in enumerate(events)
        for number, alarm in enumerate(alarms)
        if (shared := _fits(event, alarm))
    )
    of_event: list[int | None] = [None] * len(events)
    verdicts = [Verdict.FALSE] * len(alarms)
    for optional, _, index, number in pairs:
        if verdicts[number] in (Verdict.RIGHT, Verdict.ALLOWED):
            continue
        if of_event[index] is None:
            of_event[index] = number
            verdicts[number] = Verdict.ALLOWED if optional else Verdict.RIGHT
        else:
            verdicts[number] = Verdict.AGAIN
    return Matched(tuple(of_event), tuple(verdicts))


def _fits(event: Event, alarm: Alarm) -> float:
    if alarm.rule != event.rule or event.zone_id not in (alarm.zone_id, ANY_ZONE):
        return 0.0
    if not event.since_s - EARLY_S <= alarm.raised_s <= event.until_s + TOLERANCE_S:
        return 0.0
    if not event.needed and alarm.since_s < event.since_s - TOLERANCE_S:
        return 0.0  # what need not be reported excuses no alarm about what stood there before
    shared = overlap(event.box, alarm.box)
    return shared if shared >= LEAST_OVERLAP else 0.0


def overlap(one: Corners, other: Corners) -> float:
    """Return intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1]) - both)
