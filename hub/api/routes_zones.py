"""A camera's zones: as they stand, as somebody wants them, saved as configuration, and what they were before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.responses import Response

from hub.api import model
from hub.api.context import ActorDep, CallerDep, Hub, HubDep, needs
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.api.routes_live import CameraId
from hub.cases.matching import lines_naming
from hub.config.city_file import ZoneEntry
from hub.config.load import load
from hub.config.yaml_source import ConfigError
from hub.config.zones import entries_of, slips, zones_version
from hub.config.zones_file import (
    DrawnZones,
    NotWritable,
    ZonesFile,
    locked,
    read_drawn,
    text_of,
    why_not_writable,
    with_camera,
    written,
    zone_document,
)
from hub.dispatch.document import instant
from hub.log import logger
from hub.people.caller import Caller
from hub.people.scopes import Scope
from hub.store.audit import note
from hub.store.read_zones import zone_changes
from ingest.city import Camera

log = logger("zones")
router = APIRouter(prefix=API, tags=["cameras"])

IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"?[0-9a-f]{12}"?$',
        description="The `version` of the zones that yours replace: somebody else's work is never overwritten unseen.",
    ),
]


class ZonesOrder(model.Document):
    """All zones of one camera, as the city file has them."""

    zones: list[ZoneEntry] = Field(max_length=100)


class ZonesDocument(model.Document):
    """The zones of one camera."""

    camera: str
    version: str = Field(description="Of these zones; give it as If-Match.")
    config_version: str
    drawn: bool = Field(description="They were drawn in the console; else they are the city file's.")
    drawn_by: str | None
    drawn_at: str | None
    writable: bool = Field(description="Zones can be saved on this machine.")
    why_not_writable: str | None
    zones: list[ZoneEntry]


class ZonesCheck(model.Document):
    """What would come of saving zones."""

    problems: list[str] = Field(description="What speaks against them; empty: they are good.")
    patch: str = Field(description="The lines of YAML, for a machine whose configuration is kept by hand.")


class ZonesChange(model.Document):
    """One change of a camera's zones."""

    at: str
    by: str
    zones: list[ZoneEntry] = Field(description="As they were after it.")


class ZonesHistory(model.Document):
    """The changes of a camera's zones, the newest first."""

    items: list[ZonesChange]


@router.get(
    "/cameras/{camera_id}/zones",
    operation_id="getZones",
    summary="A camera's zones with all their settings",
    response_model=ZonesDocument,
    responses=problems(404),
    dependencies=[needs(Scope.CITY_READ)],
)
def get_zones(hub: HubDep, caller: CallerDep, camera_id: CameraId) -> JSONResponse:
    """Return the zones as they are judged now."""
    return _answer(hub, _camera(hub, caller, camera_id))


@router.put(
    "/cameras/{camera_id}/zones",
    operation_id="putZones",
    summary="Save a camera's zones",
    response_model=ZonesDocument,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[needs(Scope.CONFIG_WRITE)],
)
def put_zones(
    hub: HubDep, caller: CallerDep, actor: ActorDep, camera_id: CameraId, order: ZonesOrder, if_match: IfMatch
) -> JSONResponse:
    """Check the whole city with these zones, and save them beside the city file; every role takes them up by itself.

    409 `changed-meanwhile` when the zones are no longer those that `If-Match` names, `not-writable` where the folder of
    the city file cannot be written to.
    """
    camera = _camera(hub, caller, camera_id)
    _require_no_slips(order.zones)
    drawn = DrawnZones(id=camera_id, drawn_by=caller.name, drawn_at=hub.now(), zones=order.zones)
    return _save(hub, camera, drawn, if_match, actor)


@router.delete(
    "/cameras/{camera_id}/zones",
    operation_id="resetZones",
    summary="Let the city file's zones count again",
    response_model=ZonesDocument,
    responses=problems(400, 404, 409, 413, 422),
    dependencies=[needs(Scope.CONFIG_WRITE)],
)
def reset_zones(
    hub: HubDep, caller: CallerDep, actor: ActorDep, camera_id: CameraId, if_match: IfMatch
) -> JSONResponse:
    """Take what was drawn for this camera away. What was drawn stays in the history."""
    return _save(hub, _camera(hub, caller, camera_id), None, if_match, actor)


@router.post(
    "/cameras/{camera_id}/zones/check",
    operation_id="checkZones",
    summary="Try a camera's zones without saving them",
    response_model=ZonesCheck,
    responses=problems(400, 404, 413, 422),
    dependencies=[needs(Scope.CONFIG_WRITE)],
)
def check_zones(hub: HubDep, caller: CallerDep, camera_id: CameraId, order: ZonesOrder) -> JSONResponse:
    """Return what speaks against these zones, and the lines that a configuration kept by hand would need."""
    camera = _camera(hub, caller, camera_id)
    found = [f"{order.zones[position].id}: {why}" for position, why in slips(order.zones)]
    found += _taken(hub, camera, order.zones)
    found += _named(hub, entries_of(camera), order.zones)
    return JSONResponse({"problems": found, "patch": _patch(camera_id, order.zones)})


@router.get(
    "/cameras/{camera_id}/zones.yaml",
    operation_id="downloadZones",
    summary="A camera's zones as lines of the city file",
    response_class=Response,
    responses={
        200: {"description": "YAML.", "content": {"application/yaml": {"schema": {"type": "string"}}}},
        **problems(404),
    },
    dependencies=[needs(Scope.CONFIG_READ)],
)
def download_zones(hub: HubDep, caller: CallerDep, camera_id: CameraId) -> Response:
    """Return the zones as YAML, to be taken over into a city file that is kept by hand."""
    camera = _camera(hub, caller, camera_id)
    return Response(
        _patch(camera_id, entries_of(camera)),
        media_type="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{camera_id}.zones.yaml"'},
    )


@router.get(
    "/cameras/{camera_id}/zones/history",
    operation_id="getZonesHistory",
    summary="How a camera's zones were changed in the console",
    response_model=ZonesHistory,
    responses=problems(404),
    dependencies=[needs(Scope.CONFIG_READ)],
)
def get_zones_history(hub: HubDep, caller: CallerDep, camera_id: CameraId) -> JSONResponse:
    """Return the last changes with the zones as they were after each, so that any of them can be drawn again."""
    _camera(hub, caller, camera_id)
    with hub.pool.session() as connection:
        changes = zone_changes(connection, camera_id, limit=50)
    return JSONResponse({"items": [{"at": instant(at), "by": by, "zones": zones} for at, by, zones in changes]})


def _camera(hub: Hub, caller: Caller, camera_id: str) -> Camera:
    camera = hub.configuration.city.cameras.get(camera_id)
    if camera is None or not caller.reach.sees_grid(camera.grid):
        raise Problem("not-found", f"there is no camera {camera_id}")
    return camera


def _save(hub: Hub, camera: Camera, drawn: DrawnZones | None, if_match: str, actor: Any) -> JSONResponse:
    """Write the file of drawn zones and note who did it: both or, if one fails, neither."""
    city_file, detectors_file = hub.files
    if city_file is None:
        raise Problem("not-writable", "this process was not told where the city file is")
    expected = if_match.strip('"')
    try:
        with locked(city_file):
            file = read_drawn(city_file)
            before = _standing(hub, file, camera)
            if zones_version(before) != expected:
                raise Problem(
                    "changed-meanwhile",
                    f"the zones of {camera.camera_id} were changed since you read them: read them again",
                    extra={"version": zones_version(before)},
                )
            wanted = with_camera(file, drawn, camera.camera_id)
            with hub.pool.session() as connection, connection.transaction(), written(city_file, wanted) as trial:
                configuration = load(city_file, detectors_file, drawn=trial)
                after = entries_of(configuration.city.cameras[camera.camera_id])
                _require_unnamed(hub, before, after)
                note(
                    connection,
                    actor,
                    "zones.changed",
                    f"camera/{camera.camera_id}",
                    at=hub.now(),
                    detail={
                        "before": [zone_document(zone) for zone in before],
                        "after": [zone_document(zone) for zone in after],
                        "drawn": drawn is not None,
                        "config_version": configuration.version,
                    },
                )
    except NotWritable as error:
        raise Problem("not-writable", str(error)) from None
    except ConfigError as error:
        told = [_without_path(problem) for problem in error.problems]
        errors = [{"in": "body", "pointer": "#/zones", "detail": problem} for problem in told]
        raise Problem("invalid", "; ".join(told)[:1000], extra={"errors": errors}) from None
    log.info("zones were changed", camera=camera.camera_id, by=actor.name, config_version=configuration.version)
    hub.configuration = configuration
    return _answer(hub, configuration.city.cameras[camera.camera_id])


def _standing(hub: Hub, file: ZonesFile, camera: Camera) -> list[ZoneEntry]:
    """Return the zones as they stand now: another process may have changed them a moment ago."""
    for one in file.cameras:
        if one.id == camera.camera_id:
            return one.zones
    return entries_of(camera)


def _require_no_slips(zones: list[ZoneEntry]) -> None:
    found = slips(zones)
    if found:
        errors = [{"in": "body", "pointer": f"#/zones/{position}/polygon", "detail": why} for position, why in found]
        text = "; ".join(f"{zones[position].id}: {why}" for position, why in found)
        raise Problem("invalid", text[:1000], extra={"errors": errors})


def _require_unnamed(hub: Hub, before: Sequence[ZoneEntry], after: Sequence[ZoneEntry]) -> None:
    found = _named(hub, before, after)
    if found:
        errors = [{"in": "body", "pointer": "#/zones", "detail": why} for why in found]
        raise Problem("invalid", "; ".join(found)[:1000], extra={"errors": errors})


def _named(hub: Hub, before: Sequence[ZoneEntry], after: Sequence[ZoneEntry]) -> list[str]:
    """Return what the dispatch plan has against taking zones away: it would not fit the city any more."""
    gone = [zone.id for zone in before if zone.id not in {one.id for one in after}]
    return [
        f"{zone} is named in the dispatch plan ({', '.join(lines)}): change the plan first"
        for zone in gone
        if (lines := lines_naming(hub.plan, zone))
    ]


def _taken(hub: Hub, camera: Camera, zones: list[ZoneEntry]) -> list[str]:
    """Return what the rest of the city has against these zones."""
    others = {
        zone.zone_id: one.camera_id
        for one in hub.configuration.city.cameras.values()
        if one.camera_id != camera.camera_id
        for zone in one.zones
    }
    seen: set[str] = set()
    found = []
    for zone in zones:
        if zone.id in others:
            found.append(f"{zone.id}: camera {others[zone.id]} has a zone of this id")
        if zone.id in seen:
            found.append(f"{zone.id}: the id is given twice")
        seen.add(zone.id)
        if zone.permits and zone.kind != "permitted_stall":
            found.append(f"{zone.id}: permits belong to a zone of kind permitted_stall")
    return found


def _answer(hub: Hub, camera: Camera) -> JSONResponse:
    zones = entries_of(camera)
    city_file, _ = hub.files
    drawn, why_not = None, "this process was not told where the city file is"
    if city_file is not None:
        why_not = why_not_writable(city_file) or ""
        try:
            drawn = next((one for one in read_drawn(city_file).cameras if one.id == camera.camera_id), None)
        except ConfigError as error:  # the roles go on with what they have; saving would lose what is in the file
            why_not = "; ".join(_without_path(problem) for problem in error.problems)
    version = zones_version(zones)
    return JSONResponse(
        {
            "camera": camera.camera_id,
            "version": version,
            "config_version": hub.configuration.version,
            "drawn": drawn is not None,
            "drawn_by": drawn.drawn_by or None if drawn else None,
            "drawn_at": instant(drawn.drawn_at) if drawn and drawn.drawn_at else None,
            "writable": not why_not,
            "why_not_writable": why_not or None,
            "zones": [zone.model_dump(mode="json") for zone in zones],
        },
        headers={"ETag": f'"{version}"'},
    )


def _patch(camera_id: str, zones: list[ZoneEntry]) -> str:
    return text_of(ZonesFile(cameras=[DrawnZones(id=camera_id, zones=zones)]))


def _without_path(problem: str) -> str:
    """Return a problem without the folders of this machine."""
    return problem.rpartition("/")[2] if problem.startswith("/") and ":" in problem else problem
