"""An alert: a finding's life over time, and its identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from detectors.finding import Reason, Severity
from ingest.observation import Box

NAMESPACE = UUID("6b1d5d5e-6c1b-5f63-9c1e-2f0f3f6f7a10")  # ours, drawn once: alert ids are UUIDv5 under it


class Condition(StrEnum):
    """Whether what was found still holds."""

    ACTIVE = "active"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An operator's word on whether the alert was right, which thresholds are tuned by; `reason` is optional."""

    is_real: bool
    by: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert at one moment of its life; every change gives a new value with `revision` one higher.

    Times are event times, except the operator's (`acknowledged_at`, `shelved_until`, the verdict's), which are the
    hub's. `owner` is who has taken it upon themselves.
    `previous_id` links a re-raise to the alert before it. `flapping` tells that the condition came and went too often.
    `inhibited_by` is the alert of which this one is a symptom, if one was open when it was raised.
    """

    alert_id: UUID
    rule: str
    subject: str
    grid: str
    severity: Severity
    since: datetime
    raised_at: datetime
    reason: Reason
    config_version: str
    condition: Condition = Condition.ACTIVE
    cleared_at: datetime | None = None
    clear_reason: Reason | None = None
    acknowledged: bool = False
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelve_reason: str | None = None
    members: tuple[str, ...] = ()
    camera_id: str | None = None
    box: Box | None = None
    sightings: Mapping[str, datetime] = field(default_factory=dict)
    previous_id: UUID | None = None
    flapping: bool = False
    inhibited_by: UUID | None = None
    revision: int = 1
    owner: str | None = None
    verdict: Verdict | None = None


def alert_id(rule: str, subject: str, since: datetime) -> UUID:
    """Return the identity of the condition `(rule, subject, since)`: the same for every replay and restart."""
    return uuid5(NAMESPACE, f"{rule}|{subject}|{since.astimezone(UTC).isoformat(timespec='microseconds')}")
