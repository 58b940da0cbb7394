"""The run `weights`: the saved detections of two sets of weights in; which alerts differ, and how well each does, out.

`lianqin analyse VIDEO --model … --save-detections FILE` saves them; they lie in `detections` in the data folder.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from hub.settings import from_environment
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Progress, Question
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Changes
from hub.tuning.runs.refused import RunRefused
from hub.tuning.weights import RULES, BadDetections, Judged, compare, saved

FileName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"),
    Field(description="A file in the folder `detections` of the hub's data folder."),
]


class Weights(Arguments):
    """Whose detections are compared, as which camera's they are judged."""

    camera: str = Field(min_length=1, max_length=64)
    base: FileName
    candidate: FileName
    changes: Changes


def work(arguments: Weights, means: Means) -> dict[str, Any]:
    """Return what the candidate's detections change."""
    configuration = with_thresholds(means.configuration(None), arguments.changes)
    if arguments.camera not in configuration.city.cameras:
        raise RunRefused(f"the city has no camera {arguments.camera}")
    folder = from_environment().data / "detections"
    sides: list[Judged] = []
    for number, name in enumerate((arguments.base, arguments.candidate)):
        means.told(Progress(0.45 * number, f"judging {name}"))
        try:
            with (folder / name).open("rb") as lines:
                sides.append(saved(lines, configuration, arguments.camera, name))
        except OSError as error:
            raise RunRefused(
                f"{folder / name} cannot be read ({error.strerror}): save it there with "
                "`lianqin analyse VIDEO --save-detections`"
            ) from None
        except BadDetections as error:
            raise RunRefused(f"{folder / name}: {error}") from None
    base, candidate = sides
    since, until = min(base.since, candidate.since), max(base.until, candidate.until)
    labels = []
    if since < until:
        asked = Question(rules=RULES, grids=None, subjects=frozenset([arguments.camera]), since=since, until=until)
        labels = means.labels(asked)
    return compare(base, candidate, configuration, arguments.camera, labels).document
