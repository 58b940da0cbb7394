"""A street and what stands there in, rows out: stalls wall to wall with people before them, and parked vehicles.

In one picture such things hide each other's edges, above all where the camera looks along the row. Alone they are easy
to find; which of them is which is learnt from rows alone.
"""

from dataclasses import replace

import numpy as np

from hub.demo.scenes.description import Actor, Path, Street, View, Waypoint, standing
from hub.demo.scenes.geometry import Projector
from hub.demo.scenes.random_actors import Footprint, Ground, footprint, random_actor

_NOWHERE = standing(0.0, 0.0)
_SHOWN = 0.03  # a row's middle lies at least this far inside the picture, in shares of it
_FARTHEST_M = 34.0
_TRIES = 12
_EMPTY_SHARE = 0.1  # of the places in a row


def stall_row(rng: np.random.Generator, street: Street, view: View, ground: Ground, name: str) -> list[Actor]:
    """Return two to five stalls side by side along a pavement, now and then a second row behind, and their people."""
    place = _shown_place(rng, view, (street.road_half_m - 0.8, street.road_half_m + max(1.0, street.pavement_m - 1.2)))
    if place is None:
        return []
    x, y = place
    side = 1.0 if x > 0 else -1.0
    turned = rng.random() < 0.25
    model = random_actor(rng, "stall", name, _NOWHERE)
    likeness = str(rng.choice(["same", "kind", "any"], p=[0.3, 0.25, 0.45]))
    found = []
    places: list[Footprint] = []
    for depth in range(2 if rng.random() < 0.2 else 1):
        along = y + float(rng.normal(0, 0.6)) * depth
        for number in range(int(rng.integers(2, 6))):
            actor = _alike(rng, model, f"{name}-{depth}-{number}", likeness)
            heading = float(rng.choice([0.0, 180.0])) + (90.0 if turned else 0.0) + float(rng.normal(0, 3))
            _, _, long, wide = footprint(actor.size, x, along, heading)
            here_x = x + side * depth * (wide + _gap(rng)) + float(rng.normal(0, 0.12))
            spot = (here_x, along + long / 2, long, wide)
            along += long + _gap(rng)
            if rng.random() < _EMPTY_SHARE or not ground.free(spot):
                continue
            places.append(spot)
            found.append(replace(actor, path=standing(here_x, spot[1], heading)))
    for spot in places:
        ground.take(spot)
    return found + _people(rng, places, side, name)


def vehicle_row(rng: np.random.Generator, street: Street, view: View, ground: Ground, name: str) -> list[Actor]:
    """Return two to five vehicles parked along a kerb bumper to bumper, or side by side with their noses to it."""
    place = _shown_place(rng, view, (street.road_half_m, street.road_half_m))
    if place is None:
        return []
    kerb, along = place
    side = 1.0 if kerb > 0 else -1.0
    turned = rng.random() < 0.2
    model = random_actor(rng, "car", name, _NOWHERE)
    likeness = str(rng.choice(["same", "kind", "any"], p=[0.15, 0.15, 0.7]))
    found = []
    places: list[Footprint] = []
    for number in range(int(rng.integers(2, 6))):
        actor = _alike(rng, model, f"{name}-{number}", likeness)
        if likeness == "any":
            label = str(rng.choice(["car", "truck", "bus", "motorcycle"], p=[0.72, 0.16, 0.05, 0.07]))
            actor = random_actor(rng, label, f"{name}-{number}", _NOWHERE)
        heading = (90.0 * float(rng.choice([-1, 1])) if turned else float(rng.choice([0.0, 0.0, 180.0]))) + float(
            rng.normal(0, 2)
        )
        _, _, long, wide = footprint(actor.size, kerb, along, heading)
        spot = (kerb - side * (wide / 2 + float(rng.uniform(0.05, 0.5))), along + long / 2, long, wide)
        along += long + float(rng.uniform(0.25, 1.1))
        if rng.random() < _EMPTY_SHARE or not ground.free(spot):
            continue
        places.append(spot)
        found.append(replace(actor, path=standing(spot[0], spot[1], heading)))
    for spot in places:
        ground.take(spot)
    return found


def _shown_place(rng: np.random.Generator, view: View, reach_m: tuple[float, float]) -> tuple[float, float] | None:
    """Return a place beside the road that the camera sees, where a row may begin; None where it finds none."""
    projector = Projector(view)
    across = abs(view.yaw_deg) > 50
    for _ in range(_TRIES):
        x = float(rng.choice([-1, 1])) * float(rng.uniform(*reach_m))
        y = float(rng.uniform(-8.0, 14.0) if across else rng.uniform(4.0, _FARTHEST_M))
        if projector.depth(x, y + 3.0) < 3.0:
            continue
        u, v = projector.ground(x, y + 3.0)
        if _SHOWN < u < 1.0 - _SHOWN and _SHOWN < v < 1.0 - _SHOWN:
            return x, y
    return None


def _alike(rng: np.random.Generator, model: Actor, name: str, likeness: str) -> Actor:
    """Return an actor that is like `model` in all but its size, or in its kind, or in its class alone."""
    other = random_actor(rng, model.label, name, _NOWHERE)
    if likeness == "same":
        look = model.look if rng.random() < 0.5 else _of_kind(other.look, model.look)
        size = model.size if rng.random() < 0.6 else other.size
        return replace(other, colour=model.colour, look=look, size=size)
    return replace(other, look=_of_kind(other.look, model.look)) if likeness == "kind" else other


def _of_kind(look: int, like: int) -> int:
    """Return a look near `look` that gives the same kind of stall, or style of car, as `like`: there are three."""
    return look - look % 3 + like % 3


def _gap(rng: np.random.Generator) -> float:
    """Return how far apart two neighbours stand: mostly wall to wall, or with hardly room to pass."""
    return float(
        rng.choice([rng.uniform(-0.08, 0.05), rng.uniform(0.0, 0.3), rng.uniform(0.3, 1.0)], p=[0.4, 0.3, 0.3])
    )


def _people(rng: np.random.Generator, places: list[Footprint], side: float, name: str) -> list[Actor]:
    """Return keepers behind their stalls, customers before them, and who walks past."""
    found: list[Actor] = []
    busy = float(rng.choice([0.0, 0.6, 1.5]))
    for x, y, long, wide in places:
        if rng.random() < 0.5:
            behind = x + side * (wide / 2 + float(rng.uniform(0.2, 0.8)))
            path = standing(behind, y + float(rng.normal(0, long / 4)), -90.0 * side)
            found.append(random_actor(rng, "person", f"{name}-keeper-{len(found)}", path))
        for _ in range(int(rng.poisson(busy))):
            before = x - side * (wide / 2 + float(rng.uniform(0.2, 1.1)))
            here = y + float(rng.uniform(-0.6, 0.6)) * long
            heading = 90.0 * side + float(rng.normal(0, 30))
            path = standing(before, here, heading)
            if rng.random() < 0.2:
                path = _walking(before, here, float(rng.choice([0.0, 180.0])), float(rng.uniform(0.4, 1.4)))
            found.append(random_actor(rng, "person", f"{name}-customer-{len(found)}", path))
    return found


def _walking(x: float, y: float, heading: float, speed_m_s: float) -> Path:
    """Return the way of who is there for a long minute and walks straight on; a traffic cuts it to its own time."""
    ahead = speed_m_s * (1.0 if heading == 0.0 else -1.0)
    return Path(waypoints=(Waypoint(0.0, x, y, heading), Waypoint(12.0, x, y + ahead * 12.0, heading)))
