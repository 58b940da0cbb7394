"""A site in, the actors that only pass out: lanes of vehicles that wait and move on, and people on foot.

A lane has a clock of its own that stands still while the lane waits: so vehicles keep their distance through every red
light and every jam. In a quiet hour `share` of the vehicles and people come that come in a busy one, and nothing jams.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bench.streets.site import LANE_M, SCENE_S, Site
from hub.demo.scenes.description import Actor, Path, Waypoint
from hub.demo.scenes.random_actors import random_actor

NEAR_END_M, FAR_END_M = -18.0, 95.0
_SHARES = {"car": 0.58, "bus": 0.08, "truck": 0.12, "motorcycle": 0.22}
_BETWEEN_M = 2.5

Hold = tuple[float, float]  # the second of the scene at which a lane begins to wait, and for how long


def traffic(site: Site, rng: np.random.Generator, share: float = 1.0) -> list[Actor]:
    """Return all that passes during the scene: `share` of what passes in a busy hour."""
    found: list[Actor] = []
    manner = str(rng.choice(["free", "lights", "jam"], p=[0.4, 0.4, 0.2] if share == 1.0 else [0.6, 0.4, 0.0]))
    for direction in (-1, 1):
        holds = _holds(manner, rng)
        for lane in range(site.street.lanes // 2):
            x = direction * (lane + 0.5) * LANE_M
            found += _lane(f"lane-{direction}-{lane}", x, direction, holds, rng, share)
    found += _on_foot(site, rng, share)
    return found


def _holds(manner: str, rng: np.random.Generator) -> tuple[Hold, ...]:
    found: list[Hold] = []
    at_s = float(rng.uniform(-30, 60))
    while manner != "free" and at_s < SCENE_S:
        if manner == "lights":
            wait_s, go_s = float(rng.uniform(12, 45)), float(rng.uniform(25, 70))
        else:
            wait_s, go_s = float(rng.uniform(25, 240)), float(rng.uniform(5, 14))
        found.append((at_s, wait_s))
        at_s += wait_s + go_s
    return tuple(found)


def _lane(
    name: str, x_m: float, direction: int, holds: Sequence[Hold], rng: np.random.Generator, share: float
) -> list[Actor]:
    speed, gap_s = float(rng.uniform(5, 12)), float(rng.uniform(5, 30)) / share
    begin, end = (NEAR_END_M, FAR_END_M) if direction > 0 else (FAR_END_M, NEAR_END_M)
    takes_s = abs(end - begin) / speed
    found: list[Actor] = []
    own_s, before_m = -takes_s - 40.0, 0.0
    while own_s < SCENE_S:
        label = str(rng.choice(list(_SHARES), p=list(_SHARES.values())))
        actor = random_actor(rng, label, f"{name}-{len(found)}", Path(waypoints=(Waypoint(0.0, 0.0, 0.0),)))
        own_s += (before_m / 2 + actor.size.length_m / 2 + _BETWEEN_M) / speed + float(rng.exponential(gap_s))
        before_m = actor.size.length_m
        way = _way(own_s, takes_s, x_m + float(rng.normal(0, 0.12)), begin, end, holds)
        if way[-1].at_s > 0 and way[0].at_s < SCENE_S:
            found.append(_on(actor, Path(waypoints=way)))
    return found


def _way(
    own_s: float, takes_s: float, x_m: float, begin: float, end: float, holds: Sequence[Hold]
) -> tuple[Waypoint, ...]:
    """Return a drive that begins at second `own_s` of the lane's clock, as seconds of the scene, with its waits."""
    heading = 0.0 if end > begin else 180.0
    waited_s = 0.0
    ahead = list(holds)
    while ahead and ahead[0][0] - waited_s <= own_s:  # the lane waited before it came
        waited_s += ahead.pop(0)[1]
    points = [Waypoint(own_s + waited_s, x_m, begin, heading)]
    for from_s, wait_s in ahead:
        driven_s = from_s - waited_s - own_s
        if driven_s >= takes_s:
            break
        y = begin + (end - begin) * driven_s / takes_s
        points += [Waypoint(from_s, x_m, y, heading), Waypoint(from_s + wait_s, x_m, y, heading)]
        waited_s += wait_s
    points.append(Waypoint(own_s + takes_s + waited_s, x_m, end, heading))
    return tuple(point for before, point in pairwise([Waypoint(-1e9, 0, 0), *points]) if point.at_s > before.at_s)


def _on_foot(site: Site, rng: np.random.Generator, share: float) -> list[Actor]:
    """Return people who walk along both pavements, some who cross, and some who stand about for minutes."""
    found: list[Actor] = []
    half, pavement = site.street.road_half_m, site.street.pavement_m
    every_s = float(rng.uniform(15, 90)) / share
    at_s = -30.0

    def add(way: tuple[Waypoint, ...]) -> None:
        found.append(random_actor(rng, "person", f"person-{len(found)}", Path(waypoints=way)))

    while at_s < SCENE_S:
        at_s += float(rng.exponential(every_s))
        edge = float(rng.choice([-1, 1]))
        chance = rng.random()
        pace = float(rng.uniform(0.9, 1.6))
        if chance < 0.15:
            y, reach = float(rng.uniform(site.far_m - 4, site.far_m + 12)), half + 1.5
            ends = (
                Waypoint(at_s, -edge * reach, y, 90.0 * edge),
                Waypoint(at_s + 2 * reach / pace, edge * reach, y, 90.0 * edge),
            )
            add(ends)
            continue
        x = edge * (half + float(rng.uniform(0.6, max(0.9, pavement - 0.4))))
        near, far = 1.0, 48.0
        begin, end, heading = (near, far, 0.0) if rng.random() < 0.5 else (far, near, 180.0)
        if chance < 0.75:
            add((Waypoint(at_s, x, begin, heading), Waypoint(at_s + 47 / pace, x, end, heading)))
            continue
        y, stays_s = float(rng.uniform(site.near_m - 2, site.far_m)), float(rng.uniform(30, 300))
        comes_s = at_s + abs(y - begin) / pace
        add(
            (
                Waypoint(at_s, x, begin, heading),
                Waypoint(comes_s, x, y, heading),
                Waypoint(comes_s + stays_s, x, y, heading),
                Waypoint(comes_s + stays_s + abs(end - y) / pace + 0.1, x, end, heading),
            )
        )
    return found


def _on(actor: Actor, path: Path) -> Actor:
    return Actor(
        actor_id=actor.actor_id, label=actor.label, size=actor.size, colour=actor.colour, path=path, look=actor.look
    )
