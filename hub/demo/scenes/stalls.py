"""A stall's size, colour and look in, its shape out: umbrella and table, tent with an awning, or food cart."""

import math

import numpy as np

from hub.demo.scenes.description import Colour, Size
from hub.demo.scenes.shape import Shape, Tone, mix

_POLE: Tone = (150.0, 150.0, 155.0)
_WHITE: Tone = (235.0, 235.0, 235.0)
_BULB: Tone = (200.0, 240.0, 255.0)


def stall(size: Size, colour: Colour, look: int) -> Shape:
    """Return one of three kinds of street stall; `colour` is that of its cover. Its length lies along x."""
    rng = np.random.default_rng((look, 31))
    cover: Tone = (float(colour[0]), float(colour[1]), float(colour[2]))
    shape = Shape()
    (_umbrella, _tent, _cart)[look % 3](shape, size, cover, rng)
    shape.lamp((0.0, 0.0, size.height_m * 0.72), 0.9, _BULB)
    return shape


def _bright(rng: np.random.Generator) -> Tone:
    b, g, r = rng.uniform(20, 250, 3)
    return (float(b), float(g), float(r))


def _table(shape: Shape, size: Size, rng: np.random.Generator, share: float, high: float) -> None:
    """Add a table with a cloth, goods on it in trays of one colour each, and crates beside it."""
    long, wide = size.length_m / 2 * share, size.width_m / 2 * share
    cloth = _bright(rng) if rng.random() < 0.6 else (110.0, 120.0, 130.0)
    shape.group()
    shape.box((-long, -wide, 0.0), (long, wide, high), mix(cloth, (90.0, 90.0, 90.0), 0.25))
    trays = int(rng.integers(3, 6))
    rows = 2
    for k in range(trays):
        for row in range(rows):
            tone = _bright(rng)
            x0 = -long + (k + 0.08) * 2 * long / trays
            x1 = -long + (k + 0.92) * 2 * long / trays
            y0 = -wide + (row + 0.08) * 2 * wide / rows
            y1 = -wide + (row + 0.92) * 2 * wide / rows
            heap = high + rng.uniform(0.05, 0.22)
            shape.box((x0, y0, high), (x1, y1, heap), tone, inset_top=((x1 - x0) * 0.15, (y1 - y0) * 0.15))
            if rng.random() < 0.6:
                for _ in range(3):
                    spot = (float(rng.uniform(x0, x1)), float(rng.uniform(y0, y1)), heap)
                    shape.ball(spot, 0.07, mix(tone, _bright(rng), 0.3), decal=True)
    for _ in range(int(rng.integers(0, 3))):
        shape.group()
        x, y = float(rng.uniform(-long, long)), float(rng.choice([-1, 1])) * wide * 1.05
        s = float(rng.uniform(0.18, 0.3))
        shape.box((x - s, y - s * 0.7, 0.0), (x + s, y + s * 0.7, float(rng.uniform(0.25, 0.55))), _bright(rng))


def _umbrella(shape: Shape, size: Size, cover: Tone, rng: np.random.Generator) -> None:
    _table(shape, size, rng, 0.72, 0.78)
    top, radius_x, radius_y = size.height_m, size.length_m / 2, size.width_m / 2
    rim_z = top - 0.42
    shape.group(layer=1)
    shape.box((-0.035, -0.035, 0.78), (0.035, 0.035, rim_z + 0.3), _POLE)
    other = _WHITE if rng.random() < 0.5 else _bright(rng)
    if rng.random() < 0.4:
        other = cover
    turn = [2 * math.pi * k / 8 + 0.2 for k in range(8)]
    rim = [(radius_x * math.cos(a), radius_y * math.sin(a), rim_z) for a in turn]
    shape.group(layer=2)
    for k in range(8):
        tone = cover if k % 2 == 0 else other
        shade = 0.86 + 0.14 * math.cos(turn[k] - 0.8)
        a, b = rim[k], rim[(k + 1) % 8]
        shape.panel([(0.0, 0.0, top), a, b], tone, shade=shade, two_sided=True)
        low = 0.18
        shape.panel([a, b, (b[0], b[1], b[2] - low), (a[0], a[1], a[2] - low)], tone, shade=shade * 0.8, two_sided=True)


def _tent(shape: Shape, size: Size, cover: Tone, rng: np.random.Generator) -> None:
    _table(shape, size, rng, 0.86, 0.8)
    long, wide, top = size.length_m / 2, size.width_m / 2, size.height_m
    eave = top - 0.45
    shape.group(layer=1)
    for x in (-long * 0.95, long * 0.95):
        for y in (-wide * 0.95, wide * 0.95):
            shape.box((x - 0.03, y - 0.03, 0.0), (x + 0.03, y + 0.03, eave), _POLE)
    other = cover if rng.random() < 0.45 else _WHITE
    shape.group(layer=2)
    stripes = int(rng.integers(4, 8))
    step = 2 * long / stripes
    for k in range(stripes):
        tone = cover if k % 2 == 0 else other
        x0, x1 = -long + k * step, -long + (k + 1) * step
        for side, shade in ((-1, 0.85), (1, 0.98)):
            y = side * wide
            shape.panel([(x0, 0, top), (x1, 0, top), (x1, y, eave), (x0, y, eave)], tone, shade=shade, two_sided=True)
            hem = [(x0, y, eave), (x1, y, eave), (x1, y, eave - 0.28), (x0, y, eave - 0.28)]
            shape.panel(hem, tone, shade=shade * 0.85, two_sided=True)
    for x in (-long, long):
        shape.panel([(x, 0, top), (x, -wide, eave), (x, wide, eave)], cover, shade=0.75, two_sided=True)


def _cart(shape: Shape, size: Size, cover: Tone, rng: np.random.Generator) -> None:
    long, wide, top = size.length_m / 2, size.width_m / 2, size.height_m
    shape.group()
    for x in (-long * 0.6, long * 0.6):
        for side in (-1, 1):
            shape.disc((x, side * wide * 0.82, 0.26), 0.26, (30.0, 30.0, 30.0), left=side > 0)
    shape.box((-long * 0.92, -wide * 0.8, 0.28), (long * 0.92, wide * 0.8, 1.0), cover)
    board = _bright(rng)
    for side in (-1, 1):  # lettering on the flanks
        y = side * (wide * 0.8 + 0.01)
        strip = [(-long * 0.8, y, 0.45), (long * 0.8, y, 0.45), (long * 0.8, y, 0.85), (-long * 0.8, y, 0.85)]
        shape.panel(strip if side < 0 else strip[::-1], board, shade=0.85, decal=True)
        for k in range(4):
            x0 = -long * 0.7 + k * long * 0.36
            sign = [(x0, y * 1.01, 0.53), (x0 + long * 0.2, y * 1.01, 0.53), (x0 + long * 0.2, y * 1.01, 0.77)]
            sign.append((x0, y * 1.01, 0.77))
            shape.panel(sign if side < 0 else sign[::-1], mix(board, _WHITE, 0.8), shade=0.9, decal=True)
    trays = int(rng.integers(4, 8))
    for k in range(trays):
        x0 = -long * 0.85 + k * 1.7 * long / trays
        x1 = x0 + 1.5 * long / trays
        shape.box((x0, -wide * 0.65, 1.0), (x1, wide * 0.65, 1.0 + float(rng.uniform(0.05, 0.3))), _bright(rng))
    shape.group(layer=1)
    for x in (-long * 0.9, long * 0.9):
        for y in (-wide * 0.78, wide * 0.78):
            shape.box((x - 0.025, y - 0.025, 1.0), (x + 0.025, y + 0.025, top - 0.3), _POLE)
    shape.group(layer=2)
    shape.box((-long, -wide, top - 0.34), (long, wide, top), mix(cover, _bright(rng), 0.5), inset_top=(0.12, 0.15))
    for side in (-1, 1):
        y = side * (wide + 0.01)
        for k in range(5):
            x0 = -long * 0.85 + k * long * 0.36
            sign = [(x0, y, top - 0.3), (x0 + long * 0.22, y, top - 0.3), (x0 + long * 0.22, y, top - 0.1)]
            sign.append((x0, y, top - 0.1))
            shape.panel(sign if side < 0 else sign[::-1], _WHITE, shade=0.95, decal=True)
