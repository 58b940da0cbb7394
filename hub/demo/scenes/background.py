"""A scene in, its static picture out: sky, buildings, pavements, road and paint, one ray per pixel."""

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.description import Marking, MarkingKind, Scene, Weather
from hub.demo.scenes.geometry import Floats, Projector
from hub.demo.scenes.lighting import Lighting

_FAR_M = 400.0
_TEXTURE_PX = 512
_WHITE = (200.0, 205.0, 205.0)
_YELLOW = (60.0, 175.0, 205.0)


def draw_background(scene: Scene, projector: Projector, lighting: Lighting) -> NDArray[np.uint8]:
    """Return the street of `scene` with nobody in it, in its light, as a BGR picture."""
    rng = np.random.default_rng((scene.seed, scene.street.look, 1))
    rays = projector.rays()
    wall = scene.street.wall_m
    with np.errstate(divide="ignore", invalid="ignore"):
        to_ground = np.where(rays[..., 2] < -1e-4, -scene.view.height_m / rays[..., 2], _FAR_M)
        edge = np.where(rays[..., 0] > 0, wall - scene.view.x_m, -wall - scene.view.x_m)
        to_wall = np.where(np.abs(rays[..., 0]) > 1e-4, edge / rays[..., 0], _FAR_M)
    to_wall = np.where(to_wall > 0, to_wall, _FAR_M)
    to_ground, to_wall = (np.clip(t, 0, _FAR_M).astype(np.float32) for t in (to_ground, to_wall))

    x = scene.view.x_m + rays[..., 0] * to_ground
    y = rays[..., 1] * to_ground
    colour = _ground(scene, x, y, to_ground, rng) * lighting.over(x, y)
    if scene.light.weather is Weather.RAIN:
        colour = _wet(colour, x, scene, lighting)

    facade, glow, height = _facades(scene, rays, to_wall, lighting, rng)
    z = scene.view.height_m + rays[..., 2] * to_wall
    is_wall = (to_wall < to_ground) & (to_wall < _FAR_M) & (z < height) & (z > 0)
    colour = np.where(is_wall[..., None], facade + glow, colour)
    is_sky = ~is_wall & (to_ground >= _FAR_M)
    sky = _sky(scene, rays, rng)
    distance = np.where(is_wall, to_wall, to_ground)
    haze_m = 130.0 if scene.light.weather is Weather.RAIN else 320.0
    haze = (1 - np.exp(-distance / haze_m))[..., None] * 0.85
    colour = colour * (1 - haze) + sky * haze
    colour = np.where(is_sky[..., None], sky, colour)
    return np.clip(colour, 0, 255).astype(np.uint8)


def _texture(rng: np.random.Generator, grain: float) -> Floats:
    """Return a seamless noise picture with mean 0: coarse stains and fine grain."""
    total = np.zeros((_TEXTURE_PX, _TEXTURE_PX), np.float32)
    for cells, weight in ((8, 1.0), (32, 0.7), (128, 0.5), (512, grain)):
        small = rng.standard_normal((cells, cells)).astype(np.float32)
        total += weight * cv2.resize(small, (_TEXTURE_PX, _TEXTURE_PX), interpolation=cv2.INTER_CUBIC)
    return total


def _sample(texture: Floats, x: Floats, y: Floats, px_per_m: float) -> Floats:
    u = np.mod(x * px_per_m, _TEXTURE_PX - 1).astype(np.float32)
    v = np.mod(y * px_per_m, _TEXTURE_PX - 1).astype(np.float32)
    sampled: Floats = cv2.remap(texture, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return sampled


def _ground(scene: Scene, x: Floats, y: Floats, distance: Floats, rng: np.random.Generator) -> Floats:
    street = scene.street
    half = street.road_half_m
    asphalt = np.array([1.0, 1.0, 0.98]) * rng.uniform(70, 125)
    paving = np.array([rng.uniform(0.8, 1.0), rng.uniform(0.88, 1.0), 1.0]) * rng.uniform(120, 185)
    kerbstone = np.array([1.0, 1.0, 1.0]) * rng.uniform(150, 190)
    side = np.abs(x)
    near = np.exp(-distance / 45.0)
    grain = _sample(_texture(rng, 0.6), x, y, 14.0) * near

    colour = np.empty((*x.shape, 3), np.float32)
    colour[...] = asphalt
    colour += (grain * rng.uniform(4, 9))[..., None]
    tracks = np.cos(side / half * np.pi * street.lanes) * 4.0 * near
    colour += tracks[..., None]

    tile_m = rng.choice([0.5, 0.8, 1.2])
    joints = (np.mod(x, tile_m) < 0.05) | (np.mod(y, tile_m) < 0.05)
    pavement = paving + (grain * 6.0)[..., None] - (joints * near * 35.0)[..., None]
    if rng.random() < 0.6:  # the yellow guide strip for the blind, found on most Chinese pavements
        strip = np.abs(side - half - street.pavement_m * 0.45) < 0.2
        pavement = np.where(strip[..., None], np.array([70.0, 170.0, 200.0]) + (grain * 6)[..., None], pavement)
    colour = np.where((side > half + 0.25)[..., None], pavement, colour)
    colour = np.where(((side > half) & (side <= half + 0.25))[..., None], kerbstone + grain[..., None] * 5, colour)

    worn = rng.uniform(0.55, 0.95) * (0.85 + 0.15 * np.tanh(grain))
    for mask, paint in _paint(scene, x, y):
        weight = (mask * worn)[..., None]
        colour = colour * (1 - weight) + np.array(paint, np.float32) * weight
    return colour.astype(np.float32)


def _paint(scene: Scene, x: Floats, y: Floats) -> list[tuple[NDArray[np.bool_], tuple[float, float, float]]]:
    """Return masks and colours of the lane lines and of what else is painted."""
    street = scene.street
    half = street.road_half_m
    style = street.look % 3
    painted = []
    if style == 0:
        painted.append((np.abs(np.abs(x) - 0.18) < 0.07, _YELLOW))
    elif style == 1:
        painted.append((np.abs(x) < 0.08, _YELLOW))
    else:
        painted.append(((np.abs(x) < 0.08) & (np.mod(y, 10.0) < 5.0), _WHITE))
    per_side = max(1, street.lanes // 2)
    for lane in range(1, per_side):
        line = np.abs(np.abs(x) - half * lane / per_side) < 0.075
        painted.append((line & (np.mod(y, 9.0) < 4.0), _WHITE))
    painted.append((np.abs(np.abs(x) - half + 0.3) < 0.08, _YELLOW if style == 1 else _WHITE))
    painted.extend(_marking(marking, x, y) for marking in street.markings)
    return painted


def _marking(marking: Marking, x: Floats, y: Floats) -> tuple[NDArray[np.bool_], tuple[float, float, float]]:
    inside = (x > marking.x0_m) & (x < marking.x1_m) & (y > marking.y0_m) & (y < marking.y1_m)
    line_m = 0.12
    rim = inside & (
        (x < marking.x0_m + line_m)
        | (x > marking.x1_m - line_m)
        | (y < marking.y0_m + line_m)
        | (y > marking.y1_m - line_m)
    )
    if marking.kind is MarkingKind.ZEBRA:
        return inside & (np.mod(x - marking.x0_m, 1.0) < 0.5), _WHITE
    if marking.kind is MarkingKind.HATCH:
        lines = (np.mod(x + y, 1.6) < 0.16) | (np.mod(x - y, 1.6) < 0.16)
        return rim | (inside & lines), _YELLOW
    return rim, _WHITE


def _wet(colour: Floats, x: Floats, scene: Scene, lighting: Lighting) -> Floats:
    """Return the ground darkened by water, with a smeared sheen of sky and lamps on the road."""
    height = colour.shape[0]
    road = (np.abs(x) < scene.street.road_half_m)[..., None]
    sheen = cv2.GaussianBlur(colour[::-1].copy(), (0, 0), sigmaX=2.5, sigmaY=height / 9)
    sky = lighting.ambient * np.array([150.0, 148.0, 145.0]) * 0.30
    return np.where(road, colour * 0.55 + sheen * 0.18 + sky, colour * 0.72).astype(np.float32)


def _facades(
    scene: Scene, rays: Floats, to_wall: Floats, lighting: Lighting, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return the lit facade colour, its own glow at night, and the buildings' height, per pixel."""
    y = rays[..., 1] * to_wall
    z = scene.view.height_m + rays[..., 2] * to_wall
    right = rays[..., 0] > 0
    plot_m = rng.uniform(14, 26)
    plot = (np.floor(y / plot_m).astype(np.int32) * 2 + right) % 64
    heights = rng.uniform(6, 32, 64).astype(np.float32)
    tones = rng.uniform(80, 195, (64, 1)).astype(np.float32) * rng.uniform(0.75, 1.0, (64, 3)).astype(np.float32)
    colour = tones[plot]

    # Upper floors: a grid of windows, some of them lit after dark.
    bay_m, floor_m = rng.uniform(2.2, 3.6), rng.uniform(2.9, 3.5)
    column, storey = np.floor(y / bay_m).astype(np.int32), np.floor(z / floor_m).astype(np.int32)
    in_window = (np.mod(y, bay_m) > bay_m * 0.28) & (np.mod(z, floor_m) > floor_m * 0.35)
    chance = rng.random(1024).astype(np.float32)[(column * 37 + storey * 101 + right * 53) % 1024]
    glass = (rng.uniform(60, 120) * (0.7 + 0.6 * chance))[..., None] * np.array([1.1, 1.0, 0.9])
    upper = z > 4.2
    colour = np.where((in_window & upper)[..., None], glass, colour)
    lit_window = in_window & upper & (chance < 0.3)
    glow = lit_window[..., None] * np.array([90.0, 150.0, 175.0]) * (chance * 2 + 0.3)[..., None]

    # The ground floor: shops with shutters or panes, and a bright sign above each.
    shop_m = rng.uniform(3.5, 6.0)
    shop = (np.floor(y / shop_m).astype(np.int32) * 2 + right) % 64
    signs = np.clip(rng.normal(120, 90, (64, 3)), 15, 245).astype(np.float32)
    fronts = np.clip(rng.normal(95, 45, (64, 1)), 25, 210) * rng.uniform(0.8, 1.1, (64, 3))
    pane = (np.mod(y, shop_m) > 0.3) & (z < 2.9)
    colour = np.where((pane & ~upper)[..., None], fronts[shop].astype(np.float32), colour)
    board = (z > 3.0) & (z < 4.0) & (np.mod(y, shop_m) > 0.15)
    letters = board & (np.mod(y, 0.9) > 0.3) & (np.abs(z - 3.5) < 0.28) & (np.mod(y * 3.1 + z * 5.3, 1.0) > 0.35)
    colour = np.where(board[..., None], signs[shop], colour)
    colour = np.where(letters[..., None], 255.0 - signs[shop] * 0.6, colour)
    open_late = (rng.random(64) < 0.55)[shop]
    glow = glow + (board & open_late)[..., None] * signs[shop] * 0.75
    glow = glow + (pane & ~upper & open_late)[..., None] * np.array([70.0, 105.0, 120.0])

    noise = _sample(_texture(rng, 0.3), y, z, 10.0) * np.exp(-to_wall / 50.0)
    shade = np.where(right, 0.92, 0.78)[..., None]
    x_wall = np.where(right, scene.street.wall_m, -scene.street.wall_m).astype(np.float32)
    lamp_fall = np.clip(1.25 - z / 14.0, 0.25, 1.0)[..., None]
    light = lighting.ambient + (lighting.over(x_wall, y) - lighting.ambient) * lamp_fall
    lit = (colour + (noise * 5.0)[..., None]) * shade * light
    night = max(0.0, 1.0 - scene.light.daylight * 2.5)
    return lit.astype(np.float32), (glow * night).astype(np.float32), heights[plot]


def _sky(scene: Scene, rays: Floats, rng: np.random.Generator) -> Floats:
    up = np.clip(rays[..., 2] / np.linalg.norm(rays, axis=-1), 0, 1)[..., None]
    if scene.light.weather is Weather.CLEAR:
        low, high = np.array([225.0, 220.0, 205.0]), np.array([230.0, 175.0, 120.0])
    else:
        low, high = np.array([205.0, 205.0, 203.0]), np.array([180.0, 178.0, 175.0])
    day = low + (high - low) * np.sqrt(up)
    night = np.array([38.0, 30.0, 28.0]) * rng.uniform(0.6, 1.3) * (1.3 - up)
    dusk = np.array([120.0, 140.0, 190.0]) * (1 - up) + np.array([140.0, 95.0, 80.0]) * up
    level = scene.light.daylight
    sky = night + (dusk - night) * (level * 2) if level < 0.5 else dusk + (day - dusk) * (level * 2 - 1)
    return np.asarray(sky, np.float32)
