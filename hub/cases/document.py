"""Takes a case, gives the JSON document that the API serves and the feed stores, and back again; pure.

The feed's hash chain covers this document, so its form is fixed: times are UTC with microseconds and a `Z`, and keys
keep their order here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.cases.case import Case, Evaluation, Pause, Step
from hub.cases.stage import Event
from hub.dispatch.document import instant


def case_document(case: Case) -> dict[str, Any]:
    """Return `case` as JSON-ready data."""
    return {
        "id": str(case.case_id),
        "number": case.number,
        "title": case.title,
        "stage": case.stage.value,
        "grid": case.grid,
        "district": case.district,
        "level": case.level.value,
        "department": case.department,
        "squad": case.squad,
        "called_in": list(case.called_in),
        "departments": list(case.departments),
        "category": case.category,
        "severity": case.severity.value,
        "rule": case.rule,
        "subject": case.subject,
        "camera": case.camera_id,
        "latitude": case.latitude,
        "longitude": case.longitude,
        "place": case.place,
        "opened_at": instant(case.opened_at),
        "opened_by": case.opened_by,
        "filed_at": instant(case.filed_at),
        "dispatched_at": instant(case.dispatched_at),
        "taken_by": case.taken_by,
        "taken_until": instant(case.taken_until),
        "done_at": instant(case.done_at),
        "verified_at": instant(case.verified_at),
        "closed_at": instant(case.closed_at),
        "ended_reason": case.ended_reason,
        "alerts": [str(one) for one in case.alerts],
        "reports": [str(one) for one in case.reports],
        "clock": None if case.clock is None else case.clock.value,
        "condition": case.condition,
        "warn_at": instant(case.warn_at),
        "due_at": instant(case.due_at),
        "warned": case.warned,
        "overdue": case.overdue,
        "escalated_to": None if case.escalated_to is None else case.escalated_to.value,
        "suspension": case.suspension.value,
        "suspended_at": instant(case.suspended_at),
        "suspended_until": instant(case.suspended_until),
        "suspended_total_s": case.suspended_total_s,
        "pauses": [pause_document(pause) for pause in case.pauses],
        "reworks": case.reworks,
        "reopens": case.reopens,
        "history": str(case.history),
        "recurrences": case.recurrences,
        "previous": None if case.previous is None else str(case.previous),
        "merged_into": None if case.merged_into is None else str(case.merged_into),
        "split_from": None if case.split_from is None else str(case.split_from),
        "evaluation": None if case.evaluation is None else evaluation_document(case.evaluation),
        "plan_version": case.plan_version,
        "revision": case.revision,
        "last": step_document(case.last),
    }


def step_document(step: Step) -> dict[str, Any]:
    """Return a step, each of its pictures with where to fetch it."""
    return {
        "event": step.event.value,
        "by": step.by,
        "at": instant(step.at),
        "note": step.note,
        "photos": [{"sha256": sha256, "url": photo_url(sha256)} for sha256 in step.photos],
        "told": list(step.told),
    }


def photo_url(sha256: str) -> str:
    """Return where the API serves the picture with this hash."""
    return f"/api/v1/photos/{sha256}"


def step_from(document: Mapping[str, Any]) -> Step:
    """Return the step of such JSON."""
    return Step(
        event=Event(document["event"]),
        by=document["by"],
        at=_instant(document["at"]),
        note=document["note"],
        photos=tuple(photo["sha256"] for photo in document["photos"]),
        told=tuple(document["told"]),
    )


def pause_document(pause: Pause) -> dict[str, Any]:
    """Return one time for which the clock stood still."""
    return {"since": instant(pause.since), "until": instant(pause.until)}


def pause_from(document: Mapping[str, Any]) -> Pause:
    """Return the pause of such JSON."""
    return Pause(since=_instant(document["since"]), until=_instant(document["until"]))


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the supervisor thought."""
    return {
        "score": evaluation.score,
        "by": evaluation.by,
        "at": instant(evaluation.at),
        "note": evaluation.note,
    }


def evaluation_from(document: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation of such JSON."""
    return Evaluation(score=document["score"], by=document["by"], at=_instant(document["at"]), note=document["note"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
