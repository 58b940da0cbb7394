"""Takes alerts, tells which of them are incidents and in which order an operator should see them; pure.

The board shows incidents: open alerts that are no symptom of another. What nobody has dealt with comes first, then the
worst, then the newest. `hub/store/read_board.py` says the same in SQL, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from detectors.finding import Severity
from hub.alerts.alert import Alert, Condition

WORST_FIRST: tuple[Severity, ...] = tuple(Severity)
# What these rules say of a subject makes every other alert there stale: nobody hears or sees it any more.
BLINDING = ("device.silent", "camera.lost", "camera.moved")


def is_incident(alert: Alert) -> bool:
    """Tell whether the alert is open and no symptom of another."""
    return alert.condition is Condition.ACTIVE and alert.inhibited_by is None


def is_dealt_with(alert: Alert, at: datetime) -> bool:
    """Tell whether an operator has given a word on it: acknowledged it, shelved it, or called it a false alarm."""
    shelved = alert.shelved_until is not None and alert.shelved_until > at
    return alert.acknowledged or shelved or (alert.verdict is not None and not alert.verdict.is_real)


def rank(alert: Alert, at: datetime) -> tuple[Any, ...]:
    """Return what incidents are sorted by, the most pressing first."""
    return (is_dealt_with(alert, at), WORST_FIRST.index(alert.severity), -alert.raised_at.timestamp())


def in_order(alerts: Iterable[Alert], at: datetime) -> list[Alert]:
    """Return the incidents among `alerts`, the most pressing first."""
    return sorted(filter(is_incident, alerts), key=lambda alert: (rank(alert, at), alert.alert_id.int))
