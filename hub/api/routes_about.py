"""Which city this hub watches: what a page needs to know before it can show a name, a place or a time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from hub.api.context import HubDep, needs
from hub.api.model import Document
from hub.api.openapi import API, problems
from hub.dispatch.document import instant
from hub.people.scopes import Scope

router = APIRouter(prefix=API, tags=["city"])


class GridName(Document):
    """One grid as it is called."""

    id: str
    name: str
    district: str


class CityState(Document):
    """The city as configured."""

    name: str
    timezone: Annotated[str, Field(description="An IANA name; people read times in it.")]
    latitude: float
    longitude: float
    now: Annotated[datetime, Field(description="The hub's clock, so that a page can tell how far its own is off.")]
    version: Annotated[str, Field(description="The hub's version.")]
    config_version: str
    grids: list[GridName]


@router.get(
    "/city",
    operation_id="getCity",
    summary="The city, its time zone and grids",
    response_model=CityState,
    responses=problems(),
    dependencies=[needs(Scope.CITY_READ)],
)
async def get_city(request: Request, hub: HubDep) -> JSONResponse:
    """Return what the city is called, where it lies, its zone, the hub's present instant, and its grids' names."""
    city = hub.configuration.city
    return JSONResponse(
        {
            "name": city.name,
            "timezone": city.timezone,
            "latitude": city.latitude,
            "longitude": city.longitude,
            "now": instant(hub.now()),
            "version": request.app.version,
            "config_version": hub.configuration.version,
            "grids": [
                {"id": grid_id, "name": grid.name, "district": grid.district} for grid_id, grid in city.grids.items()
            ],
        }
    )
