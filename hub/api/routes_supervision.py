"""Supervision (监察): how departments settle cases, by department, grid, category and month; as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from hub.api import model, model_statistics
from hub.api.context import CallerDep, HubDep, needs
from hub.api.instant import Instant
from hub.api.openapi import API, problems
from hub.api.routes_statistics import period
from hub.dispatch.document import instant
from hub.people.scopes import Scope
from hub.store.read_supervision import COUNTS, Part, supervision

router = APIRouter(prefix=API, tags=["statistics"])
LONGEST = timedelta(days=3 * 366)
USUAL = timedelta(days=31)
_FORMULAE = ("=", "+", "-", "@", "\t", "\r")


class SupervisionQuery(model.Document):
    """Which cases, told apart by what."""

    begin: Instant | None = Field(default=None, alias="from", description="Filed at or after; left out: 31 days ago.")
    end: Instant | None = Field(default=None, alias="to", description="Filed before; left out: now.")
    by: list[Part] = Field(default=[Part.DEPARTMENT], max_length=4, description="Repeat for several, in their order.")
    format: Literal["json", "csv"] = "json"


@router.get(
    "/statistics/cases",
    operation_id="supervision",
    summary="How departments settle cases",
    response_model=model_statistics.Supervision,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(422)},
    dependencies=[needs(Scope.STATISTICS_READ)],
)
def settled(hub: HubDep, caller: CallerDep, query: Annotated[SupervisionQuery, Query()]) -> Response:
    """Return counts and mean times of the cases filed in a period, per group and together. At most three years.

    Months are those of the city's timezone. `format=csv` gives the groups as a table for a spreadsheet.
    """
    begin, end = period(query.begin, query.end, hub.now(), usual=USUAL, longest=LONGEST)
    by = list(dict.fromkeys(query.by))
    about: dict[str, Any] = {
        "begin": begin,
        "end": end,
        "timezone": hub.configuration.city.timezone,
        "reach": caller.reach,
    }
    with hub.pool.session() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        groups = supervision(connection, **about, by=by)
        ((_, total),) = supervision(connection, **about, by=[])
    rows = [{**parts, **asdict(counts)} for parts, counts in groups]
    if query.format == "csv":
        name = f"supervision-{begin:%Y%m%d}-{end:%Y%m%d}.csv"
        return Response(
            table([part.value for part in by], rows),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return JSONResponse(
        {
            "from": instant(begin),
            "to": instant(end),
            "by": [part.value for part in by],
            "items": rows,
            "total": asdict(total),
        }
    )


def table(parts: list[str], rows: list[dict[str, Any]]) -> str:
    """Return `rows` as CSV with a byte order mark, without which spreadsheets take Chinese for something else.

    Text that a spreadsheet would take for a formula is kept text by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*parts, *COUNTS])
    for row in rows:
        writer.writerow([_cell(row[name]) for name in (*parts, *COUNTS)])
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULAE):
        return "'" + value
    return round(value, 1) if isinstance(value, float) else value
