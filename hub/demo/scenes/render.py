"""A scene and a second in, a picture and the truth about it out; the same input always gives the same pixels."""

from collections import OrderedDict
from functools import cmp_to_key, lru_cache

import numpy as np

from hub.demo.scenes.background import draw_background
from hub.demo.scenes.description import Actor, Pose, PropKind, Scene, TruthBox
from hub.demo.scenes.furniture import furniture
from hub.demo.scenes.geometry import Floats, Projector
from hub.demo.scenes.lighting import Lighting
from hub.demo.scenes.painter import Outline, Painter, Picture, Sprite
from hub.demo.scenes.people import STRIDES, person
from hub.demo.scenes.sensor import Sensor
from hub.demo.scenes.shape import Shape
from hub.demo.scenes.stalls import stall
from hub.demo.scenes.vehicles import bus, car, motorcycle, truck

_STRIDE_S = 1.1
_BUILDERS = {"car": car, "bus": bus, "truck": truck, "motorcycle": motorcycle, "stall": stall}
_DRIVES = frozenset({"car", "bus", "truck", "motorcycle"})
_KEPT_SPRITES = 64
MOST_AT_ONCE = 254
_FOOTPRINT = {PropKind.TREE: 0.15, PropKind.LAMP: 0.1, PropKind.BIN: 0.3, PropKind.SIGN: 0.05}


class _Placed:
    """Something to draw: where it stands, the ground it covers, and how to draw it."""

    __slots__ = ("actor", "bounds", "owner", "pose", "sprite")

    def __init__(
        self,
        bounds: tuple[float, float, float, float],
        pose: Pose,
        actor: Actor | None = None,
        owner: int = 0,
        sprite: Sprite | None = None,
    ) -> None:
        self.bounds = bounds
        self.pose = pose
        self.actor = actor
        self.owner = owner
        self.sprite = sprite


class Renderer:
    """One scene made ready: its background is drawn once, and what stands still is drawn once too."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.projector = Projector(scene.view)
        self._lighting = Lighting(scene.light, scene.street)
        self._painter = Painter(self.projector, self._lighting)
        self._background = draw_background(scene, self.projector, self._lighting)
        self._shaded = (self._background * (0.5 if not self._lighting.dark else 0.62)).astype(np.uint8)
        self._sensor = Sensor(scene)
        self._sun = self._sun_shift()
        self._sprites: OrderedDict[tuple[str, float, float, float], Sprite | None] = OrderedDict()
        self._props = self._place_props()

    def frame(self, at_s: float) -> Picture:
        """Return the picture at second `at_s`."""
        return self.render(at_s)[0]

    def render(self, at_s: float) -> tuple[Picture, tuple[TruthBox, ...]]:
        """Return the picture at second `at_s`, and a truth box for each actor of which a pixel can be seen."""
        painter = self._painter
        painter.begin(self._background)
        placed = self._place_actors(at_s)
        for thing in placed:
            self._ground_effects(thing)
        outlines: list[tuple[_Placed, Outline]] = []
        for thing in sorted([*placed, *self._props], key=cmp_to_key(self._farther_first)):
            outline = self._draw(thing, at_s)
            if outline is not None and thing.actor is not None:
                outlines.append((thing, outline))
        truth = tuple(box for thing, outline in outlines if (box := self._truth(thing, outline)) is not None)
        return self._sensor.expose(painter.frame, at_s), truth

    def _place_props(self) -> list[_Placed]:
        found = []
        for prop in self.scene.props:
            heading = -90.0 if prop.x_m > 0 else 90.0
            if prop.kind is PropKind.SIGN:
                heading = 0.0
            shape = furniture(prop.kind, prop.look)
            sprite = self._painter.sprite(shape, prop.x_m, prop.y_m, heading)
            half = _FOOTPRINT[prop.kind]
            bounds = (prop.x_m - half, prop.x_m + half, prop.y_m - half, prop.y_m + half)
            if sprite is not None:
                found.append(_Placed(bounds, Pose(prop.x_m, prop.y_m, heading, False), sprite=sprite))
        return found

    def _place_actors(self, at_s: float) -> list[_Placed]:
        placed: list[_Placed] = []
        for actor in self.scene.actors:
            pose = actor.path.at(at_s)
            if pose is not None:
                corners = _footprint(actor, pose)
                low, high = corners.min(axis=0), corners.max(axis=0)
                bounds = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
                placed.append(_Placed(bounds, pose, actor, len(placed) + 1))
        if len(placed) > MOST_AT_ONCE:  # the map of owners holds bytes, and 0 is the background
            raise ValueError(f"{len(placed)} actors at second {at_s:g}: at most {MOST_AT_ONCE} can be there at once")
        return placed

    def _farther_first(self, a: _Placed, b: _Placed) -> int:
        """Compare for painting: what lies on the camera's side of a separating line is painted later."""
        ax0, ax1, ay0, ay1 = a.bounds
        bx0, bx1, by0, by1 = b.bounds
        camera_x = self.scene.view.x_m
        if ax1 <= bx0:
            return 1 if camera_x <= (ax1 + bx0) / 2 else -1
        if bx1 <= ax0:
            return -1 if camera_x <= (bx1 + ax0) / 2 else 1
        if ay1 <= by0:
            return 1
        if by1 <= ay0:
            return -1
        depth_a, depth_b = (self.projector.depth(p.pose.x_m, p.pose.y_m) for p in (a, b))
        return int(depth_a < depth_b) - int(depth_a > depth_b)

    def _ground_effects(self, thing: _Placed) -> None:
        """Draw the shadow under and beside an actor, and after dark the light its headlamps throw."""
        actor, pose = thing.actor, thing.pose
        if actor is None:
            return
        corners = _footprint(actor, pose)
        self._painter.shade_ground(corners, self._shaded)
        if self._lighting.hard_shadows:
            top = corners + self._sun * actor.size.height_m * (0.85 if actor.label != "person" else 0.95)
            self._painter.shade_ground(np.concatenate([corners, top]), self._shaded)
        if self._lighting.dark and actor.label in _DRIVES and pose.moving:
            turn = np.radians(pose.heading_deg)
            ahead = np.array([np.sin(turn), np.cos(turn), 0.0], np.float32)
            across = np.array([ahead[1], -ahead[0], 0.0], np.float32)
            start = np.array([pose.x_m, pose.y_m, 0.0], np.float32) + ahead * (actor.size.length_m / 2 + 0.5)
            pool = [start + ahead * reach + across * side for reach in (-1.0, 7.0) for side in (-1.8, 1.8)]
            self._painter.light_ground(np.array(pool, np.float32), (60.0, 72.0, 78.0))

    def _sun_shift(self) -> Floats:
        """Return how far, per metre of height, a shadow falls."""
        azimuth = np.radians(self.scene.street.look * 47 % 360)
        length = 0.4 + 1.1 * (1 - self.scene.light.daylight)
        return np.array([np.sin(azimuth) * length, np.cos(azimuth) * length, 0.0], np.float32)

    def _draw(self, thing: _Placed, at_s: float) -> Outline | None:
        actor, pose = thing.actor, thing.pose
        if actor is None:
            return self._painter.stamp(thing.sprite, 0) if thing.sprite is not None else None
        if pose.moving:
            stride = int(at_s / _STRIDE_S * STRIDES + actor.look) % STRIDES
            return self._painter.draw(_shape(actor, stride), pose.x_m, pose.y_m, pose.heading_deg, thing.owner)
        key = (actor.actor_id, pose.x_m, pose.y_m, pose.heading_deg)
        if key not in self._sprites:
            shape = _shape(actor, -1)
            self._sprites[key] = self._painter.sprite(shape, pose.x_m, pose.y_m, pose.heading_deg)
            if len(self._sprites) > _KEPT_SPRITES:
                self._sprites.popitem(last=False)
        sprite = self._sprites[key]
        return None if sprite is None else self._painter.stamp(sprite, thing.owner)

    def _truth(self, thing: _Placed, outline: Outline) -> TruthBox | None:
        assert thing.actor is not None
        seen = self._painter.visible_px(outline, thing.owner)
        if not seen or not outline.area_px:
            return None
        width, height = self.scene.view.width_px, self.scene.view.height_px
        x0, y0, x1, y1 = outline.box
        whole = max(1e-6, (x1 - x0) * (y1 - y0))
        x0, x1 = max(0.0, x0), min(float(width), x1)
        y0, y1 = max(0.0, y0), min(float(height), y1)
        inside = max(0.0, x1 - x0) * max(0.0, y1 - y0) / whole
        return TruthBox(
            label=thing.actor.label,
            xyxy=(x0 / width, y0 / height, x1 / width, y1 / height),
            actor_id=thing.actor.actor_id,
            visible_fraction=min(1.0, seen / outline.area_px * inside),
        )


def _footprint(actor: Actor, pose: Pose) -> Floats:
    """Return the four ground corners (4, 3) that an actor stands on."""
    long, wide = actor.size.length_m / 2, actor.size.width_m / 2
    turn = np.radians(pose.heading_deg)
    sin, cos = float(np.sin(turn)), float(np.cos(turn))
    return np.array(
        [
            [pose.x_m + a * long * sin - b * wide * cos, pose.y_m + a * long * cos + b * wide * sin, 0.0]
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ],
        np.float32,
    )


def _shape(actor: Actor, stride: int) -> Shape:
    return _built(actor.label, actor, stride if actor.label == "person" else -1)


@lru_cache(maxsize=512)
def _built(label: str, actor: Actor, stride: int) -> Shape:
    if label == "person":
        return person(actor.size, actor.colour, actor.look, stride)
    return _BUILDERS[label](actor.size, actor.colour, actor.look)


@lru_cache(maxsize=8)
def _renderer(scene: Scene) -> Renderer:
    return Renderer(scene)


def render(scene: Scene, at_s: float) -> tuple[Picture, tuple[TruthBox, ...]]:
    """Return the BGR picture of `scene` at second `at_s`, and where each visible actor is in it."""
    return _renderer(scene).render(at_s)
