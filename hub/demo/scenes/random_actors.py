"""A class and a random generator in, an actor with a size, a colour and a look of its own out; and who stands where."""

import math

import numpy as np

from hub.demo.scenes.description import Actor, Colour, Path, Size

_SIZES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "car": ((3.6, 5.0), (1.65, 1.95), (1.4, 1.95)),
    "bus": ((8.5, 12.5), (2.4, 2.6), (2.9, 3.3)),
    "truck": ((5.6, 10.5), (2.0, 2.6), (2.6, 3.9)),
    "motorcycle": ((1.6, 2.0), (0.6, 0.75), (1.6, 1.75)),
    "person": ((0.45, 0.55), (0.5, 0.6), (1.15, 1.85)),
    "stall": ((1.7, 3.4), (1.4, 2.4), (2.1, 2.8)),
}
_PAINTS: tuple[Colour, ...] = (
    (225, 225, 225), (235, 238, 238), (45, 45, 48), (30, 30, 32), (150, 152, 150), (95, 95, 92),
    (40, 40, 165), (140, 70, 30), (60, 75, 95), (190, 190, 200), (35, 120, 190), (70, 110, 60),
)  # fmt: skip

Footprint = tuple[float, float, float, float]  # its middle's x and y, and how far it reaches along y and along x


def random_actor(rng: np.random.Generator, label: str, name: str, path: Path) -> Actor:
    """Return an actor of a class with a size, a colour and a look of its own."""
    long, wide, high = (round(float(rng.uniform(*span)), 2) for span in _SIZES[label])
    if label in ("car", "truck") and rng.random() < 0.75:
        colour = _PAINTS[int(rng.integers(len(_PAINTS)))]
    else:
        b, g, r = np.clip(rng.normal(125, 75, 3), 12, 248).astype(int).tolist()
        colour = (b, g, r)
    size = Size(length_m=long, width_m=wide, height_m=high)
    return Actor(actor_id=name, label=label, size=size, colour=colour, path=path, look=int(rng.integers(1, 1_000_000)))


def footprint(size: Size, x_m: float, y_m: float, heading_deg: float) -> Footprint:
    """Return the ground that a thing covers, as if it stood straight along the street or across it."""
    turned = abs(math.sin(math.radians(heading_deg))) > 0.7
    along, across = (size.width_m, size.length_m) if turned else (size.length_m, size.width_m)
    return x_m, y_m, along, across


class Ground:
    """What of the street is taken: two things never stand in one another."""

    def __init__(self) -> None:
        self._taken: list[Footprint] = []

    def free(self, place: Footprint) -> bool:
        """Return whether nothing stands there."""
        x, y, long, wide = place
        return not any(abs(x - a) < (wide + c) / 2 and abs(y - b) < (long + d) / 2 for a, b, d, c in self._taken)

    def take(self, place: Footprint) -> bool:
        """Take the place if it is free, and return whether it was."""
        if not self.free(place):
            return False
        self._taken.append(place)
        return True
