"""The run `sample`: a question in, quiet candidates drawn by lot and kept for labelling out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from pydantic import Field

from hub.config.load import Configuration
from hub.store.label_candidates import drawn_among, keep_candidates
from hub.tuning.candidate import value_at, with_thresholds
from hub.tuning.judging import Judging, Progress, Told, untold
from hub.tuning.labels.label import Label
from hub.tuning.labels.lax import halfway, lax_changes
from hub.tuning.labels.sampling import draw, quiet
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Asked, Changes


class Sample(Arguments):
    """What is drawn from, and how much of it."""

    question: Asked
    changes: Changes = Field(
        default_factory=dict, description="The laxer thresholds; empty: those that the hub makes laxer itself."
    )
    share: float = Field(0.2, gt=0.0, le=1.0, description="Of each stratum; never fewer than ten, where there are.")
    most: int = Field(200, ge=1, le=2000, description="In all.")
    seed: int = Field(0, ge=0, le=2**31 - 1)


def work(arguments: Sample, means: Means) -> dict[str, Any]:
    """Draw candidates that the present thresholds do not raise, keep them, and tell how many of how many."""
    question = arguments.question.question()
    return draw_sample(
        arguments,
        means.configuration(None),
        means.judging(question),
        means.labels(question),
        session=means.session,
        now=means.now(),
        told=means.told,
    )


def draw_sample(
    arguments: Sample,
    configuration: Configuration,
    judging: Judging,
    labels: Sequence[Label],
    *,
    session: Callable[[], AbstractContextManager[Any]],
    now: datetime,
    told: Told = untold,
    by: str = "lianqin",
) -> dict[str, Any]:
    """Do the work: judge at today's thresholds, at lax ones and halfway, draw, and keep what was drawn."""
    changes = dict(arguments.changes) or lax_changes(configuration, arguments.question.rules)
    lax = with_thresholds(configuration, changes)
    middle = with_thresholds(
        configuration, {path: halfway(value_at(configuration, path), value) for path, value in changes.items()}
    )
    raised, near, today = (
        judging.judge(each, told=_part(told, part, 3)) for part, each in enumerate((lax, middle, configuration))
    )
    found = quiet(raised, near, today, labels)
    asked = json.dumps([arguments.question.model_dump(mode="json"), changes], sort_keys=True)
    of = hashlib.sha256(asked.encode()).hexdigest()[:12]
    with session() as connection:
        before = drawn_among(connection, [each.candidate.alert_id for each in found])
        drawn = draw(found, share=arguments.share, most=arguments.most, seed=arguments.seed, already=before, of=of)
        keep_candidates(connection, drawn, by=by, at=now)
    frames = {each.stratum: each.frame for each in drawn}
    return {
        "quiet": len(found),
        "raised_now": len(today),
        "raised_lax": len(raised),
        "drawn": len(drawn),
        "new": len({each.candidate.alert_id for each in drawn} - before),
        "strata": [
            {
                "rule": stratum.split("|")[0],
                "nearness": stratum.split("|")[1],
                "frame": frame,
                "drawn": sum(each.stratum == stratum for each in drawn),
            }
            for stratum, frame in sorted(frames.items())
        ],
        "changes": changes,
        "limits": judging.limits(),
    }


def _part(told: Told, part: int, of: int) -> Told:
    """Return who is told of one of several equal parts of the work."""
    return lambda progress: told(Progress((part + progress.done) / of, progress.note))
