"""Versions of the detectors file: listed, read, compared and exported; and which thresholds judge somebody, and why."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from starlette.responses import Response

from detectors.overrides import resolved
from detectors.thresholds import described
from hub.api import model_configurations as model
from hub.api.configuration_documents import (
    exported,
    found_version,
    planned_document,
    thresholds_of,
    version_document,
    version_documents,
)
from hub.api.context import CallerDep, HubDep, needs, needs_everywhere
from hub.api.cursor import plain_text, seal, unseal
from hub.api.instant import to_instant
from hub.api.model import Cursor, Text
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.config.chinese import in_chinese
from hub.config.load import detectors_file
from hub.config.thresholds_file import (
    changes_between,
    why_not_writable,
)
from hub.dispatch.document import instant
from hub.log import logger
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store.configuration_applications import application_of, in_force, waiting
from hub.store.configuration_versions import versions
from ingest.city import City

if TYPE_CHECKING:
    pass

log = logger("configurations")
router = APIRouter(prefix=f"{API}/configurations", tags=["configurations"])
READ = needs_everywhere(Scope.TUNE_READ)


@router.get(
    "",
    operation_id="listConfigurations",
    summary="The versions of the detectors file",
    response_model=model.VersionList,
    responses=problems(422),
    dependencies=[READ],
)
def list_configurations(
    hub: HubDep, cursor: Cursor | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> JSONResponse:
    """Return the versions, the newest first, each with its author, why it was made and when it was in force."""
    before: tuple[datetime, str] | None = None
    if cursor is not None:
        at, name = unseal("configurations", cursor, (to_instant, plain_text))
        before = at, name
    city_file, named = hub.files
    why_not: str | None = "this process was not told where the configuration files are"
    file = "detectors.yaml"
    if city_file is not None:
        path = detectors_file(city_file, named)
        why_not, file = why_not_writable(path), path.name
    with hub.pool.session() as connection:
        found = versions(connection, limit=limit + 1, before=before)
        page, present = found[:limit], in_force(connection)
        back = application_of(connection, present.before_id) if present and present.before_id is not None else None
        more = len(found) > limit
        document = {
            "items": version_documents(connection, page),
            "next": seal("configurations", (instant(page[-1].stored_at), page[-1].version)) if more else None,
            "in_force": present.version if present else None,
            "roll_back_to": back.version if back else None,
            "config_version": hub.configuration.version,
            "file": file,
            "writable": why_not is None,
            "why_not_writable": why_not,
            "waiting": [planned_document(one) for one in waiting(connection)],
        }
    return JSONResponse(document)


@router.get(
    "/inheritance",
    operation_id="getInheritance",
    summary="Which thresholds judge somebody, and where each comes from",
    response_model=model.Inheritance,
    responses=problems(404, 422),
    dependencies=[needs(Scope.TUNE_READ)],
)
def get_inheritance(hub: HubDep, caller: CallerDep, subject: Text) -> JSONResponse:
    """Return the thresholds that hold for a device, circuit, camera, zone or grid: default, file, overrides, zone."""
    configuration = hub.configuration
    if not _sees(configuration.city, caller, subject):
        raise Problem("not-found", f"there is no device, circuit, camera, zone or grid {subject}")
    known = {entry.path: entry for entry in described()}
    _, found = resolved(configuration.thresholds, configuration.city, subject)
    with hub.pool.session() as connection:
        present = in_force(connection)
    items = [
        {
            "path": one.path,
            "value": one.value,
            "source": one.source,
            "unit": known[one.path].unit,
            "low": known[one.path].low,
            "high": known[one.path].high,
            "meaning": known[one.path].meaning,
            "meaning_zh": in_chinese(known[one.path].meaning) or known[one.path].meaning,
            "steps": [{"source": step.source, "name": step.name, "value": step.value} for step in one.steps],
        }
        for one in found
    ]
    return JSONResponse(
        {
            "subject": subject,
            "version": present.version if present else None,
            "config_version": configuration.version,
            "items": items,
        }
    )


@router.get(
    "/{version}",
    operation_id="getConfiguration",
    summary="A version with all that it says",
    response_model=model.VersionDocument,
    responses=problems(404, 422),
    dependencies=[READ],
)
def get_configuration(hub: HubDep, version: model.VersionName) -> JSONResponse:
    """Return a version of the detectors file, or the one behind the configuration that an alert names."""
    with hub.pool.session() as connection:
        return JSONResponse(version_document(connection, found_version(connection, version), version))


@router.get(
    "/{version}/diff/{other}",
    operation_id="compareConfigurations",
    summary="What differs between two versions",
    response_model=model.VersionDiff,
    responses=problems(404, 422),
    dependencies=[READ],
)
def compare_configurations(hub: HubDep, version: model.VersionName, other: model.VersionName) -> JSONResponse:
    """Return the difference as lines of text, and as thresholds with their units."""
    with hub.pool.session() as connection:
        a, b = found_version(connection, version), found_version(connection, other)
    lines = difflib.unified_diff(a.text.splitlines(), b.text.splitlines(), a.version, b.version, lineterm="")
    found = changes_between(thresholds_of(a), thresholds_of(b))
    changes = [
        {
            "path": one.path,
            "before": one.before,
            "after": one.after,
            "unit": one.unit,
            "meaning": one.meaning,
            "meaning_zh": in_chinese(one.meaning) or one.meaning,
            "override": one.override,
        }
        for one in found
    ]
    return JSONResponse({"a": a.version, "b": b.version, "lines": list(lines), "changes": changes})


@router.get(
    "/{version}/export",
    operation_id="exportConfiguration",
    summary="A version as a detectors file",
    response_class=Response,
    responses={
        200: {"description": "YAML.", "content": {"application/yaml": {"schema": {"type": "string"}}}},
        **problems(404, 422),
    },
    dependencies=[READ],
)
def export_configuration(hub: HubDep, version: model.VersionName) -> Response:
    """Return the file with a heading that says who made it and why: an import reads it back."""
    with hub.pool.session() as connection:
        found = found_version(connection, version)
    return Response(
        exported(found),
        media_type="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="detectors.{found.version}.yaml"'},
    )


def _sees(city: City, caller: Caller, subject: str) -> bool:
    grid = None
    if subject in city.grids:
        grid = subject
    for holder in (city.devices, city.circuits, city.cameras):
        if subject in holder:
            grid = holder[subject].grid
    for camera in city.cameras.values():
        if any(zone.zone_id == subject for zone in camera.zones):
            grid = camera.grid
    return grid is not None and caller.reach.sees_grid(grid)
