"""The map: where grids, devices and cameras lie, and what is painted beneath them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from starlette.responses import Response

from hub.api import model_geography as model
from hub.api.context import CallerDep, HubDep, needs
from hub.api.map_view import BaseMapUnusable
from hub.api.openapi import API, problems
from hub.api.problem import Problem
from hub.people.caller import Reach
from hub.people.scopes import Scope
from ingest.city import Camera, City, Device, Grid

router = APIRouter(prefix=API, tags=["city"], dependencies=[needs(Scope.CITY_READ)])
BASE_MAP = f"{API}/base-map"

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "You have it: If-None-Match names its tag."}}


@router.get(
    "/geography",
    operation_id="getGeography",
    summary="Where grids, devices and cameras lie",
    response_model=model.Geography,
    responses=_UNCHANGED | problems(422),
)
def get_geography(hub: HubDep, caller: CallerDep, if_none_match: IfNoneMatch = None) -> Response:
    """Return the configured city as GeoJSON, as far as the caller sees; it changes only with the configuration."""
    configuration = hub.configuration
    seen = ",".join(caller.reach.grid_list() or ()) if caller.reach.grids is not None else "*"
    tag = f'"{configuration.version}-{hashlib.sha256(seen.encode()).hexdigest()[:12]}"'
    if _has(if_none_match, tag):
        return Response(status_code=304, headers=_headers(tag))
    return JSONResponse(geography(configuration.city, configuration.version, caller.reach), headers=_headers(tag))


@router.get(
    "/map",
    operation_id="getMapView",
    summary="What lies beneath the city on the map",
    response_model=model.MapView,
    responses=problems(),
)
def get_map(hub: HubDep) -> JSONResponse:
    """Return where the base map and the tiles come from; a browser needs no other host than the tiles'."""
    city, view = hub.configuration.city, hub.map_view
    tiles = {
        "url": view.tiles,
        "subdomains": list(view.subdomains),
        "attribution": view.attribution,
        "datum": view.datum,
    }
    return JSONResponse(
        {
            "center": [city.longitude, city.latitude],
            "base_map": BASE_MAP if view.base_map is not None else None,
            "tiles": tiles if view.tiles else None,
        }
    )


@router.get(
    "/base-map",
    operation_id="getBaseMap",
    summary="The base map",
    response_class=Response,
    responses={
        200: {
            "description": "GeoJSON; each feature's `kind` says what it is: land, block, lane, water, park, ground, "
            "rail, road, street, bridge, tunnel, station, or what the centre's own file calls it.",
            "content": {"application/geo+json": {"schema": {"type": "object"}}},
            "headers": {"ETag": {"schema": {"type": "string"}, "description": "Changes with the file."}},
        },
        **_UNCHANGED,
        **problems(404, 422),
    },
)
def get_base_map(hub: HubDep, if_none_match: IfNoneMatch = None) -> Response:
    """Return the file that LIANQIN_BASE_MAP names. 404 where there is none."""
    try:
        found = hub.map_view.read_base_map()
    except BaseMapUnusable as error:
        raise Problem("not-found", str(error)) from None
    if found is None:
        raise Problem("not-found", "no base map is configured: LIANQIN_BASE_MAP names none")
    if _has(if_none_match, found.tag):
        return Response(status_code=304, headers=_headers(found.tag))
    return Response(found.content, media_type="application/geo+json", headers=_headers(found.tag))


def geography(city: City, version: str, reach: Reach) -> dict[str, Any]:
    """Return where everything of `city` lies that `reach` covers, as GeoJSON."""
    seen = frozenset(city.grids) if reach.grids is None else reach.grids
    grids = [grid for name, grid in sorted(city.grids.items()) if name in seen]
    devices = [device for _, device in sorted(city.devices.items()) if device.grid in seen]
    cameras = [camera for _, camera in sorted(city.cameras.items()) if camera.grid in seen]
    return {
        "version": version,
        "bbox": _around([*_corners(grids), *_spots(devices), *_spots(cameras)]),
        "grids": _features(
            (grid.grid_id, {"name": grid.name, "district": grid.district}, _ground(grid)) for grid in grids
        ),
        "devices": _features((device.device_id, _device(device), _point(device)) for device in devices),
        "cameras": _features(
            (camera.camera_id, {"name": camera.name, "grid": camera.grid, "zones": len(camera.zones)}, _point(camera))
            for camera in cameras
        ),
    }


def _device(device: Device) -> dict[str, Any]:
    return {
        "kind": device.kind.value,
        "name": device.name,
        "grid": device.grid,
        "gateway": device.gateway_id,
        "circuit": device.circuit_id,
    }


def _features(things: Iterable[tuple[str, dict[str, Any], dict[str, Any] | None]]) -> dict[str, Any]:
    found = [
        {"type": "Feature", "id": name, "properties": properties, "geometry": geometry}
        for name, properties, geometry in things
    ]
    return {"type": "FeatureCollection", "features": found}


def _ground(grid: Grid) -> dict[str, Any] | None:
    if not grid.boundary:
        return None
    if len(grid.boundary) == 1:
        return {"type": "Polygon", "coordinates": [[list(corner) for corner in grid.boundary[0]]]}
    from hub.areas import area_of  # late: most cities' grids are one ring

    return area_of(grid.boundary).geojson()


def _point(thing: Device | Camera) -> dict[str, Any] | None:
    if thing.longitude is None or thing.latitude is None:
        return None
    return {"type": "Point", "coordinates": [thing.longitude, thing.latitude]}


def _spots(things: Iterable[Device | Camera]) -> Iterator[tuple[float, float]]:
    for thing in things:
        if thing.longitude is not None and thing.latitude is not None:
            yield thing.longitude, thing.latitude


def _corners(grids: Iterable[Grid]) -> Iterator[tuple[float, float]]:
    for grid in grids:
        for ring in grid.boundary:
            yield from ring


def _around(spots: list[tuple[float, float]]) -> list[float] | None:
    if not spots:
        return None
    longitudes, latitudes = zip(*spots, strict=True)
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]


def _has(if_none_match: str | None, tag: str) -> bool:
    return if_none_match is not None and (if_none_match.strip() == "*" or tag in if_none_match)


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache"}
