"""What was learnt, as text that a run keeps until somebody puts it into force; and back again, the same; pure.

The first line says from which weeks, of which devices and against which profiles in force it was worked out; each
further line is what became of one quantity at one place, its profile with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from detectors.profile import document_of, profile_from
from hub.tuning.baselines.learn import Learnable
from hub.tuning.baselines.learning import NotLearnt, Outcome
from ingest.observation import Quantity

FORMAT = "lianqin learning 1"
FILE = "learning.jsonl"


def lines_of(learnt: Learnable, *, against: str) -> Iterator[str]:
    """Yield the lines; `against` names the profiles that were in force."""
    yield _line(
        {
            "format": FORMAT,
            "since": learnt.since.isoformat(),
            "until": learnt.until.isoformat(),
            "devices": None if learnt.devices is None else list(learnt.devices),
            "against": against,
        }
    )
    for one in learnt.outcomes:
        yield _line(
            {
                "subject": one.subject,
                "quantity": one.quantity.value,
                "grid": one.grid,
                "why_not": one.why_not.value if one.why_not else None,
                "hours": one.hours,
                "left_out": one.left_out,
                "left_out_why": dict(one.left_out_why),
                "profile": document_of(one.profile) if one.profile else None,
            }
        )


def proposal_from(text: str) -> tuple[Learnable, str]:
    """Return what `lines_of` wrote, and against which profiles; raise ValueError for anything else."""
    lines = text.removesuffix("\n").split("\n")  # a name may hold what str.splitlines takes for the end of a line
    try:
        head = json.loads(lines[0])
        if head.get("format") != FORMAT:
            raise ValueError(f"this is no {FORMAT}")
        outcomes = tuple(_outcome(json.loads(line)) for line in lines[1:])
        devices = head["devices"]
        since, until = datetime.fromisoformat(head["since"]), datetime.fromisoformat(head["until"])
        named = None if devices is None else tuple(devices)
        return Learnable(outcomes=outcomes, since=since, until=until, devices=named), str(head["against"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"something is missing or of the wrong kind: {error}") from None


def _outcome(line: dict[str, object]) -> Outcome:
    profile = line["profile"]
    why = line["left_out_why"]
    return Outcome(
        subject=str(line["subject"]),
        quantity=Quantity(str(line["quantity"])),
        grid=str(line["grid"]),
        profile=profile_from(profile) if isinstance(profile, dict) else None,
        why_not=NotLearnt(str(line["why_not"])) if line["why_not"] else None,
        hours=int(str(line["hours"])),
        left_out=int(str(line["left_out"])),
        left_out_why={str(name): int(n) for name, n in why.items()} if isinstance(why, dict) else {},
    )


def _line(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
