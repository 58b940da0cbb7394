"""The run `weights`: a recording and two sets of weights in, or two files of what they saw; which alerts differ, out.

Recordings, weights and detections are named, and lie in the folder that hub.tuning.shelf tells of. A recording is
watched by both sets through gate, tracker and detectors, at the lowest priority and with progress; what was seen is
kept, so other thresholds are tried without watching again. The answer has the difference, the scores by the stored
labels, and with a recording the pictures of what differs, which are the run's file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from hub.config.load import Configuration
from hub.settings import from_environment
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Progress, Question
from hub.tuning.runs.files import shelf
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Changes
from hub.tuning.runs.refused import RunRefused
from hub.tuning.shelf import NAME, NotThere, Part
from hub.tuning.weights import RULES, BadDetections, Compared, Judged, compare, saved

if TYPE_CHECKING:
    from detectors.vision.models import Watch
    from detectors.vision.weights import Weights as Model

FileName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NAME)]
OWN = "its own weights"


class Weights(Arguments):
    """Whose detections are compared, as which camera's they are judged."""

    camera: str = Field(min_length=1, max_length=64)
    candidate: FileName = Field(description="Weights in `weights/`; without `recording` a file in `detections/`.")
    base: FileName | None = Field(None, description="The same; with `recording` left out: the camera's own weights.")
    recording: FileName | None = Field(None, description="A recording in `recordings/`, watched with both.")
    start: AwareDatetime | None = Field(None, description="When the recording begins.")
    changes: Changes

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.recording is None and self.base is None:
            raise ValueError("name a recording, or two files of detections as base and candidate")
        if (self.recording is None) is not (self.start is None):
            raise ValueError("a recording needs its start, and nothing else does")
        return self


def work(arguments: Weights, means: Means) -> dict[str, Any]:
    """Return what the candidate changes."""
    configuration = with_thresholds(means.configuration(None), arguments.changes)
    if arguments.camera not in configuration.city.cameras:
        raise RunRefused(f"the city has no camera {arguments.camera}")
    if arguments.recording is None:
        base, candidate = (
            _judged(_found(Part.DETECTIONS, str(name)), configuration, arguments.camera, str(name), means.told, at)
            for name, at in ((arguments.base, 0.0), (arguments.candidate, 0.5))
        )
        return _compared(base, candidate, configuration, arguments, means).document
    return _watched(arguments, configuration, means)


def _compared(
    base: Judged, candidate: Judged, configuration: Configuration, arguments: Weights, means: Means
) -> Compared:
    since, until = min(base.since, candidate.since), max(base.until, candidate.until)
    labels = []
    if since < until:
        asked = Question(rules=RULES, grids=None, subjects=frozenset([arguments.camera]), since=since, until=until)
        labels = means.labels(asked)
    compared = compare(base, candidate, configuration, arguments.camera, labels)
    compared.document.update(camera=arguments.camera, since=since.isoformat(), until=until.isoformat())
    return compared


def _watched(arguments: Weights, configuration: Configuration, means: Means) -> dict[str, Any]:
    assert arguments.recording is not None
    assert arguments.start is not None
    video = _found(Part.RECORDINGS, arguments.recording)
    chosen = [None if name is None else _found(Part.WEIGHTS, name) for name in (arguments.base, arguments.candidate)]
    try:  # the API knows this kind too, on machines that never see a picture
        from detectors.vision.camera import StreamError, length_s
        from hub.tuning.changed_pictures import filed, people_in
        from hub.tuning.watched import Watched, fingerprint, watched
    except ImportError as error:
        raise RunRefused(
            f"{error.name} cannot be imported: install lianqin[vision] where the tuning role runs"
        ) from None

    sides: list[Judged] = []
    seen: list[Watched] = []
    prints: list[str] = []
    kept = from_environment().data / "watched"
    scratch = means.folder / "seen"
    scratch.mkdir()
    try:
        length = length_s(str(video))
        means.told(Progress(0.0, "loading the weights"))
        names = [OWN if path is None else path.name for path in chosen]
        loaded = [_loaded(arguments.camera, path, name) for path, name in zip(chosen, names, strict=True)]
        for number, (name, (watch, weights)) in enumerate(zip(names, loaded, strict=True)):
            told = _steps(means, f"watching {video.name} with {name}", 0.45 * number, 0.45, length)
            seen.append(watched(video, watch, weights, arguments.start, kept=kept, scratch=scratch, told=told))
            prints.append(fingerprint(weights))
            judged = _judged(seen[-1].lines, configuration, arguments.camera, name, means.told, 0.45 * (number + 1))
            sides.append(replace(judged, cost=dict(seen[-1].cost)))
    except StreamError as error:
        raise RunRefused(f"{video.name} cannot be watched: {error}") from None
    compared = _compared(sides[0], sides[1], configuration, arguments, means)
    document = compared.document
    for key, sha256 in zip(("base", "candidate"), prints, strict=True):
        document[key]["sha256"] = sha256
    document["recording"], document["start"] = arguments.recording, arguments.start.isoformat()
    document["pictures"] = filed(
        compared.diff,
        video,
        arguments.start,
        people_in(one.lines for one in seen),
        means.folder / "pictures.zip",
        told=lambda done: means.told(Progress(0.9 + 0.1 * done, "taking pictures of what differs")),
    )
    document["limits"] = [f"{video.name}: {seen[0].broken}"] if seen[0].broken else []
    return document


def _found(part: Part, name: str) -> Path:
    try:
        return shelf().find(part, name)
    except NotThere as error:
        how = {
            Part.DETECTIONS: "save it there with `lianqin analyse VIDEO --save-detections`",
            Part.RECORDINGS: "put it there",
            Part.WEIGHTS: "put it there, or export it with ultralytics",
        }[part]
        raise RunRefused(f"{error}: {how}") from None


def _judged(
    path: Path, configuration: Configuration, camera: str, name: str, told: Callable[[Progress], None], done: float
) -> Judged:
    told(Progress(done, f"judging {name}"))
    try:
        with path.open("rb") as lines:
            return saved(lines, configuration, camera, name)
    except OSError as error:
        raise RunRefused(f"{path.name} cannot be read: {error.strerror}") from None
    except BadDetections as error:
        raise RunRefused(f"{name}: {error}") from None


def _loaded(camera: str, path: Path | None, name: str) -> tuple[Watch, tuple[Model, ...]]:
    """Return how the camera is watched with the weights at `path`; None: with those that the city file gives it."""
    from detectors.vision.models import Models
    from hub.vision_models import watches
    from hub.vision_settings import perception

    settings = from_environment()
    seen_by = perception(settings)
    if path is not None:
        seen_by = seen_by.with_model(camera, path, said_by=name)
    (watch,) = watches(seen_by, [camera], Models(cache=settings.data / "yolo"))
    return watch, seen_by.plans[camera].weights


def _steps(means: Means, note: str, done: float, share: float, length_s: float | None) -> Callable[[float], None]:
    def told(watched_s: float) -> None:
        part = min(1.0, watched_s / length_s) if length_s else 0.0
        means.told(Progress(done + share * part, note))

    return told
