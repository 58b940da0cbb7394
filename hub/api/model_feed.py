"""The documents of the feed: each item tells of an alert or of a case."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from hub.alerts.lifecycle import EventType
from hub.api.model import EXAMPLE_ALERT, Alert, Document
from hub.api.model_cases import EXAMPLE_CASE, CaseDocument
from hub.cases.stage import Event


class AlertItem(Document):
    """Something that happened to an alert, with the alert as it was after it."""

    seq: int = Field(ge=1)
    type: EventType
    at: datetime = Field(description="Event time, or the hub's where an operator did it.")
    alert: Alert


class CaseItem(Document):
    """Something that happened to a case, with the case as it was after it; `case.last` says who, with which words."""

    seq: int = Field(ge=1)
    type: Event
    at: datetime
    case: CaseDocument


class FeedPage(Document):
    """Some items of the feed, in order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "seq": 42,
                            "type": "alert.raised",
                            "at": "2026-11-22T10:00:14.000000Z",
                            "alert": EXAMPLE_ALERT,
                        },
                        {"seq": 43, "type": "case.taken", "at": "2026-11-22T10:15:00.000000Z", "case": EXAMPLE_CASE},
                    ],
                    "next": 43,
                    "newest": 43,
                }
            ]
        },
    )

    items: list[AlertItem | CaseItem]
    next: int = Field(ge=0, description="Give it as `after` next time; keep it where it survives a restart.")
    newest: int = Field(ge=0, description="The highest number there is.")
