"""Values in, a street scene's description out: pure data that says what stands where, when, in what light.

The ground is flat. `x_m` runs across the street (0 is its middle, positive to the right of the camera's
street direction), `y_m` along it (the camera stands at 0), `z_m` up. A heading of 0 degrees points along the
street, away from the camera; 90 degrees points right.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

LABELS = ("car", "bus", "truck", "motorcycle", "person", "stall")

Colour = tuple[int, int, int]  # blue, green, red


class Weather(StrEnum):
    """What falls from the sky, and whether there are hard shadows."""

    CLEAR = "clear"
    OVERCAST = "overcast"
    RAIN = "rain"


class MarkingKind(StrEnum):
    """What is painted on the ground."""

    ZEBRA = "zebra"
    HATCH = "hatch"  # yellow grid: stopping forbidden
    BAY = "bay"  # white frame: a place for one vehicle or one stall


class PropKind(StrEnum):
    """What stands in the street and is none of the model's classes."""

    TREE = "tree"
    LAMP = "lamp"
    BIN = "bin"
    SIGN = "sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera hangs, where it looks, and how many pixels it has.

    A yaw of 0 looks along the street; positive turns right. The tilt is downwards from the horizon.
    """

    height_m: float
    x_m: float = 0.0
    yaw_deg: float = 0.0
    tilt_deg: float = 15.0
    roll_deg: float = 0.0
    fov_deg: float = 65.0  # horizontal
    width_px: int = 640
    height_px: int = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How bright the sky is (0 night, 1 noon), whether the street lamps burn, and the weather."""

    daylight: float
    lamps_on: bool
    weather: Weather = Weather.CLEAR

    def __post_init__(self) -> None:
        if not 0.0 <= self.daylight <= 1.0:
            raise ValueError(f"daylight must lie between 0 and 1, not {self.daylight}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """A painted rectangle on the ground."""

    kind: MarkingKind
    x0_m: float
    x1_m: float
    y0_m: float
    y1_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """The straight street: its widths, its paint, and a seed for its buildings and textures."""

    road_half_m: float
    pavement_m: float
    lanes: int = 2
    markings: tuple[Marking, ...] = ()
    look: int = 0

    @property
    def wall_m(self) -> float:
        """How far from the middle the buildings stand."""
        return self.road_half_m + self.pavement_m


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """An actor's outer size."""

    length_m: float
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where an actor is at one second of its path."""

    at_s: float
    x_m: float
    y_m: float
    heading_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where an actor is and how it is turned; `moving` says whether it walks or drives."""

    x_m: float
    y_m: float
    heading_deg: float
    moving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Position over time: straight lines between waypoints; before the first and after the last, absent.

    With `period_s` the path repeats: second t of the scene is second (t + offset_s) mod period_s of the path.
    """

    waypoints: tuple[Waypoint, ...]
    period_s: float | None = None
    offset_s: float = 0.0

    def __post_init__(self) -> None:
        times = [waypoint.at_s for waypoint in self.waypoints]
        if not times or any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("a path needs waypoints with rising times")
        if self.period_s is not None and self.period_s <= 0:
            raise ValueError(f"a period must be positive, not {self.period_s}")

    def at(self, at_s: float) -> Pose | None:
        """Return the pose at second `at_s` of the scene, or None while the actor is absent."""
        own_s = at_s + self.offset_s
        if self.period_s is not None:
            own_s %= self.period_s
        points = self.waypoints
        if len(points) == 1:
            only = points[0]
            return Pose(only.x_m, only.y_m, only.heading_deg, False)
        if not points[0].at_s <= own_s < points[-1].at_s:
            return None
        last = bisect_right(points, own_s, key=lambda waypoint: waypoint.at_s)
        a, b = points[last - 1], points[last]
        share = (own_s - a.at_s) / (b.at_s - a.at_s)
        return Pose(
            a.x_m + (b.x_m - a.x_m) * share,
            a.y_m + (b.y_m - a.y_m) * share,
            a.heading_deg + (b.heading_deg - a.heading_deg) * share,
            (a.x_m, a.y_m) != (b.x_m, b.y_m),
        )


def standing(x_m: float, y_m: float, heading_deg: float = 0.0) -> Path:
    """Return the path of what stands in one place for ever."""
    return Path(waypoints=(Waypoint(0.0, x_m, y_m, heading_deg),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One thing that has a class: what it is, how large, which colour, and where it is when.

    `look` seeds the details (windows, goods, gait) so that two cars of one colour still differ.
    """

    actor_id: str
    label: str
    size: Size
    colour: Colour
    path: Path
    look: int = 0

    def __post_init__(self) -> None:
        if self.label not in LABELS:
            raise ValueError(f"unknown label {self.label!r}: one of {', '.join(LABELS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """Street furniture: drawn, able to hide actors, and never part of the truth."""

    kind: PropKind
    x_m: float
    y_m: float
    look: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that a picture needs except the second at which it is taken."""

    view: View
    street: Street
    light: Light
    actors: tuple[Actor, ...] = ()
    props: tuple[Prop, ...] = ()
    seed: int = 0
    noise: float = 1.0  # sensor noise and softness; 0 gives a clean picture


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthBox:
    """Where an actor is in the picture: x0, y0, x1, y1 in shares of width and height, hidden parts included.

    `visible_fraction` is the share of its whole outline that lies in the frame with nothing before it.
    """

    label: str
    xyxy: tuple[float, float, float, float]
    actor_id: str
    visible_fraction: float
