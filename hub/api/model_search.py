"""The documents of search."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from detectors.finding import Severity
from hub.alerts.alert import Condition
from hub.api.model import Document, Reason
from hub.cases.stage import Stage


class FoundAlert(Document):
    """One alert in few words."""

    id: UUID
    rule: str
    severity: Severity
    condition: Condition
    grid: str
    subject: str
    raised_at: datetime
    reason: Reason


class FoundThing(Document):
    """One thing of the city file: a grid, a circuit, a device, a camera or a zone."""

    kind: str
    id: str
    name: str
    grid: str
    camera: str | None = Field(description="The camera of a zone.")


class FoundCase(Document):
    """One case in few words."""

    id: UUID
    number: str
    title: str
    stage: Stage
    severity: Severity
    grid: str
    opened_at: datetime


class More(Document):
    """Of which kinds there are more than were asked for."""

    alerts: bool
    cases: bool
    things: bool


class Found(Document):
    """What was found, by kind."""

    alerts: list[FoundAlert]
    cases: list[FoundCase] = Field(description="Empty for those who may not see cases.")
    things: list[FoundThing]
    more: More
