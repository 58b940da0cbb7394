"""One step in an alert's life: the alert after it, what to call it, and when it happened in event time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.alerts.alert import Alert
from hub.alerts.lifecycle import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """`alert` is the alert after the change; `at` is event time."""

    alert: Alert
    type: EventType
    at: datetime
