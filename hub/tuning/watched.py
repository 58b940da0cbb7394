"""A recording, a camera and weights in; the detections that they give, as lines, out: made once, then kept.

To watch takes the model's time, to judge takes moments. So what was seen is kept in the data folder, and the same
recording with the same weights is judged by other thresholds without being watched again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from detectors.vision.camera import StreamError
from detectors.vision.models import Watch
from detectors.vision.weights import Weights
from hub.tuning.analyse import Bill, published
from hub.tuning.shelf import files_in

MOST_KEPT = 40
FORM = 1  # of what is kept; another number is watched again


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The lines of one watching, what it cost, and where the recording broke off, if it did."""

    lines: Path
    cost: Mapping[str, Any]
    broken: str | None = None


def watched(
    video: Path,
    watch: Watch,
    weights: Sequence[Weights],
    start: datetime,
    *,
    kept: Path,
    scratch: Path,
    told: Callable[[float], None],
) -> Watched:
    """Return what `watch` sees in `video`, from `kept` where it was seen before; `told` hears of the seconds watched.

    `scratch` is a folder for lines that cannot be kept. Raises StreamError where nothing of the recording can be read.
    """
    name = _name(video, watch, weights, start)
    found = _found(kept, name)
    if found is not None:
        return found
    target, bill, broken = scratch / f"{name}.jsonl", Bill(), None
    with target.open("wb") as file:
        try:
            for message in published(video, watch.camera, start=start, model=watch, bill=bill, settings=watch.settings):
                file.write(message.payload + b"\n")
                told(bill.vision.video_s)
        except StreamError as error:
            if not bill.vision.processed:
                raise
            broken = f"it cannot be read beyond {bill.vision.video_s:.1f} s ({error})"
    cost = cost_of(bill)
    lines = _put_away(target, kept, {"cost": cost, "broken": broken})
    return Watched(lines=lines, cost=cost, broken=broken)


def cost_of(bill: Bill) -> dict[str, Any]:
    """Return what a watching took, as the answer tells it."""
    rate, median = bill.cpu_s_per_video_s, bill.median_inference_ms
    return {
        "cpu_s_per_video_s": None if rate is None else round(rate, 4),
        "median_inference_ms": None if median is None else round(median, 3),
    }


def fingerprint(weights: Sequence[Weights]) -> str:
    """Return the SHA-256 of the files that the weights are: the name under which a set of weights is itself."""
    whole = hashlib.sha256()
    for one in weights:
        for path in files_in(one.path):
            whole.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _name(video: Path, watch: Watch, weights: Sequence[Weights], start: datetime) -> str:
    """Return a name for all that decides what is seen."""
    file = video.stat()
    asked = {
        "form": FORM,
        "video": [video.name, file.st_size, file.st_mtime_ns],
        "weights": [fingerprint(weights), [[one.labels, one.imgsz] for one in weights]],
        "settings": asdict(watch.settings),
        "camera": [watch.camera.camera_id, [zone.polygon for zone in watch.camera.zones]],
        "start": start.timestamp(),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _found(kept: Path, name: str) -> Watched | None:
    lines, about = kept / f"{name}.jsonl", kept / f"{name}.json"
    try:
        told = json.loads(about.read_bytes())
        os.utime(lines)
    except (OSError, ValueError):
        return None
    return Watched(lines=lines, cost=told["cost"], broken=told["broken"])


def _put_away(lines: Path, kept: Path, about: Mapping[str, Any]) -> Path:
    """Move the lines to what is kept, and let go of the oldest; where nothing can be written they stay."""
    target = kept / lines.name
    try:
        kept.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}")
        shutil.copyfile(lines, part)
        part.replace(target)
        target.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
        every = sorted(kept.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in every[MOST_KEPT:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".json").unlink(missing_ok=True)
    except OSError:
        return lines
    return target
