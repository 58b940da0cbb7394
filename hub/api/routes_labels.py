"""Labels: what people say was true, given one by one or as a file; and what waits for a label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field
from starlette.responses import Response

from hub.api import model_labels as model
from hub.api.case_door import needs_one_of
from hub.api.context import ActorDep, CallerDep, HubDep, needs, require
from hub.api.cursor import seal, unseal
from hub.api.instant import Instant, to_instant
from hub.api.model import Cursor, Document, RuleName, Text
from hub.api.once_only import Key, carry_out
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.dispatch.document import instant
from hub.people.caller import Caller, Reach
from hub.people.scopes import Scope
from hub.store.audit import Actor
from hub.store.label_candidates import Candidate, count_waiting, find_candidate, waiting_candidates
from hub.store.labels import NoSuchLabel, NotWithdrawn, add_label, import_labels, withdraw_label
from hub.store.read_alerts import find_alert
from hub.store.read_labels import LabelFilter, find_labels
from hub.tuning.labels.estimate import LEAST
from hub.tuning.labels.file import BadLabels, Form, document, label_of, read, written
from hub.tuning.labels.known import KnownTo
from hub.tuning.labels.label import Label, Source, Verdict
from hub.tuning.labels.summary import summary

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from hub.api.context import Hub

router = APIRouter(prefix=f"{API}/tuning/labels", tags=["tuning"])
PATH = f"{API}/tuning/labels/import"
LARGEST_FILE = 32 * 1024 * 1024

_READ: dict[str, Any] = {"dependencies": [needs(Scope.TUNE_READ)]}
_WRITE: dict[str, Any] = {"dependencies": [needs(Scope.TUNE)]}
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
# What an operator may report besides giving a verdict on an alert.
_OPERATORS_WORD = Verdict.MISSED


class LabelQuery(Document):
    """Which labels; what is left out asks for nothing. Repeat a parameter for any of several values."""

    rule: list[RuleName] = Field(default=[], max_length=50)
    subject: list[Text] = Field(default=[], max_length=200, description="Whole, or a zone: everything in it.")
    grid: list[Text] = Field(default=[], max_length=200)
    verdict: list[Verdict] = Field(default=[], max_length=3)
    source: list[Source] = Field(default=[], max_length=5)
    alert: UUID | None = None
    since: Instant | None = Field(default=None, description="Of events that had not ended by then.")
    until: Instant | None = Field(default=None, description="Of events that had begun by then.")

    def wanted(self) -> LabelFilter:
        """Return it as the store takes it."""
        return LabelFilter(
            rules=tuple(self.rule),
            subjects=tuple(self.subject),
            grids=tuple(self.grid),
            verdicts=tuple(each.value for each in self.verdict),
            sources=tuple(each.value for each in self.source),
            alert_id=self.alert,
            since=self.since,
            until=self.until,
        )


class LabelPageQuery(LabelQuery):
    """Which labels, a page at a time."""

    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=100, ge=1, le=1000)


class ExportQuery(LabelQuery):
    """Which labels, and how they are written."""

    format: Form = Form.JSONL


@router.get(
    "",
    operation_id="listLabels",
    summary="Find labels, the newest event first",
    response_model=model.LabelPage,
    responses=problems(422),
    **_READ,
)
def list_labels(hub: HubDep, caller: CallerDep, query: Annotated[LabelPageQuery, Query()]) -> JSONResponse:
    """Return a page of labels: operators' verdicts on alerts and all others alike."""
    after = None
    if query.cursor is not None:
        since, label_id = unseal("labels", query.cursor, (to_instant, UUID))
        after = (since, label_id)
    with hub.pool.session() as connection:
        found = find_labels(connection, query.wanted(), reach=caller.reach, after=after, limit=query.limit + 1)
    items = [label_document(label) for label in found[: query.limit]]
    more = len(found) > query.limit
    return JSONResponse(
        {"items": items, "next": seal("labels", [items[-1]["since"], items[-1]["id"]]) if more else None}
    )


@router.post(
    "",
    operation_id="giveLabel",
    summary="Say what was true of a place and interval",
    status_code=201,
    response_model=model.Label,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=needs_one_of(Scope.TUNE, Scope.ALERTS_WRITE),
)
async def give_label(
    request: Request, hub: HubDep, caller: CallerDep, actor: ActorDep, order: model.LabelOrder, key: Key = None
) -> Response:
    """Keep a label. An operator may report what was `missed`; every other word here is the engineer's."""
    if order.verdict is not _OPERATORS_WORD or order.candidate is not None:
        require(caller, Scope.TUNE)

    def change(connection: Connection[Any], at: datetime) -> dict[str, Any]:
        label = _ordered(connection, hub, caller, order, at)
        add_label(connection, label, actor=actor, now=at, candidate_id=order.candidate)
        return label_document(label)

    return await carry_out(request, hub, caller, key, change, status=201)


@router.delete(
    "/{label_id}",
    operation_id="withdrawLabel",
    summary="Take a label back",
    status_code=204,
    response_class=Response,
    responses=problems(404, 409, 422),
    **_WRITE,
)
def delete_label(
    hub: HubDep, caller: CallerDep, actor: ActorDep, label_id: Annotated[UUID, Path(description="The label's id.")]
) -> Response:
    """Withdraw a label: it stays in the record and counts no longer. A verdict is taken back at its alert: 409."""
    with hub.pool.session() as connection:
        try:
            withdraw_label(connection, label_id, actor=actor, now=hub.now(), reach=caller.reach)
        except NoSuchLabel as error:
            raise Problem("not-found", str(error)) from None
        except NotWithdrawn as error:
            raise Problem("illegal-transition", str(error)) from None
    return Response(status_code=204)


@router.post(
    "/import",
    operation_id="importLabels",
    summary="Take the labels of a file, all or none",
    response_model=model.ImportedLabels,
    responses=problems(413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"application/x-ndjson": _FILE, "text/csv": _FILE}}},
    **_WRITE,
)
async def post_import(request: Request, hub: HubDep, caller: CallerDep, actor: ActorDep) -> JSONResponse:
    """Import JSON lines or CSV, as the Content-Type says. Every bad line is named with what would be right.

    Columns: rule, subject, since and verdict are needed; label_id, grid, until, reason, source, weight, by, at and
    alert_id are not. The same file twice adds nothing.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = {"text/csv": Form.CSV, "application/x-ndjson": Form.JSONL, "application/jsonl": Form.JSONL}.get(kind)
    if form is None:
        raise Problem("invalid", "send the file as text/csv or application/x-ndjson")
    data = await request.body()
    return JSONResponse(await run_sync(_imported, hub, caller, actor, data, form))


@router.get(
    "/export",
    operation_id="exportLabels",
    summary="Labels as a file",
    response_class=StreamingResponse,
    responses={
        200: {"description": "JSON lines or CSV.", "content": {"application/x-ndjson": _FILE, "text/csv": _FILE}},
        **problems(422),
    },
    **_READ,
)
def export_labels(hub: HubDep, caller: CallerDep, query: Annotated[ExportQuery, Query()]) -> Response:
    """Return every label that is asked for, in a form that `import` takes back."""
    with hub.pool.session() as connection:
        found = find_labels(connection, query.wanted(), reach=caller.reach)
    lines: Iterator[str] = written(found, query.format)
    name = f"lianqin-labels.{query.format.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type=query.format.media_type, headers=headers)


@router.get(
    "/summary",
    operation_id="summariseLabels",
    summary="How many labels there are, and for what they are enough",
    response_model=model.LabelSummary,
    responses=problems(422),
    **_READ,
)
def get_summary(hub: HubDep, caller: CallerDep, query: Annotated[LabelQuery, Query()]) -> JSONResponse:
    """Return for each rule how many labels there are and which figures they allow."""
    with hub.pool.session() as connection:
        found = find_labels(connection, query.wanted(), reach=caller.reach)
        waiting = count_waiting(connection, rules=query.rule, reach=caller.reach)
    return JSONResponse({"items": summary(found, waiting), "least": LEAST})


@router.get(
    "/waiting",
    operation_id="listCandidates",
    summary="Quiet candidates that wait for a label",
    response_model=model.CandidateList,
    responses=problems(422),
    **_READ,
)
def list_waiting(
    hub: HubDep,
    caller: CallerDep,
    rule: Annotated[list[RuleName], Query(max_length=50)] = [],  # noqa: B006 - the framework copies it
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> JSONResponse:
    """Return what nearly raised an alert and was drawn by a run of the kind `sample`."""
    with hub.pool.session() as connection:
        found, waiting = waiting_candidates(connection, rules=rule, reach=caller.reach, limit=limit)
    return JSONResponse({"items": [candidate_document(each) for each in found], "waiting": waiting})


def label_document(label: Label) -> dict[str, Any]:
    """Return a label as it is served."""
    written = document(label)
    name, alert = written.pop("label_id"), written.pop("alert_id")
    return {"id": name, **written, "alert": alert}


def candidate_document(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as it is served."""
    return {
        "id": str(candidate.candidate_id),
        "rule": candidate.rule,
        "subject": candidate.subject,
        "grid": candidate.grid,
        "camera": candidate.camera_id,
        "since": instant(candidate.since),
        "until": instant(candidate.until),
        "raised_at": instant(candidate.raised_at),
        "reason": {**candidate.numbers, "text": candidate.reason},
        "nearness": candidate.stratum.split("|")[1],
        "frame": candidate.frame,
        "drawn_at": instant(candidate.drawn_at),
    }


def _imported(hub: Hub, caller: Caller, actor: Actor, data: bytes, form: Form) -> dict[str, int]:
    now = hub.now()
    try:
        labels = read(data, form, KnownTo(hub.configuration), by=caller.name, at=now)
    except BadLabels as error:
        errors = [{"in": "body", "line": bad.line, "detail": bad.says} for bad in error.lines[:100]]
        first = error.lines[0]
        detail = f"nothing was taken: {len(error.lines)} lines are not right; line {first.line}: {first.says}"
        raise Problem("invalid", detail, extra={"errors": errors}) from None
    beyond = sorted({label.grid for label in labels if not caller.reach.sees_grid(label.grid)})
    if beyond:
        raise Problem("invalid", f"nothing was taken: grid {beyond[0]} is not one of those that you see")
    with hub.pool.session() as connection:
        done = import_labels(connection, labels, actor=actor, now=now)
    return {"added": done.added, "known": done.known, "withdrawn": done.withdrawn}


def _ordered(connection: Connection[Any], hub: Hub, caller: Caller, order: model.LabelOrder, at: datetime) -> Label:
    """Return the label that `order` gives; raise the problem of one that cannot be."""
    fields: dict[str, Any] = {"verdict": order.verdict.value, "reason": order.reason}
    source = order.source or Source.DRAWN
    if source not in (Source.DRAWN, Source.DIFF):
        raise _invalid("#/source", f"labels of the source {source} are not given here: say drawn or diff")
    if order.candidate is not None:
        fields |= _of_candidate(connection, order.candidate, caller.reach)
        source = Source.SAMPLE
    elif order.alert is not None:
        fields |= _of_alert(connection, order.alert, caller.reach)
    for name in ("rule", "subject", "grid"):
        if getattr(order, name) is not None:
            fields[name] = getattr(order, name)
    if order.since is not None:
        fields["since"] = instant(order.since)
    if order.until is not None:
        fields["until"] = instant(order.until)
    given = {name: value for name, value in fields.items() if value is not None}
    label, wrong = label_of(
        {**given, "label_id": str(uuid4())}, KnownTo(hub.configuration), by=caller.name, at=at, source=source
    )
    if label is None:
        errors = [{"in": "body", "pointer": f"#/{each.partition(':')[0]}", "detail": each} for each in wrong]
        raise Problem("invalid", "; ".join(wrong), extra={"errors": errors})
    if not caller.reach.sees_grid(label.grid):
        raise _invalid(
            "#/subject", f"{label.subject} lies in grid {label.grid}, which is not one of those that you see"
        )
    return label


def _of_alert(connection: Connection[Any], alert_id: UUID, reach: Reach) -> dict[str, Any]:
    found = find_alert(connection, alert_id, reach)
    if found is None:
        raise Problem("not-found", f"there is no alert {alert_id}")
    alert = found.alert
    return {
        "rule": alert.rule,
        "subject": alert.subject,
        "grid": alert.grid,
        "since": instant(alert.since),
        "until": instant(alert.cleared_at),
        "alert_id": str(alert.alert_id),
    }


def _of_candidate(connection: Connection[Any], candidate_id: UUID, reach: Reach) -> dict[str, Any]:
    found = find_candidate(connection, candidate_id, reach)
    if found is None:
        raise Problem("not-found", f"there is no candidate {candidate_id}")
    candidate, is_waiting = found
    if not is_waiting:
        raise Problem("illegal-transition", f"candidate {candidate_id} has a label already: withdraw that one first")
    return {
        "rule": candidate.rule,
        "subject": candidate.subject,
        "grid": candidate.grid,
        "since": instant(candidate.since),
        "until": instant(candidate.until),
    }


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid", detail, extra={"errors": [{"in": "body", "pointer": pointer, "detail": detail}]})
