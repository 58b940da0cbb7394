"""The runs `replay` and `judge`: a question and changed thresholds in, what is raised and how well it scores out."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Raised
from hub.tuning.labels.score import scored, scores_document
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Asked, Changes


class Judge(Arguments):
    """What is judged again, and by which thresholds."""

    question: Asked
    changes: Changes
    version: str | None = Field(None, max_length=64, description="A stored configuration; null is the present one.")


def work(arguments: Judge, means: Means) -> dict[str, Any]:
    """Return the alerts that the changed thresholds raise, what is said of each, and the scores."""
    question = arguments.question.question()
    configuration = with_thresholds(means.configuration(arguments.version), arguments.changes)
    judging = means.judging(question)
    raised = judging.judge(configuration, told=means.told)
    matched, found = scored(raised, means.labels(question), means.configuration(None), question)
    words = matched.words()
    return {
        "raised": [raised_document(one) | {"label": words.get(one.alert_id)} for one in raised],
        "scores": scores_document(found),
        "version": configuration.version,
        "limits": judging.limits(),
    }


def raised_document(raised: Raised) -> dict[str, Any]:
    """Return one raised alert as JSON-ready data."""
    box = raised.box
    return {
        "alert_id": str(raised.alert_id),
        "rule": raised.rule,
        "subject": raised.subject,
        "grid": raised.grid,
        "zone_id": raised.zone_id,
        "camera_id": raised.camera_id,
        "since": raised.since.isoformat(),
        "raised_at": raised.raised_at.isoformat(),
        "cleared_at": raised.cleared_at.isoformat() if raised.cleared_at else None,
        "severity": raised.severity.value,
        "reason": raised.reason_text,
        "clear_reason": raised.clear_reason_text,
        "clear_numbers": dict(raised.clear_numbers),
        "numbers": dict(raised.numbers),
        "box": [box.x1, box.y1, box.x2, box.y2] if box else None,
        "label": None,
        "recorded_alert_id": None,
    }
