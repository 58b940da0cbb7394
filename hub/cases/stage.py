"""The words of the closed loop: a case's stages, what can happen to it, and its suspension; pure."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """How far a case has come."""

    COLLECTED = "collected"
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    DONE = "done"
    VERIFIED = "verified"
    CLOSED = "closed"
    NOT_FILED = "not_filed"
    VOIDED = "voided"
    MERGED = "merged"

    @property
    def is_open(self) -> bool:
        """Say whether something is still to be done."""
        return self not in ENDED


ENDED = frozenset({Stage.CLOSED, Stage.NOT_FILED, Stage.VOIDED, Stage.MERGED})
OPEN = tuple(stage for stage in Stage if stage not in ENDED)

# What the trade calls them; the console has its own catalogues, this is for documents and messages.
CHINESE: dict[Stage, str] = {
    Stage.COLLECTED: "采集",
    Stage.FILED: "立案",
    Stage.DISPATCHED: "派遣",
    Stage.HANDLING: "处置中",
    Stage.DONE: "已处置",
    Stage.VERIFIED: "核查通过",
    Stage.CLOSED: "结案",
    Stage.NOT_FILED: "不予立案",
    Stage.VOIDED: "作废",
    Stage.MERGED: "并案",
}


class Event(StrEnum):
    """What can happen to a case; also the `type` of the feed item that tells of it."""

    COLLECTED = "case.collected"
    FILED = "case.filed"
    NOT_FILED = "case.not_filed"
    DISPATCHED = "case.dispatched"
    REROUTED = "case.rerouted"
    TAKEN = "case.taken"
    LAPSED = "case.lapsed"
    PROGRESSED = "case.progressed"
    REFUSED = "case.refused"
    REPORTED_DONE = "case.reported_done"
    VERIFIED = "case.verified"
    REWORKED = "case.reworked"
    SUSPENSION_ASKED = "case.suspension_asked"
    SUSPENDED = "case.suspended"
    SUSPENSION_DENIED = "case.suspension_denied"
    RESUMED = "case.resumed"
    CLOSED = "case.closed"
    EVALUATED = "case.evaluated"
    VOIDED = "case.voided"
    MERGED = "case.merged"
    JOINED = "case.joined"
    SPLIT = "case.split"
    REOPENED = "case.reopened"
    WARNED = "case.warned"
    OVERDUE = "case.overdue"
    ESCALATED = "case.escalated"
    NOTED = "case.noted"
    ALERT_ADDED = "case.alert_added"
    ALERT_CLEARED = "case.alert_cleared"
    REPORT_ADDED = "case.report_added"
    CALLED_IN = "case.called_in"


class Suspension(StrEnum):
    """Whether a case's clock stands still (挂账): nobody asked, somebody asked, it was approved until an end."""

    NONE = "none"
    ASKED = "asked"
    SUSPENDED = "suspended"
