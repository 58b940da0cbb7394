"""The city as it stands: grids, devices and cameras as configured, with what was last heard of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.api import model
from hub.api.context import CallerDep, HubDep, needs
from hub.api.cursor import plain_text, seal, unseal
from hub.api.model import Cursor, Text
from hub.api.named import name_of
from hub.api.openapi import API, problems
from hub.dispatch.document import instant
from hub.people.reach import within
from hub.people.scopes import Scope
from hub.store.read_city import Heard, OpenAlert, by_subject, frames_of, heard_of, open_alerts
from ingest.city import Camera, Device, DeviceKind

router = APIRouter(prefix=API, tags=["city"], dependencies=[needs(Scope.CITY_READ)])


class DeviceQuery(model.Document):
    """Which devices; repeat a parameter for any of several values."""

    id: list[Text] = Field(default=[], max_length=200)
    grid: list[Text] = Field(default=[], max_length=200)
    kind: list[DeviceKind] = Field(default=[], max_length=10)
    silent: bool | None = None
    cursor: Cursor | None = Field(default=None, description="`next` of the page before; keep the filters the same.")
    limit: int = Field(default=100, ge=1, le=500)


class NamesQuery(model.Document):
    """Whose names."""

    subject: list[Text] = Field(min_length=1, max_length=200)


@router.get(
    "/names",
    operation_id="listNames",
    summary="What alerts' subjects are called",
    response_model=model.Names,
    responses=problems(),
)
async def list_names(hub: HubDep, caller: CallerDep, query: Annotated[NamesQuery, Query()]) -> JSONResponse:
    """Return the names of devices, circuits, cameras and places in zones, as far as they have one and are in reach."""
    city = within(hub.configuration.city, caller.reach)
    names = {subject: name for subject in query.subject if (name := name_of(city, subject)) is not None}
    return JSONResponse({"names": names})


@router.get(
    "/grids",
    operation_id="listGrids",
    summary="Every grid",
    response_model=model.GridList,
    responses=problems(),
)
def list_grids(hub: HubDep, caller: CallerDep) -> JSONResponse:
    """Return the grids with how much lies in them and what is active there."""
    city = hub.configuration.city
    with hub.pool.session() as connection:
        alerts = open_alerts(connection, caller.reach)
    devices = Counter((device.grid, device.kind.value) for device in city.devices.values())
    cameras = Counter(camera.grid for camera in city.cameras.values())
    active = Counter((alert.grid, alert.severity) for alert in alerts)
    return JSONResponse(
        {
            "items": [
                {
                    "id": grid_id,
                    "name": grid.name,
                    "district": grid.district,
                    "devices": {kind: n for (where, kind), n in sorted(devices.items()) if where == grid_id},
                    "cameras": cameras[grid_id],
                    "active": {severity: n for (where, severity), n in sorted(active.items()) if where == grid_id},
                }
                for grid_id, grid in sorted(city.grids.items())
                if caller.reach.sees_grid(grid_id)
            ]
        }
    )


@router.get(
    "/devices",
    operation_id="listDevices",
    summary="Devices and gateways with their last readings",
    response_model=model.DevicePage,
    responses=problems(422),
)
def list_devices(hub: HubDep, caller: CallerDep, query: Annotated[DeviceQuery, Query()]) -> JSONResponse:
    """Return a page of devices in order of their ids, with what was heard of them within a day."""
    begin = unseal("devices", query.cursor, (plain_text,))[0] if query.cursor is not None else ""
    with hub.pool.session() as connection:
        alerts = by_subject(open_alerts(connection, caller.reach))
        wanted = [
            device
            for device_id, device in sorted(hub.configuration.city.devices.items())
            if device_id > begin
            and caller.reach.sees_grid(device.grid)
            and (not query.id or device_id in query.id)
            and (not query.grid or device.grid in query.grid)
            and (not query.kind or device.kind in query.kind)
            and (query.silent is None or _is_silent(device, alerts) is query.silent)
        ]
        page = wanted[: query.limit]
        heard = heard_of(connection, [device.device_id for device in page], hub.now())
    return JSONResponse(
        {
            "items": [_device(device, heard[device.device_id], alerts) for device in page],
            "next": seal("devices", [page[-1].device_id]) if len(wanted) > len(page) else None,
        }
    )


@router.get(
    "/cameras",
    operation_id="listCameras",
    summary="Cameras with their zones and last frames",
    response_model=model.CameraList,
    responses=problems(),
)
def list_cameras(hub: HubDep, caller: CallerDep) -> JSONResponse:
    """Return every camera. Where it streams from is not told: such addresses hold credentials."""
    found = sorted(hub.configuration.city.cameras.items())
    cameras = [camera for _, camera in found if caller.reach.sees_grid(camera.grid)]
    with hub.pool.session() as connection:
        alerts = by_subject(open_alerts(connection, caller.reach))
        heard = heard_of(connection, [camera.camera_id for camera in cameras], hub.now())
        frames_of(connection, heard, hub.now())
    return JSONResponse({"items": [_camera(camera, heard[camera.camera_id], alerts) for camera in cameras]})


def _is_silent(device: Device, alerts: Mapping[str, Sequence[OpenAlert]]) -> bool:
    names = [device.device_id, *([device.gateway_id] if device.gateway_id else [])]
    return any(alert.rule == "device.silent" for name in names for alert in alerts.get(name, ()))


def _device(device: Device, heard: Heard, alerts: Mapping[str, Sequence[OpenAlert]]) -> dict[str, Any]:
    return {
        "id": device.device_id,
        "kind": device.kind.value,
        "name": device.name,
        "grid": device.grid,
        "gateway": device.gateway_id,
        "circuit": device.circuit_id,
        "interval_s": device.interval_s,
        "latitude": device.latitude,
        "longitude": device.longitude,
        "online": heard.online,
        "outage": heard.outage,
        "last_heard": instant(heard.last_heard),
        "silent": _is_silent(device, alerts),
        "readings": _readings(heard),
        "alerts": [str(alert.alert_id) for alert in alerts.get(device.device_id, ())],
    }


def _camera(camera: Camera, heard: Heard, alerts: Mapping[str, Sequence[OpenAlert]]) -> dict[str, Any]:
    mine = alerts.get(camera.camera_id, ())
    return {
        "id": camera.camera_id,
        "name": camera.name,
        "grid": camera.grid,
        "latitude": camera.latitude,
        "longitude": camera.longitude,
        "online": heard.online,
        "outage": heard.outage,
        "lost": any(alert.rule == "camera.lost" for alert in mine),
        "moved": any(alert.rule == "camera.moved" for alert in mine),
        "last_frame": instant(heard.frame_at),
        "last_frame_boxes": heard.frame_boxes,
        "last_heard": instant(heard.last_heard),
        "readings": _readings(heard),
        "zones": [
            {
                "id": zone.zone_id,
                "kind": zone.kind.value,
                "name": zone.name,
                "polygon": [list(corner) for corner in zone.polygon],
                "dwell_s": zone.dwell_s,
            }
            for zone in camera.zones
        ],
        "alerts": [str(alert.alert_id) for alert in mine],
    }


def _readings(heard: Heard) -> dict[str, Any]:
    return {
        last.quantity: {
            "value": last.value,
            "at": instant(last.measured_at),
            "received_at": instant(last.received_at),
        }
        for last in heard.values
    }
