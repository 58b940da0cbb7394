"""A clean picture in, what a street camera makes of it out: rain streaks, softness and sensor noise."""

import cv2
import numpy as np

from hub.demo.scenes.description import Scene, Weather
from hub.demo.scenes.painter import Picture

_MARGIN_PX = 64


class Sensor:
    """The camera of one scene: its noise gets stronger as the light goes."""

    def __init__(self, scene: Scene) -> None:
        rng = np.random.default_rng((scene.seed, 51))
        self._seed = scene.seed
        self._clean = scene.noise <= 0
        self._height, self._width = scene.view.height_px, scene.view.width_px
        shape = (self._height + _MARGIN_PX, self._width + _MARGIN_PX, 3)
        sigma = scene.noise * (1.2 + 4.2 * (1 - scene.light.daylight) ** 2)
        grain = rng.normal(0, sigma, shape).astype(np.float32)
        grain = cv2.GaussianBlur(grain, (3, 3), 0.6) * 1.5
        self._brighter = np.clip(grain, 0, 60).astype(np.uint8)
        self._darker = np.clip(-grain, 0, 60).astype(np.uint8)
        self._softness = 0.45 + 0.25 * scene.noise * float(rng.random())
        self._rain = _rain(shape, scene, rng) if scene.light.weather is Weather.RAIN else None

    def expose(self, frame: Picture, at_s: float) -> Picture:
        """Return `frame` as the camera delivers it at second `at_s`."""
        if self._clean:
            return frame
        rng = np.random.default_rng((self._seed, round(abs(at_s) * 1000)))
        left, top, left2, top2 = rng.integers(0, _MARGIN_PX, 4).tolist()
        if self._rain is not None:
            frame = cv2.add(frame, self._window(self._rain, left2, top2))
        frame = cv2.GaussianBlur(frame, (3, 3), self._softness)
        frame = cv2.add(frame, self._window(self._brighter, left, top))
        return cv2.subtract(frame, self._window(self._darker, left, top))  # type: ignore[no-any-return]

    def _window(self, layer: Picture, left: int, top: int) -> Picture:
        return layer[top : top + self._height, left : left + self._width]


def _rain(shape: tuple[int, int, int], scene: Scene, rng: np.random.Generator) -> Picture:
    layer: Picture = np.zeros(shape, np.uint8)
    slant = float(rng.normal(0, 0.12))
    level = 26 + 40 * scene.light.daylight
    for _ in range(int(rng.integers(150, 420))):
        x, y = int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0]))
        length = int(rng.integers(8, 34))
        tone = float(level * rng.uniform(0.3, 1.0))
        cv2.line(layer, (x, y), (x + int(slant * length), y + length), (tone, tone, tone), 1, cv2.LINE_AA)
    return cv2.GaussianBlur(layer, (3, 3), 0.5)  # type: ignore[no-any-return]
