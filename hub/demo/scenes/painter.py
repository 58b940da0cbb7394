"""Shapes and where they stand in, pixels out: fills faces from far to near and keeps who owns each pixel."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.geometry import Floats, Projector, place
from hub.demo.scenes.lighting import Lighting
from hub.demo.scenes.shape import Group, Shape, Tone

Picture = NDArray[np.uint8]
_TOO_NEAR_M = 0.8
_FAR_OUTSIDE_PX = 20_000


@dataclass(frozen=True, slots=True)
class Outline:
    """What was drawn: its box in pixels (beyond the frame's edge too) and how many pixels it covered."""

    box: tuple[float, float, float, float]
    area_px: int


@dataclass(frozen=True, slots=True)
class Sprite:
    """A thing that stands still, drawn once: its cut-out, and what it covered."""

    left: int
    top: int
    pixels: Picture
    mask: Picture
    outline: Outline


class Painter:
    """Draws on one frame and on one map of owners (0 is the background)."""

    def __init__(self, projector: Projector, lighting: Lighting) -> None:
        view = projector.view
        self._projector = projector
        self._lighting = lighting
        self._width, self._height = view.width_px, view.height_px
        self.frame: Picture = np.zeros((self._height, self._width, 3), np.uint8)
        self.owners: Picture = np.zeros((self._height, self._width), np.uint8)

    def begin(self, background: Picture) -> None:
        """Start a new frame on a copy of `background`."""
        self.frame = background.copy()
        self.owners[:] = 0

    def draw(self, shape: Shape, x_m: float, y_m: float, heading_deg: float, owner: int) -> Outline | None:
        """Draw `shape` and return its outline, or None where nothing of it can be seen."""
        arrays = shape.arrays
        world = place(arrays.points, x_m, y_m, heading_deg)
        where, depth = self._projector.pixels(world)
        if depth.min() < _TOO_NEAR_M or np.abs(where).max() > _FAR_OUTSIDE_PX:
            return None
        box = self._extent(shape, where, depth)
        if box[2] <= 0 or box[3] <= 0 or box[0] >= self._width or box[1] >= self._height:
            return None

        light = self._lighting.at(x_m, y_m)
        tones = np.where(arrays.own_light[:, None], arrays.tones, np.minimum(arrays.tones * light, 255)).tolist()
        a, b, c = (where[arrays.corners[:, k]] for k in range(3))
        turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
        shown = (arrays.two_sided | (turn < 0)).tolist()
        pixels = np.rint(where).astype(np.int32)
        centres = depth[-len(shape.groups) :].tolist()
        order = sorted(range(len(shape.groups)), key=lambda g: (shape.groups[g].layer, -centres[g]))
        for g in order:
            first = arrays.face_starts[g]
            for k, face in enumerate(shape.groups[g].faces, first):
                if shown[k]:
                    corners = pixels[face.points]
                    cv2.fillConvexPoly(self.frame, corners, tones[k])
                    if not face.decal:
                        cv2.fillConvexPoly(self.owners, corners, owner)
            self._balls(shape.groups[g], pixels, depth, light, owner)
        if self._lighting.dark:
            self._halos(shape, world, pixels, depth, heading_deg)
        x0, y0, x1, y1 = self._clip(box)
        return Outline(box, int(np.count_nonzero(self.owners[y0:y1, x0:x1] == owner)))

    def sprite(self, shape: Shape, x_m: float, y_m: float, heading_deg: float) -> Sprite | None:
        """Draw `shape` on its own and return the cut-out, or None where nothing of it can be seen."""
        kept_frame, kept_owners = self.frame, self.owners
        self.frame, self.owners = np.zeros_like(kept_frame), np.zeros_like(kept_owners)
        try:
            outline = self.draw(shape, x_m, y_m, heading_deg, 255)
            drawn, mask = self.frame, self.owners
        finally:
            self.frame, self.owners = kept_frame, kept_owners
        if outline is None or outline.area_px == 0:
            return None
        x0, y0, x1, y1 = self._clip(outline.box)
        cut = (slice(y0, y1), slice(x0, x1))
        return Sprite(x0, y0, drawn[cut].copy(), mask[cut].copy(), outline)

    def stamp(self, sprite: Sprite, owner: int) -> Outline:
        """Lay a cut-out on the frame."""
        height, width = sprite.mask.shape
        cut = (slice(sprite.top, sprite.top + height), slice(sprite.left, sprite.left + width))
        cv2.copyTo(sprite.pixels, sprite.mask, self.frame[cut])
        self.owners[cut][sprite.mask > 0] = owner
        return sprite.outline

    def shade_ground(self, corners_m: Floats, shaded: Picture) -> None:
        """Show `shaded`, the background in shadow, inside the hull of ground points."""
        where, depth = self._projector.pixels(corners_m)
        if depth.min() < _TOO_NEAR_M:
            return
        hull = cv2.convexHull(np.rint(where).astype(np.int32))
        x, y, width, height = cv2.boundingRect(hull)
        x0, y0, x1, y1 = self._clip((x, y, x + width, y + height))
        if x1 <= x0 or y1 <= y0:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillConvexPoly(mask, hull - np.array([x0, y0], np.int32), 255)
        cv2.copyTo(shaded[y0:y1, x0:x1], mask, self.frame[y0:y1, x0:x1])

    def light_ground(self, corners_m: Floats, tone: Tone) -> None:
        """Add a soft pool of light over the box around ground points."""
        where, depth = self._projector.pixels(corners_m)
        if depth.min() < _TOO_NEAR_M:
            return
        low, high = where.min(axis=0), where.max(axis=0)
        width, height = (int(size) for size in np.minimum(high - low, 600))
        if width >= 4 and height >= 3:
            pool: Picture = cv2.resize(_pool(tone), (width, height), interpolation=cv2.INTER_LINEAR)
            self._add(pool, round(float(low[0])), round(float(low[1])))

    def visible_px(self, outline: Outline, owner: int) -> int:
        """Return how many pixels still belong to `owner`."""
        x0, y0, x1, y1 = self._clip(outline.box)
        return int(np.count_nonzero(self.owners[y0:y1, x0:x1] == owner))

    def _clip(self, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        return (
            max(0, int(box[0])),
            max(0, int(box[1])),
            min(self._width, int(np.ceil(box[2])) + 1),
            min(self._height, int(np.ceil(box[3])) + 1),
        )

    def _extent(self, shape: Shape, where: Floats, depth: Floats) -> tuple[float, float, float, float]:
        points = where[shape.arrays.outline]
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        for group in shape.groups:
            for ball in group.balls:
                x, y = where[ball.point].tolist()
                radius = ball.radius_m * self._projector.focal_px / float(depth[ball.point])
                x0, y0, x1, y1 = min(x0, x - radius), min(y0, y - radius), max(x1, x + radius), max(y1, y + radius)
        return x0, y0, x1, y1

    def _balls(self, group: Group, pixels: NDArray[np.int32], depth: Floats, light: Floats, owner: int) -> None:
        for ball in group.balls:
            centre = pixels[ball.point].tolist()
            radius = max(1, round(ball.radius_m * self._projector.focal_px / float(depth[ball.point])))
            tone = [min(255.0, level * float(lit)) for level, lit in zip(ball.tone, light, strict=True)]
            cv2.circle(self.frame, centre, radius, tone, cv2.FILLED)
            if not ball.decal:
                cv2.circle(self.owners, centre, radius, owner, cv2.FILLED)

    def _halos(self, shape: Shape, world: Floats, pixels: NDArray[np.int32], depth: Floats, heading_deg: float) -> None:
        turn = np.radians(heading_deg)
        ahead = np.array([np.sin(turn), np.cos(turn)])
        for lamp in shape.lamps:
            strength = 1.0
            if lamp.ahead:
                to_camera = self._projector.position[:2] - world[lamp.point, :2]
                strength = lamp.ahead * float(ahead @ to_camera) / float(np.linalg.norm(to_camera))
                if strength <= 0.05:
                    continue
            radius = round(lamp.radius_m * self._projector.focal_px / float(depth[lamp.point]) * (0.4 + 0.6 * strength))
            radius = min(max(radius, 2), 60)
            halo = _halo(radius, lamp.tone)
            x, y = pixels[lamp.point].tolist()
            self._add(halo, x - radius, y - radius)

    def _add(self, glow: Picture, left: int, top: int) -> None:
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self._width, left + glow.shape[1]), min(self._height, top + glow.shape[0])
        if x1 > x0 and y1 > y0:
            target = self.frame[y0:y1, x0:x1]
            cv2.add(target, glow[y0 - top : y1 - top, x0 - left : x1 - left], dst=target)


@lru_cache(maxsize=256)
def _halo(radius: int, tone: Tone) -> Picture:
    axis = np.linspace(-1, 1, radius * 2 + 1, dtype=np.float32)
    distance = np.sqrt(axis[None, :] ** 2 + axis[:, None] ** 2)
    level = np.clip(1 - distance, 0, 1) ** 2.2
    halo: Picture = (level[..., None] * np.array(tone, np.float32)).astype(np.uint8)
    return halo


@lru_cache(maxsize=16)
def _pool(tone: Tone) -> Picture:
    axis = np.linspace(-1, 1, 48, dtype=np.float32)
    level = np.clip(1 - np.sqrt(axis[None, :] ** 2 + axis[:, None] ** 2), 0, 1)
    pool: Picture = (level[..., None] * np.array(tone, np.float32)).astype(np.uint8)
    return pool
