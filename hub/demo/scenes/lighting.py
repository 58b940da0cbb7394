"""A scene's light in, brightness out: how lit a point of the street is, and in which colour."""

import math

import numpy as np

from hub.demo.scenes.description import Light, Street, Weather
from hub.demo.scenes.geometry import Floats

_LAMP_SPACING_M = 22.0
_LAMP_HEIGHT_M = 8.0
_LAMP_COLOURS = np.array([[0.42, 0.74, 1.0], [0.78, 0.92, 1.0], [0.95, 0.97, 1.0]], np.float32)
_MOON = np.array([0.13, 0.105, 0.10], np.float32)
_NOON = np.array([1.0, 1.0, 1.0], np.float32)
_LOW_SUN = np.array([0.62, 0.74, 0.90], np.float32)
_GREY = np.array([0.86, 0.84, 0.82], np.float32)


class Lighting:
    """The light of one scene: an ambient colour everywhere, and lamp pools along both kerbs at night."""

    def __init__(self, light: Light, street: Street) -> None:
        self.light = light
        self._street = street
        self._lamp_colour = _LAMP_COLOURS[street.look % len(_LAMP_COLOURS)]
        self._phase_m = float(street.look * 7 % 19)
        self.ambient = self._ambient()
        self.hard_shadows = light.weather is Weather.CLEAR and light.daylight > 0.35
        self.dark = light.daylight < 0.3

    def _ambient(self) -> Floats:
        daylight = self.light.daylight
        sky = _GREY if self.light.weather is not Weather.CLEAR else _NOON
        day = _LOW_SUN + (sky - _LOW_SUN) * min(1.0, daylight * 1.6)
        level = daylight**0.7
        ambient: Floats = (_MOON * (1 - level) + day * level).astype(np.float32)
        return ambient

    def lamp_places(self) -> list[tuple[float, float]]:
        """Return where the street lamps stand, as far as a camera can see."""
        kerb = self._street.road_half_m + 0.6
        return [
            (side * kerb, self._phase_m + k * _LAMP_SPACING_M + (side > 0) * _LAMP_SPACING_M / 2)
            for k in range(-1, 7)
            for side in (-1, 1)
        ]

    def over(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return the light (…, 3), 1 being full daylight, on ground points of any shape."""
        shape = np.shape(x_m)
        lit = np.broadcast_to(self.ambient, (*shape, 3)).astype(np.float32)
        if not self.light.lamps_on:
            return lit
        pool = np.zeros(shape, np.float32)
        height2 = _LAMP_HEIGHT_M**2
        for lamp_x, lamp_y in self.lamp_places():
            reach = lamp_x - math.copysign(1.5, lamp_x)
            distance2 = (x_m - reach) ** 2 + (y_m - lamp_y) ** 2
            pool += (height2 / (distance2 + height2)) ** 2
        strength = 0.62 * (1 - self.light.daylight)
        total: Floats = lit + np.minimum(pool, 1.3)[..., None] * self._lamp_colour * strength
        return total

    def at(self, x_m: float, y_m: float) -> Floats:
        """Return the light (3) on one point of the street."""
        return self.over(np.asarray(x_m, np.float32), np.asarray(y_m, np.float32))
