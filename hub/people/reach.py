"""Takes somebody's districts and department, gives how far they see in the city as it is configured now; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hub.people.caller import Reach
from ingest.city import City


def reach_of(city: City, *, districts: Sequence[str] | None, department: str | None) -> Reach:
    """Return the reach of somebody who belongs to those districts (None: the whole city) and that department.

    A district that the city no longer has gives nothing: who belonged to it sees no grid until somebody says which
    district it is now.
    """
    if districts is None:
        return Reach(department=department)
    grids = frozenset(grid_id for grid_id, grid in city.grids.items() if grid.district in districts)
    return Reach(grids=grids, department=department)


def within(city: City, reach: Reach) -> City:
    """Return the city with no more grids, devices and cameras than `reach` covers."""
    if reach.grids is None:
        return city
    return replace(
        city,
        grids={grid_id: grid for grid_id, grid in city.grids.items() if reach.sees_grid(grid_id)},
        devices={each.device_id: each for each in city.devices.values() if reach.sees_grid(each.grid)},
        cameras={each.camera_id: each for each in city.cameras.values() if reach.sees_grid(each.grid)},
    )
