"""A scene's light in, brightness out: how lit a point of the street is, and in which colour."""

import numpy as np

from hub.demo.scenes.description import Light, Street, Weather
from hub.demo.scenes.geometry import Floats

_LAMP_SPACING_M = 22.0
_HEIGHT2 = 8.0**2  # the lamps hang 8 m high
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
        colour = _LAMP_COLOURS[street.look % len(_LAMP_COLOURS)]
        self._phase_m = float(street.look * 7 % 19)
        self._lamps = self._lamp_places()
        self._lamp_light = colour * np.float32(0.62 * (1 - light.daylight))
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

    def _lamp_places(self) -> list[tuple[float, float]]:
        """Return what the street lamps hang over, as far as a camera can see."""
        reach = self._street.road_half_m + 0.6 - 1.5
        return [
            (side * reach, self._phase_m + k * _LAMP_SPACING_M + (side > 0) * _LAMP_SPACING_M / 2)
            for k in range(-1, 7)
            for side in (-1, 1)
        ]

    def over(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return the light (…, 3), 1 being full daylight, on ground points of any shape."""
        shape = np.shape(x_m)
        if not self.light.lamps_on:
            return np.broadcast_to(self.ambient, (*shape, 3)).astype(np.float32)
        pool = np.zeros(shape, np.float32)
        for lamp_x, lamp_y in self._lamps:
            distance2 = (x_m - lamp_x) ** 2 + (y_m - lamp_y) ** 2
            pool += (_HEIGHT2 / (distance2 + _HEIGHT2)) ** 2
        return np.asarray(self.ambient + np.minimum(pool, 1.3)[..., None] * self._lamp_light, np.float32)

    def at(self, x_m: float, y_m: float) -> Floats:
        """Return the light (3) on one point of the street; the same as `over`, without arrays' overhead."""
        if not self.light.lamps_on:
            return self.ambient
        pool = 0.0
        for lamp_x, lamp_y in self._lamps:
            distance2 = (x_m - lamp_x) ** 2 + (y_m - lamp_y) ** 2
            pool += (_HEIGHT2 / (distance2 + _HEIGHT2)) ** 2
        return np.asarray(self.ambient + min(pool, 1.3) * self._lamp_light, np.float32)
