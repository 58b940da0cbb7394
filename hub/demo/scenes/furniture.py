"""A prop's kind and look in, its shape out: trees, lamp posts, bins and road signs."""

import numpy as np

from hub.demo.scenes.description import PropKind
from hub.demo.scenes.shape import Shape, Tone

_METAL: Tone = (105.0, 105.0, 100.0)


def furniture(kind: PropKind, look: int) -> Shape:
    """Return the shape of one prop."""
    rng = np.random.default_rng((look, 41))
    shape = Shape()
    shape.group()
    match kind:
        case PropKind.TREE:
            _tree(shape, rng)
        case PropKind.LAMP:
            shape.box((-0.09, -0.09, 0.0), (0.09, 0.09, 7.8), _METAL)
            shape.box((-0.07, -0.05, 7.7), (1.6, 0.05, 7.85), _METAL)
            shape.box((1.1, -0.15, 7.65), (1.8, 0.15, 7.8), (200.0, 205.0, 205.0))
            shape.lamp((1.5, 0.0, 7.6), 1.6, (150.0, 205.0, 245.0))
        case PropKind.BIN:
            tone: Tone = ((70.0, 120.0, 60.0), (120.0, 90.0, 50.0), (60.0, 60.0, 150.0))[look % 3]
            shape.box((-0.3, -0.3, 0.0), (0.3, 0.3, 1.0), tone, inset_top=(-0.04, -0.04))
        case PropKind.SIGN:
            shape.box((-0.04, -0.04, 0.0), (0.04, 0.04, 2.6), _METAL)
            face: Tone = ((190.0, 95.0, 20.0), (30.0, 30.0, 200.0), (60.0, 140.0, 40.0))[look % 3]
            corners = [(0.0, -0.45, 2.0), (0.0, 0.45, 2.0), (0.0, 0.45, 2.8), (0.0, -0.45, 2.8)]
            shape.panel(corners, face, two_sided=True)
    return shape


def _tree(shape: Shape, rng: np.random.Generator) -> None:
    trunk = float(rng.uniform(2.0, 3.2))
    crown = float(rng.uniform(1.2, 2.2))
    shape.box((-0.13, -0.13, 0.0), (0.13, 0.13, trunk + 0.8), (55.0, 70.0, 85.0))
    shape.group(layer=1)
    green = np.array([rng.uniform(30, 70), rng.uniform(85, 130), rng.uniform(50, 95)])
    if rng.random() < 0.15:  # ginkgo in autumn
        green = np.array([40.0, 165.0, 195.0])
    for _ in range(60):
        spot = rng.normal(0, 0.5, 3)
        spot *= crown / max(1.0, float(np.linalg.norm(spot)))
        level = 0.75 + 0.28 * spot[2] / crown + rng.normal(0, 0.1)
        b, g, r = np.clip(green * level, 5, 250)
        place = (float(spot[0]), float(spot[1]), trunk + crown + float(spot[2]))
        shape.ball(place, crown * float(rng.uniform(0.16, 0.32)), (float(b), float(g), float(r)))
