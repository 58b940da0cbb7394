"""How departments settle cases (监察): a period, what to group by and a reach in, counts and mean times out.

Cases change long after they were filed, so no continuous aggregate can carry them: it would have to be refreshed back
over months. They are few (hundreds a day), and one pass over the year takes well under a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg import Connection, sql

from hub.people.caller import Reach


class Part(StrEnum):
    """What the counts can be told apart by."""

    MONTH = "month"
    DEPARTMENT = "department"
    GRID = "grid"
    CATEGORY = "category"


_EXPRESSION = {
    Part.MONTH: "to_char(filed_at AT TIME ZONE %(timezone)s, 'YYYY-MM')",
    Part.DEPARTMENT: "coalesce(department, '')",
    Part.GRID: "grid",
    Part.CATEGORY: "coalesce(category, '')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The cases filed in one part of the period.

    `on_time` were reported done before their deadline and not sent back after it, `overdue` went past it, settled or
    not; both together may be fewer than `filed`: the rest is still running. `recurred` came again at a place that had
    one before. Mean times are seconds without suspensions, None where there is nothing to average.
    """

    filed: int
    open: int
    closed: int
    on_time: int
    overdue: int
    reworked: int
    reworks: int
    suspended: int
    recurred: int
    voided: int
    dispatch_s: float | None
    handling_s: float | None
    closing_s: float | None
    score: float | None


COUNTS = tuple(each.name for each in fields(Settled))

_AGGREGATES = """
    count(*),
    count(*) FILTER (WHERE closed_at IS NULL),
    count(*) FILTER (WHERE stage = 'closed'),
    count(*) FILTER (WHERE NOT overdue AND stage IN ('done', 'verified', 'closed')),
    count(*) FILTER (WHERE overdue),
    count(*) FILTER (WHERE reworks > 0),
    coalesce(sum(reworks), 0),
    count(*) FILTER (WHERE suspended_total_s > 0 OR suspension = 'suspended'),
    count(*) FILTER (WHERE recurrences > 0 OR reopens > 0),
    count(*) FILTER (WHERE stage = 'voided'),
    avg(extract(epoch FROM dispatched_at - filed_at)),
    avg(greatest(0, extract(epoch FROM done_at - dispatched_at) - suspended_total_s))
        FILTER (WHERE done_at IS NOT NULL AND dispatched_at IS NOT NULL),
    avg(greatest(0, extract(epoch FROM closed_at - filed_at) - suspended_total_s)) FILTER (WHERE stage = 'closed'),
    avg((evaluation ->> 'score')::float)
"""


def supervision(
    connection: Connection[Any],
    *,
    begin: datetime,
    end: datetime,
    timezone: str,
    by: Sequence[Part],
    reach: Reach,
) -> list[tuple[dict[str, str], Settled]]:
    """Return the cases filed in [begin, end) grouped by `by` in its order, each group with its counts.

    With nothing to group by there is one group, of everything. `timezone` says where a month begins.
    """
    parts = [sql.SQL(_EXPRESSION[part]) for part in by]
    grouping = sql.SQL("GROUP BY {0} ORDER BY {0}").format(
        sql.SQL(", ").join(sql.Literal(place + 1) for place in range(len(by)))
    )
    query = sql.SQL(
        """SELECT {parts} {aggregates} FROM cases
           WHERE filed_at >= %(begin)s AND filed_at < %(end)s AND stage <> 'merged'
             AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
             AND (%(department)s::text IS NULL OR %(department)s = ANY(departments)) {grouping}"""
    ).format(
        parts=sql.SQL("").join(sql.SQL("{}, ").format(part) for part in parts),
        aggregates=sql.SQL(_AGGREGATES),
        grouping=grouping if by else sql.SQL(""),
    )
    rows = connection.execute(
        query,
        {
            "begin": begin,
            "end": end,
            "timezone": timezone,
            "grids": reach.grid_list(),
            "department": reach.department,
        },
    )
    return [
        (
            {part.value: row[place] for place, part in enumerate(by)},
            Settled(**{name: _plain(value) for name, value in zip(COUNTS, row[len(by) :], strict=True)}),
        )
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else float(value)
