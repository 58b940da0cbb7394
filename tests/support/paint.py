"""Cars as a camera shows them, in nine patches: a paint and the light in, colours out."""

from __future__ import annotations

Paint = tuple[int, int, int]  # blue, green, red

WHITE, GREY, BLACK = (225, 228, 230), (120, 122, 121), (38, 36, 35)
RED, BLUE = (38, 34, 160), (150, 80, 34)
GLASS, ROAD = (62, 58, 55), (96, 98, 99)

# The roof and its windows, the body, the wheels: the share of paint in each patch, the rest being glass or road.
_PAINTED = (0.3, 0.5, 0.3, 0.7, 0.8, 0.7, 0.5, 0.6, 0.5)


def painted(paint: Paint, light: float = 1.0) -> bytes:
    """Return the colours of a car's box; `light` is how much there is of it, 1 being plain day."""
    found = bytearray()
    for patch, share in enumerate(_PAINTED):
        rest = GLASS if patch < 3 else ROAD
        for level, other in zip(paint, rest, strict=True):
            found.append(min(255, max(1, round(light * (share * level + (1 - share) * other)))))
    return bytes(found)
