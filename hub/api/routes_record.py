"""The record of an alert: everything that happened to it, by whom, and whether its chain of hashes is whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from detectors.finding import Severity
from hub.alerts.lifecycle import EventType
from hub.api.context import CallerDep, HubDep, needs
from hub.api.model import Document
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_alerts import AlertId
from hub.dispatch.document import instant
from hub.people.scopes import Scope
from hub.store.read_record import RecordEntry, record_of

router = APIRouter(prefix=API, tags=["alerts"])


class Happened(Document):
    """One thing that happened to an alert."""

    seq: int
    type: EventType
    at: datetime
    by: str | None = Field(description="Who did it; null: a detector, or the hub itself.")
    note: str | None = Field(description="The reason that was given, or why it stands or cleared.")
    severity: Severity
    owner: str | None
    verdict: str | None = Field(description="real or false_alarm")
    shelved_until: datetime | None
    pictures: int


class RecordDocument(Document):
    """The record of an alert, the oldest entry first."""

    items: list[Happened]
    whole: bool = Field(description="The chain of hashes, the alert and its pictures agree.")
    differences: list[str] = Field(description="In words what does not.")


@router.get(
    "/alerts/{alert_id}/record",
    operation_id="readAlertRecord",
    summary="What happened to an alert, and whether its record is whole",
    response_model=RecordDocument,
    responses=problems(404, 422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def read_record(hub: HubDep, caller: CallerDep, alert_id: AlertId) -> JSONResponse:
    """Return every entry of the feed about the alert. Chain and pictures' hashes are verified at each request."""
    with hub.pool.session() as connection:
        found = record_of(connection, alert_id, reach=caller.reach)
    if found is None:
        raise Problem("not-found", f"there is no alert {alert_id}")
    return JSONResponse(
        {
            "items": [_happened(entry) for entry in found.entries],
            "whole": not found.differences,
            "differences": list(found.differences),
        }
    )


def _happened(entry: RecordEntry) -> dict[str, Any]:
    alert = entry.alert
    verdict = alert.get("verdict") or {}
    return {
        "seq": entry.seq,
        "type": entry.type,
        "at": instant(entry.at),
        "by": entry.by,
        "note": _note(entry.type, alert),
        "severity": alert["severity"],
        "owner": alert.get("owner"),
        "verdict": verdict.get("is"),
        "shelved_until": alert["shelved_until"],
        "pictures": len(alert["evidence"]),
    }


def _note(kind: str, alert: Mapping[str, Any]) -> str | None:
    """Return the reason that goes with what happened."""
    match kind:
        case EventType.SHELVED:
            return str(alert["shelve_reason"])
        case EventType.JUDGED:
            return (alert.get("verdict") or {}).get("reason")
        case EventType.CLEARED:
            return (alert["clear_reason"] or {}).get("text")
        case EventType.RAISED | EventType.UPDATED:
            return str(alert["reason"]["text"])
    return None
