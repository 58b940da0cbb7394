"""A question and its recording in; what of that time no replay can bring back, one sentence each, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from hub.tuning.columns import moment
from hub.tuning.raised import Question
from hub.tuning.replay import Recording

CAMERA_RULES = ("parking.", "stall.", "camera.")
LATER = timedelta(hours=1)
NAMED = 3


def told(
    recording: Recording,
    question: Question,
    first_us: Mapping[str, int],
    missing: Sequence[str],
    zone: tzinfo | None,
) -> list[str]:
    """Return the sentences; `first_us` is when the recording of each loaded name begins, `missing` have none."""
    said = []
    grids = None if question.grids is None else sorted(question.grids)
    heard = [one for one in recording.listening(question.since, question.until, grids) if one.until > question.since]
    gaps = _gaps(heard, question)
    if gaps:
        longest = max(gaps, key=lambda gap: gap[1] - gap[0])
        short = longest[1] - longest[0] < timedelta(minutes=10)  # else both ends may be the same minute
        total_s = sum((end - begin).total_seconds() for begin, end in gaps)
        begin_at, end_at = (_at(each, zone, exact=short) for each in longest)
        said.append(
            f"Nobody listened for {_span(total_s)} of that time, at the longest from {begin_at} to {end_at}: what was "
            "published then came late or is not on record."
        )
    if question.rules is None or any(rule.startswith(CAMERA_RULES) for rule in question.rules):
        said.append(
            "Pictures in which nothing moved were looked at only every few seconds (vision setting heartbeat_s); what "
            "the vision role did not look at cannot come back."
        )
        said.append("Boxes below the vision role's own floor were never recorded: a lower box_floor finds no more.")
    late = sorted(name for name, at_us in first_us.items() if moment(at_us) > question.since + LATER)
    if late:
        earliest = min(first_us[name] for name in late)
        said.append(
            f"Of {_named(late)} nothing is recorded before {_at(moment(earliest), zone)}: it is older than what is "
            "kept, or nothing came."
        )
    if missing:
        said.append(f"Of {_named(sorted(missing))} nothing that these rules judge is recorded in that time.")
    return said


def _gaps(heard: Sequence[object], question: Question) -> list[tuple[datetime, datetime]]:
    spans = sorted((max(one.since, question.since), min(one.until, question.until)) for one in heard)  # type: ignore[attr-defined]
    found = []
    reached = question.since
    for begin, end in spans:
        if begin > reached:
            found.append((reached, begin))
        reached = max(reached, end)
    if not spans:
        return [(question.since, question.until)]
    return [gap for gap in found if (gap[1] - gap[0]).total_seconds() >= 5]


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.1f} days"


def _at(moment: datetime, zone: tzinfo | None, *, exact: bool = False) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if exact else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
