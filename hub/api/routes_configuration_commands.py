"""Versions of the detectors file are proposed, imported, applied, rolled back and planned; each is put on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from detectors.overrides import doubts
from detectors.thresholds import Thresholds
from hub.api import model_configurations as model
from hub.api.configuration_documents import (
    found_version,
    invalid,
    planned_document,
    refused,
    thresholds_of,
    version_document,
)
from hub.api.context import ActorDep, CallerDep, Hub, HubDep, needs_everywhere
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.config.apply import NotApplied, Why, apply, rollback, schedule, settle, unschedule
from hub.config.load import load, require_fit
from hub.config.thresholds_file import (
    read_text,
    without_heading,
)
from hub.config.yaml_source import ConfigError
from hub.log import logger
from hub.people.scopes import Scope
from hub.store.audit import Actor
from hub.store.audit import note as audit
from hub.store.configuration_applications import in_force, waiting
from hub.store.configuration_versions import Version, propose
from hub.tuning.candidate import with_thresholds

if TYPE_CHECKING:
    from psycopg import Connection

log = logger("configurations")
router = APIRouter(prefix=f"{API}/configurations", tags=["configurations"])
WRITE = needs_everywhere(Scope.TUNE)
_PROBLEMS = {
    Why.UNKNOWN: "not-found",
    Why.CHANGED: "changed-meanwhile",
    Why.SAME: "illegal-transition",
    Why.UNFIT: "invalid",
    Why.NOT_WRITABLE: "not-writable",
    Why.NOTHING_BEFORE: "illegal-transition",
    Why.NOT_WAITING: "illegal-transition",
    Why.PAST: "invalid",
}


@router.post(
    "",
    operation_id="proposeConfiguration",
    summary="Keep a version without applying it",
    response_model=model.VersionDocument,
    status_code=201,
    responses=problems(400, 404, 413, 422),
    dependencies=[WRITE],
)
def propose_configuration(hub: HubDep, caller: CallerDep, actor: ActorDep, order: model.ProposalOrder) -> JSONResponse:
    """Keep changed thresholds, or a whole file, as a version under the caller's name; nothing is applied by it.

    What means the same as a version that is kept already is that version: it stays its author's.
    """
    if (order.yaml is None) == (order.changes is None and order.overrides is None):
        raise invalid("#", "give either `yaml`, or `changes` and `overrides`")
    with hub.pool.session() as connection:
        base, parent = _base(hub, connection, order.base)
        if order.yaml is not None:
            thresholds, text = _of_yaml(hub, order.yaml), without_heading(order.yaml)[0]
        else:
            thresholds, text = _changed(hub, base, order), None
        kept = propose(
            connection, thresholds, author=caller.name, note=order.note, parent=parent, at=hub.now(), text=text
        )
        _noted(connection, actor, "configuration.proposed", kept, hub.now(), order.note)
        document = version_document(connection, kept, kept.version)
    return JSONResponse(document, status_code=HTTPStatus.CREATED)


@router.post(
    "/import",
    operation_id="importConfiguration",
    summary="Keep a detectors file from elsewhere as a version",
    response_model=model.VersionDocument,
    status_code=201,
    responses=problems(400, 413, 422),
    dependencies=[WRITE],
)
def import_configuration(hub: HubDep, caller: CallerDep, actor: ActorDep, order: model.ImportOrder) -> JSONResponse:
    """Keep the file; author, note and parent are those of its heading if an export gave it one."""
    thresholds = _of_yaml(hub, order.yaml)
    text, heading = without_heading(order.yaml)
    with hub.pool.session() as connection:
        kept = propose(
            connection,
            thresholds,
            author=heading.author if heading and heading.author else caller.name,
            note=order.note if order.note is not None else heading.note if heading else "",
            parent=heading.parent if heading else None,
            at=hub.now(),
            text=text,
            source="imported",
            brought_by=caller.name,
        )
        _noted(connection, actor, "configuration.imported", kept, hub.now(), kept.note)
        document = version_document(connection, kept, kept.version)
    return JSONResponse(document, status_code=HTTPStatus.CREATED)


@router.post(
    "/rollback",
    operation_id="rollBackConfiguration",
    summary="Put the version before into force again",
    response_model=model.VersionDocument,
    responses=problems(400, 409, 413, 422),
    dependencies=[WRITE],
)
def roll_back_configuration(
    hub: HubDep, actor: ActorDep, order: model.NoteOrder, if_match: model.IfMatch
) -> JSONResponse:
    """Apply the version that was in force before this one; a second roll-back goes one further back."""
    with hub.pool.session() as connection:
        try:
            done = rollback(
                connection, hub.files, by=actor, note=order.note, at=hub.now(), expected=if_match.strip('"')
            )
        except NotApplied as error:
            raise not_applied(error) from None
        return _in_force(hub, connection, done.version)


@router.post(
    "/{version}/apply",
    operation_id="applyConfiguration",
    summary="Put a version into force",
    response_model=model.VersionDocument,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[WRITE],
)
def apply_configuration(
    hub: HubDep, actor: ActorDep, version: model.VersionName, order: model.NoteOrder, if_match: model.IfMatch
) -> JSONResponse:
    """Check the version against the city, write it to the detectors file, and every role takes it up by itself.

    409 `changed-meanwhile` when another version is in force than `If-Match` names, also when the file was edited by
    hand; `not-writable` where the file cannot be written.
    """
    with hub.pool.session() as connection:
        name, at, expected = found_version(connection, version).version, hub.now(), if_match.strip('"')
        try:
            apply(connection, hub.files, name, by=actor, note=order.note, at=at, expected=expected)
        except NotApplied as error:
            raise not_applied(error) from None
        return _in_force(hub, connection, name)


@router.post(
    "/{version}/schedule",
    operation_id="scheduleConfiguration",
    summary="Let a version be put into force at a time",
    response_model=model.Planned,
    status_code=201,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[WRITE],
)
def schedule_configuration(
    hub: HubDep, actor: ActorDep, version: model.VersionName, order: model.ScheduleOrder
) -> JSONResponse:
    """Apply the version then, once, provided that what is planned to be in force by then is."""
    with hub.pool.session() as connection:
        name = found_version(connection, version).version
        try:
            settle(connection, hub.files, at=hub.now())
            made = schedule(connection, name, due_at=order.at, by=actor, note=order.note, at=hub.now())
        except NotApplied as error:
            raise not_applied(error) from None
    return JSONResponse(planned_document(made), status_code=HTTPStatus.CREATED)


@router.post(
    "/{version}/unschedule",
    operation_id="unscheduleConfiguration",
    summary="Withdraw a plan",
    response_model=model.Planned,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[WRITE],
)
def unschedule_configuration(
    hub: HubDep, actor: ActorDep, version: model.VersionName, order: model.UnscheduleOrder
) -> JSONResponse:
    """Withdraw a plan that has not been carried out."""
    with hub.pool.session() as connection:
        if all(one.schedule_id != order.schedule or one.version != version for one in waiting(connection)):
            raise Problem("not-found", f"no plan {order.schedule} of version {version} waits")
        try:
            ended = unschedule(connection, order.schedule, by=actor, at=hub.now())
        except NotApplied as error:
            raise not_applied(error) from None
    return JSONResponse(planned_document(ended))


def _base(hub: Hub, connection: Connection[Any], name: str | None) -> tuple[Thresholds, str | None]:
    """Return the thresholds that are to be changed, and their version."""
    if name is not None:
        found = found_version(connection, name)
        return thresholds_of(found), found.version
    present = in_force(connection)
    return hub.configuration.thresholds, present.version if present else None


def _of_yaml(hub: Hub, text: str) -> Thresholds:
    try:
        thresholds, source = read_text(text)
        require_fit(hub.configuration.city, thresholds, source)
    except ConfigError as error:
        raise refused("#/yaml", error.problems) from None
    return thresholds


def _changed(hub: Hub, base: Thresholds, order: model.ProposalOrder) -> Thresholds:
    zones = [path for path in order.changes or {} if path.startswith("zone:")]
    if zones:
        text = f"{zones[0]}: a zone's own dwell is part of the city: save it with the camera's zones"
        raise invalid("#/changes", text)
    try:
        if order.overrides is not None:
            base = Thresholds.model_validate({**base.everywhere().model_dump(), "overrides": order.overrides})
        changed = with_thresholds(replace(hub.configuration, thresholds=base), order.changes or {}).thresholds
    except ConfigError as error:
        raise refused("#/changes", error.problems) from None
    except ValidationError as error:
        told = [".".join(map(str, each["loc"])) + ": " + each["msg"] for each in error.errors(include_url=False)]
        raise refused("#/overrides", told) from None
    return _of_text(hub, changed)


def _of_text(hub: Hub, thresholds: Thresholds) -> Thresholds:
    """Return `thresholds` if their overrides fit the city; raise the problem that says which does not."""
    found = doubts(thresholds, hub.configuration.city)
    if found:
        raise refused("#/overrides", [f"{'.'.join(map(str, place))}: {why}" for place, why in found])
    return thresholds


def _in_force(hub: Hub, connection: Connection[Any], version: str) -> JSONResponse:
    """Take up at once what was applied, and return it."""
    city_file, named = hub.files
    assert city_file is not None
    try:
        hub.configuration = load(city_file, named)
    except ConfigError as error:  # the city file was broken a moment ago; the watcher says so
        log.error("the applied configuration waits", problems=error.problems)
    document = version_document(connection, found_version(connection, version), version)
    return JSONResponse(document, headers={"ETag": f'"{version}"'})


def _noted(connection: Connection[Any], actor: Actor, action: str, kept: Version, at: datetime, why: str) -> None:
    detail = {"parent": kept.parent, "author": kept.author, "note": why}
    audit(connection, actor, action, f"configuration/{kept.version}", at=at, detail=detail)


def not_applied(error: NotApplied) -> Problem:
    """Return the problem that says why a version was not applied."""
    extra: dict[str, Any] = {"version": error.in_force} if error.in_force else {}
    if error.why in (Why.UNFIT, Why.PAST):
        told = error.problems or (str(error),)
        extra["errors"] = [{"in": "body", "pointer": "#", "detail": each} for each in told]
    return Problem(_PROBLEMS[error.why], str(error)[:1000], extra=extra)
