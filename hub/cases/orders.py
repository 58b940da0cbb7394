"""Orders on a case: who wants what done to it and when, as values; `lifecycle.py` says what becomes of each; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from detectors.finding import Severity
from hub.cases.case import Deadline, require_aware
from hub.cases.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What every order has: who gives it, when, with which words and which pictures (SHA-256)."""

    by: str
    at: datetime
    note: str = ""
    photos: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a time without a zone."""
        require_aware(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Order):
    """It is a case of this category, with this deadline from now (立案)."""

    category: str | None = None
    level: Level | None = None
    deadline: Deadline | None = None
    plan_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFile(Order):
    """It is none, for the reason in `note` (不予立案)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch(Order):
    """It goes to a department, and to one of its squads (派遣); `called_in` are the X departments that come along.

    An empty `department` leaves it to the plan, which must be asked before the order is carried out.
    """

    department: str
    squad: str | None = None
    called_in: tuple[str, ...] = ()
    level: Level | None = None
    deadline: Deadline | None = None
    plan_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reroute(Order):
    """It goes to another department or squad after all; `resumed` is the deadline where that ends a suspension."""

    department: str
    squad: str | None = None
    level: Level | None = None
    deadline: Deadline | None = None
    plan_version: str | None = None
    resumed: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Take(Order):
    """The department takes it on; with `until`, the lease lapses then unless it is taken again or progresses."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse(Order):
    """The taker's lease is over; it is there for anybody to take again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Order):
    """News from the crew; with `until`, the lease goes on until then."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Order):
    """The department gives it back, for the reason in `note`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDone(Order):
    """The crew says that it is settled; `resumed` is the deadline where that ends a suspension."""

    resumed: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify(Order):
    """Somebody looked: it is settled (核查)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework(Order):
    """Somebody looked: it is not settled, as `note` says (返工); `resumed` is when it is due after the clock stood."""

    deadline: Deadline | None = None
    resumed: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSuspension(Order):
    """The crew cannot go on before some time, as `note` says; `until` is what it asks for."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(Order):
    """It is approved until `until`; the clock stands still (挂账)."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DenySuspension(Order):
    """It is not approved, as `note` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Order):
    """The suspension is over; with `deadline` the plan says until when there is time now, else it is moved on."""

    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Order):
    """It is over (结案). `still_active` is how many of its alerts are; then it takes `even_though_active` and words."""

    still_active: int = 0
    even_though_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate(Order):
    """What the supervisor thinks of it, 1 (bad) to 5 (good)."""

    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Order):
    """It should never have been one, as `note` says (作废)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Order):
    """It goes on as part of another case (并案)."""

    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Order):
    """Another case goes on as part of this one, with its alerts and reports; a worse `severity` becomes this one's."""

    case: UUID
    severity: Severity | None = None
    alerts: tuple[UUID, ...] = ()
    reports: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Order):
    """Some of its alerts and reports become a case of their own."""

    into: UUID
    alerts: tuple[UUID, ...] = ()
    reports: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(Order):
    """It is not over after all, as `note` says; with `deadline`, its clock begins again."""

    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn(Order):
    """Most of the time is gone; `told` names to whom that was said."""

    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(Order):
    """All of the time is gone; `told` names to whom that was said."""

    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate(Order):
    """The next level up looks at it from now on; `told` names to whom that was said."""

    to: Level
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Order):
    """Somebody writes something down, in `note`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAlert(Order):
    """An alert belongs to it too; a worse `severity` becomes the case's."""

    alert: UUID
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCleared(Order):
    """An alert of it is over."""

    alert: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport(Order):
    """A citizen's report belongs to it too."""

    report: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIn(Order):
    """A department beyond the one in charge is called in (X 部门)."""

    department: str
