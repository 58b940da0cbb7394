"""Takes an alert and its evidence, gives the JSON document that the API serves and the feed stores; pure.

The feed's hash chain covers this document, so its form is fixed: times are UTC with microseconds and a `Z`, keys keep
their order here, numbers of the reason stand beside its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from detectors.finding import Reason
from hub.alerts.alert import Alert, Verdict
from ingest.observation import Box

REAL, FALSE_ALARM = "real", "false_alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """One picture filed with an alert: what it shows, when it was taken, and the hash it can be fetched by.

    Or a picture that was asked for and is `missing`, with the reason; it has no hash.
    """

    kind: str
    at: datetime
    sha256: str | None
    missing: str | None = None


def alert_document(alert: Alert, evidence: Sequence[EvidenceRef]) -> dict[str, Any]:
    """Return `alert` as JSON-ready data, its pictures in the order they were taken."""
    return {
        "id": str(alert.alert_id),
        "rule": alert.rule,
        "severity": alert.severity.value,
        "condition": alert.condition.value,
        "acknowledged": alert.acknowledged,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": instant(alert.acknowledged_at),
        "shelved_until": instant(alert.shelved_until),
        "shelve_reason": alert.shelve_reason,
        "grid": alert.grid,
        "subject": alert.subject,
        "since": instant(alert.since),
        "raised_at": instant(alert.raised_at),
        "cleared_at": instant(alert.cleared_at),
        "reason": reason_document(alert.reason),
        "clear_reason": None if alert.clear_reason is None else reason_document(alert.clear_reason),
        "config_version": alert.config_version,
        "members": list(alert.members),
        "camera": alert.camera_id,
        "place": place(alert.box),
        "previous": None if alert.previous_id is None else str(alert.previous_id),
        "flapping": alert.flapping,
        "inhibited_by": None if alert.inhibited_by is None else str(alert.inhibited_by),
        "revision": alert.revision,
        **evidence_document(evidence),
        "owner": alert.owner,
        "verdict": None if alert.verdict is None else verdict_document(alert.verdict),
    }


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return an operator's word on whether an alert was real."""
    return {
        "is": REAL if verdict.is_real else FALSE_ALARM,
        "by": verdict.by,
        "at": instant(verdict.at),
        "reason": verdict.reason,
    }


def evidence_document(evidence: Sequence[EvidenceRef]) -> dict[str, Any]:
    """Return the pictures that are there, and those that were asked for in vain, in the order of their time."""
    ordered = sorted(evidence, key=lambda found: (found.at, found.kind))
    there = {found.kind for found in ordered if found.sha256 is not None}
    return {
        "evidence": [
            {"url": evidence_url(found.sha256), "sha256": found.sha256, "at": instant(found.at), "kind": found.kind}
            for found in ordered
            if found.sha256 is not None
        ],
        "evidence_missing": [
            {"kind": found.kind, "at": instant(found.at), "why": found.missing}
            for found in ordered
            if found.sha256 is None and found.kind not in there
        ],
    }


def reason_document(reason: Reason) -> dict[str, Any]:
    """Return the reason as one flat object: its sentence under `text`, its numbers beside it."""
    return {**reason.numbers, "text": reason.text}


def instant(at: datetime | None) -> str | None:
    """Return `at` as RFC 3339 in UTC with microseconds, the only form in which times leave the hub."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def place(box: Box | None) -> list[float] | None:
    """Return the corners of `box` in fractions of the picture."""
    return None if box is None else [box.x1, box.y1, box.x2, box.y2]


def evidence_url(sha256: str) -> str:
    """Return where the API serves the picture with this hash."""
    return f"/api/v1/evidence/{sha256}"
