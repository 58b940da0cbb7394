"""A shadow in, the document of it that the API and the command line show out: as far as one sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub.dispatch.document import instant
from hub.people.caller import EVERYWHERE, Reach
from hub.store.read_labels import labels_of
from hub.store.read_shadows import both_sides, hours_of
from hub.store.shadows import base_of, events_of, followed_of
from hub.tuning.diff import diff, diff_document
from hub.tuning.judging import Question, Raised, raised_of
from hub.tuning.labels.match import match
from hub.tuning.recorded import name_recorded
from hub.tuning.runs.judge import raised_document
from hub.tuning.shadow.shadow import Canary, Followed, Shadow, ShadowEvent, State
from ingest.city import City

if TYPE_CHECKING:
    from psycopg import Connection

HOURS_SHOWN = 48
LEAST_S = 60.0  # followed for less than this, nothing is said of an hour


def shadow_documents(
    connection: Connection[Any], found: Sequence[Shadow], *, at: datetime, reach: Reach = EVERYWHERE
) -> list[dict[str, Any]]:
    """Return the shadows as a list shows them, without what differs."""
    followed = followed_of(connection, [one.shadow_id for one in found], reach=reach)
    return [_document(connection, one, followed[one.shadow_id], at, reach) for one in found]


def shadow_document(
    connection: Connection[Any], shadow: Shadow, *, city: City, at: datetime, reach: Reach = EVERYWHERE
) -> dict[str, Any]:
    """Return one shadow with what differs so far, alarms by the hour, and what happened to it."""
    followed = followed_of(connection, [shadow.shadow_id], reach=reach)[shadow.shadow_id]
    document = _document(connection, shadow, followed, at, reach)
    live, candidate, is_cut = both_sides(connection, shadow.shadow_id, reach=reach)
    sides = [raised_of(each) for each in live], [raised_of(each) for each in candidate]
    until = max((grid.followed_until for grid in followed), default=shadow.started_at)
    words = _words(connection, shadow, until, sides, city, reach)
    hours = hours_of(connection, shadow.shadow_id, reach=reach, since=until - timedelta(hours=HOURS_SHOWN))
    differs = None
    if until > shadow.started_at:
        differs = diff_document(
            diff(*sides), document["base_version"] or "", shadow.version, words, document=raised_document
        )
        name_recorded(differs, live)
    return {
        **document,
        "diff": differs,
        "is_cut": is_cut,
        "hours": [{"at": instant(one.at), "base": one.base, "candidate": one.candidate} for one in hours],
        "timeline": [event_document(one) for one in events_of(connection, shadow.shadow_id)],
    }


def event_document(event: ShadowEvent) -> dict[str, Any]:
    """Return one thing that happened to a shadow."""
    return {"at": instant(event.at), "what": event.what, "by": event.by, "detail": dict(event.detail)}


def _document(
    connection: Connection[Any], shadow: Shadow, followed: Sequence[Followed], at: datetime, reach: Reach
) -> dict[str, Any]:
    spans_s = [(grid.followed_until - shadow.started_at).total_seconds() for grid in followed]
    hours = sum(spans_s) / len(spans_s) / 3600.0 if spans_s else 0.0
    counted = hours_of(connection, shadow.shadow_id, reach=reach)
    base, candidate = sum(one.base for one in counted), sum(one.candidate for one in counted)
    least = min((grid.followed_until for grid in followed), default=shadow.started_at)
    return {
        "id": str(shadow.shadow_id),
        "version": shadow.version,
        "base_version": base_of(connection, shadow.shadow_id),
        "grids": [grid for grid in shadow.grids if reach.sees_grid(grid)],
        "note": shadow.note,
        "by": shadow.by,
        "state": shadow.state.value,
        "started_at": instant(shadow.started_at),
        "until": instant(shadow.until),
        "ended_at": instant(shadow.ended_at),
        "rolled_back_at": instant(shadow.ended_at) if shadow.state is State.ROLLED_BACK else None,
        "why": shadow.why or None,
        "followed_until": instant(least),
        "lag_s": round(max(0.0, (at - least).total_seconds()), 3) if shadow.is_open else None,
        "problem": next((grid.problem for grid in followed if grid.problem), None),
        "followed": [
            {
                "grid": grid.grid,
                "until": instant(grid.followed_until),
                "config_version": grid.config_version,
                "problem": grid.problem or None,
            }
            for grid in followed
        ],
        "alarms": {"base": base, "candidate": candidate},
        "alarms_per_hour": {"base": round(base / hours, 3), "candidate": round(candidate / hours, 3)}
        if hours * 3600.0 >= LEAST_S
        else None,
        "canary": None if shadow.canary is None else _canary(shadow.canary),
    }


def _canary(canary: Canary) -> dict[str, Any]:
    return {
        "grids": list(canary.grids),
        "since": instant(canary.since),
        "by": canary.by,
        "limits": asdict(canary.limits),
        "override": canary.name,
        "version": canary.version,
        "before_version": canary.before_version,
        "per_hour_before": canary.per_hour_before,
    }


def _words(
    connection: Connection[Any],
    shadow: Shadow,
    until: datetime,
    sides: tuple[list[Raised], list[Raised]],
    city: City,
    reach: Reach,
) -> dict[UUID, str]:
    """Return what labels say of each alert of either side."""
    if until <= shadow.started_at:
        return {}
    question = Question(rules=None, grids=frozenset(shadow.grids), subjects=None, since=shadow.started_at, until=until)
    labels = labels_of(connection, question, city, reach=reach)
    words: dict[UUID, str] = {}
    for raised in sides if labels else ():
        said = match(raised, labels, span=(question.since, question.until)).words()
        words |= {one.alert_id: said[one.alert_id] for one in raised if one.alert_id in said}
    return words
