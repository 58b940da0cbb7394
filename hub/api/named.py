"""Takes words, gives what the city file names with them: grids, circuits, devices, cameras, zones; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.city import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One thing of the city file; `camera_id` is set for a zone."""

    kind: str
    named_id: str
    name: str
    grid: str
    camera_id: str | None = None


def find_named(city: City, text: str, *, grids: frozenset[str] | None) -> list[Named]:
    """Return everything whose id or name contains `text`, whatever its case: the closest first.

    An id that is the text comes first, then ids and names that begin with it, then those that contain it. None of
    `grids`: all of them.
    """
    wanted = text.casefold().strip()
    if not wanted:
        return []
    found = []
    for thing in _things(city):
        if grids is not None and thing.grid not in grids:
            continue
        names = (thing.named_id.casefold(), thing.name.casefold())
        if any(wanted in name for name in names):
            rank = 0 if wanted in names else 1 if any(name.startswith(wanted) for name in names) else 2
            found.append((rank, thing.kind, thing.named_id, thing))
    found.sort(key=lambda each: each[:3])
    return [each[3] for each in found]


def name_of(city: City, subject: str) -> str | None:
    """Return what people call an alert's subject, a zone or a spot in it by its zone or camera; None without one."""
    named = (city.devices, city.circuits, city.cameras, city.grids)
    thing: Any = next((found[subject] for found in named if subject in found), None)
    if thing is not None:
        return thing.name or None
    zone_id = subject.rpartition("@")[0] or subject
    for camera in city.cameras.values():
        for zone in camera.zones:
            if zone.zone_id == zone_id:
                return zone.name or camera.name or None
    return None


def _things(city: City) -> Iterator[Named]:
    for grid in city.grids.values():
        yield Named(kind="grid", named_id=grid.grid_id, name=grid.name, grid=grid.grid_id)
    for circuit in city.circuits.values():
        yield Named(kind="circuit", named_id=circuit.circuit_id, name=circuit.name, grid=circuit.grid)
    for device in city.devices.values():
        yield Named(kind=device.kind.value, named_id=device.device_id, name=device.name, grid=device.grid)
    for camera in city.cameras.values():
        yield Named(kind="camera", named_id=camera.camera_id, name=camera.name, grid=camera.grid)
        for zone in camera.zones:
            yield Named(
                kind="zone", named_id=zone.zone_id, name=zone.name, grid=camera.grid, camera_id=camera.camera_id
            )
