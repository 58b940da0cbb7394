"""Takes a city and where its file says so, gives what looks wrong on the map: warnings, because it still works."""

from __future__ import annotations

from collections.abc import Iterator

from hub.config.yaml_source import Source
from ingest.city import Camera, City, Device

SHARED_M2 = 100.0  # neighbours drawn by hand share slivers along their border
OUTSIDE_M = 20.0  # a lamp on the kerb of the border street is nobody's mistake
LISTED = 5


def warnings(source: Source, city: City) -> list[str]:
    """Return what to look at: grids that overlap or have no boundary while others have, things outside their grid."""
    if not any(grid.boundary for grid in city.grids.values()):
        return []
    return [f"warning: {line}" for line in _found(source, city)]


def _found(source: Source, city: City) -> Iterator[str]:
    from hub.areas import area_of, overlaps  # late: a city without boundaries needs no geometry

    index = {entry["id"]: number for number, entry in enumerate(source.data["grids"])}
    for grid_id, grid in sorted(city.grids.items()):
        if not grid.boundary:
            message = "has no boundary while other grids have: no report from the street will be placed in it"
            yield source.problem(("grids", index[grid_id]), f"grid {grid_id} {message}")
    areas = {grid_id: area_of(grid.boundary) for grid_id, grid in city.grids.items() if grid.boundary}
    for one, other, shared in overlaps(areas, from_m2=SHARED_M2):
        place = ("grids", index[one], "boundary")
        yield source.problem(place, f"grid {one} overlaps grid {other} by {shared:,.0f} m²")
    for kind, things in _things(city).items():
        outside = []
        for name, thing in things.items():
            if thing.grid in areas and thing.longitude is not None and thing.latitude is not None:
                away = areas[thing.grid].distance_m((thing.longitude, thing.latitude))
                if away > OUTSIDE_M:
                    outside.append((name, thing.grid, away))
        lines = {entry["id"]: number for number, entry in enumerate(source.data.get(kind) or ())}
        for name, grid_id, away in outside[:LISTED]:
            yield source.problem((kind, lines[name]), f"{name} lies {away:,.0f} m outside its grid {grid_id}")
        if len(outside) > LISTED:
            yield f"{source.path}: {kind}: {len(outside) - LISTED} more lie outside their grids"


def _things(city: City) -> dict[str, dict[str, Device | Camera]]:
    """Return what has a place, by the part of the file it stands in."""
    found: dict[str, dict[str, Device | Camera]] = {"gateways": {}, "devices": {}, "cameras": dict(city.cameras)}
    for name, device in city.devices.items():
        found["gateways" if device.kind.value == "gateway" else "devices"][name] = device
    return found
