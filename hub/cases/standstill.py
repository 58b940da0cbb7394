"""What a deadline and a suspension leave behind as they begin, move on and end: a case in, its changes out; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hub.cases.case import Case, Deadline, Pause
from hub.cases.stage import Suspension


def set_deadline(deadline: Deadline | None) -> dict[str, Any]:
    """Return what a new deadline changes: its times, and that nobody was warned of it; None changes nothing."""
    if deadline is None:
        return {}
    return {
        "clock": deadline.clock,
        "condition": deadline.condition,
        "warn_at": deadline.warn_at,
        "due_at": deadline.due_at,
        "warned": False,
        "overdue": False,
    }


NO_SUSPENSION: dict[str, Any] = {"suspension": Suspension.NONE, "suspended_at": None, "suspended_until": None}


def move_deadline(deadline: Deadline | None) -> dict[str, Any]:
    """Return what moves a deadline on after its clock stood still; whoever was told of it stays told."""
    return {} if deadline is None else {"warn_at": deadline.warn_at, "due_at": deadline.due_at}


def going_on(case: Case, at: datetime, deadline: Deadline | None = None) -> Case:
    """Return `case` without a suspension or a request for one, because something happens to it."""
    ended = resumed(case, at, deadline) if case.suspension is Suspension.SUSPENDED else NO_SUSPENSION
    return replace(case, **ended)


def resumed(case: Case, at: datetime, deadline: Deadline | None) -> dict[str, Any]:
    """Return what ends a suspension: the pause is noted, and what was left of the time is left still.

    A suspension that should have ended while the hub was down counts until its end, not until somebody noticed.
    """
    assert case.suspended_at is not None
    assert case.suspended_until is not None
    end = max(case.suspended_at, min(at, case.suspended_until))
    paused = end - case.suspended_at
    changed: dict[str, Any] = {
        **NO_SUSPENSION,
        "suspended_total_s": case.suspended_total_s + paused.total_seconds(),
        "pauses": (*case.pauses, Pause(since=case.suspended_at, until=end)),
        "taken_until": _later(case.taken_until, paused),
    }
    if deadline is None:
        # What was over before the pause began is not moved by it.
        moved = {
            name: at if at is None or at <= case.suspended_at else at + paused
            for name, at in (("warn_at", case.warn_at), ("due_at", case.due_at))
        }
        return changed | moved
    # The plan says until when there is time now; what was said of the deadline before the pause stands.
    return changed | {"warn_at": deadline.warn_at, "due_at": deadline.due_at}


def _later(at: datetime | None, by: timedelta) -> datetime | None:
    return None if at is None else at + by
