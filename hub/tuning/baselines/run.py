"""The run `learn`: devices and weeks in, what learning them would change out; it changes nothing itself.

What was learnt is kept as the run's file. Somebody who has looked puts exactly that into force
(hub/api/routes_baselines.py); so a run that is done again after its role died has done no harm.
"""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from hub.tuning.baselines.change import counted, outcome_document
from hub.tuning.baselines.learn import NothingToLearn, span_of, work_out
from hub.tuning.baselines.proposal import FILE, lines_of
from hub.tuning.judging import Progress
from hub.tuning.runs.means import Means
from hub.tuning.runs.question import Arguments, Names
from hub.tuning.runs.refused import RunRefused


class Learn(Arguments):
    """What is learnt, from when to when."""

    devices: Names | None = Field(
        None, description="Water devices, lamps or circuits; null: the whole city. Of a lamp its circuit is learnt."
    )
    since: AwareDatetime | None = Field(None, description="Null: six weeks before `until`.")
    until: AwareDatetime | None = Field(None, description="Null: two hours ago, when the hours have settled.")


def work(arguments: Learn, means: Means) -> dict[str, Any]:
    """Return what each place would have learnt and what that would change."""
    configuration = means.configuration(None)
    try:
        since, until = span_of(means.now(), arguments.since, arguments.until)
        learnt = work_out(
            means.session,
            configuration,
            since=since,
            until=until,
            devices=arguments.devices,
            told=lambda done: means.told(Progress(done, "reading the hours of these weeks")),
        )
    except NothingToLearn as error:
        raise RunRefused(str(error)) from None
    against = configuration.profiles.version
    with (means.folder / FILE).open("w", encoding="utf-8") as out:
        out.writelines(lines_of(learnt, against=against))
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "devices": arguments.devices,
        "against": against,
        "counts": counted(learnt.outcomes, configuration),
        "items": [outcome_document(one, configuration) for one in learnt.outcomes],
    }
