"""Alerts as rows of the table `alerts`, both ways, and the JSON of their parts."""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from detectors.finding import Reason, Severity
from hub.alerts.alert import Alert, Condition, Verdict
from hub.dispatch.document import REAL, verdict_document
from ingest.observation import Box

# The order in which alert_from_row takes them.
ALERT_COLUMNS = (
    "alert_id",
    "rule",
    "subject",
    "grid",
    "severity",
    "condition",
    "since",
    "raised_at",
    "cleared_at",
    "acknowledged",
    "acknowledged_by",
    "acknowledged_at",
    "shelved_until",
    "shelved_by",
    "shelve_reason",
    "reason",
    "clear_reason",
    "config_version",
    "members",
    "camera_id",
    "box",
    "sightings",
    "previous_id",
    "flapping",
    "inhibited_by",
    "revision",
    "owner",
    "verdict",
)
ALERT_SELECT = ", ".join(f"alerts.{column}" for column in ALERT_COLUMNS)


def alert_from_row(row: Sequence[Any]) -> Alert:
    """Return the alert of a row that begins with ALERT_COLUMNS; what follows in the row is not looked at."""
    values = dict(zip(ALERT_COLUMNS, row, strict=False))
    values["severity"] = Severity(values["severity"])
    values["condition"] = Condition(values["condition"])
    values["reason"] = _reason(values["reason"])
    values["clear_reason"] = _reason(values["clear_reason"]) if values["clear_reason"] else None
    values["members"] = tuple(values["members"])
    values["box"] = box_from(values["box"]) if values["box"] else None
    values["verdict"] = _verdict(values["verdict"]) if values["verdict"] else None
    values["sightings"] = {kind: datetime.fromisoformat(at) for kind, at in values["sightings"].items()}
    return Alert(**values)


def alert_to_row(alert: Alert) -> dict[str, Any]:
    """Return the columns of `alert` by name, as psycopg takes them."""
    return {
        "alert_id": alert.alert_id,
        "rule": alert.rule,
        "subject": alert.subject,
        "grid": alert.grid,
        "severity": alert.severity.value,
        "condition": alert.condition.value,
        "since": alert.since,
        "raised_at": alert.raised_at,
        "cleared_at": alert.cleared_at,
        "acknowledged": alert.acknowledged,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": alert.acknowledged_at,
        "shelved_until": alert.shelved_until,
        "shelved_by": alert.shelved_by,
        "shelve_reason": alert.shelve_reason,
        "reason": as_jsonb({"text": alert.reason.text, "numbers": dict(alert.reason.numbers)}),
        "clear_reason": as_jsonb({"text": alert.clear_reason.text, "numbers": dict(alert.clear_reason.numbers)})
        if alert.clear_reason
        else None,
        "config_version": alert.config_version,
        "members": list(alert.members),
        "camera_id": alert.camera_id,
        "box": as_jsonb(box_document(alert.box)) if alert.box else None,
        "sightings": as_jsonb({kind: at.astimezone(UTC).isoformat() for kind, at in alert.sightings.items()}),
        "previous_id": alert.previous_id,
        "flapping": alert.flapping,
        "inhibited_by": alert.inhibited_by,
        "revision": alert.revision,
        "owner": alert.owner,
        "verdict": None if alert.verdict is None else as_jsonb(verdict_document(alert.verdict)),
    }


def box_document(box: Box) -> dict[str, Any]:
    """Return one detection as the JSON that `frames.boxes` holds: the form in which cameras send it."""
    document = {
        "label": box.label,
        "confidence": box.confidence,
        "track": box.track_id,
        "box": [box.x1, box.y1, box.x2, box.y2],
    }
    return document | {"colours": b64encode(box.colours).decode()} if box.colours else document


def box_from(document: Mapping[str, Any]) -> Box:
    """Return the detection of such JSON."""
    x1, y1, x2, y2 = map(float, document["box"])
    colours = b64decode(document.get("colours", ""))
    return Box(document["label"], float(document["confidence"]), document["track"], x1, y1, x2, y2, colours)


def as_jsonb(document: Any) -> Jsonb:
    """Return `document` as a jsonb parameter, storable whatever its strings and numbers are."""
    return Jsonb(document, dumps=dumps)


def dumps(document: Any) -> str:
    """Return `document` as JSON that PostgreSQL takes: no NaN, no infinity, no NUL, no lone surrogate."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except ValueError:
        text = json.dumps(storable(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return json.dumps(storable(document), ensure_ascii=False, separators=(",", ":")) if r"\u0000" in text else text


def storable(value: Any) -> Any:
    """Return JSON data with what PostgreSQL cannot hold replaced: non-finite numbers and unstorable characters."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {plain_text(str(key)): storable(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [storable(child) for child in value]
    return value


def plain_text(text: str) -> str:
    """Return `text` with NUL and lone surrogates replaced: PostgreSQL's text can hold neither."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _verdict(document: Mapping[str, Any]) -> Verdict:
    return Verdict(
        is_real=document["is"] == REAL,
        by=document["by"],
        at=datetime.fromisoformat(document["at"]),
        reason=document["reason"],
    )


def _reason(document: Mapping[str, Any]) -> Reason:
    return Reason(document["text"], document["numbers"])
