"""The documents of the map, as the description promises them: GeoJSON in WGS-84."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.api.model import Document


class Geometry(BaseModel):
    """A GeoJSON geometry."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["Point", "Polygon", "MultiPolygon"]
    coordinates: list[Any] = Field(description="Longitude before latitude, WGS-84.")


class Feature(Document):
    """One thing on the map."""

    type: Literal["Feature"]
    id: str
    properties: dict[str, str | int | None]
    geometry: Geometry | None = Field(description="null: the city file does not say where it is.")


class Features(Document):
    """Things on the map."""

    type: Literal["FeatureCollection"]
    features: list[Feature]


class Geography(Document):
    """Where everything lies that the caller may see."""

    version: str = Field(description="Of the configuration.")
    bbox: list[float] | None = Field(description="West, south, east, north of all that has a place.")
    grids: Features = Field(description="Properties: name, district.")
    devices: Features = Field(description="Properties: kind, name, grid, gateway, circuit.")
    cameras: Features = Field(description="Properties: name, grid, zones (how many).")


class Tiles(Document):
    """Where map tiles come from."""

    url: str = Field(description="A template with {z}, {x} and {y} or {-y}, and {s} for one of `subdomains`.")
    subdomains: list[str]
    attribution: str
    datum: Literal["wgs84", "gcj02"] = Field(description="What the tiles' coordinates are; positions here are WGS-84.")


class MapView(Document):
    """What lies beneath the city on the map."""

    center: list[float] = Field(description="Longitude and latitude of the city.", min_length=2, max_length=2)
    base_map: str | None = Field(description="Where the base map is fetched; null: there is none.")
    tiles: Tiles | None
