"""Takes findings, gives alert changes: identity, links to the last, flapping, and symptoms held under their cause.

A pure fold: the same findings in the same order give the same changes. Acknowledging and shelving happen elsewhere, on
the stored row; what this fold remembers of an alert is only the detector's side of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from detectors.finding import Finding, OpenFinding, Phase
from hub.alerts.alert import Alert, Condition, alert_id
from hub.alerts.change import AlertChange
from hub.alerts.flapping import Recurrences
from hub.alerts.inhibit import causes, first_open
from hub.alerts.lifecycle import EventType, follow, raise_alert
from ingest.city import City

Key = tuple[str, str]

# So long an alert is known by its id, and a new one linked to the last of its kind and place. Nothing that is judged
# again lies further back: the longest memory of a detector is shorter.
REMEMBERED = timedelta(days=7)
_FORGET_STEP = 1000  # alerts


class Intake:
    """The open alerts of some grids, and how findings change them."""

    def __init__(self, city: City, config_version: str, recent: Iterable[Alert] = ()) -> None:
        """Begin with the alerts that are open or ended lately, oldest first."""
        self._city = city
        self._config_version = config_version
        self._open: dict[Key, Alert] = {}
        self._last: dict[Key, Alert] = {}
        self._known: dict[UUID, datetime] = {}  # when each was raised, or ended
        self._forget_at = _FORGET_STEP
        self._recurrences = Recurrences()
        for alert in recent:
            key = (alert.rule, alert.subject)
            self._last[key] = alert
            self._known[alert.alert_id] = alert.cleared_at or alert.raised_at
            self._recurrences.note(*key, alert.raised_at)
            if alert.condition is Condition.ACTIVE:
                self._open[key] = alert

    @property
    def open_alerts(self) -> Sequence[Alert]:
        """The alerts whose condition holds."""
        return tuple(self._open.values())

    @property
    def remembered(self) -> int:
        """How many alerts are known by their id."""
        return len(self._known)

    def take(self, findings: Iterable[Finding]) -> list[AlertChange]:
        """Return what `findings`, in order, change; a finding that says what is already known changes nothing."""
        changes: list[AlertChange] = []
        for finding in findings:
            key = (finding.rule, finding.subject)
            known = self._open.get(key)
            if finding.phase is Phase.RAISED:
                if known is None and alert_id(finding.rule, finding.subject, finding.since) not in self._known:
                    changes.append(self._raise(finding))
            elif known is not None and finding.since >= known.since:  # else it is said of one that ended before
                changes += self._follow(known, finding)
        return changes

    def _raise(self, finding: Finding) -> AlertChange:
        key = (finding.rule, finding.subject)
        last = self._last.get(key)
        cause = first_open(causes(finding, self._city), self._open.__contains__)
        alert = raise_alert(
            finding,
            config_version=self._config_version,
            previous_id=last.alert_id if last else None,
            flapping=self._recurrences.note(*key, finding.at),
            inhibited_by=self._open[cause].alert_id if cause else None,
        )
        self._recurrences.forget(finding.at)
        self._known[alert.alert_id] = alert.raised_at
        self._forget(finding.at - REMEMBERED)
        self._open[key] = self._last[key] = alert
        return AlertChange(alert=alert, type=EventType.RAISED, at=finding.at)

    def _follow(self, known: Alert, finding: Finding) -> list[AlertChange]:
        key = (known.rule, known.subject)
        alert, kind = follow(known, finding)
        self._last[key] = alert
        changes = [AlertChange(alert=alert, type=kind, at=finding.at)]
        if kind is EventType.CLEARED:
            self._known[alert.alert_id] = finding.at
            del self._open[key]
            changes += self._release(alert, finding.at)
        else:
            self._open[key] = alert
        return changes

    def _forget(self, before: datetime) -> None:
        """Forget what ended `before` that instant, whenever what is known has grown to twice of what was left."""
        if len(self._known) < self._forget_at:
            return
        still = {alert.alert_id for alert in self._open.values()}
        self._known = {one: at for one, at in self._known.items() if at >= before or one in still}
        self._last = {key: alert for key, alert in self._last.items() if alert.alert_id in self._known}
        self._forget_at = 2 * len(self._known) + _FORGET_STEP

    def _release(self, cause: Alert, at: datetime) -> list[AlertChange]:
        """Return the surfacing of symptoms that outlive their cause."""
        changes = []
        for key, symptom in list(self._open.items()):
            if symptom.inhibited_by == cause.alert_id:
                surfaced = replace(symptom, inhibited_by=None, revision=symptom.revision + 1)
                self._open[key] = self._last[key] = surfaced
                changes.append(AlertChange(alert=surfaced, type=EventType.UPDATED, at=at))
        return changes


def open_findings(alerts: Iterable[Alert]) -> list[OpenFinding]:
    """Return what the detectors must be told at start: the alerts whose condition holds."""
    return [
        OpenFinding(
            rule=alert.rule,
            subject=alert.subject,
            since=alert.since,
            raised_at=alert.raised_at,
            severity=alert.severity,
            members=alert.members,
            box=alert.box,
            numbers=alert.reason.numbers,
        )
        for alert in alerts
        if alert.condition is Condition.ACTIVE
    ]
