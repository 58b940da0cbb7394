"""Nothing in, the demo's four street cameras out: what each looks at, what happens there, and its zones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.demo.scenes.description import (
    Actor,
    Colour,
    Light,
    Marking,
    MarkingKind,
    Path,
    Prop,
    PropKind,
    Scene,
    Size,
    Street,
    View,
    Waypoint,
    Weather,
    standing,
)
from hub.demo.scenes.geometry import Projector

STORY_S = 300.0  # the parked car and the unlicensed stall come again this often
OUTAGE_STORY_S = 600.0  # and the fourth camera's outage this often

Polygon = tuple[tuple[float, float], ...]
Rectangle = tuple[float, float, float, float]  # x0, x1 across the street and y0, y1 along it, in metres


@dataclass(frozen=True, slots=True)
class Outage:
    """When, in seconds of the story, a camera's stream is refused; it repeats."""

    from_s: float
    to_s: float
    period_s: float

    def covers(self, at_s: float) -> bool:
        """Return whether the stream is cut at second `at_s`."""
        return at_s >= 0 and self.from_s <= at_s % self.period_s < self.to_s


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """One camera: its scene (whose light follows the hour), its zones, and when it fails.

    A zone is an identifier, a kind (`no_parking`, `no_stall`, `permitted_stall`) and a polygon in shares of the
    picture's width and height.
    """

    camera_id: str
    name: str
    scene: Scene
    zones: tuple[tuple[str, str, Polygon], ...]
    outage: Outage | None = None


_NOON = Light(daylight=1.0, lamps_on=False)
_CAR = Size(length_m=4.6, width_m=1.85, height_m=1.5)
_VAN = Size(length_m=4.9, width_m=1.9, height_m=1.9)
_BUS = Size(length_m=10.5, width_m=2.5, height_m=3.1)
_TRUCK = Size(length_m=7.5, width_m=2.4, height_m=3.3)
_SCOOTER = Size(length_m=1.8, width_m=0.7, height_m=1.7)
_ADULT = Size(length_m=0.5, width_m=0.55, height_m=1.7)
_SIZES = {"car": _CAR, "bus": _BUS, "truck": _TRUCK, "motorcycle": _SCOOTER}
_COLOURS: tuple[Colour, ...] = (
    (228, 228, 226),
    (48, 46, 46),
    (50, 45, 170),
    (150, 80, 35),
    (165, 166, 164),
    (60, 120, 60),
    (205, 205, 215),
    (40, 110, 190),
)
_LANE_Y_M = (-18.0, 95.0)


def _lane(
    name: str, x_m: float, heading_deg: float, speed_m_s: float, loop_s: float, vehicles: Sequence[tuple[str, float]]
) -> list[Actor]:
    """Return vehicles that run down one lane for ever, each at its own second of the lane's loop."""
    start, end = _LANE_Y_M if heading_deg == 0.0 else _LANE_Y_M[::-1]
    takes_s = abs(end - start) / speed_m_s
    way = (Waypoint(0.0, x_m, start, heading_deg), Waypoint(takes_s, x_m, end, heading_deg))
    return [
        Actor(
            actor_id=f"{name}-{k}",
            label=label,
            size=_SIZES[label],
            colour=_COLOURS[(k * 3 + len(name) + int(abs(x_m))) % len(_COLOURS)],
            path=Path(waypoints=way, period_s=loop_s, offset_s=loop_s - at_s),
            look=k * 7 + int(abs(x_m) * 10) + 1,
        )
        for k, (label, at_s) in enumerate(vehicles)
    ]


def _walker(name: str, x_m: float, loop_s: float, at_s: float, *, away: bool, number: int) -> Actor:
    """Return a pedestrian who walks along the pavement, again and again."""
    near, far = -2.0, 48.0
    start, end, heading = (near, far, 0.0) if away else (far, near, 180.0)
    way = (Waypoint(0.0, x_m, start, heading), Waypoint(38.0, x_m, end, heading))
    return Actor(
        actor_id=name,
        label="person",
        size=replace(_ADULT, height_m=1.58 + 0.05 * (number % 5)),
        colour=_COLOURS[(number * 5 + 2) % len(_COLOURS)],
        path=Path(waypoints=way, period_s=loop_s, offset_s=loop_s - at_s),
        look=number * 11 + 3,
    )


def _crosser(name: str, y_m: float, half_m: float, loop_s: float, at_s: float, number: int) -> Actor:
    """Return a pedestrian who crosses the road at a zebra."""
    way = (Waypoint(0.0, -half_m - 2, y_m, 90.0), Waypoint(14.0, half_m + 2, y_m, 90.0))
    return Actor(
        actor_id=name,
        label="person",
        size=_ADULT,
        colour=_COLOURS[number % len(_COLOURS)],
        path=Path(waypoints=way, period_s=loop_s, offset_s=loop_s - at_s),
        look=number * 13 + 5,
    )


def _zone(view: View, ground: Rectangle) -> Polygon:
    """Return the picture polygon of a rectangle of ground."""
    x0, x1, y0, y1 = ground
    projector = Projector(view)
    corners = [projector.ground(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    return tuple((round(min(1.0, max(0.0, u)), 3), round(min(1.0, max(0.0, v)), 3)) for u, v in corners)


def _trees(x_m: float, first_m: float, count: int, step_m: float = 9.0) -> tuple[Prop, ...]:
    return tuple(
        Prop(kind=PropKind.TREE, x_m=x_m, y_m=first_m + k * step_m, look=int(abs(x_m)) * 31 + k) for k in range(count)
    )


def _lamps(half_m: float) -> tuple[Prop, ...]:
    return tuple(
        Prop(kind=PropKind.LAMP, x_m=side * (half_m + 0.5), y_m=y)
        for side, ys in ((1, (27.0, 52.0)), (-1, (38.0,)))
        for y in ys
    )


def _parking_camera() -> DemoCamera:
    """Return the camera that sees a car stop where stopping is forbidden, behind passing lorries."""
    view = View(height_m=6.0, x_m=-7.8, yaw_deg=27.0, tilt_deg=15.0, fov_deg=66.0)
    spot_x, spot_y = 5.7, 16.5
    parked = Actor(
        actor_id="parked",
        label="car",
        size=_CAR,
        colour=(225, 226, 228),
        look=4,
        path=Path(
            waypoints=(
                Waypoint(11.0, 5.2, -16.0, 0.0),
                Waypoint(16.0, 5.3, 9.0, 0.0),
                Waypoint(20.0, spot_x, spot_y, 0.0),
                Waypoint(200.0, spot_x, spot_y, 0.0),
                Waypoint(204.0, 5.3, 24.0, 0.0),
                Waypoint(212.0, 5.3, 90.0, 0.0),
            ),
            period_s=STORY_S,
        ),
    )
    actors = (
        parked,
        *_lane(
            "near", 1.75, 0.0, 9.0, 60.0, [("car", 3), ("truck", 14), ("motorcycle", 22), ("car", 30), ("truck", 41)]
        ),
        *_lane("far", -1.75, 180.0, 10.0, 52.0, [("car", 6), ("bus", 19), ("car", 33), ("motorcycle", 41)]),
        *_lane("left", -5.2, 180.0, 8.0, 70.0, [("motorcycle", 9), ("car", 25), ("motorcycle", 48)]),
        _walker("walker-1", 9.3, 61.0, 4.0, away=True, number=1),
        _walker("walker-2", 10.2, 73.0, 30.0, away=False, number=2),
    )
    street = Street(
        road_half_m=7.2,
        pavement_m=4.5,
        lanes=4,
        look=31,
        markings=(Marking(kind=MarkingKind.HATCH, x0_m=4.3, x1_m=7.0, y0_m=11.0, y1_m=23.0),),
    )
    scene = Scene(
        view=view,
        street=street,
        light=_NOON,
        actors=actors,
        props=_trees(8.2, 27.0, 4) + _lamps(7.2),
        seed=101,
        noise=0.8,
    )
    return DemoCamera(
        "cam-01",
        "西门禁停车道",
        scene,
        (("cam-01-kerb", "no_parking", _zone(view, (3.6, 8.2, 9.5, 25.0))),),
    )


def _stall_camera() -> DemoCamera:
    """Return the camera that sees a food cart set up where none is permitted, among pedestrians."""
    view = View(height_m=5.2, x_m=-5.0, yaw_deg=33.0, tilt_deg=15.0, fov_deg=64.0)
    spot_x, spot_y = 6.9, 13.0
    size = Size(length_m=2.6, width_m=1.6, height_m=2.4)

    def arriving(actor_id: str, label: str, own: Size, dx: float, dy: float, colour: Colour, look: int) -> Actor:
        return Actor(
            actor_id=actor_id,
            label=label,
            size=own,
            colour=colour,
            look=look,
            path=Path(
                waypoints=(
                    Waypoint(2.0, 7.4 + dx, 40.0 + dy, 180.0),
                    Waypoint(20.0, spot_x + dx, spot_y + dy, 180.0),
                    Waypoint(200.0, spot_x + dx, spot_y + dy, 180.0),
                    Waypoint(222.0, 7.4 + dx, 46.0 + dy, 180.0),
                ),
                period_s=STORY_S,
            ),
        )

    actors = (
        arriving("cart", "stall", size, 0.0, 0.0, (45, 60, 190), 8),
        arriving("keeper", "person", _ADULT, 1.5, 0.4, (190, 120, 60), 4),
        *(
            _walker(f"walker-{k}", x, 57.0, at_s, away=bool(k % 2), number=k)
            for k, (x, at_s) in enumerate([(9.3, 2.0), (10.0, 11.0), (9.6, 24.0), (10.4, 33.0), (9.0, 46.0)])
        ),
        _crosser("crosser-1", 23.0, 4.6, 47.0, 8.0, 3),
        _crosser("crosser-2", 24.5, 4.6, 47.0, 10.0, 6),
        *_lane("near", 2.2, 0.0, 6.0, 64.0, [("motorcycle", 26), ("car", 40)]),
        *_lane("far", -2.2, 180.0, 6.0, 58.0, [("motorcycle", 4), ("car", 31)]),
    )
    street = Street(
        road_half_m=4.6,
        pavement_m=7.0,
        lanes=2,
        look=62,
        markings=(Marking(kind=MarkingKind.ZEBRA, x0_m=-4.6, x1_m=4.6, y0_m=22.0, y1_m=25.5),),
    )
    scene = Scene(
        view=view,
        street=street,
        light=_NOON,
        actors=actors,
        props=_trees(5.5, 28.0, 3) + _lamps(4.6),
        seed=102,
        noise=0.8,
    )
    zones = (("cam-02-pavement", "no_stall", _zone(view, (4.4, 11.0, 8.0, 22.0))),)
    return DemoCamera("cam-02", "学校街人行道", scene, zones)


def _permit_camera() -> DemoCamera:
    """Return the camera that sees a stall stand all day where and when stalls are permitted."""
    view = View(height_m=5.5, x_m=5.6, yaw_deg=-31.0, tilt_deg=15.5, fov_deg=66.0)
    stall = Actor(
        actor_id="permitted",
        label="stall",
        size=Size(length_m=3.0, width_m=2.0, height_m=2.5),
        colour=(60, 60, 205),
        look=7,
        path=standing(-7.9, 13.5, 0.0),
    )
    keeper = Actor(
        actor_id="keeper", label="person", size=_ADULT, colour=(60, 150, 210), look=9, path=standing(-9.6, 13.9, 90.0)
    )
    actors = (
        stall,
        keeper,
        *_lane("near", 1.9, 0.0, 8.5, 56.0, [("car", 5), ("motorcycle", 17), ("bus", 28), ("car", 44)]),
        *_lane("far", -1.9, 180.0, 8.5, 66.0, [("car", 8), ("motorcycle", 21), ("truck", 35), ("car", 52)]),
        _walker("walker-1", -10.6, 59.0, 3.0, away=True, number=4),
        _walker("walker-2", -11.2, 71.0, 28.0, away=False, number=5),
        _walker("walker-3", -10.9, 83.0, 50.0, away=True, number=8),
    )
    street = Street(
        road_half_m=5.2,
        pavement_m=7.0,
        lanes=2,
        look=93,
        markings=(
            Marking(kind=MarkingKind.BAY, x0_m=-9.4, x1_m=-6.4, y0_m=11.4, y1_m=15.6),
            Marking(kind=MarkingKind.BAY, x0_m=-9.4, x1_m=-6.4, y0_m=16.4, y1_m=20.6),
        ),
    )
    scene = Scene(
        view=view,
        street=street,
        light=_NOON,
        actors=actors,
        props=_trees(-6.0, 29.0, 3) + _lamps(5.2),
        seed=103,
        noise=0.8,
    )
    zones = (("cam-03-market", "permitted_stall", _zone(view, (-10.2, -5.4, 9.0, 22.0))),)
    return DemoCamera("cam-03", "集市巷许可摊位", scene, zones)


def _traffic_camera() -> DemoCamera:
    """Return the camera over a wide road whose line fails for most of a minute."""
    view = View(height_m=7.0, x_m=0.5, yaw_deg=2.0, tilt_deg=17.0, fov_deg=68.0)
    actors = (
        *_lane("r1", 1.8, 0.0, 11.0, 47.0, [("car", 2), ("car", 12), ("truck", 23), ("car", 36)]),
        *_lane("r2", 5.3, 0.0, 9.0, 59.0, [("bus", 6), ("car", 21), ("car", 33), ("motorcycle", 45)]),
        *_lane("r3", 8.6, 0.0, 6.0, 53.0, [("motorcycle", 9), ("motorcycle", 27), ("motorcycle", 40)]),
        *_lane("l1", -1.8, 180.0, 11.0, 43.0, [("car", 4), ("car", 15), ("car", 31)]),
        *_lane("l2", -5.3, 180.0, 9.0, 61.0, [("truck", 10), ("car", 26), ("bus", 44)]),
        *_lane("l3", -8.6, 180.0, 6.0, 49.0, [("motorcycle", 13), ("motorcycle", 30)]),
        _walker("walker-1", 11.9, 67.0, 12.0, away=True, number=6),
    )
    street = Street(road_half_m=10.2, pavement_m=4.0, lanes=6, look=125)
    scene = Scene(
        view=view,
        street=street,
        light=_NOON,
        actors=actors,
        props=_trees(11.2, 24.0, 5) + _trees(-11.2, 20.0, 5) + _lamps(10.2),
        seed=104,
        noise=0.8,
    )
    return DemoCamera("cam-04", "环路人行天桥", scene, (), Outage(60.0, 110.0, OUTAGE_STORY_S))


CAMERAS: tuple[DemoCamera, ...] = (_parking_camera(), _stall_camera(), _permit_camera(), _traffic_camera())


def scene_in(camera: DemoCamera, light: Light) -> Scene:
    """Return the camera's scene in another light."""
    return replace(camera.scene, light=light)


def weather_of(camera: DemoCamera) -> Weather:
    """Return the weather that the camera's scene was made for."""
    return camera.scene.light.weather
