"""A seed in, a street under watch out: where the camera hangs, in what light, and its zones as one would draw them.

Seeds go round the 27 kinds of site (three heights, day, dusk and night, one in three in rain), so that any run of
successive seeds holds about equally many of each. Everything else is drawn by lot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hub.demo.scenes.description import Light, Marking, MarkingKind, Prop, PropKind, Size, Street, View, Weather
from hub.demo.scenes.geometry import Projector
from ingest.city import ZoneKind

SCENE_S = 720.0
LANE_M, STRIP_M = 3.4, 2.4
EDGE = 0.012  # what stands this near to a zone's edge, in shares of the picture, may be judged either way
LEAST_PX_PER_M = 20.0  # at a zone's far end; beyond, too little is seen of a thing to judge it

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Span = tuple[float, float]  # seconds of the scene, from and to

_HEIGHTS_M = {"low": (3.5, 5.0), "middle": (5.0, 7.0), "high": (7.0, 9.0)}
_HOURS = ("day", "dusk", "night")
_CAR = Size(length_m=4.5, width_m=1.8, height_m=1.5)
_BUS = Size(length_m=11.0, width_m=2.5, height_m=3.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A zone: what it forbids, its polygon in shares of the picture, its patience, and when it holds.

    `open_s` are the seconds of the scene in which a permit is valid (`permitted_stall`) or in which the ban is in force
    (the other kinds).
    """

    zone_id: str
    kind: ZoneKind
    polygon: Polygon
    dwell_s: float
    open_s: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One camera and its street. `side` is 1 where the watched kerb lies on the right, -1 on the left.

    `lights` are the light from each second on. `near_m` and `far_m` are how far along the street the zones reach.
    """

    seed: int
    height: str
    hour: str
    view: View
    street: Street
    lights: tuple[tuple[float, Light], ...]
    props: tuple[Prop, ...]
    side: int
    near_m: float
    far_m: float
    zones: tuple[Watched, ...]
    noise: float

    @property
    def rain(self) -> bool:
        """Whether it rains."""
        return self.lights[0][1].weather is Weather.RAIN


def site(seed: int) -> Site:
    """Return the site of this seed."""
    rng = np.random.default_rng((seed, 71))
    for _ in range(400):
        drawn = _drawn(seed, rng)
        if drawn is not None:
            return drawn
    raise ValueError(f"seed {seed} gives no camera that sees its zones")


def hour_of(seed: int) -> str:
    """Return the light in which the site of this seed is seen: day, dusk or night."""
    return _HOURS[seed // 3 % 3]


def anchor(projector: Projector, size: Size, x_m: float, y_m: float, heading_deg: float = 0.0) -> Point:
    """Return about where a detector's box would have its bottom centre: that of the block around the thing."""
    x0, _, x1, y1 = block(projector, size, x_m, y_m, heading_deg)
    return (x0 + x1) / 2, y1


def block(
    projector: Projector, size: Size, x_m: float, y_m: float, heading_deg: float = 0.0
) -> tuple[float, float, float, float]:
    """Return the picture box of the block around a thing, in shares of width and height, beyond the edge too."""
    turn = math.radians(heading_deg)
    sin, cos = math.sin(turn), math.cos(turn)
    long, wide = size.length_m / 2, size.width_m / 2
    corners = np.array(
        [
            [x_m + a * long * sin + b * wide * cos, y_m + a * long * cos - b * wide * sin, z]
            for a in (-1, 1)
            for b in (-1, 1)
            for z in (0.0, size.height_m)
        ],
        np.float32,
    )
    where, depth = projector.pixels(corners)
    if float(depth.min()) < 0.5:
        return -9.0, -9.0, -8.0, -8.0  # beside or behind the camera
    shares = where / np.array([projector.view.width_px, projector.view.height_px], np.float32)
    (x0, y0), (x1, y1) = shares.min(axis=0).tolist(), shares.max(axis=0).tolist()
    return x0, y0, x1, y1


def depth_in(point: Point, polygon: Polygon) -> float:
    """Return how far inside `polygon` a point lies, in shares of the picture; negative outside."""
    x, y = point
    nearest = min(_to_segment(x, y, polygon[k - 1], polygon[k]) for k in range(len(polygon)))
    within = False
    for k in range(len(polygon)):
        (ax, ay), (bx, by) = polygon[k - 1], polygon[k]
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            within = not within
    return nearest if within else -nearest


def _to_segment(x: float, y: float, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    long2 = dx * dx + dy * dy
    share = 0.0 if long2 == 0 else max(0.0, min(1.0, ((x - a[0]) * dx + (y - a[1]) * dy) / long2))
    return math.hypot(x - a[0] - share * dx, y - a[1] - share * dy)


def _drawn(seed: int, rng: np.random.Generator) -> Site | None:
    """Draw one site; None where the camera would not see its zones well."""
    height = tuple(_HEIGHTS_M)[seed % 3]
    hour = hour_of(seed)
    rain = seed // 9 % 3 == 0
    side = int(rng.choice([-1, 1]))
    per_side = int(rng.choice([1, 2]))
    half = per_side * LANE_M + STRIP_M
    pavement = float(rng.uniform(3.5, 7.0))
    near = float(rng.uniform(8.0, 13.0))
    far = near + float(rng.uniform(12.0, 18.0))
    view = _view(rng, height, side, half, near, far)
    if view is None:
        return None
    zones = _zones(rng, view, side, half, per_side, pavement, near, far)
    if zones is None:
        return None
    street = Street(
        road_half_m=half,
        pavement_m=pavement,
        lanes=per_side * 2,
        look=int(rng.integers(0, 100_000)),
        markings=_markings(rng, zones, side, half, near, far),
    )
    return Site(
        seed=seed,
        height=height,
        hour=hour,
        view=view,
        street=street,
        lights=_lights(rng, hour, rain),
        props=_props(rng, view, half),
        side=side,
        near_m=near,
        far_m=far,
        zones=zones,
        noise=float(rng.uniform(0.4, 1.4)),
    )


def _view(rng: np.random.Generator, height: str, side: int, half: float, near: float, far: float) -> View | None:
    """Hang the camera across the street, over its middle or, high up, over the watched kerb, and aim at the zones."""
    height_m = float(rng.uniform(*_HEIGHTS_M[height]))
    place = str(rng.choice(["across", "middle", "same"], p=[0.6, 0.25, 0.15]))
    if place == "same" and height_m < 6.0:
        place = "across"
    x = {"across": -side * (half + float(rng.uniform(0.3, 1.5))), "middle": float(rng.uniform(-1.0, 1.0))}.get(
        place, side * (half + float(rng.uniform(0.3, 1.2)))
    )
    aim_x, aim_y = side * (half - 0.5), (near + far) / 2 * 0.92
    yaw = math.degrees(math.atan2(aim_x - x, aim_y)) + float(rng.uniform(-4, 4))
    distance = math.hypot(aim_x - x, aim_y)
    tilt = math.degrees(math.atan2(height_m, distance)) - float(rng.uniform(0.5, 4.0))
    view = View(
        height_m=height_m,
        x_m=x,
        yaw_deg=yaw,
        tilt_deg=max(6.0, tilt),
        roll_deg=float(rng.normal(0, 0.8)),
        fov_deg=float(rng.uniform(54, 74)),
    )
    projector = Projector(view)
    return view if projector.focal_px >= LEAST_PX_PER_M * projector.depth(side * half, far) else None


def _on_ground(projector: Projector, x0: float, x1: float, y0: float, y1: float) -> Polygon | None:
    """Return the picture polygon of a rectangle of ground; None where it does not lie well inside the picture."""
    corners = tuple(projector.ground(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    if any(not (-0.02 <= u <= 1.02 and 0.1 <= v <= 1.02) for u, v in corners):
        return None
    return tuple((round(min(1.0, max(0.0, u)), 4), round(min(1.0, max(0.0, v)), 4)) for u, v in corners)


def _zones(
    rng: np.random.Generator,
    view: View,
    side: int,
    half: float,
    per_side: int,
    pavement: float,
    near: float,
    far: float,
) -> tuple[Watched, ...] | None:
    projector = Projector(view)
    found: list[Watched] = []
    stalls = str(rng.choice(["none", "forbidden", "market", "market_only"], p=[0.4, 0.25, 0.2, 0.15]))
    if stalls == "none" or rng.random() < 0.75:
        kerb = _kerb(projector, side, half, per_side, near, far)
        if kerb is None:
            return None
        dwell = float(rng.choice([60.0, 90.0, 120.0, 180.0]))
        found.append(
            Watched(
                zone_id="kerb", kind=ZoneKind.NO_PARKING, polygon=kerb, dwell_s=dwell, open_s=_span(rng, always=0.75)
            )
        )
    if stalls == "none":
        return tuple(found)
    inner, outer = side * (half + 0.35), side * (half + min(pavement - 0.2, 5.0))
    whole = _on_ground(projector, inner, outer, near - 1.5, far - 3.0)
    middle = near - 1.5 + (far - near - 1.5) * float(rng.uniform(0.4, 0.6))
    market = _on_ground(projector, inner, outer, near - 1.5, middle)
    if whole is None or market is None:
        return None
    dwell = float(rng.choice([90.0, 120.0, 180.0, 300.0]))
    if stalls != "forbidden":
        found.append(
            Watched(
                zone_id="market",
                kind=ZoneKind.PERMITTED_STALL,
                polygon=market,
                dwell_s=dwell,
                open_s=_span(rng, always=0.4),
            )
        )
    if stalls != "market_only":
        found.append(
            Watched(
                zone_id="pavement", kind=ZoneKind.NO_STALL, polygon=whole, dwell_s=dwell, open_s=_span(rng, always=0.9)
            )
        )
    return tuple(found)


def _kerb(projector: Projector, side: int, half: float, per_side: int, near: float, far: float) -> Polygon | None:
    """Return the strip beside the kerb, drawn so that what parks there lies in it and what waits in a lane does not."""
    lane = side * (half - STRIP_M - LANE_M / 2)
    for inset in (0.0, 0.3, 0.6, 0.9):
        zone = _on_ground(projector, side * (half - STRIP_M + inset), side * (half + 0.9), near - 3.0, far + 0.5)
        if zone is None:
            return None
        places = np.arange(near, far, 1.5).tolist()
        parked = all(depth_in(anchor(projector, _CAR, side * (half - 1.1), y), zone) > EDGE for y in places)
        waiting = any(
            depth_in(anchor(projector, size, lane, y), zone) > -EDGE
            for size in (_CAR, _BUS)
            for y in np.arange(near - 4.0, far + 8.0, 2.0).tolist()
        )
        if parked and not waiting:
            return zone
    return None


def _span(rng: np.random.Generator, always: float) -> Span:
    """Return from when to when something holds: mostly always, else it begins or ends in the middle of the scene."""
    if rng.random() < always:
        return (-math.inf, math.inf)
    turn = float(rng.integers(3, 9)) * 60.0
    return (turn, math.inf) if rng.random() < 0.5 else (-math.inf, turn)


def _lights(rng: np.random.Generator, hour: str, rain: bool) -> tuple[tuple[float, Light], ...]:
    """Return the light over the scene: dusk falls or day breaks in steps, by day a cloud may pass."""
    weather = Weather.RAIN if rain else Weather(str(rng.choice([Weather.CLEAR, Weather.OVERCAST], p=[0.65, 0.35])))
    if hour == "night":
        return ((0.0, Light(daylight=float(rng.uniform(0.0, 0.06)), lamps_on=True, weather=weather)),)
    if hour == "day":
        daylight = float(rng.uniform(0.5, 1.0))
        bright = Light(daylight=daylight, lamps_on=False, weather=weather)
        if weather is Weather.RAIN or rng.random() < 0.6:
            return ((0.0, bright),)
        other = Weather.OVERCAST if weather is Weather.CLEAR else Weather.CLEAR
        begins = float(rng.uniform(60, 400))
        cloud = Light(daylight=max(0.4, daylight - 0.15), lamps_on=False, weather=other)
        return ((0.0, bright), (begins, cloud), (begins + float(rng.uniform(40, 200)), bright))
    levels = np.linspace(0.46, 0.10, 10)
    if rng.random() < 0.4:
        levels = levels[::-1]
    first = float(rng.uniform(20, 60))
    steps = []
    for number, level in enumerate(levels.tolist()):
        from_s = 0.0 if number == 0 else first + (number - 1) * 66.0
        steps.append((from_s, Light(daylight=round(level, 3), lamps_on=level < 0.25, weather=weather)))
    return tuple(steps)


def _markings(
    rng: np.random.Generator, zones: tuple[Watched, ...], side: int, half: float, near: float, far: float
) -> tuple[Marking, ...]:
    found = []
    kerb, pavement = sorted((side * (half - STRIP_M), side * half)), sorted((side * (half + 0.6), side * (half + 3.0)))
    if any(zone.kind is ZoneKind.NO_PARKING for zone in zones) and rng.random() < 0.4:
        found.append(Marking(kind=MarkingKind.HATCH, x0_m=kerb[0], x1_m=kerb[1], y0_m=near, y1_m=far))
    if any(zone.kind is ZoneKind.PERMITTED_STALL for zone in zones):
        found += [
            Marking(kind=MarkingKind.BAY, x0_m=pavement[0], x1_m=pavement[1], y0_m=y, y1_m=y + 3.6)
            for y in (near, near + 4.2)
        ]
    if rng.random() < 0.4:
        y = far + float(rng.uniform(2, 8))
        found.append(Marking(kind=MarkingKind.ZEBRA, x0_m=-half, x1_m=half, y0_m=y, y1_m=y + 4))
    return tuple(found)


def _props(rng: np.random.Generator, view: View, half: float) -> tuple[Prop, ...]:
    """Return trees along both kerbs and what else stands there; nothing right before the lens."""
    found = []

    def add(kind: PropKind, x: float, y: float, clear_m: float) -> None:
        if math.hypot(x - view.x_m, y) >= clear_m:
            found.append(Prop(kind=kind, x_m=x, y_m=y, look=int(rng.integers(1000))))

    trees, spacing, first = rng.random() < 0.6, float(rng.uniform(7, 14)), float(rng.uniform(2, 9))
    for edge in (-1, 1):
        for k in range(6):
            if trees and rng.random() < 0.8:
                add(PropKind.TREE, edge * (half + 0.9), first + k * spacing, 9.0)
        for kind in (PropKind.LAMP, PropKind.BIN, PropKind.SIGN):
            for _ in range(int(rng.integers(0, 3))):
                add(kind, edge * (half + float(rng.uniform(0.4, 1.2))), float(rng.uniform(5, 45)), 6.0)
    return tuple(found)
