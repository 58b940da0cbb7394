"""The kinds of runs by name: which arguments each takes and what does its work. One line for each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.tuning.baselines import compare
from hub.tuning.baselines import run as learning
from hub.tuning.runs import dataset, files, judge, sample, sweeps, trace, weights
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments


@dataclass(frozen=True, slots=True)
class Kind:
    """`arguments` checks what is given; `work` returns the answer, or raises ConfigError or RunRefused with words.

    An answer's `limits`, a list of sentences, is shown with the run. `is_repeatable`: asked the same of the same
    recording, it answers the same, so a stored answer is given again.
    """

    arguments: type[Arguments]
    work: Callable[[Any, Means], dict[str, Any]]
    is_repeatable: bool = True


KINDS: dict[str, Kind] = {
    "replay": Kind(judge.Judge, judge.work),
    "judge": Kind(judge.Judge, judge.work),
    "trace": Kind(trace.Trace, trace.work),
    "sweep": Kind(sweeps.Sweep, sweeps.work_sweep),
    "search": Kind(sweeps.Search, sweeps.work_search),
    "diff": Kind(sweeps.Diff, sweeps.work_diff),
    "dataset": Kind(dataset.Dataset, dataset.work, is_repeatable=False),
    "baselines": Kind(compare.Compare, compare.work),
    "learn": Kind(learning.Learn, learning.work, is_repeatable=False),
    "files": Kind(files.Files, files.work, is_repeatable=False),
    "weights": Kind(weights.Weights, weights.work, is_repeatable=False),
    "sample": Kind(sample.Sample, sample.work, is_repeatable=False),
}
