"""The run `sample`: a question in, quiet candidates drawn by lot and kept for labelling out."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import Field

from hub.store.label_candidates import drawn_among, keep_candidates
from hub.tuning.candidate import value_at, with_thresholds
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
    configuration = means.configuration(None)
    changes = dict(arguments.changes) or lax_changes(configuration, question.rules)
    lax = with_thresholds(configuration, changes)
    middle = with_thresholds(
        configuration, {path: halfway(value_at(configuration, path), value) for path, value in changes.items()}
    )
    judging = means.judging(question)
    raised = judging.judge(lax, told=means.told)
    near = judging.judge(middle, told=means.told)
    now = judging.judge(configuration, told=means.told)
    found = quiet(raised, near, now, means.labels(question))
    asked = json.dumps([arguments.question.model_dump(mode="json"), changes], sort_keys=True)
    of = hashlib.sha256(asked.encode()).hexdigest()[:12]
    with means.session() as session:
        before = drawn_among(session, [each.candidate.alert_id for each in found])
        drawn = draw(found, share=arguments.share, most=arguments.most, seed=arguments.seed, already=before, of=of)
        keep_candidates(session, drawn, by="lianqin", at=means.now())
    frames = {each.stratum: each.frame for each in drawn}
    return {
        "quiet": len(found),
        "raised_now": len(now),
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
