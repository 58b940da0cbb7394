"""What a trace is asked for, in; the whole answer as JSON-ready data out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from detectors.overrides import Overridden
from hub.alerts.alert import Alert
from hub.config.load import Configuration
from hub.tuning.replay import Recording
from hub.tuning.trace.explain_unusual import unlearnt
from hub.tuning.trace.material import Material, load
from hub.tuning.trace.predicate import Look, Predicate, State
from hub.tuning.trace.scope import scope_of
from hub.tuning.trace.states import states_of
from hub.tuning.trace.story import Clock, Told, told
from hub.tuning.trace.watching import SILENCE, Watched, watched
from hub.tuning.trace.what_if import Sought, WhatIf, what_if

LONGEST = timedelta(days=4)
POINTS, ENTRIES = 2000, 600  # at most, of one lane and of all predicates
LATE = timedelta(minutes=5)  # so long after its own time something may be received, and still be judged in order


class TooLong(ValueError):
    """More time is asked for than one trace can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which rule on which subject is asked about, and when: at an instant, or from `since` on where an alert began.

    `wants_what_if` asks also which threshold, or which two, would have changed the answer.
    """

    rule: str
    subject: str
    at: datetime
    around_s: float
    since: datetime | None = None
    alert_id: UUID | None = None
    wants_what_if: bool = True

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The time that is shown."""
        around = timedelta(seconds=self.around_s)
        earliest = self.at + around - LONGEST
        return max(min(self.since or self.at, self.at) - around, min(earliest, self.at - around)), self.at + around


def of_alert(alert: Alert, *, around_s: float, wants_what_if: bool = True) -> Request:
    """Return the question why `alert` was raised."""
    return Request(
        rule=alert.rule,
        subject=alert.subject,
        at=alert.raised_at,
        around_s=around_s,
        since=alert.since,
        alert_id=alert.alert_id,
        wants_what_if=wants_what_if,
    )


def trace(
    recording: Recording,
    configuration: Configuration,
    request: Request,
    *,
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Any]:
    """Return why an alert was raised, or none was.

    Raises UnknownRule and TooLong.
    """
    since, until = request.span
    if until - since > LONGEST:
        raise TooLong(f"a trace shows {LONGEST.days} days at most: ask for less around it")
    scope = scope_of(configuration.city, request.rule, request.subject)
    clock = Clock(ZoneInfo(configuration.city.timezone), request.at)
    if scope.refused is not None:
        empty = Material(scope=scope, since=since, until=until, past=(), received=(), recent=(), deaf=(), ends=until)
        refused = told(empty, Watched(), at=request.at, enabled=True, clock=clock)
        return _document(request, configuration, empty, Watched(), refused, Sought())
    begins = since - timedelta(hours=1) if request.rule in SILENCE else since
    progress(0.0)
    material = load(
        recording, configuration, scope, begins, until + (LATE if request.rule not in SILENCE else timedelta())
    )
    progress(0.3)
    seen = watched(material, configuration)
    seen.looks = [look for look in seen.looks if since <= look.at <= until]
    shown = _within(material, since, until)
    enabled = Overridden(configuration.thresholds, configuration.city).is_enabled(request.rule, request.subject)
    barred = unlearnt(configuration.profiles, request.rule, request.subject)
    answer = told(shown, seen, at=request.at, enabled=enabled, clock=clock, alert_id=request.alert_id, barred=barred)
    progress(0.4)
    sought = Sought()
    if request.wants_what_if and enabled:
        paths = tuple(one.path for one in answer.failed if one.path)
        sought = what_if(
            material, configuration, span=(since, until), first=paths, told=lambda done: progress(0.4 + 0.6 * done)
        )
    return _document(request, configuration, shown, seen, answer, sought)


def _within(material: Material, since: datetime, until: datetime) -> Material:
    """Return the material as far as it is told of."""
    deaf = [(max(begin, since), min(end, until)) for begin, end in material.deaf if end > since and begin < until]
    return replace(material, since=since, until=until, deaf=deaf)


def _document(
    request: Request,
    configuration: Configuration,
    material: Material,
    seen: Watched,
    answer: Told,
    sought: Sought,
) -> dict[str, Any]:
    return {
        "rule": request.rule,
        "subject": request.subject,
        "alert_id": None if request.alert_id is None else str(request.alert_id),
        "since": _iso(material.since),
        "until": _iso(material.until),
        "at": _iso(request.at),
        "version": configuration.version,
        "is_raised": answer.is_raised,
        "key_at": _iso(answer.key_at),
        "why": answer.why.en,
        "text_zh": answer.why.zh,
        "text_en": answer.why.en,
        "facts": [{"text_zh": one.zh, "text_en": one.en} for one in answer.beside],
        "lanes": lanes_of(seen.looks),
        "states": states_of(request.rule, seen.looks, [one.raised_at for one in seen.raised.values()]),
        "predicates": _transitions(seen.looks, answer.key_at),
        "raised": [
            {
                "alert_id": str(one.alert_id),
                "rule": one.rule,
                "subject": one.subject,
                "grid": one.grid,
                "since": _iso(one.since),
                "raised_at": _iso(one.raised_at),
                "cleared_at": _iso(one.cleared_at),
                "severity": one.severity.value,
                "reason": seen.reasons[one.alert_id].text,
                "inhibited_by": None if one.inhibited_by is None else str(one.inhibited_by),
                "flapping": one.flapping,
                "recorded_alert_id": None,
            }
            for one in seen.raised.values()
            if one.raised_at < material.until
        ],
        "what_if": [_what_if(one, Clock(ZoneInfo(configuration.city.timezone), request.at)) for one in sought.found],
        "what_if_complete": sought.complete,
        "what_if_tried": {"thresholds": sought.singles, "pairs": sought.pairs},
        "counts": {
            "observations": len(seen.heard),
            "late": len(seen.late),
            "impossible": len(seen.impossible),
            "withheld": sum(look.state is State.WITHHELD for look in seen.looks),
        },
        "limits": _limits(request.rule),
    }


def _limits(rule: str) -> list[str]:
    if rule.startswith(("parking.", "stall.")):
        return ["frames that the gate skipped, and boxes below the vision role's floor, were never stored"]
    return []


def _what_if(one: WhatIf, clock: Clock) -> dict[str, Any]:
    text, first = one.text(clock), one.changes[0]
    return {
        "path": first.path,
        "unit": first.unit,
        "value": first.value,
        "to": first.to,
        "changes": [{"path": each.path, "unit": each.unit, "value": each.value, "to": each.to} for each in one.changes],
        "raised_at": _iso(one.raised_at),
        "text_zh": text.zh,
        "text_en": text.en,
    }


def lanes_of(looks: Iterable[Look]) -> list[dict[str, Any]]:
    """Return the values of the looks as lanes, each with the limits it was held against."""
    points: dict[str, list[tuple[datetime, float | None]]] = {}
    for look in looks:
        for name, value in look.values.items():
            points.setdefault(name, []).append((look.at, value))
        if look.state is State.WITHHELD:
            for lane in points.values():
                if lane[-1][1] is not None:
                    lane.append((look.at, None))
    return [
        {
            "name": name,
            "unit": unit_of(name),
            "points": [[_iso(at), value] for at, value in thinned(lane)],
            **_limit(looks, name),
        }
        for name, lane in points.items()
    ]


_UNITS = {"kpa": "kPa", "l_s": "L/s", "ntu": "NTU", "mg_l": "mg/L", "lel": "%LEL", "m": "m", "w": "W", "v": "V",
          "pct": "%", "s": "s"}  # fmt: skip


def unit_of(name: str) -> str:
    """Return the unit that a lane's name ends with."""
    for suffix, unit in _UNITS.items():
        if name.endswith(f"_{suffix}"):
            return unit
    return ""


def _limit(looks: Iterable[Look], name: str) -> dict[str, Any]:
    """Return what the lane's values were held against last: each limit with the path that sets it, and the foremost."""
    limits: dict[str, tuple[float, str]] = {}
    for look in looks:
        value = look.values.get(name)
        for one in look.predicates:
            if value is not None and one.value == value and one.limit is not None and _is_of(one, name):
                limits[one.name] = (one.limit, one.path)
        if name == "counted_s" and look.needed_s:
            limits["dwell"] = (look.needed_s, "")
    listed = [{"name": key, "limit": limit, "path": path} for key, (limit, path) in limits.items()]
    return {"limit": listed[0]["limit"] if listed else None, "limits": listed}


def _is_of(one: Predicate, lane: str) -> bool:
    if not unit_of(lane):
        return lane in (one.name, f"lamps_{one.name}") or (lane == "confidence" and one.name == "box_floor")
    return one.unit == unit_of(lane) and one.name != "lasted"


def thinned(points: Sequence[tuple[datetime, float | None]]) -> list[tuple[datetime, float | None]]:
    """Return at most POINTS points: of each stretch the first, the lowest and the highest."""
    if len(points) <= POINTS:
        return list(points)
    size = -(-len(points) * 3 // POINTS)
    kept: list[tuple[datetime, float | None]] = []
    for begin in range(0, len(points), size):
        part = points[begin : begin + size]
        values = [point for point in part if point[1] is not None]
        chosen = {part[0]}
        if values:
            chosen |= {min(values, key=lambda point: point[1] or 0.0), max(values, key=lambda point: point[1] or 0.0)}
        kept += sorted(chosen, key=lambda point: point[0])
    return kept


def _transitions(looks: Iterable[Look], key_at: datetime | None) -> list[dict[str, Any]]:
    """Return each predicate where it began or ceased to hold, and all of them at the moment that decided."""
    found: list[dict[str, Any]] = []
    before: dict[str, bool] = {}
    for look in looks:
        for one in look.predicates:
            if before.get(one.name) is not one.holds or look.at == key_at:
                found.append(_predicate(look.at, one))
            before[one.name] = one.holds
    if len(found) <= ENTRIES:
        return found
    if key_at is None:
        return found[:ENTRIES]
    near = sorted(found, key=lambda entry: abs(datetime.fromisoformat(entry["at"]) - key_at))[:ENTRIES]
    return sorted(near, key=lambda entry: str(entry["at"]))


def _predicate(at: datetime, one: Predicate) -> dict[str, Any]:
    return {
        "at": _iso(at),
        "name": one.name,
        "holds": one.holds,
        "value": one.value,
        "limit": one.limit,
        "unit": one.unit,
        "path": one.path,
        "text": one.text.en,
        "text_zh": one.text.zh,
    }


def _iso(at: datetime | None) -> Any:
    return None if at is None else at.astimezone(UTC).isoformat()
