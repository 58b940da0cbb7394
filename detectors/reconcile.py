"""What a rebuild found again goes in, with what was open before; what still has to be said comes out.

A worker that starts folds the recent past again. Most of what that finds was said long ago. This decides what was not:
everything from a given instant on, and before it whatever the open findings do not account for. The rest is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from detectors.finding import Finding, OpenFinding, Phase, Reason

Identity = tuple[str, str, datetime]


def settle(
    found: Sequence[Finding], open_findings: Sequence[OpenFinding], emit_from: datetime, fresh_from: int
) -> list[Finding]:
    """Return, in order, those of `found` that must still be said; nobody said those from index `fresh_from` on.

    A condition that holds at the end and is not open was missed (a lower threshold, a commit that failed): its raise is
    said, and its updates. An open finding whose condition has ended is cleared, at the earliest when it was raised.
    """
    opened = {_identity(each): each for each in open_findings}
    last: dict[Identity, int] = {_identity(finding): index for index, finding in enumerate(found)}
    begun: set[Identity] = set()
    said: list[Finding] = []
    for index, finding in enumerate(found):
        identity = _identity(finding)
        before = opened.get(identity)
        recent = finding.at >= emit_from or index >= fresh_from
        if before is None:
            if finding.phase is Phase.RAISED and (recent or found[last[identity]].phase is not Phase.CLEARED):
                begun.add(identity)
            if identity in begun:
                said.append(finding)
        elif finding.phase is Phase.CLEARED:
            if index == last[identity]:
                said.append(replace(finding, at=max(finding.at, before.raised_at)))
        elif finding.phase is Phase.UPDATED and recent and finding.at > before.raised_at:
            said.append(finding)
    return said


def orphaned(
    open_findings: Sequence[OpenFinding],
    taken: Collection[tuple[str, str]],
    elsewhere: Collection[str],
    is_enabled: Callable[[str, str], bool],
    at: datetime,
) -> list[Finding]:
    """Return the clears of open findings that no detector watches any more, so that none stays open for ever.

    `taken` are (rule, subject) of those that are watched; `elsewhere` are subjects that another worker watches;
    `is_enabled` tells whether a rule is judged for a subject.
    """
    cleared = []
    for found in open_findings:
        enabled = is_enabled(found.rule, found.subject)
        if found.subject.rpartition("@")[0] in elsewhere or found.subject in elsewhere:
            continue
        if enabled and (found.rule, found.subject) in taken:
            continue
        why = f"{found.subject} is no longer configured" if enabled else f"the rule {found.rule} is switched off"
        cleared.append(
            Finding(
                rule=found.rule,
                subject=found.subject,
                grid="",
                since=found.since,
                at=max(at, found.raised_at),
                phase=Phase.CLEARED,
                severity=found.severity,
                reason=Reason(f"No longer watched: {why}.", {"watched": False}),
                members=found.members,
            )
        )
    return cleared


def _identity(found: Finding | OpenFinding) -> Identity:
    return (found.rule, found.subject, found.since)
