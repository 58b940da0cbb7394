"""A seed in, one plausible street scene out: any camera, light, weather and traffic the model should cope with.

`random_scene` is what the model is judged on. `busy_scene` is for learning only: one such street with one traffic
after another, since a street costs forty times as much to draw as what stands in it.
"""

from dataclasses import replace

import numpy as np

from hub.demo.scenes.description import (
    Actor,
    Light,
    Marking,
    MarkingKind,
    Path,
    Prop,
    PropKind,
    Scene,
    Street,
    View,
    Waypoint,
    Weather,
    standing,
)
from hub.demo.scenes.random_actors import Ground, footprint, random_actor
from hub.demo.scenes.rows import stall_row, vehicle_row

SCENE_S = 12.0  # a random scene's actors are there for this long

_HOLDING = {"car": 0.46, "bus": 0.09, "truck": 0.13, "motorcycle": 0.32}
_EXTRA = {"person": 0.5, "motorcycle": 0.3, "truck": 0.1, "bus": 0.1}


def random_scene(seed: int) -> Scene:
    """Return the scene of this seed."""
    rng = np.random.default_rng((seed, 61))
    street = _street(rng)
    view = _view(rng, street)
    return _scene(rng, seed, street, view, _actors(rng, street, view))


def busy_scene(seed: int, traffics: int) -> Scene:
    """Return a street that one traffic follows another in, each for `SCENE_S` seconds and alone.

    Most begin with rows of stalls or of parked vehicles, which `random_scene` does not draw. What there is room for
    besides is drawn as `random_scene` draws its own, and then up to eight of the rarer classes are added.
    """
    rng = np.random.default_rng((seed, 62))
    street = _street(rng)
    view = _view(rng, street)
    actors = []
    for number in range(traffics):
        ground = Ground()
        here = _rows(rng, street, view, ground)
        here += _actors(rng, street, view, extra=int(rng.integers(0, 9)), ground=ground)
        actors += [_only_during(actor, number) for actor in here]
    return _scene(rng, seed, street, view, actors)


def _rows(rng: np.random.Generator, street: Street, view: View, ground: Ground) -> list[Actor]:
    """Return the rows of one traffic: of stalls in most, of parked vehicles in some, and in a few none at all."""
    found: list[Actor] = []
    for number in range(int(rng.choice([0, 1, 2], p=[0.35, 0.45, 0.2]))):
        found += stall_row(rng, street, view, ground, f"stalls-{number}")
    if rng.random() < 0.3:
        found += vehicle_row(rng, street, view, ground, "parked")
    return found


def _scene(rng: np.random.Generator, seed: int, street: Street, view: View, actors: list[Actor]) -> Scene:
    """Return what stands in `street` in a light, among props and with a grain that are drawn now."""
    return Scene(
        view=view,
        street=street,
        light=_light(rng),
        actors=tuple(actors),
        props=_props(rng, street, view),
        seed=seed,
        noise=float(rng.uniform(0.3, 1.7)),
    )


def _only_during(actor: Actor, number: int) -> Actor:
    """Return the actor, present from second `number * SCENE_S` on for `SCENE_S` seconds."""
    first, last = actor.path.waypoints[0], actor.path.waypoints[-1]
    begin_s = number * SCENE_S
    there = (replace(first, at_s=begin_s), replace(last, at_s=begin_s + SCENE_S))
    return replace(actor, actor_id=f"{number}-{actor.actor_id}", path=Path(waypoints=there))


def _street(rng: np.random.Generator) -> Street:
    lanes = int(rng.choice([2, 2, 4, 4, 6]))
    half = lanes / 2 * float(rng.uniform(3.0, 3.8)) + float(rng.uniform(0.3, 1.5))
    return Street(
        road_half_m=half,
        pavement_m=float(rng.uniform(2.5, 7.0)),
        lanes=lanes,
        markings=_markings(rng, half),
        look=int(rng.integers(0, 100_000)),
    )


def _light(rng: np.random.Generator) -> Light:
    weather = rng.choice([Weather.CLEAR, Weather.OVERCAST, Weather.RAIN], p=[0.5, 0.25, 0.25])
    hour = rng.random()
    if hour < 0.42:
        daylight = float(rng.uniform(0.5, 1.0))
    elif hour < 0.58:
        daylight = float(rng.uniform(0.1, 0.5))
    else:
        daylight = float(rng.uniform(0.0, 0.08))
    return Light(daylight=daylight, lamps_on=daylight < 0.25, weather=Weather(str(weather)))


def _view(rng: np.random.Generator, street: Street) -> View:
    """Hang the camera over or beside the road, looking along it or across it."""
    height = float(rng.uniform(3.5, 9.0))
    reach = street.road_half_m + min(2.0, street.pavement_m * 0.5)
    side = float(rng.choice([-1, 1]))
    if rng.random() < 0.3:
        x, yaw = side * reach, -side * float(rng.uniform(40, 90))
    else:
        x = side * reach * float(rng.uniform(0.0, 1.0))
        yaw = -side * float(rng.uniform(-6, 34)) * abs(x) / reach + float(rng.normal(0, 5))
    return View(
        height_m=height,
        x_m=x,
        yaw_deg=yaw,
        tilt_deg=float(rng.uniform(8, 22) + (height - 4) * 1.2),
        roll_deg=float(rng.normal(0, 1.2)),
        fov_deg=float(rng.uniform(48, 82)),
    )


def _markings(rng: np.random.Generator, half: float) -> tuple[Marking, ...]:
    found = []
    if rng.random() < 0.5:
        y = float(rng.uniform(8, 30))
        found.append(Marking(kind=MarkingKind.ZEBRA, x0_m=-half, x1_m=half, y0_m=y, y1_m=y + 4))
    if rng.random() < 0.4:
        y, x = float(rng.uniform(5, 30)), float(rng.uniform(0, half - 3))
        found.append(Marking(kind=MarkingKind.HATCH, x0_m=x, x1_m=half, y0_m=y, y1_m=y + float(rng.uniform(5, 12))))
    if rng.random() < 0.5:
        x, y = half + 0.5, float(rng.uniform(5, 25))
        for k in range(3):
            y0 = y + k * 4
            found.append(Marking(kind=MarkingKind.BAY, x0_m=x, x1_m=x + 2.4, y0_m=y0, y1_m=y0 + 3.5))
    return tuple(found)


def _props(rng: np.random.Generator, street: Street, view: View) -> tuple[Prop, ...]:
    found = []
    spacing = float(rng.uniform(6, 14))
    trees = rng.random() < 0.7
    for side in (-1, 1):
        for k in range(7):
            x = side * (street.road_half_m + 0.9)
            in_the_way = np.hypot(x - view.x_m, k * spacing + 3) < 10.0
            if trees and not in_the_way and rng.random() < 0.8:
                found.append(Prop(kind=PropKind.TREE, x_m=x, y_m=k * spacing + 3, look=int(rng.integers(1000))))
        for kind in (PropKind.LAMP, PropKind.BIN, PropKind.SIGN):
            for _ in range(int(rng.integers(0, 3))):
                x = side * (street.road_half_m + float(rng.uniform(0.4, 1.2)))
                y = float(rng.uniform(4, 50))
                found.append(Prop(kind=kind, x_m=x, y_m=y, look=int(rng.integers(1000))))
    return tuple(found)


def _actors(
    rng: np.random.Generator, street: Street, view: View, extra: int = 0, ground: Ground | None = None
) -> list[Actor]:
    """Fill lanes, kerbs and pavements where `ground` is free, and add `extra` of the rarer classes."""
    actors: list[Actor] = []
    ground = Ground() if ground is None else ground
    # A camera that looks across the street sees only a short piece of it.
    across = abs(view.yaw_deg) > 50
    nearest, farthest = (-8.0, 18.0) if across else (3.0, 48.0)

    def add(label: str, x: float, y: float, heading: float, speed: float) -> None:
        actor = random_actor(rng, label, f"{label}-{len(actors)}", standing(x, y, heading))
        roomy = replace(actor.size, length_m=actor.size.length_m + 0.5, width_m=actor.size.width_m + 0.3)
        if not ground.take(footprint(roomy, x, y, heading)):
            return
        path = standing(x, y, heading)
        if speed:
            dx, dy = np.sin(np.radians(heading)) * speed, np.cos(np.radians(heading)) * speed
            end = Waypoint(SCENE_S, float(x + dx * SCENE_S), float(y + dy * SCENE_S), heading)
            path = Path(waypoints=(Waypoint(0.0, x, y, heading), end))
        actors.append(replace(actor, path=path))

    half, lanes = street.road_half_m, street.lanes
    vehicles = list(_HOLDING)
    shares = list(_HOLDING.values())
    for _ in range(int(rng.integers(1, 11))):
        lane = int(rng.integers(lanes))
        x = -half + (lane + 0.5) * 2 * half / lanes + float(rng.normal(0, 0.25))
        heading = 0.0 if x > 0 else 180.0
        heading += float(rng.normal(0, 3))
        add(
            str(rng.choice(vehicles, p=shares)),
            x,
            float(rng.uniform(nearest, farthest)),
            heading,
            float(rng.uniform(0, 5)),
        )
    for _ in range(int(rng.integers(0, 5))):  # parked along the kerb or on the pavement
        side = float(rng.choice([-1, 1]))
        on_pavement = rng.random() < 0.4
        x = side * (half + 1.4 if on_pavement else half - 1.3)
        heading = float(rng.choice([0.0, 180.0, 90.0, -90.0], p=[0.4, 0.4, 0.1, 0.1])) + float(rng.normal(0, 4))
        label = str(rng.choice(["car", "truck", "motorcycle"], p=[0.6, 0.12, 0.28]))
        add(label, x, float(rng.uniform(nearest, farthest * 0.7)), heading, 0.0)
    for _ in range(int(rng.integers(0, 4))):
        side = float(rng.choice([-1, 1]))
        offset = float(rng.uniform(-1.5, max(0.5, street.pavement_m - 1.2)))
        x, y = side * (half + offset), float(rng.uniform(nearest + 2, farthest * 0.65))
        heading = float(rng.choice([0.0, 90.0, 180.0, 270.0])) + float(rng.normal(0, 8))
        add("stall", x, y, heading, 0.0)
        if rng.random() < 0.6:  # its keeper
            add("person", x + float(rng.choice([-1, 1])) * 1.6, y + float(rng.normal(0, 0.8)), heading, 0.0)
    for _ in range(int(rng.integers(0, 9))):
        crossing = rng.random() < 0.25
        x = (
            float(rng.uniform(-half, half))
            if crossing
            else float(rng.choice([-1, 1])) * (half + float(rng.uniform(0.3, street.pavement_m)))
        )
        heading = float(rng.choice([90.0, -90.0])) if crossing else float(rng.choice([0.0, 180.0]))
        y = float(rng.uniform(nearest, farthest * 0.55))
        add("person", x, y, heading + float(rng.normal(0, 15)), float(rng.uniform(0.0, 1.6)))
    for _ in range(extra):
        label = str(rng.choice(list(_EXTRA), p=list(_EXTRA.values())))
        y = float(rng.uniform(nearest, farthest * (0.6 if label == "person" else 0.9)))
        if label in ("bus", "truck") or rng.random() < 0.4:
            x = float(rng.uniform(-half, half))
            heading = 0.0 if x > 0 else 180.0
        else:
            x = float(rng.choice([-1, 1])) * (half + float(rng.uniform(-1.5, street.pavement_m)))
            heading = float(rng.uniform(0, 360))
        add(label, x, y, heading + float(rng.normal(0, 10)), float(rng.uniform(0.0, 1.6)))
    return actors
