"""What an observation says of a condition goes in; how long it has lasted, and its raise or clear, comes out.

Every rule that must last before it raises uses this one machine:

    quiet ──holds──▶ pending ──held for raise_after_s──▶ raised ──over──▶ clearing ──over for clear_after_s──▶ quiet
      ▲                 │                                   ▲                 │
      └── does not hold ┘                                   └── not over ─────┘

Durations are event time between observations that follow each other: two observations that both say "holds" prove the
time between them, unless they lie further apart than `gap_s`. Such a gap is blind time. It neither counts nor resets,
so a condition is never raised because nobody looked, and never forgotten for the same reason. An observation older than
the last one counted says nothing any more: late data cannot satisfy a duration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from detectors.finding import OpenFinding

BLIND_INTERVALS = 2.5


class Evidence(Enum):
    """What one observation says of the condition. UNDECIDED lies between the raise and the clear threshold."""

    HOLDS = "holds"
    UNDECIDED = "undecided"
    OVER = "over"


class Stage(Enum):
    """How far the condition has come."""

    QUIET = "quiet"
    PENDING = "pending"
    RAISED = "raised"
    CLEARING = "clearing"


class Turn(Enum):
    """What an observation did, where it did more than pass time."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Law:
    """How long a condition must hold to raise and be over to clear, and from which gap on time is blind."""

    raise_after_s: float
    clear_after_s: float
    gap_s: float


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of one subject.

    `since` is when it began; `raised_at` when it was raised. `last_at` is the last observation counted, `lasted_s` and
    `blind_s` what was seen and not seen of the present stage up to then. In QUIET all are as in QUIET below.
    """

    stage: Stage
    since: datetime | None = None
    raised_at: datetime | None = None
    last_at: datetime | None = None
    lasted_s: float = 0.0
    blind_s: float = 0.0


QUIET = Condition(Stage.QUIET)


def law(raise_after_s: float, clear_after_s: float, gap_s: float, interval_s: float = 0.0) -> Law:
    """Return the law of a rule for a subject that reports every `interval_s`.

    The gap is at least two and a half of the subject's own intervals: else a device that reports less often than
    `gap_s` would always be blind, and its rule silently dead.
    """
    return Law(raise_after_s, clear_after_s, max(gap_s, BLIND_INTERVALS * interval_s))


def latched(found: OpenFinding) -> Condition:
    """Return the condition of a finding that was open when the last worker stopped."""
    return Condition(Stage.RAISED, found.since, found.raised_at, found.raised_at)


def step(condition: Condition, evidence: Evidence, at: datetime, law: Law) -> tuple[Condition, Turn | None]:
    """Return the condition after an observation at `at`, and whether that raised or cleared it."""
    stage = condition.stage
    if stage is Stage.QUIET:
        if evidence is not Evidence.HOLDS:
            return condition, None
        return _pending(Condition(Stage.PENDING, at, None, at), at, law)
    last_at = condition.last_at
    assert last_at is not None
    if at < last_at:
        return condition, None
    if stage is Stage.PENDING:
        if evidence is not Evidence.HOLDS:
            return QUIET, None
        return _pending(_passed(condition, last_at, at, law), at, law)
    if stage is Stage.RAISED:
        if evidence is not Evidence.OVER:
            return condition, None
        return _clearing(replace(condition, stage=Stage.CLEARING, last_at=at, lasted_s=0.0, blind_s=0.0), law)
    if evidence is not Evidence.OVER:
        return replace(condition, stage=Stage.RAISED, lasted_s=0.0, blind_s=0.0, last_at=at), None
    return _clearing(_passed(condition, last_at, at, law), law)


def _passed(condition: Condition, last_at: datetime, at: datetime, law: Law) -> Condition:
    gap_s = (at - last_at).total_seconds()
    if gap_s > law.gap_s:
        return replace(condition, last_at=at, blind_s=condition.blind_s + gap_s)
    return replace(condition, last_at=at, lasted_s=condition.lasted_s + gap_s)


def _pending(condition: Condition, at: datetime, law: Law) -> tuple[Condition, Turn | None]:
    if condition.lasted_s < law.raise_after_s:
        return condition, None
    return replace(condition, stage=Stage.RAISED, raised_at=at), Turn.RAISED


def _clearing(condition: Condition, law: Law) -> tuple[Condition, Turn | None]:
    return (condition, None) if condition.lasted_s < law.clear_after_s else (QUIET, Turn.CLEARED)


def above(value: float, limit: float, clear: float) -> Evidence:
    """Return what `value` says of "above `limit`", which is over at `clear` or below."""
    if value > limit:
        return Evidence.HOLDS
    return Evidence.OVER if value <= clear else Evidence.UNDECIDED


def below(value: float, limit: float, clear: float) -> Evidence:
    """Return what `value` says of "below `limit`", which is over at `clear` or above."""
    if value < limit:
        return Evidence.HOLDS
    return Evidence.OVER if value >= clear else Evidence.UNDECIDED


def told_span(condition: Condition) -> str:
    """Return for how long a condition was seen, in words: "for 40 s, besides 120 s unseen", or "" at once."""
    if condition.lasted_s <= 0:
        return ""
    unseen = f", besides {condition.blind_s:.0f} s unseen" if condition.blind_s > 0 else ""
    return f" for {condition.lasted_s:.0f} s{unseen}"
