"""What is asked of a recording, what is answered, and how it is told meanwhile: values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from detectors.finding import Number, Severity
from hub.alerts.alert import Alert
from hub.config.load import Configuration
from ingest.city import City
from ingest.observation import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is judged: None is everything. `subjects` are devices, circuits, cameras or zones.

    `since` and `until` are the span of receiving, as `replay` has it.
    """

    rules: frozenset[str] | None
    grids: frozenset[str] | None
    subjects: frozenset[str] | None
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError("since must lie before until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One alert as it was judged, and as it stood at the question's end."""

    alert_id: UUID
    rule: str
    subject: str
    grid: str
    zone_id: str | None
    camera_id: str | None
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None
    severity: Severity
    reason_text: str
    clear_reason_text: str | None
    numbers: Mapping[str, Number]
    box: Box | None
    config_version: str
    clear_numbers: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work has come: `done` from 0 to 1, `note` in words or empty."""

    done: float
    note: str = ""


class Cancelled(Exception):
    """Whoever asked does not want the answer any more."""


class TooLarge(RuntimeError):
    """The recording of a question does not fit into the memory that is allowed; the message says what would."""


Told = Callable[[Progress], None]  # it may raise Cancelled, which ends the work


def untold(_: Progress) -> None:
    """Take note of nothing."""


class Judging(Protocol):
    """A loaded recording that answers one question for any configuration."""

    @property
    def question(self) -> Question:
        """What it answers."""
        ...

    def judge(self, configuration: Configuration, *, told: Told = untold) -> list[Raised]:
        """Return what is raised, in order of raising; raise Cancelled where `told` does."""
        ...

    def limits(self) -> list[str]:
        """Say what of that time no replay can bring back."""
        ...


def raised_of(alert: Alert) -> Raised:
    """Return the alert as the workbench tells of it."""
    zone, at_sign, _ = alert.subject.rpartition("@")
    return Raised(
        alert_id=alert.alert_id,
        rule=alert.rule,
        subject=alert.subject,
        grid=alert.grid,
        zone_id=zone if at_sign else None,
        camera_id=alert.camera_id,
        since=alert.since,
        raised_at=alert.raised_at,
        cleared_at=alert.cleared_at,
        severity=alert.severity,
        reason_text=alert.reason.text,
        clear_reason_text=alert.clear_reason.text if alert.clear_reason else None,
        numbers=alert.reason.numbers,
        box=alert.box,
        config_version=alert.config_version,
        clear_numbers=alert.clear_reason.numbers if alert.clear_reason else {},
    )


def asked(question: Question, city: City, alert: Alert) -> bool:
    """Tell whether the question asks for `alert`: by its subject, its place's zone, its camera or lamp's circuit."""
    if question.rules is not None and alert.rule not in question.rules:
        return False
    if question.grids is not None and alert.grid not in question.grids:
        return False
    if question.subjects is None:
        return True
    zone = alert.subject.rpartition("@")[0]
    device = city.devices.get(alert.subject)
    names = (alert.subject, zone, alert.camera_id, device.circuit_id if device is not None else None)
    return any(name in question.subjects for name in names if name)
