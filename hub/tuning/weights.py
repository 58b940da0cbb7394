"""Old and new weights on the same recording: two lots of saved detections, or of alerts, in; what differs out.

Only what the model sees differs: gate, tracker, detectors and thresholds are the same, so every difference is the
weights' own. Where there are labels, both are scored by them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hub.alerts.alert import Alert
from hub.config.load import Configuration
from hub.tuning.diff import Diff, diff, diff_document
from hub.tuning.judging import Question, Raised
from hub.tuning.labels.known import touches
from hub.tuning.labels.label import Label
from hub.tuning.labels.score import scored, scores_document
from hub.tuning.one_camera import alone
from hub.tuning.raised import raised_of
from hub.tuning.runs.judge import raised_document
from hub.worker.fold import Fold
from ingest import topics
from ingest.city import DeviceKind
from ingest.window import Message

RULES = frozenset({"parking.illegal", "stall.unlicensed"})


class BadDetections(ValueError):
    """A line of saved detections cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one set of weights led to: the alerts, the frames and boxes behind them, and the time they span."""

    name: str
    raised: Sequence[Raised]
    frames: int
    boxes: int
    since: datetime
    until: datetime
    cost: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two sets of weights side by side."""

    base: Judged
    candidate: Judged
    diff: Diff
    document: dict[str, Any]


def saved(
    lines: Iterable[bytes],
    configuration: Configuration,
    camera_id: str,
    name: str,
    cost: dict[str, Any] | None = None,
) -> Judged:
    """Return what detections that `lianqin analyse --save-detections` wrote lead to, judged as that camera's.

    Raises BadDetections for a line that the hub could not read, and for a file without any frame.
    """
    grid = configuration.city.cameras[camera_id].grid
    alerts: dict[UUID, Alert] = {}
    fold: Fold | None = None
    first = last = None
    frames = boxes = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        at, is_frame, count = _looked(line, number)
        if fold is None:
            fold = Fold(alone(configuration, camera_id), grids=None, recent=(), listening_since=at)
        if is_frame:
            first, last, frames, boxes = first or at, at, frames + 1, boxes + count
        topic = topics.detections(grid, camera_id) if is_frame else topics.telemetry(grid, DeviceKind.CAMERA, camera_id)
        decoded = fold.decode([Message(topic, line.strip(), 0, 1, False, at)])
        if decoded.quarantined:
            raise BadDetections(f"line {number}: {decoded.quarantined[0].detail}")
        for change in fold.again(decoded.observations):
            alerts[change.alert.alert_id] = change.alert
    if first is None or last is None:
        raise BadDetections("there is no frame in it")
    raised = sorted(map(raised_of, alerts.values()), key=lambda one: (one.raised_at, one.rule, one.subject))
    return Judged(name=name, raised=raised, frames=frames, boxes=boxes, since=first, until=last, cost=cost)


def compare(
    base: Judged, candidate: Judged, configuration: Configuration, camera_id: str, labels: Iterable[Label] = ()
) -> Compared:
    """Return how `candidate` differs from `base`, with what labels of that time say of it and the scores of both."""
    found = diff(base.raised, candidate.raised)
    scores: dict[str, Any] = {}
    words: dict[UUID, str] = {}
    since, until = min(base.since, candidate.since), max(base.until, candidate.until)
    labels = list(labels)
    if labels and since < until:
        question = Question(rules=RULES, grids=None, subjects=frozenset([camera_id]), since=since, until=until)
        labels = [label for label in labels if touches(question, configuration.city, label)]
        for key, one in (("base", base), ("candidate", candidate)):
            mine = [each for each in one.raised if each.rule in RULES]
            matched, told = scored(mine, labels, configuration, question)
            scores[key] = scores_document(told)
            words |= matched.words()
    document = diff_document(found, base.name, candidate.name, words, document=raised_document)
    document["base"] = {**_told(base), "scores": scores.get("base")}
    document["candidate"] = {**_told(candidate), "scores": scores.get("candidate")}
    return Compared(base=base, candidate=candidate, diff=found, document=document)


def _told(judged: Judged) -> dict[str, Any]:
    return {
        "name": judged.name,
        "raised": len(judged.raised),
        "frames": judged.frames,
        "boxes": judged.boxes,
        "cost": judged.cost,
    }


def _looked(line: bytes, number: int) -> tuple[datetime, bool, int]:
    """Return a line's time, whether it is a frame, and how many boxes it has."""
    try:
        document = json.loads(line)
        at = datetime.fromisoformat(document["at"])
        if at.tzinfo is None:
            raise ValueError("its time has no timezone")
        boxes = document.get("boxes")
        return at.astimezone(UTC), boxes is not None, len(boxes or ())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadDetections(f"line {number}: no frame and no look at the view: {error}") from None
