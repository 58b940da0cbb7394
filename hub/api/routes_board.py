"""The board: what an operator must see now, ranked; with the feed's number, so that a page can keep it equal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from detectors.finding import Severity
from hub.api import model
from hub.api.context import CallerDep, HubDep, needs
from hub.api.cursor import seal, unseal, whole_number
from hub.api.instant import to_instant
from hub.api.model import Cursor, Document
from hub.api.openapi import API, problems
from hub.api.routes_alerts import document_of
from hub.dispatch.document import instant
from hub.people.scopes import Scope
from hub.store.read_board import Incident, blinding, colleagues, counted, incidents
from hub.store.read_feed import newest_seq

router = APIRouter(prefix=API, tags=["alerts"])


class CaseLink(Document):
    """The open case that an alert is in."""

    id: UUID
    number: str
    stage: str
    department: str | None
    overdue: bool


class IncidentEntry(model.Alert):
    """An open alert that is no symptom of another."""

    symptoms: list[UUID] = Field(description="The open alerts of which this one is the cause.")
    case: CaseLink | None


class Blinding(Document):
    """An open alert that makes what else is known of its subject stale."""

    id: UUID
    rule: str
    subject: str
    members: list[str]


class Counts(Document):
    """How many incidents there are by severity, however many a page holds."""

    waiting: dict[Severity, int] = Field(description="Nobody has given a word on them.")
    dealt_with: dict[Severity, int] = Field(description="Acknowledged, shelved or called a false alarm.")
    shelved: int


class Board(Document):
    """Some incidents, the most pressing first, and how things stood at the feed's number `seq`."""

    seq: int = Field(ge=0, description="The feed's number at this moment: apply what comes after it.")
    at: Annotated[datetime, Field(description="The hub's present instant.")]
    items: list[IncidentEntry]
    next: str | None = Field(description="Give it as `cursor` for the next page; null on the last.")
    counts: Counts
    blinding: list[Blinding] = Field(description="On the first page: what makes others stale; empty on later ones.")


class Colleague(Document):
    """Somebody who may take an alert."""

    name: str
    display_name: str
    role: str


class Colleagues(Document):
    """Everybody who may take an alert."""

    items: list[Colleague]


class BoardQuery(Document):
    """Where to go on, and how much."""

    cursor: Cursor | None = Field(default=None, description="`next` of the page before.")
    limit: int = Field(default=200, ge=1, le=1000)


@router.get(
    "/board",
    operation_id="readBoard",
    summary="The incidents, the most pressing first",
    response_model=Board,
    responses=problems(422),
    dependencies=[needs(Scope.ALERTS_READ)],
)
def read_board(hub: HubDep, caller: CallerDep, query: Annotated[BoardQuery, Query()]) -> JSONResponse:
    """Return incidents: open alerts that are no symptom. First what nobody has dealt with, then the worst, the newest.

    Pages are cut by that order, so what does not change is on exactly one. What changes while one reads is told by the
    feed after `seq`: a page that reads all pages and applies the feed from the first page's `seq` equals the database.
    """
    at = hub.now()
    after = None
    if query.cursor is not None:
        rank, raised_at, alert_id = unseal("board", query.cursor, (whole_number, to_instant, UUID))
        after = (rank, raised_at, alert_id)
    with hub.pool.session() as connection:
        seq = newest_seq(connection)  # before the rest, which then lacks nothing up to it
        found = incidents(connection, at=at, after=after, limit=query.limit + 1, reach=caller.reach)
        groups = counted(connection, at=at, reach=caller.reach)
        blind = blinding(connection, caller.reach) if after is None else []
    page, more = found[: query.limit], len(found) > query.limit
    last = page[-1].place if more else None
    counts: dict[str, Any] = {"waiting": {}, "dealt_with": {}, "shelved": 0}
    for group in groups:
        part = counts["dealt_with" if group.dealt_with else "waiting"]
        part[group.severity] = part.get(group.severity, 0) + group.number
        counts["shelved"] += group.number if group.shelved else 0
    return JSONResponse(
        {
            "seq": seq,
            "at": instant(at),
            "items": [_incident(one) for one in page],
            "next": seal("board", [last[0], instant(last[1]), str(last[2])]) if last else None,
            "counts": counts,
            "blinding": [
                {"id": str(one.alert_id), "rule": one.rule, "subject": one.subject, "members": one.members}
                for one in blind
            ],
        }
    )


@router.get(
    "/board/colleagues",
    operation_id="listColleagues",
    summary="Who may take an alert",
    response_model=Colleagues,
    responses=problems(),
    dependencies=[needs(Scope.ALERTS_WRITE)],
)
def list_colleagues(hub: HubDep) -> JSONResponse:
    """Return everybody to whom an alert can be assigned."""
    with hub.pool.session() as connection:
        return JSONResponse({"items": [asdict(one) for one in colleagues(connection)]})


def _incident(one: Incident) -> dict[str, Any]:
    case = one.case
    return {
        **document_of(one.found),
        "symptoms": [str(symptom) for symptom in one.symptoms],
        "case": None
        if case is None
        else {
            "id": str(case.case_id),
            "number": case.number,
            "stage": case.stage,
            "department": case.department,
            "overdue": case.overdue,
        },
    }
