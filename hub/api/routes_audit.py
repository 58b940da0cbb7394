"""What people did: found by a filter, the newest first, or all of it as a file. For those who see the whole city."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from hub.api import model, model_people
from hub.api.context import ActorDep, Hub, HubDep, needs_everywhere
from hub.api.cursor import seal, unseal, whole_number
from hub.api.instant import Instant
from hub.api.model import Cursor, Text
from hub.api.openapi import API, problems
from hub.dispatch.document import instant
from hub.people.audit_lines import Form, head, line
from hub.people.scopes import Scope
from hub.store.audit import note
from hub.store.read_audit import AuditEntry, AuditFilter, audit_newest, audit_page, audit_upwards

router = APIRouter(prefix=API, tags=["people"])
ActionName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}\.([a-z_]{1,60}|\*)$")]


class AuditWanted(model.Document):
    """Which entries; what is left out asks for nothing."""

    actor: Text | None = Field(default=None, description="A person's or token's name.")
    actor_id: UUID | None = Field(default=None, description="A person or token, whatever its name.")
    action: ActionName | None = Field(default=None, description="Such as `alert.shelved`, or a domain: `session.*`.")
    target: Text | None = Field(default=None, description="Such as `alert/0b6f…` or `user/…`.")
    since: Instant | None = Field(default=None, description="At or after, with a timezone.")
    until: Instant | None = Field(default=None, description="Before, with a timezone.")


class AuditQuery(AuditWanted):
    """Which entries, and how many at once."""

    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=100, ge=1, le=500)


class ExportQuery(AuditWanted):
    """Which entries, and written how."""

    format: Form = Field(default=Form.CSV, description="csv for spreadsheets, jsonl for programs.")


@router.get(
    "/audit",
    operation_id="listAudit",
    summary="What people did, the newest first",
    response_model=model_people.AuditPage,
    responses=problems(422),
    dependencies=[needs_everywhere(Scope.AUDIT_READ)],
)
def list_audit(hub: HubDep, query: Annotated[AuditQuery, Query()]) -> JSONResponse:
    """Return a page of entries, each with its number in the chain and the chain's hash up to it."""
    below = unseal("audit", query.cursor, (whole_number,))[0] if query.cursor is not None else None
    with hub.pool.session() as connection:
        found = audit_page(connection, _wanted(query), below=below, limit=query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    return JSONResponse(
        {
            "items": [_entry(entry) for entry in page],
            "next": seal("audit", [page[-1].seq]) if more else None,
        }
    )


@router.get(
    "/audit/export",
    operation_id="exportAudit",
    summary="What people did, as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The oldest entry first.",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        **problems(422),
    },
    dependencies=[needs_everywhere(Scope.AUDIT_READ)],
)
def export_audit(hub: HubDep, actor: ActorDep, query: Annotated[ExportQuery, Query()]) -> StreamingResponse:
    """Stream the entries as CSV or JSON lines, however many. The export is itself an entry, the last one in it."""
    wanted = _wanted(query)
    with hub.pool.session() as connection:
        detail = {"format": query.format.value, **wanted.document()}
        note(connection, actor, "audit.exported", "audit", at=hub.now(), detail=detail)
    with hub.pool.session() as connection:
        up_to = audit_newest(connection)
    name = f"audit-{hub.now():%Y%m%d-%H%M%S}.{query.format.value}"
    return StreamingResponse(
        _lines(hub, wanted, query.format, up_to),
        media_type=query.format.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(hub: Hub, wanted: AuditFilter, form: Form, up_to: int) -> Iterator[str]:
    """Yield the file in parts; no connection is held while a slow reader takes one."""
    yield head(form)
    seen = 0
    while True:
        with hub.pool.session() as connection:
            found = audit_upwards(connection, wanted, above=seen, up_to=up_to)
        if not found:
            return
        seen = found[-1].seq
        yield "".join(line(form, _entry(entry)) for entry in found)


def _wanted(query: AuditWanted) -> AuditFilter:
    return AuditFilter(
        actor=query.actor,
        actor_id=query.actor_id,
        action=query.action,
        target=query.target,
        since=query.since,
        until=query.until,
    )


def _entry(entry: AuditEntry) -> dict[str, object]:
    return {**entry.document(), "at": instant(entry.at)}
