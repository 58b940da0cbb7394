"""Boxes, panels and balls in metres in, one drawable shape out: points, flat faces, and which belong together.

A shape's own axes are x ahead, y left, z up, with z = 0 on the ground. Faces of one group are drawn together;
groups are drawn by layer, then from far to near. Faces wound counter-clockwise seen from outside are hidden
when they face away, unless they are two-sided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.geometry import Floats

Tone = tuple[float, float, float]
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Face:
    """A flat convex polygon: its points, its colour in full daylight, and how it is drawn."""

    points: NDArray[np.intp]
    tone: Tone
    own_light: bool  # drawn in its own colour whatever the light, as lamps are
    two_sided: bool
    decal: bool  # lies on another face, so it adds nothing to the outline


@dataclass(frozen=True, slots=True)
class Ball:
    """A disc that looks round from everywhere: a head, a fruit, foliage."""

    point: int
    radius_m: float
    tone: Tone
    decal: bool


@dataclass(slots=True)
class Group:
    """Faces and balls drawn together."""

    layer: int
    faces: list[Face] = field(default_factory=list)
    balls: list[Ball] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light on the shape: where, how strong its halo is, its colour, and whether it shines ahead only."""

    point: int
    radius_m: float
    tone: Tone
    ahead: int  # 1 shines forwards, -1 backwards, 0 everywhere


@dataclass(frozen=True, slots=True)
class Arrays:
    """A finished shape as arrays: what a painter needs for every face at once.

    `points` ends with one centre per group. `corners` (F, 3) are three points of each face, in its winding.
    """

    points: Floats
    outline: NDArray[np.intp]
    corners: NDArray[np.intp]
    tones: Floats
    own_light: NDArray[np.bool_]
    two_sided: NDArray[np.bool_]
    face_starts: tuple[int, ...]


class Shape:
    """Collects points and faces while it is built, then offers them as arrays for drawing."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self.groups: list[Group] = []
        self.lamps: list[Lamp] = []

    @cached_property
    def arrays(self) -> Arrays:
        """The finished shape as arrays; nothing can be added afterwards."""
        faces = [face for group in self.groups for face in group.faces]
        own = np.array(self._points, np.float32).reshape(-1, 3)
        members = [
            np.concatenate([*(face.points for face in group.faces), [ball.point for ball in group.balls]])
            for group in self.groups
        ]
        centres = [own[indices.astype(np.intp)].mean(axis=0) for indices in members]
        starts = [0]
        for group in self.groups:
            starts.append(starts[-1] + len(group.faces))
        return Arrays(
            points=np.concatenate([own, np.array(centres, np.float32)]),
            outline=np.unique(np.concatenate(members).astype(np.intp)),
            corners=np.array([face.points[:3] for face in faces], np.intp).reshape(-1, 3),
            tones=np.array([face.tone for face in faces], np.float32).reshape(-1, 3),
            own_light=np.array([face.own_light for face in faces], bool),
            two_sided=np.array([face.two_sided for face in faces], bool),
            face_starts=tuple(starts),
        )

    def group(self, layer: int = 0) -> None:
        """Begin a new group; what is added next belongs to it."""
        self.groups.append(Group(layer))

    def _add(self, points: Sequence[Point]) -> int:
        first = len(self._points)
        self._points.extend(points)
        return first

    def panel(
        self,
        points: Sequence[Point],
        tone: Tone,
        *,
        shade: float = 1.0,
        own_light: bool = False,
        two_sided: bool = False,
        decal: bool = False,
    ) -> None:
        """Add one flat convex polygon."""
        first = self._add(points)
        lit = tone if own_light else (tone[0] * shade, tone[1] * shade, tone[2] * shade)
        indices = np.arange(first, first + len(points))
        self.groups[-1].faces.append(Face(indices, lit, own_light, two_sided, decal))

    def box(
        self, low: Point, high: Point, tone: Tone, *, inset_top: tuple[float, float] = (0.0, 0.0), decal: bool = False
    ) -> None:
        """Add a box; `inset_top` draws its upper rim in along x and y, as a roof or a cabin is."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        dx, dy = inset_top
        a, b, c, d = (x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)
        e, f = (x0 + dx, y0 + dy, z1), (x1 - dx, y0 + dy, z1)
        g, h = (x1 - dx, y1 - dy, z1), (x0 + dx, y1 - dy, z1)
        self.panel((e, f, g, h), tone, shade=1.0, decal=decal)
        self.panel((a, b, f, e), tone, shade=0.72, decal=decal)
        self.panel((c, d, h, g), tone, shade=0.80, decal=decal)
        self.panel((b, c, g, f), tone, shade=0.88, decal=decal)
        self.panel((d, a, e, h), tone, shade=0.66, decal=decal)

    def ball(self, centre: Point, radius_m: float, tone: Tone, *, decal: bool = False) -> None:
        """Add a ball."""
        self.groups[-1].balls.append(Ball(self._add([centre]), radius_m, tone, decal))

    def disc(self, centre: Point, radius_m: float, tone: Tone, *, left: bool, corners: int = 10) -> None:
        """Add an upright disc, as a wheel is, that faces left or right."""
        turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        if left:
            turn = -turn
        rim = [
            (centre[0] + radius_m * float(np.cos(t)), centre[1], centre[2] + radius_m * float(np.sin(t))) for t in turn
        ]
        self.panel(rim, tone)

    def lamp(self, centre: Point, radius_m: float, tone: Tone, *, ahead: int = 0) -> None:
        """Add a light with a halo, seen after dark."""
        self.lamps.append(Lamp(self._add([centre]), radius_m, tone, ahead))


def mix(tone: Tone, other: Tone, share: float) -> Tone:
    """Return `tone` with `share` of `other` in it."""
    return (
        tone[0] * (1 - share) + other[0] * share,
        tone[1] * (1 - share) + other[1] * share,
        tone[2] * (1 - share) + other[2] * share,
    )
