"""A vehicle's size, colour and look in, its shape out: cars, buses, trucks, and motorcycles with a rider."""

import numpy as np

from hub.demo.scenes.description import Colour, Size
from hub.demo.scenes.people import add_figure
from hub.demo.scenes.shape import Point, Shape, Tone, mix

_BLACK: Tone = (26.0, 26.0, 28.0)
_TYRE: Tone = (30.0, 29.0, 29.0)
_HUB: Tone = (150.0, 150.0, 150.0)
_WHITE_LIGHT: Tone = (235.0, 250.0, 255.0)
_RED_LIGHT: Tone = (40.0, 30.0, 215.0)
_PLATES: tuple[Tone, ...] = ((170.0, 80.0, 20.0), (150.0, 200.0, 120.0), (30.0, 180.0, 220.0))


def _tone(colour: Colour) -> Tone:
    return (float(colour[0]), float(colour[1]), float(colour[2]))


def _glass(rng: np.random.Generator) -> Tone:
    level = rng.uniform(30, 95)
    return (level * 1.15, level * 1.05, level)


def _wheels(shape: Shape, places: list[float], half_width: float, radius_m: float) -> None:
    for x in places:
        for side in (-1, 1):
            y = side * (half_width + 0.02)
            shape.disc((x, y, radius_m), radius_m, _TYRE, left=side > 0)
            shape.disc((x, y + side * 0.01, radius_m), radius_m * 0.55, _HUB, left=side > 0, corners=7)


def _lights(shape: Shape, half_length: float, half_width: float, z: float, *, size_m: float) -> None:
    for side in (-1, 1):
        y = side * (half_width - size_m * 0.9)
        a, b = y - size_m * 0.6, y + size_m * 0.6
        x = half_length + 0.02
        shape.panel([(x, a, z - 0.08), (x, b, z - 0.08), (x, b, z + 0.08), (x, a, z + 0.08)], _WHITE_LIGHT, decal=True)
        shape.panel(
            [(-x, b, z - 0.08), (-x, a, z - 0.08), (-x, a, z + 0.12), (-x, b, z + 0.12)], _RED_LIGHT, decal=True
        )
        shape.lamp((x, y, z), 0.75, (190.0, 225.0, 255.0), ahead=1)
        shape.lamp((-x, y, z), 0.32, (30.0, 25.0, 235.0), ahead=-1)


def _plate(shape: Shape, half_length: float, z: float, tone: Tone) -> None:
    for side in (-1, 1):
        x, y = side * (half_length + 0.03), side * 0.24
        shape.panel([(x, -y, z), (x, y, z), (x, y, z + 0.15), (x, -y, z + 0.15)], tone, decal=True)


def _inset(corners: list[Point], share: float) -> list[Point]:
    middle = [sum(p[i] for p in corners) / len(corners) for i in range(3)]
    return [
        (
            p[0] + (middle[0] - p[0]) * share,
            p[1] + (middle[1] - p[1]) * share,
            p[2] + (middle[2] - p[2]) * share,
        )
        for p in corners
    ]


def car(size: Size, colour: Colour, look: int) -> Shape:
    """Return a saloon, an estate or off-roader, or a small van."""
    rng = np.random.default_rng((look, 11))
    body, glass = _tone(colour), _glass(rng)
    long, wide, high = size.length_m / 2, size.width_m / 2, size.height_m
    style = look % 3
    belt = high * (0.58 if style < 2 else 0.52)
    shape = Shape()
    shape.group()
    shape.box((-long * 0.94, -wide * 0.96, 0.16), (long * 0.94, wide * 0.96, 0.42), _BLACK)
    shape.box((-long, -wide, 0.30), (long, wide, belt), body, inset_top=(long * 0.03, wide * 0.04))
    _wheels(shape, [-long * 0.62, long * 0.62], wide, 0.31)
    _lights(shape, long, wide, belt * 0.74, size_m=0.22)
    _plate(shape, long, belt * 0.45, _PLATES[look % len(_PLATES)])

    # The cabin: where it starts and ends at the belt line, and at the roof.
    front, roof_front, roof_rear, rear = (
        (0.42, 0.08, -0.52, -0.86),
        (0.46, 0.18, -0.86, -0.96),
        (0.82, 0.56, -0.94, -0.98),
    )[style]
    roof = wide * 0.76
    base_w = wide * 0.95
    f0, f1 = (front * long, base_w, belt), (front * long, -base_w, belt)
    g0, g1 = (roof_front * long, roof, high), (roof_front * long, -roof, high)
    h0, h1 = (roof_rear * long, roof, high), (roof_rear * long, -roof, high)
    r0, r1 = (rear * long, base_w, belt), (rear * long, -base_w, belt)
    shape.group(layer=1)
    shape.panel([g1, g0, h0, h1], body, shade=1.06)
    for corners, shade in (([f1, f0, g0, g1], 0.85), ([r0, r1, h1, h0], 0.66)):
        shape.panel(corners, body, shade=shade)
        shape.panel(_inset(corners, 0.10), glass, shade=1.25 if shade > 0.8 else 0.9, decal=True)
    for corners, shade in (([r1, f1, g1, h1], 0.72), ([f0, r0, h0, g0], 0.80)):
        shape.panel(corners, body, shade=shade)
        shape.panel(_inset(corners, 0.16), glass, shade=shade + 0.1, decal=True)
        middle = [_between(corners[0], corners[1], 0.47), _between(corners[0], corners[1], 0.53)]
        top = [_between(corners[3], corners[2], 0.53), _between(corners[3], corners[2], 0.47)]
        shape.panel([*middle, *top], body, shade=shade, decal=True)
    return shape


def _between(a: Point, b: Point, share: float) -> Point:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _window_band(
    shape: Shape, x0: float, x1: float, wide: float, z0: float, z1: float, count: int, glass: Tone
) -> None:
    step = (x1 - x0) / count
    for side in (-1, 1):
        y = side * (wide + 0.01)
        for k in range(count):
            a, b = x0 + step * (k + 0.08), x0 + step * (k + 0.92)
            corners = [(a, y, z0), (b, y, z0), (b, y, z1), (a, y, z1)]
            shape.panel(corners if side < 0 else corners[::-1], glass, shade=0.85, decal=True)


def bus(size: Size, colour: Colour, look: int) -> Shape:
    """Return a city bus: one long box with a band of windows, doors on its right, and a lit route sign."""
    rng = np.random.default_rng((look, 12))
    body, glass = _tone(colour), _glass(rng)
    long, wide, high = size.length_m / 2, size.width_m / 2, size.height_m
    second: Tone = mix(body, (240.0, 240.0, 240.0), 0.8) if look % 2 else mix(body, (20.0, 20.0, 20.0), 0.55)
    shape = Shape()
    shape.group()
    shape.box((-long * 0.97, -wide * 0.96, 0.18), (long * 0.97, wide * 0.96, 0.5), _BLACK)
    shape.box((-long, -wide, 0.34), (long, wide, high), body, inset_top=(0.08, 0.1))
    for side in (-1, 1):  # a stripe along the flanks
        y = side * (wide + 0.005)
        stripe = [(-long, y, 0.5), (long, y, 0.5), (long, y, high * 0.36), (-long, y, high * 0.36)]
        shape.panel(stripe if side < 0 else stripe[::-1], second, shade=0.75, decal=True)
    _window_band(shape, -long * 0.95, long * 0.93, wide, high * 0.46, high * 0.84, int(rng.integers(5, 9)), glass)
    for door in (long * 0.78, -long * 0.08):  # traffic keeps right, so doors are on the right
        y = -wide - 0.015
        shape.panel(
            [(door - 0.6, y, 0.45), (door + 0.6, y, 0.45), (door + 0.6, y, high * 0.85), (door - 0.6, y, high * 0.85)],
            mix(glass, _BLACK, 0.3),
            shade=0.9,
            decal=True,
        )
    for side, z0 in ((1, 0.36), (-1, 0.5)):
        x, y = side * (long + 0.01), side * wide * 0.9
        pane = [(x, -y, high * z0), (x, y, high * z0), (x, y, high * 0.84), (x, -y, high * 0.84)]
        shape.panel(pane, glass, shade=1.1, decal=True)
        sign = [(x, -y * 0.7, high * 0.87), (x, y * 0.7, high * 0.87), (x, y * 0.7, high * 0.95)]
        shape.panel([*sign, (x, -y * 0.7, high * 0.95)], (20.0, 150.0, 250.0), own_light=True, decal=True)
    _wheels(shape, [-long * 0.55, long * 0.52], wide, 0.48)
    _lights(shape, long, wide, 0.75, size_m=0.26)
    _plate(shape, long, 0.5, _PLATES[2])
    shape.group(layer=1)
    shape.box((-long * 0.5, -wide * 0.6, high), (-long * 0.1, wide * 0.6, high + 0.25), (190.0, 190.0, 190.0))
    return shape


def truck(size: Size, colour: Colour, look: int) -> Shape:
    """Return a lorry: a cab in its colour before a box, a covered load or an open tipper."""
    rng = np.random.default_rng((look, 13))
    body, glass = _tone(colour), _glass(rng)
    long, wide, high = size.length_m / 2, size.width_m / 2, size.height_m
    style = look % 3
    cab = min(2.2, size.length_m * 0.28)
    cab_high = high * (0.78 if style == 0 else 0.95)
    shape = Shape()
    load: Tone = (
        (225.0, 225.0, 222.0) if look % 2 else mix(body, (235.0, 235.0, 235.0), 0.7),
        (95.0, 75.0, 50.0) if look % 2 else (60.0, 95.0, 70.0),
        mix(body, (60.0, 60.0, 60.0), 0.25),
    )[style]
    shape.group()
    shape.box((-long, -wide * 0.7, 0.45), (long - 0.3, wide * 0.7, 0.85), (50.0, 50.0, 52.0))
    back = long - cab - 0.25
    top = high if style != 2 else high * 0.72
    shape.box((-long, -wide, 0.85), (back, wide, top), load, inset_top=(0.02, 0.02) if style != 1 else (0.3, 0.25))
    for side in (-1, 1):
        y = side * (wide + 0.005)
        ribs = int(rng.integers(4, 9))
        for k in range(1, ribs):
            x = -long + (back + long) * k / ribs
            rib = [(x - 0.05, y, 0.9), (x + 0.05, y, 0.9), (x + 0.05, y, top * 0.93), (x - 0.05, y, top * 0.93)]
            shape.panel(rib if side < 0 else rib[::-1], load, shade=0.55, decal=True)
        if style == 0:
            emblem = [(-long * 0.6, y, top * 0.5), (back * 0.5, y, top * 0.5), (back * 0.5, y, top * 0.72)]
            emblem.append((-long * 0.6, y, top * 0.72))
            shape.panel(emblem if side < 0 else emblem[::-1], body, shade=0.8, decal=True)
    if style == 2:
        cargo: Tone = (70.0, 95.0, 120.0) if look % 2 else (110.0, 110.0, 110.0)
        shape.panel(
            [
                (-long + 0.2, -wide * 0.85, top + 0.01),
                (back - 0.2, -wide * 0.85, top + 0.01),
                (back - 0.2, wide * 0.85, top + 0.01),
                (-long + 0.2, wide * 0.85, top + 0.01),
            ],
            cargo,
            decal=True,
        )
    _wheels(shape, [-long * 0.72, -long * 0.48, long * 0.74], wide, 0.48)
    shape.group()
    front = long - cab
    shape.box((front, -wide * 0.96, 0.45), (long, wide * 0.96, cab_high), body, inset_top=(0.15, 0.08))
    x = long + 0.01
    shape.panel(
        [
            (x - 0.04, -wide * 0.82, cab_high * 0.55),
            (x - 0.04, wide * 0.82, cab_high * 0.55),
            (x - 0.12, wide * 0.78, cab_high * 0.9),
            (x - 0.12, -wide * 0.78, cab_high * 0.9),
        ],
        glass,
        shade=1.15,
        decal=True,
    )
    _window_band(shape, front + 0.45, long - 0.15, wide * 0.95, cab_high * 0.56, cab_high * 0.86, 1, glass)
    _wheels(shape, [long * 0.74], wide, 0.48)
    _lights(shape, long, wide, 0.8, size_m=0.26)
    _plate(shape, long, 0.55, _PLATES[2])
    return shape


def motorcycle(size: Size, colour: Colour, look: int) -> Shape:
    """Return an electric scooter or motorcycle with its rider, as nearly all of them are seen."""
    rng = np.random.default_rng((look, 14))
    body = _tone(colour)
    long = size.length_m / 2
    shape = Shape()
    shape.group()
    for x in (-long * 0.68, long * 0.70):
        shape.box((x - 0.24, -0.06, 0.02), (x + 0.24, 0.06, 0.52), _TYRE, inset_top=(0.08, 0.0))
        for side in (-1, 1):
            shape.disc((x, side * 0.07, 0.28), 0.28, _TYRE, left=side > 0, corners=8)
            shape.disc((x, side * 0.08, 0.28), 0.12, _HUB, left=side > 0, corners=6)
    shape.box((-long * 0.85, -0.17, 0.38), (long * 0.1, 0.17, 0.78), body, inset_top=(0.08, 0.03))
    shape.box((-long * 0.15, -0.15, 0.22), (long * 0.5, 0.15, 0.40), mix(body, _BLACK, 0.4))
    shape.box((long * 0.42, -0.20, 0.35), (long * 0.66, 0.20, 1.02), body, inset_top=(0.06, 0.06))
    shape.panel(
        [(long * 0.67, -0.09, 0.8), (long * 0.67, 0.09, 0.8), (long * 0.64, 0.09, 0.95), (long * 0.64, -0.09, 0.95)],
        _WHITE_LIGHT,
        decal=True,
    )
    shape.lamp((long * 0.67, 0.0, 0.88), 0.6, (190.0, 225.0, 255.0), ahead=1)
    shape.lamp((-long * 0.86, 0.0, 0.65), 0.24, (30.0, 25.0, 235.0), ahead=-1)
    if look % 3 == 0:  # a delivery box behind the rider
        box: Tone = ((30.0, 190.0, 245.0), (215.0, 140.0, 20.0), (60.0, 60.0, 220.0))[int(rng.integers(3))]
        shape.box((-long * 1.0, -0.24, 0.80), (-long * 0.5, 0.24, 1.26), box)
    add_figure(shape, height_m=1.68, look=look, seat=(-long * 0.18, 0.78), helmet=look % 4 != 1)
    return shape
