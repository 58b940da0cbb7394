"""What a run answers and the alerts on record in; which recorded alert each answered one is, out; pure.

Two judgings of one event share its identity as long as it begins at the same instant at the same place. Other
thresholds may let it begin a moment sooner, or put the box another grain of rounding aside: it is the same event still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.tuning.diff import Lived, paired

# Whose answer is whose: within one side an event is told once, so no two of them are one recorded alert.
_SIDES = {"base": "base", "vanished": "base", "candidate": "candidate", "appeared": "candidate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An alert on record, as far as it tells one event from another."""

    alert_id: UUID
    rule: str
    subject: str
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What must be read of the record to name every alert of an answer."""

    rules: tuple[str, ...]
    grids: tuple[str, ...]
    since: datetime
    until: datetime | None  # None: whatever is open still


def sought(answer: Any) -> Sought | None:
    """Return what of the record an answer may tell of; None where it tells of no alert."""
    told = [alert for _, alert in _alerts(answer, "")]
    if not told:
        return None
    ends = [_instant(one["cleared_at"]) for one in told if one["cleared_at"] is not None]
    return Sought(
        rules=tuple(sorted({str(one["rule"]) for one in told})),
        grids=tuple(sorted({str(one["grid"]) for one in told})),
        since=min(_instant(one["since"]) for one in told),
        until=max(ends) if len(ends) == len(told) else None,
    )


def name_recorded(answer: Any, recorded: Sequence[Lived]) -> None:
    """Write into each alert of an answer which of the recorded ones it is."""
    sides: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for side, alert in _alerts(answer, ""):
        sides[side].append(alert)
    for alerts in sides.values():
        # A pair that moved and changed its severity is told twice.
        told = {_lived(one): one["alert_id"] for one in alerts}
        named = {judged.alert_id: str(found.alert_id) for judged, found in paired(list(told), recorded)}
        for one in alerts:
            one["recorded_alert_id"] = named.get(UUID(one["alert_id"]))


def _lived(alert: dict[str, Any]) -> Recorded:
    return Recorded(
        alert_id=UUID(alert["alert_id"]),
        rule=alert["rule"],
        subject=alert["subject"],
        since=_instant(alert["since"]),
        raised_at=_instant(alert["raised_at"]),
        cleared_at=None if alert["cleared_at"] is None else _instant(alert["cleared_at"]),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _alerts(answer: Any, side: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every alert that an answer tells of, with the side it is told of."""
    if isinstance(answer, dict):
        if "recorded_alert_id" in answer:
            yield side, answer
        for key, child in answer.items():
            yield from _alerts(child, _SIDES.get(key, side))
    elif isinstance(answer, list):
        for child in answer:
            yield from _alerts(child, side)
