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


def part(colours: bytes, whole: tuple[float, float, float, float], left: tuple[float, float, float, float]) -> bytes:
    """Return the colours of the patches of `left`, which is what can be seen of a thing at `whole`."""
    found = bytearray()
    for row in range(3):
        for column in range(3):
            x = left[0] + (column + 0.5) / 3 * (left[2] - left[0])
            y = left[1] + (row + 0.5) / 3 * (left[3] - left[1])
            across = min(2, max(0, int(3 * (x - whole[0]) / (whole[2] - whole[0]))))
            down = min(2, max(0, int(3 * (y - whole[1]) / (whole[3] - whole[1]))))
            at = 3 * (3 * down + across)
            found += colours[at : at + 3]
    return bytes(found)
