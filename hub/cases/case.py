"""A case: what is dispatched, and everything known of it at one moment of its life; values only, pure."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from detectors.finding import Severity
from hub.cases.level import ClockKind, Level
from hub.cases.stage import Event, Stage, Suspension


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The last thing that happened to a case: what, by whom, when, with which words and pictures.

    `photos` are SHA-256 of stored pictures. `told` names who was told that it runs late.
    """

    event: Event
    by: str
    at: datetime
    note: str = ""
    photos: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One time for which the clock stood still."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What the supervisor thought of how it was settled: 1 (bad) to 5 (good)."""

    score: int
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """By when a case must be done, when to warn, and which clock says so; `condition` is the filing condition."""

    clock: ClockKind
    warn_at: datetime
    due_at: datetime
    condition: str | None = None

    def __post_init__(self) -> None:
        """Refuse a deadline that warns after it is over, and times without a zone."""
        require_aware(self.warn_at, self.due_at)
        if self.warn_at > self.due_at:
            raise ValueError("a deadline warns before it is over, not after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a case is opened with. `history` is the history of its place, if it has one; else it begins its own.

    `rule` is the leading alert's; a case of citizens' reports alone has none. `recurrences` counts the cases of the
    same history before this one, `previous` is the latest of them.
    """

    title: str
    grid: str
    district: str
    severity: Severity
    level: Level = Level.STREET
    category: str | None = None
    rule: str | None = None
    subject: str | None = None
    camera_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    place: str = ""
    alerts: tuple[UUID, ...] = ()
    reports: tuple[UUID, ...] = ()
    history: UUID | None = None
    recurrences: int = 0
    previous: UUID | None = None
    split_from: UUID | None = None
    note: str = ""
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case at one moment of its life; every change gives a new value with `revision` one higher.

    All times are the hub's. `severity`, `rule`, `subject` and the place are those of what leads the case. `department`
    is an id of the dispatch plan, `squad` one of its crews, `called_in` are the X departments. `taken_until` is the
    end of the taker's lease, None for one that does not lapse. `due_at` moves when a suspension ends; `pauses` are the
    suspensions that are over. `history` is the same for every case of the same place.
    """

    case_id: UUID
    number: str
    title: str
    stage: Stage
    grid: str
    district: str
    level: Level
    severity: Severity
    opened_at: datetime
    opened_by: str
    history: UUID
    last: Step
    department: str | None = None
    squad: str | None = None
    called_in: tuple[str, ...] = ()
    category: str | None = None
    rule: str | None = None
    subject: str | None = None
    camera_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    place: str = ""
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    taken_by: str | None = None
    taken_until: datetime | None = None
    done_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    ended_reason: str | None = None
    alerts: tuple[UUID, ...] = ()
    reports: tuple[UUID, ...] = ()
    clock: ClockKind | None = None
    condition: str | None = None
    warn_at: datetime | None = None
    due_at: datetime | None = None
    warned: bool = False
    overdue: bool = False
    escalated_to: Level | None = None
    suspension: Suspension = Suspension.NONE
    suspended_at: datetime | None = None
    suspended_until: datetime | None = None
    suspended_total_s: float = 0.0
    pauses: tuple[Pause, ...] = ()
    reworks: int = 0
    reopens: int = 0
    recurrences: int = 0
    previous: UUID | None = None
    merged_into: UUID | None = None
    split_from: UUID | None = None
    evaluation: Evaluation | None = None
    plan_version: str | None = None
    revision: int = 1
    departments: tuple[str, ...] = field(default=())  # every one that it is or ever was with: how far they see

    @property
    def is_open(self) -> bool:
        """Say whether something is still to be done."""
        return self.stage.is_open


CASE_FIELDS = tuple(each.name for each in fields(Case))


def require_aware(*times: Any) -> None:
    """Raise ValueError for an instant without a timezone; None passes."""
    for at in times:
        if at is not None and at.tzinfo is None:
            raise ValueError(f"{at!r} has no timezone")
