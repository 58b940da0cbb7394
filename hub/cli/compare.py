"""`lianqin analyse --compare-model`: the same recording with other weights, and what they change, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub.cli.failure import CommandError

if TYPE_CHECKING:
    from uuid import UUID

    from hub.alerts.alert import Alert
    from hub.config.load import Configuration
    from hub.tuning.analyse import Bill
    from hub.tuning.changed_pictures import People
    from hub.tuning.judging import Raised
    from hub.tuning.labels.label import Label
    from hub.tuning.weights import Compared, Judged


def boxes_in(payload: bytes) -> int:
    """Return how many boxes a frame has as it goes over the wire; 0 for a look at the view."""
    return len(json.loads(payload).get("boxes", ()))


def judged(name: str, alerts: Sequence[Alert], bill: Bill, boxes: int, begin: datetime) -> Judged:
    """Return what one set of weights led to."""
    from hub.tuning.judging import raised_of
    from hub.tuning.weights import Judged

    rate, median = bill.cpu_s_per_video_s, bill.median_inference_ms
    return Judged(
        name=name,
        raised=sorted(map(raised_of, alerts), key=lambda one: (one.raised_at, one.rule, one.subject)),
        frames=bill.vision.processed,
        boxes=boxes,
        since=begin.astimezone(UTC),
        until=begin.astimezone(UTC) + timedelta(seconds=bill.vision.video_s),
        cost={
            "cpu_s_per_video_s": None if rate is None else round(rate, 4),
            "median_inference_ms": None if median is None else round(median, 3),
        },
    )


def watched_again(
    path: Path,
    configuration: Configuration,
    camera: str,
    begin: datetime,
    finder: Any,
    name: str,
    advance: Callable[[float], None],
    people: People,
) -> Judged:
    """Watch the recording once more with `finder`; return what it led to, and note whom it saw in `people`."""
    from detectors.vision.camera import StreamError
    from hub.tuning.analyse import Bill, analyse
    from hub.tuning.changed_pictures import note_people

    bill, boxes = Bill(), 0
    found: dict[UUID, Alert] = {}
    try:
        for frame in analyse(
            path, configuration, camera_id=camera, start=begin, model=finder, settings=finder.settings, bill=bill
        ):
            boxes += boxes_in(frame.payload)
            note_people(people, frame.payload)
            for change in frame.changes:
                found[change.alert.alert_id] = change.alert
            advance(bill.vision.video_s)
    except StreamError as error:
        raise CommandError(f"{path} cannot be read a second time: {error}") from None
    return judged(name, list(found.values()), bill, boxes, begin)


def labels_in(path: Path, configuration: Configuration) -> list[Label]:
    """Return the labels of a file; raise CommandError with its bad lines."""
    from hub import clock
    from hub.tuning.labels.file import BadLabels, Form, read
    from hub.tuning.labels.known import KnownTo

    form = Form.CSV if path.suffix.lower() == ".csv" else Form.JSONL
    try:
        return read(path.read_bytes(), form, KnownTo(configuration), by="file", at=clock.now())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except BadLabels as error:
        raise CommandError(f"{path}: {error}") from None


def compared_by(
    base: Judged, candidate: Judged, configuration: Configuration, camera: str, labels: Sequence[Label] | None
) -> Compared:
    """Return what the candidate changes, scored by `labels` where there are any."""
    from hub.tuning.weights import compare

    return compare(base, candidate, configuration, camera, labels or ())


def file_pictures(compared: Compared, video: Path, begin: datetime, people: People, target: Path) -> None:
    """Write a ZIP of pictures of what differs, and name them in the document."""
    from hub.tuning.changed_pictures import filed

    try:
        compared.document["pictures"] = filed(compared.diff, video, begin, people, target, told=lambda done: None)
    except OSError as error:
        raise CommandError(f"the pictures cannot be written to {target}: {error.strerror}") from None


def print_compared(compared: Compared, zone: ZoneInfo, *, as_json: bool) -> None:
    """Print what the candidate changes."""
    base, candidate = compared.base, compared.candidate
    if as_json:
        print(json.dumps({"compared": compared.document}, ensure_ascii=False))
        return
    print()
    print(f"{candidate.name} instead of {base.name}:")
    for word, raised in (("appeared", compared.diff.appeared), ("vanished", compared.diff.vanished)):
        for one in raised:
            print(f"  {word}  {_line(one, zone)}")
    for pair in compared.diff.moved:
        cleared = "" if pair.cleared_by_s is None else f", cleared {pair.cleared_by_s:+.1f} s"
        print(f"  moved     {_line(pair.candidate, zone)}: raised {pair.by_s:+.1f} s{cleared}")
    if compared.diff.is_empty:
        print("  nothing changes")
    print(f"  the same: {_alerts(compared.diff.same)}")
    for side in (base, candidate):
        cost = side.cost or {}
        print(
            f"  {side.name}: {_alerts(len(side.raised))}, {side.boxes} boxes in {side.frames} frames, "
            f"{cost.get('median_inference_ms')} ms a picture, {cost.get('cpu_s_per_video_s')} CPU-s a second of video"
        )
    if "pictures" in compared.document:
        print(f"  {len(compared.document['pictures'])} pictures of what differs")
    for key in ("base", "candidate"):
        scores = compared.document[key]["scores"]
        if scores is not None:
            print(f"  {compared.document[key]['name']}: {_scores(scores)}")


def _alerts(count: int) -> str:
    return "1 alert" if count == 1 else f"{count} alerts"


def _line(one: Raised, zone: ZoneInfo) -> str:
    return f"{one.raised_at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {one.rule}  {one.subject}"


def _scores(scores: dict[str, Any]) -> str:
    told = []
    for name in ("precision", "recall"):
        one = scores[name]
        known = one.get("value") is not None
        told.append(f"{name} {one['value']:.2f} ({one['low']:.2f}–{one['high']:.2f})" if known else f"{name} unknown")
    why = f"; {scores['why_not']}" if scores.get("why_not") else ""
    return ", ".join(told) + why
