"""A person's height, colour, look and stride in, a shape out: walking, standing, or seated on a saddle."""

import math

import numpy as np

from hub.demo.scenes.description import Colour, Size
from hub.demo.scenes.shape import Shape, Tone

STRIDES = 8  # how many phases of the gait are told apart

_SKINS: tuple[Tone, ...] = ((120.0, 150.0, 195.0), (140.0, 175.0, 215.0), (90.0, 120.0, 165.0))
_HAIRS: tuple[Tone, ...] = ((24.0, 24.0, 28.0), (35.0, 40.0, 55.0), (130.0, 130.0, 135.0))


def _cloth(rng: np.random.Generator) -> Tone:
    level = rng.uniform(30, 215)
    b, g, r = rng.uniform(0.45, 1.15, 3)
    return (min(250.0, level * b), min(250.0, level * g), min(250.0, level * r))


def person(size: Size, colour: Colour, look: int, stride: int) -> Shape:
    """Return a walker in the given phase of the gait; stride -1 stands still. `colour` is the upper clothing."""
    shape = Shape()
    add_figure(
        shape,
        height_m=size.height_m,
        look=look,
        top=(float(colour[0]), float(colour[1]), float(colour[2])),
        swing=0.0 if stride < 0 else math.sin(2 * math.pi * stride / STRIDES),
    )
    if look % 7 == 0:  # an umbrella against sun or rain
        top = size.height_m + 0.3
        tone = _cloth(np.random.default_rng((look, 22)))
        shape.group(layer=2)
        rim = [(0.5 * math.cos(a), 0.5 * math.sin(a), top - 0.2) for a in np.linspace(0, 2 * math.pi, 8)[:-1]]
        for a, b in zip(rim, [*rim[1:], rim[0]], strict=True):
            shape.panel([(0.0, 0.0, top), a, b], tone, shade=0.8 + 0.2 * a[0], two_sided=True)
    return shape


def add_figure(
    shape: Shape,
    *,
    height_m: float,
    look: int,
    top: Tone | None = None,
    swing: float = 0.0,
    seat: tuple[float, float] | None = None,
    helmet: bool = False,
) -> None:
    """Add a human figure; with `seat` (x, z) it sits there and holds handlebars in front of it."""
    rng = np.random.default_rng((look, 21))
    shirt, trousers = _cloth(rng), _cloth(rng)
    if top is not None:
        shirt = top
    skin, hair = _SKINS[look % 3], _HAIRS[(look // 3) % 3]
    if helmet:
        hair = _cloth(rng)
    build = rng.uniform(0.85, 1.2)
    unit = height_m / 1.7
    half = 0.21 * unit * build
    hip = 0.84 * unit if seat is None else seat[1]
    x = 0.0 if seat is None else seat[0]
    shape.group()
    for side, phase in ((-1, swing), (1, -swing)):
        y0, y1 = sorted((side * half * 0.12, side * half * 0.85))
        if seat is None:
            step = 0.30 * unit * phase
            _limb(shape, (x, hip), (x + step, 0.05), (y0, y1), 0.095 * unit * build, trousers)
        else:
            _limb(shape, (x, hip), (x + 0.42, hip - 0.08), (y0 - 0.02, y1 + 0.02), 0.09, trousers)
            _limb(shape, (x + 0.42, hip - 0.08), (x + 0.30, 0.36), (y0 - 0.02, y1 + 0.02), 0.075, trousers)
    lean = 0.0 if seat is None else 0.10
    shoulder = hip + 0.60 * unit
    shape.group(layer=1)
    deep = 0.13 * unit * build
    shape.box((x - deep, -half, hip - 0.08), (x + deep + lean, half, shoulder), shirt, inset_top=(0.02, half * 0.12))
    for side, phase in ((-1, -swing), (1, swing)):
        y0, y1 = sorted((side * half * 0.95, side * half * 1.38))
        hand = (x + 0.22 * unit * phase, hip - 0.02) if seat is None else (x + 0.55, hip + 0.28)
        _limb(shape, (x + lean * 0.6, shoulder - 0.03), hand, (y0, y1), 0.055 * unit, shirt)
    if seat is None and look % 4 == 0:  # a bag
        tone = _cloth(rng)
        shape.box((x - 0.1, half * 1.2, hip - 0.35), (x + 0.15, half * 1.6, hip), tone)
    head = 0.125 * unit
    shape.group(layer=2)
    shape.ball((x + lean, 0.0, shoulder + head * 1.35), head, hair)
    shape.ball((x + lean + 0.045, 0.0, shoulder + head * 1.05), head * 0.80, skin, decal=True)


def _limb(
    shape: Shape,
    start: tuple[float, float],
    end: tuple[float, float],
    across: tuple[float, float],
    half_m: float,
    tone: Tone,
) -> None:
    """Add a limb from `start` to `end` (x, z), between two y, that is visible from all round."""
    (x0, z0), (x1, z1), (y0, y1) = start, end, across
    dx, dz = x1 - x0, z1 - z0
    length = math.hypot(dx, dz) or 1.0
    nx, nz = -dz / length * half_m, dx / length * half_m
    for y, shade in ((y0, 0.72), (y1, 0.84)):
        shape.panel(
            [(x0 + nx, y, z0 + nz), (x0 - nx, y, z0 - nz), (x1 - nx, y, z1 - nz), (x1 + nx, y, z1 + nz)],
            tone,
            shade=shade,
            two_sided=True,
        )
    for sign, shade in ((1, 0.9), (-1, 0.78)):
        shape.panel(
            [
                (x0 + sign * nx, y0, z0 + sign * nz),
                (x0 + sign * nx, y1, z0 + sign * nz),
                (x1 + sign * nx, y1, z1 + sign * nz),
                (x1 + sign * nx, y0, z1 + sign * nz),
            ],
            tone,
            shade=shade,
            two_sided=True,
        )
