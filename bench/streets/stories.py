"""A site in, the actors that stop out: vehicles at the kerb, stalls on the pavement, and who stands before them.

Some stop for less than the zone allows, some for longer, one after another at the same place, some are there when the
scene begins. In a quiet hour few come, and here and there something stands all the while: the car that is left for the
night, the stall that nobody takes home. What of it is an event is for `truth` to say, from the paths alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.streets.site import LANE_M, SCENE_S, STRIP_M, Site
from bench.streets.traffic import FAR_END_M, NEAR_END_M
from hub.demo.scenes.description import Actor, Path, Size, Waypoint
from hub.demo.scenes.random_actors import random_actor
from ingest.city import ZoneKind

_STOPPING = {"car": 0.66, "motorcycle": 0.12, "truck": 0.17, "bus": 0.05}
_PULL_S, _PULL_M, _SPEED_M_S = 4.0, 8.0, 7.0
_PLACE_M, _APART_M = 5.9, 0.8  # the shortest place at the kerb, and the least room between two vehicles
_NOWHERE = Path(waypoints=(Waypoint(0.0, 0.0, 0.0),))
LONGER_S = (25.0, 150.0)  # what stays too long stays longer than is allowed by this much
SHORTER = (0.08, 0.75)  # and what does not, for this share of what is allowed
LEFT_S = (-300.0, SCENE_S + 300.0)  # from when to when that is
LEFT_CHANCE = 0.1  # in a quiet hour so many of the places are taken by what stands there all the while


def stopping(site: Site, rng: np.random.Generator, share: float = 1.0) -> list[Actor]:
    """Return all that stops of its own will during the scene: `share` of what does in a busy hour."""
    found: list[Actor] = []
    kerb = next((zone for zone in site.zones if zone.kind is ZoneKind.NO_PARKING), None)
    stalls = [zone for zone in site.zones if zone.kind is not ZoneKind.NO_PARKING]
    if kerb is not None:
        found += _at_kerb(site, kerb.dwell_s, rng, share)
    if stalls:
        found += _stalls(site, max(zone.dwell_s for zone in stalls), rng, share)
    found += _beyond(site, rng)
    return found


def _at_kerb(site: Site, dwell_s: float, rng: np.random.Generator, share: float) -> list[Actor]:
    """Return the vehicles that come one after another to a few places along the watched kerb."""
    found: list[Actor] = []
    most = int((site.far_m - site.near_m) / _PLACE_M)
    places = int(rng.integers(min(2, most), most + 1))
    spacing = (site.far_m - site.near_m) / places
    busy_s = float(rng.choice([30.0, 80.0, 200.0])) / share
    long_share = float(rng.uniform(0.35, 0.9))
    for place in range(places):
        middle = site.near_m + (place + 0.5) * spacing
        at_s = float(rng.uniform(-60.0, busy_s))
        left = share < 1.0 and rng.random() < LEFT_CHANCE
        if left:
            at_s = LEFT_S[0]
        while at_s < SCENE_S - 30:
            actor = _fitting(rng, f"kerb-{place}-{len(found)}", spacing - _APART_M)
            spare_m = spacing - _APART_M - actor.size.length_m  # nobody stops twice at the very same spot
            y = middle + float(rng.uniform(-0.5, 0.5)) * min(3.0, spare_m)
            stays_s = LEFT_S[1] - LEFT_S[0] if left else _stay(rng, dwell_s, long_share)
            found.append(replace(actor, path=_visit(site, actor.size, y, at_s, stays_s, rng)))
            at_s += stays_s + float(rng.choice([rng.uniform(12, 25), 15 + rng.exponential(busy_s)]))
    return found


def _stay(rng: np.random.Generator, allowed_s: float, long_share: float) -> float:
    if rng.random() < long_share:
        return allowed_s + float(rng.uniform(*LONGER_S))
    return max(4.0, allowed_s * float(rng.uniform(*SHORTER)))


def _fitting(rng: np.random.Generator, name: str, longest_m: float) -> Actor:
    label = str(rng.choice(list(_STOPPING), p=list(_STOPPING.values())))
    actor = random_actor(rng, label, name, _NOWHERE)
    return actor if actor.size.length_m <= longest_m else random_actor(rng, "car", name, _NOWHERE)


def _visit(site: Site, size: Size, y: float, at_s: float, stays_s: float, rng: np.random.Generator) -> Path:
    """Return the way along the outer lane to a place at the kerb, a stay there from `at_s` on, and the way off."""
    half, side = site.street.road_half_m, site.side
    lane = side * (half - STRIP_M - LANE_M / 2)
    x = side * (half - size.width_m / 2 - float(rng.uniform(0.05, 0.5)))
    heading, on = (0.0, 1.0) if side > 0 else (180.0, -1.0)
    begin, end = (NEAR_END_M, FAR_END_M) if side > 0 else (FAR_END_M, NEAR_END_M)
    turned_in, turns_out = y - on * _PULL_M, y + on * _PULL_M
    comes_s, goes_s = at_s - _PULL_S, at_s + stays_s + _PULL_S
    return Path(
        waypoints=(
            Waypoint(comes_s - max(0.5, abs(turned_in - begin) / _SPEED_M_S), lane, begin, heading),
            Waypoint(comes_s, lane, turned_in, heading),
            Waypoint(at_s, x, y, heading),
            Waypoint(at_s + stays_s, x, y, heading),
            Waypoint(goes_s, lane, turns_out, heading),
            Waypoint(goes_s + max(0.5, abs(end - turns_out) / _SPEED_M_S), lane, end, heading),
        )
    )


def _stalls(site: Site, dwell_s: float, rng: np.random.Generator, share: float) -> list[Actor]:
    """Return stalls that are set up and packed away on the watched pavement, their keepers and their customers."""
    found: list[Actor] = []
    half, side = site.street.road_half_m, site.side
    places = int(rng.integers(2, 4))
    low, high = site.near_m + 0.5, site.far_m - 5.0
    spacing = (high - low) / places
    depth_m = min(site.street.pavement_m - 0.2, 5.0)
    for place in range(places):
        y = low + (place + 0.5) * spacing + float(rng.uniform(-0.1, 0.1)) * spacing
        x = side * (half + float(rng.uniform(1.6, max(1.7, depth_m - 1.4))))
        at_s = float(rng.uniform(-60.0, 120.0))
        left = share < 1.0 and rng.random() < LEFT_CHANCE
        if left:
            at_s = LEFT_S[0]
        elif share < 1.0 and rng.random() >= share:
            continue  # nobody sells here at this hour
        while at_s < SCENE_S - 60:
            stays_s = LEFT_S[1] - LEFT_S[0] if left else _stay(rng, dwell_s, 0.7)
            name = f"stall-{place}-{len(found)}"
            actor = random_actor(rng, "stall", name, _NOWHERE)
            heading = float(rng.choice([0.0, 180.0])) + float(rng.normal(0, 6))
            carts = actor.look % 3 == 2
            here_x, here_y = x + float(rng.uniform(-0.3, 0.3)), y + float(rng.uniform(-0.5, 0.5))
            found.append(replace(actor, path=_set_up(here_x, here_y, heading, at_s, stays_s, pushed=carts)))
            if not left:
                found += _company(here_x, here_y, side, at_s, stays_s, name, rng)
            at_s += stays_s + float(rng.uniform(45, 200))
    return found


def _set_up(x: float, y: float, heading: float, at_s: float, stays_s: float, *, pushed: bool) -> Path:
    """Return the way of a stall: a cart is pushed along the pavement, what is put up on the spot is there at once."""
    leaves_s = at_s + stays_s
    if not pushed:
        return Path(waypoints=(Waypoint(at_s, x, y, heading), Waypoint(leaves_s, x, y, heading)))
    return Path(
        waypoints=(
            Waypoint(at_s - (46.0 - y) / 1.4, x, 46.0, heading),
            Waypoint(at_s, x, y, heading),
            Waypoint(leaves_s, x, y, heading),
            Waypoint(leaves_s + (46.0 - y) / 1.4, x, 46.0, heading),
        )
    )


def _company(
    x: float, y: float, side: int, at_s: float, stays_s: float, name: str, rng: np.random.Generator
) -> list[Actor]:
    keeper = Path(
        waypoints=(
            Waypoint(at_s - 4, x + side * 1.9, y + 0.4, 90.0),
            Waypoint(at_s + stays_s + 4, x + side * 1.9, y + 0.4, 90.0),
        )
    )
    found = [random_actor(rng, "person", f"{name}-keeper", keeper)]
    comes_s = at_s + float(rng.exponential(60))
    while comes_s + 30 < at_s + stays_s:
        looks_s = float(rng.uniform(15, 90))
        cx, cy = x - side * float(rng.uniform(1.3, 1.8)), y + float(rng.normal(0, 0.8))
        far = Waypoint(comes_s - 14, cx, cy + 20.0, 180.0)
        off = Waypoint(min(comes_s + looks_s, at_s + stays_s) + 16, cx, cy + 22.0, 0.0)
        stands = (Waypoint(comes_s, cx, cy, 90.0), Waypoint(min(comes_s + looks_s, at_s + stays_s), cx, cy, 90.0))
        found.append(random_actor(rng, "person", f"{name}-customer-{len(found)}", Path(waypoints=(far, *stands, off))))
        comes_s += float(rng.exponential(80)) + 10
    return found


def _beyond(site: Site, rng: np.random.Generator) -> list[Actor]:
    """Return what stands all the time where it may: at the other kerb, and on the pavement beyond the zones."""
    found: list[Actor] = []
    half, side = site.street.road_half_m, site.side
    for number in range(int(rng.integers(0, 4))):
        label = str(rng.choice(["car", "truck", "motorcycle"], p=[0.6, 0.15, 0.25]))
        y = float(rng.uniform(10, 16)) + number * 13.0
        path = Path(waypoints=(Waypoint(0.0, -side * (half - 1.3), y, 180.0 if side > 0 else 0.0),))
        found.append(random_actor(rng, label, f"beyond-{number}", path))
    if rng.random() < 0.4:
        path = Path(waypoints=(Waypoint(0.0, side * (half - 1.2), site.far_m + 7.0 + float(rng.uniform(0, 6)), 0.0),))
        found.append(random_actor(rng, "car", "beyond-kerb", path))
    return found
