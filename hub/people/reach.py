"""Takes somebody's districts and department, gives how far they see in the city as it is configured now; pure."""

from __future__ import annotations

from collections.abc import Sequence

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
