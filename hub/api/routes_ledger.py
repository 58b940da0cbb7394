"""The ledger and the quarantine: what was received, what became of it, and what could not be read."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.api import model, model_operation
from hub.api.context import HubDep, needs_everywhere
from hub.api.cursor import plain_text, seal, unseal, whole_number
from hub.api.instant import Instant, to_instant
from hub.api.model import Cursor
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant
from hub.people.scopes import Scope
from hub.store.read_ledger import ledger_rows, ledger_total
from hub.store.read_quarantine import QuarantinedRow, quarantine_page, quarantined
from ingest.observation import QuarantineReason

router = APIRouter(prefix=API, tags=["ledger"])


class LedgerQuery(model.Document):
    """Which hours of which grid; left out: all."""

    begin: Instant | None = Field(default=None, alias="from", description="Hours that begin at or after.")
    end: Instant | None = Field(default=None, alias="to", description="Hours that begin before.")
    grid: str | None = Field(
        default=None, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="Empty: what named no known grid."
    )
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=200, ge=1, le=500)


class QuarantineQuery(model.Document):
    """Which messages; left out: all."""

    reason: QuarantineReason | None = None
    waiting: bool | None = Field(default=None, description="true: not sent again yet; false: already.")
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=50, ge=1, le=500)


@router.get(
    "/ledger",
    operation_id="readLedger",
    summary="What was received and what became of it",
    response_model=model_operation.LedgerPage,
    responses=problems(422),
    dependencies=[needs_everywhere(Scope.LEDGER_READ)],
)
def read_ledger(hub: HubDep, query: Annotated[LedgerQuery, Query()]) -> JSONResponse:
    """Return counts per grid and hour, the newest first, and their sums: received = stored + duplicate + quarantined.

    Counted in observations: one value of one device, one frame, one status, one picture; an unreadable message is one.
    """
    after = None
    if query.cursor is not None:
        hour, grid = unseal("ledger", query.cursor, (to_instant, plain_text))
        after = (hour, grid)
    period: dict[str, Any] = {"begin": query.begin, "end": query.end, "grid": query.grid}
    with hub.pool.session() as connection:
        # One statement after the other sees one state, so that a page and its sums belong together.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        rows = ledger_rows(connection, **period, after=after, limit=query.limit + 1)
        total, unbalanced = ledger_total(connection, **period)
    page = rows[: query.limit]
    more = len(rows) > len(page)
    return JSONResponse(
        {
            "items": [
                {
                    "grid": row.grid,
                    "hour": instant(row.hour),
                    **asdict(row.counts),
                    "balanced": row.counts.balanced,
                }
                for row in page
            ],
            "next": seal("ledger", [instant(page[-1].hour), page[-1].grid]) if more else None,
            "total": asdict(total),
            "balanced": unbalanced == 0,
        }
    )


@router.get(
    "/quarantine",
    operation_id="listQuarantine",
    summary="Messages that could not be read",
    response_model=model_operation.QuarantinePage,
    responses=problems(422),
    dependencies=[needs_everywhere(Scope.QUARANTINE_READ)],
)
def list_quarantine(hub: HubDep, query: Annotated[QuarantineQuery, Query()]) -> JSONResponse:
    """Return a page of them, the newest first, each with its reason and the beginning of its bytes."""
    below = unseal("quarantine", query.cursor, (whole_number,))[0] if query.cursor is not None else None
    reason = query.reason.value if query.reason else None
    with hub.pool.session() as connection:
        rows = quarantine_page(connection, reason=reason, waiting=query.waiting, below=below, limit=query.limit + 1)
    page = rows[: query.limit]
    more = len(rows) > len(page)
    return JSONResponse(
        {
            "items": [_entry(row) for row in page],
            "next": seal("quarantine", [page[-1].id]) if more else None,
        }
    )


@router.get(
    "/quarantine/{row_id}",
    operation_id="getQuarantined",
    summary="One message that could not be read, with all its bytes",
    response_model=model_operation.QuarantineEntry,
    responses=problems(404, 422),
    dependencies=[needs_everywhere(Scope.QUARANTINE_READ)],
)
def get_quarantined(hub: HubDep, row_id: Annotated[int, Path(ge=1, le=model.LARGEST)]) -> JSONResponse:
    """Return it with its whole payload."""
    with hub.pool.session() as connection:
        row = quarantined(connection, row_id)
    if row is None:
        raise Problem("not-found", f"there is no message {row_id} in quarantine")
    return JSONResponse(_entry(row))


def _entry(row: QuarantinedRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "received_at": instant(row.received_at),
        "last_received_at": instant(row.last_received_at),
        "times": row.times,
        "topic": row.topic,
        "reason": row.reason,
        "detail": row.detail,
        "grid": row.grid,
        "entry": row.entry,
        "replayed_at": instant(row.replayed_at),
        "size": row.size,
        "payload": base64.b64encode(row.payload).decode("ascii"),
    }
