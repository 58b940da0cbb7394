"""Statistics: the health of the alarm system over a period, beside the limits of the standards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.alerts import health
from hub.api import model, model_statistics
from hub.api.context import CallerDep, HubDep, needs
from hub.api.instant import Instant
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant
from hub.people.scopes import Scope
from hub.store.read_statistics import AlarmCounts, Source, alarm_counts

router = APIRouter(prefix=API, tags=["statistics"])
LONGEST = timedelta(days=92)


class AlarmQuery(model.Document):
    """Which period, and how many operators shared it; left out: the last 24 hours and one operator."""

    begin: Instant | None = Field(default=None, alias="from", description="Raised at or after.")
    end: Instant | None = Field(default=None, alias="to", description="Raised before.")
    operators: int = Field(default=1, ge=1, le=100, description="Desks that were manned at once.")


@router.get(
    "/statistics/alarms",
    operation_id="alarmHealth",
    summary="The health of the alarm system",
    response_model=model_statistics.AlarmHealth,
    responses=problems(422),
    dependencies=[needs(Scope.STATISTICS_READ)],
)
def alarm_health(hub: HubDep, caller: CallerDep, query: Annotated[AlarmQuery, Query()]) -> JSONResponse:
    """Return rates, floods, bad actors, chattering and stale alarms, each beside its limit. At most 92 days."""
    begin, end = period(query.begin, query.end, hub.now())
    with hub.pool.session() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        counts = alarm_counts(connection, begin=begin, end=end, grids=caller.reach.grid_list())
    return JSONResponse(_document(counts, begin, end, query.operators))


def period(
    begin: datetime | None,
    end: datetime | None,
    now: datetime,
    *,
    usual: timedelta = timedelta(days=1),
    longest: timedelta = LONGEST,
) -> tuple[datetime, datetime]:
    """Return the period that a query asks for, `usual` up to now by itself; raise Problem if empty or too long."""
    end = now if end is None else end
    begin = end - usual if begin is None else begin
    if not begin < end <= begin + longest:
        detail = f"`from` must lie before `to`, at most {longest.days} days"
        raise Problem("invalid", detail, extra={"errors": [{"in": "query", "pointer": "from", "detail": detail}]})
    return begin, end


def _document(counts: AlarmCounts, begin: datetime, end: datetime, operators: int) -> dict[str, Any]:
    total = sum(counts.per_ten_minutes)
    observed = health.Observed(
        per_ten_minutes=counts.per_ten_minutes,
        per_severity=counts.per_severity,
        top_sources=[source.count for source in counts.sources],
        chattering=len(counts.chattering),
        stale=counts.stale_count,
        operators=operators,
    )
    return {
        "from": instant(begin),
        "to": instant(end),
        "operators": operators,
        "alarms": total,
        "symptoms": counts.symptoms,
        "measures": [
            {
                "name": measure.name,
                "value": measure.value,
                "good": measure.good,
                "limit": measure.limit,
                "unit": measure.unit,
                "mark": measure.mark.value,
            }
            for measure in health.measures(observed)
        ],
        "per_ten_minutes": list(counts.per_ten_minutes),
        "floods": list(_runs(health.floods(counts.per_ten_minutes, operators))),
        "severities": {severity.value: count for severity, count in counts.per_severity.items()},
        "rules": dict(sorted(counts.per_rule.items(), key=lambda item: (-item[1], item[0]))),
        "priorities": health.priority_mix(counts.per_severity),
        "priorities_wanted": dict(health.SPREAD),
        "sources": [_source(source, total) for source in counts.sources],
        "chattering": [_source(source, total) for source in counts.chattering],
        "stale": [
            {
                "id": str(alarm.alert_id),
                "rule": alarm.rule,
                "subject": alarm.subject,
                "grid": alarm.grid,
                "severity": alarm.severity.value,
                "raised_at": instant(alarm.raised_at),
            }
            for alarm in counts.stale
        ],
        "stale_count": counts.stale_count,
    }


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    first = None
    for index, flag in enumerate([*flags, False]):
        if flag and first is None:
            first = index
        elif not flag and first is not None:
            yield first, index
            first = None


def _source(source: Source, total: int) -> dict[str, Any]:
    return {
        "rule": source.rule,
        "subject": source.subject,
        "grid": source.grid,
        "count": source.count,
        "share": source.count / total,
        "last": str(source.last_id),
        "chattering": source.chattering,
    }
