"""The run `files`: nothing in; the recordings, weights and saved detections that the tuning role may read, out.

The API may run on another machine, so whoever works on runs says what can be named in them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.settings import from_environment
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments
from hub.tuning.shelf import Part, Shelf, begun, filmed_by, size_of, spanned

MOST = 300


class Files(Arguments):
    """It takes nothing."""


def shelf() -> Shelf:
    """Return the folder that this machine's settings name."""
    settings = from_environment()
    return Shelf(settings.tuning_files or settings.data)


def work(arguments: Files, means: Means) -> dict[str, Any]:
    """Return what there is to name."""
    found, city = shelf(), means.configuration(None).city
    zone = ZoneInfo(city.timezone)
    recordings = []
    for path in found.listed(Part.RECORDINGS)[:MOST]:
        at = begun(path.name, zone)
        recordings.append(
            {
                **_about(path),
                "length_s": _length_s(path),
                "camera": filmed_by(path.name, city.cameras),
                "start": None if at is None else at.isoformat(),
            }
        )
    detections = []
    for path in found.listed(Part.DETECTIONS)[:MOST]:
        span = spanned(path)
        since, until = (None, None) if span is None else (at.isoformat() for at in span)
        camera = filmed_by(path.name, city.cameras)
        detections.append({**_about(path), "camera": camera, "since": since, "until": until})
    return {
        "folder": str(found.folder.absolute()),
        "recordings": recordings,
        "weights": [{**_about(path), "problem": _problem(path)} for path in found.listed(Part.WEIGHTS)[:MOST]],
        "detections": detections,
        "cannot_watch": _cannot_watch(),
    }


def _about(path: Path) -> dict[str, Any]:
    changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return {"name": path.name, "bytes": size_of(path), "changed_at": changed_at.isoformat()}


def _length_s(path: Path) -> float | None:
    """Return how long a recording is; None where nobody here can tell."""
    try:
        from detectors.vision.camera import StreamError, length_s
    except ImportError:
        return None
    try:
        return length_s(str(path))
    except StreamError:
        return None


def _problem(path: Path) -> str | None:
    from detectors.vision.weights import ModelError, look_at

    try:
        look_at(path)
    except ModelError as error:
        return str(error)
    return None


def _cannot_watch() -> str | None:
    """Return why this role cannot watch a recording; None where it can."""
    lacking = next((name for name in ("av", "cv2", "ultralytics") if find_spec(name) is None), None)
    return None if lacking is None else f"{lacking} is not there: install lianqin[vision] where the tuning role runs"
