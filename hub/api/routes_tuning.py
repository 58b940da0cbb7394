"""Runs of the tuning role: asked for, followed, cancelled; their files."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import ValidationError

from hub.api import model_tuning
from hub.api.context import CallerDep, Hub, HubDep, actor_of, needs_everywhere
from hub.api.endpoint_door import invalid
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.people.scopes import Scope
from hub.store import tuning_runs
from hub.store.run_files import NoSuchMember, member_of
from hub.tuning.runs.kinds import KINDS
from hub.tuning.runs.question import problems_of

router = APIRouter(prefix=f"{API}/tuning/runs", tags=["tuning"])

RunId = Annotated[UUID, Path(description="The run's id.")]
MemberName = Annotated[str, Path(max_length=300, description="The file's name in the ZIP.")]
_MEMBERS = {"jpg": "image/jpeg", "json": "application/json"}
_LOOK_S = (0.02, 0.03, 0.05, 0.05, 0.1)  # a slider's answer is there soon; whoever waits longer asks less often
_READ = [needs_everywhere(Scope.TUNE_READ)]
_WRITE = [needs_everywhere(Scope.TUNE)]


@router.post(
    "",
    operation_id="startRun",
    summary="Ask for a piece of work",
    status_code=202,
    response_model=model_tuning.Run,
    responses=problems(400, 413, 422),
    dependencies=_WRITE,
)
def start(request: Request, hub: HubDep, order: model_tuning.RunOrder) -> JSONResponse:
    """Queue the work, or return the run that was asked the same of the same recording: its answer stands."""
    kind = KINDS.get(order.kind)
    if kind is None:
        raise invalid("#/kind", f"there is no kind of run {order.kind!r}; there are: {', '.join(sorted(KINDS))}")
    try:
        arguments = kind.arguments.model_validate(order.arguments).model_dump(mode="json")
    except ValidationError as error:
        raise invalid("#/arguments", "; ".join(problems_of(error))) from None
    with hub.pool.session() as connection:
        mark = tuning_runs.horizon(connection, _until(arguments))
        run = tuning_runs.ask(
            connection,
            order.kind,
            arguments,
            key=_key(order.kind, arguments, hub.configuration.version, mark),
            is_repeatable=kind.is_repeatable,
            actor=actor_of(request),
            at=hub.now(),
        )
        document = _document(hub, connection, run)
    return JSONResponse(document, status_code=202, headers={"Location": f"{API}/tuning/runs/{run.run_id}"})


@router.get(
    "",
    operation_id="listRuns",
    summary="The newest runs",
    response_model=model_tuning.RunList,
    responses=problems(422),
    dependencies=_READ,
)
def list_all(
    hub: HubDep,
    caller: CallerDep,
    kind: Annotated[str | None, Query(max_length=40, description="One kind only.")] = None,
    mine: Annotated[bool, Query(description="Only those that the caller asked for.")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JSONResponse:
    """Return the newest runs first, without their answers."""
    with hub.pool.session() as connection:
        found = tuning_runs.newest(connection, kind=kind, by=caller.name if mine else None, limit=limit)
        items = [_document(hub, connection, run) for run in found]
    return JSONResponse({"items": items})


@router.get(
    "/{run_id}",
    operation_id="getRun",
    summary="One run",
    response_model=model_tuning.Run,
    responses=problems(404, 422),
    dependencies=_READ,
)
async def get_one(
    hub: HubDep,
    run_id: RunId,
    wait: Annotated[float, Query(ge=0, le=60, description="Wait so many seconds for a change.")] = 0.0,
    revision: Annotated[int | None, Query(ge=0, description="The change last seen; left out: the present one.")] = None,
) -> JSONResponse:
    """Return the run as it stands; with `wait`, as soon as it is over or is not at `revision` any more."""
    until_s, looks = time.monotonic() + wait, iter(_LOOK_S)
    seen = revision
    while True:
        document = await run_sync(_shown, hub, run_id, seen)
        if document is not None:
            is_over = document["ended_at"] is not None
            if is_over or (seen is not None and document["revision"] != seen) or time.monotonic() >= until_s:
                return JSONResponse(document)
            seen = document["revision"]
        if time.monotonic() >= until_s or hub.tail.ending:
            return JSONResponse(await run_sync(_shown, hub, run_id, None))
        await anyio.sleep(min(next(looks, 0.2), max(0.0, until_s - time.monotonic())))


@router.post(
    "/{run_id}/cancel",
    operation_id="cancelRun",
    summary="Want a run no more",
    response_model=model_tuning.Run,
    responses=problems(404, 413),
    dependencies=_WRITE,
)
def cancel(request: Request, hub: HubDep, run_id: RunId) -> JSONResponse:
    """End a run that waits; ask the role to end one that it works on. What is over stays as it is."""
    with hub.pool.session() as connection:
        try:
            run = tuning_runs.cancel(connection, run_id, actor=actor_of(request), at=hub.now())
        except tuning_runs.NoSuchRun as error:
            raise Problem("not-found", str(error)) from None
        document = _document(hub, connection, run)
    return JSONResponse(document)


@router.get(
    "/{run_id}/file",
    operation_id="getRunFile",
    summary="The file that a run made",
    response_class=StreamingResponse,
    responses=problems(404),
    dependencies=_READ,
)
def get_file(hub: HubDep, run_id: RunId) -> StreamingResponse:
    """Return the run's file; 404 for a run that made none."""
    with hub.pool.session() as connection:
        try:
            run = tuning_runs.find(connection, run_id)
        except tuning_runs.NoSuchRun as error:
            raise Problem("not-found", str(error)) from None
    if run.file is None:
        raise Problem("not-found", f"run {run_id} made no file")

    def parts() -> Iterator[bytes]:
        number = 0
        while True:
            with hub.pool.session() as connection:
                part = tuning_runs.file_part(connection, run_id, number)
            if part is None:
                return
            yield part
            number += 1

    name = f"attachment; filename*=UTF-8''{quote(run.file)}"
    return StreamingResponse(parts(), media_type="application/octet-stream", headers={"Content-Disposition": name})


@router.get(
    "/{run_id}/file/{name:path}",
    operation_id="getRunFileMember",
    summary="One file out of the ZIP that a run made",
    response_class=Response,
    responses=problems(404),
    dependencies=_READ,
)
def get_member(hub: HubDep, run_id: RunId, name: MemberName) -> Response:
    """Return a picture, a list or a text by its name in the ZIP; 404 where there is none."""
    with hub.pool.session() as connection:
        try:
            tuning_runs.find(connection, run_id)
            content = member_of(connection, run_id, name)
        except (tuning_runs.NoSuchRun, NoSuchMember) as error:
            raise Problem("not-found", str(error)) from None
    # What a run made never changes. Only pictures and plain words are shown as what they are.
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=_MEMBERS.get(name.rpartition(".")[2], "text/plain"), headers=headers)


def _shown(hub: Hub, run_id: UUID, unless: int | None) -> dict[str, Any] | None:
    """Return the run's document; None where it is still at revision `unless`."""
    with hub.pool.session() as connection:
        try:
            if unless is not None and tuning_runs.revision_of(connection, run_id) == unless:
                return None
            return _document(hub, connection, tuning_runs.find(connection, run_id))
        except tuning_runs.NoSuchRun as error:
            raise Problem("not-found", str(error)) from None


def _document(hub: Hub, connection: Any, run: tuning_runs.Run) -> dict[str, Any]:
    note = run.note
    if run.state == "waiting" and not note:
        ahead = "waits for the tuning role"
        note = ahead if tuning_runs.roles(connection, hub.now()) else "no tuning role runs: start `lianqin tuning`"
    if run.cancel_asked and not run.is_over:
        note = "is being cancelled"
    took_s = None
    if run.started_at is not None:
        took_s = round(((run.ended_at or hub.now()) - run.started_at).total_seconds(), 3)
    return {
        "id": str(run.run_id),
        "kind": run.kind,
        "arguments": run.arguments,
        "state": run.state,
        "progress": round(run.progress, 4),
        "note": note,
        "answer": run.answer,
        "problem": run.problem,
        "by": run.by,
        "created_at": run.created_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "took_s": took_s,
        "limits": list(run.limits),
        "file": run.file,
        "revision": run.revision,
    }


def _until(arguments: dict[str, Any]) -> datetime | None:
    question = arguments.get("question")
    until = question.get("until") if isinstance(question, dict) else None
    return datetime.fromisoformat(until) if isinstance(until, str) else None


def _key(kind: str, arguments: dict[str, Any], version: str, mark: str) -> str:
    text = json.dumps([kind, arguments, version, mark], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
