"""What a detector says: a finding with rule, subject, since when, severity and a reason with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ingest.observation import Box

Number = float | int | str | bool | None


class Severity(StrEnum):
    """How bad, worst first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"


class Phase(StrEnum):
    """What the finding says of its condition: it began, it changed (severity, members), it ended."""

    RAISED = "raised"
    UPDATED = "updated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, for a person (`text`, one English sentence with the figures) and for a program (`numbers`).

    `numbers` holds plain JSON scalars: the measured values, the thresholds they were held against, durations in
    seconds; keys carry the unit (`pressure_kpa`, `threshold_kpa`, `lasted_s`).
    """

    text: str
    numbers: Mapping[str, Number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A detector's judgement at event time `at` about a condition that holds since `since`.

    `(rule, subject, since)` identifies the condition: replays and restarts give the same three. `subject` is a device,
    circuit, gateway, camera, or `zone_id@x,y` place. `grid` is where. `members` are devices that this one finding
    speaks for (the lamps of a dark circuit). `camera_id`, `box` and `sightings` are set for camera rules: `sightings`
    maps an evidence kind ("first_sight", "confirmation", "clear") to the frame time to ask a picture of.
    """

    rule: str
    subject: str
    grid: str
    since: datetime
    at: datetime
    phase: Phase
    severity: Severity
    reason: Reason
    members: tuple[str, ...] = ()
    camera_id: str | None = None
    box: Box | None = None
    sightings: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """A finding that was raised and not cleared when a worker stopped: what a new worker is told at start.

    `numbers` are those of its last reason: what a detector must remember of an open finding, such as the level from
    before a burst, stands there for people and comes back to it here.
    """

    rule: str
    subject: str
    since: datetime
    raised_at: datetime
    severity: Severity
    members: tuple[str, ...] = ()
    box: Box | None = None
    numbers: Mapping[str, Number] = field(default_factory=dict)
