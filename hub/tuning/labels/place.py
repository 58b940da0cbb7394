"""Two subjects in, whether they are one place out, and how far apart: `zone@x,y` of a picture, or a name; pure.

Where something stands in a picture is told by the middle of its lower edge, rounded; a box that jitters, a larger
stall, another grain of rounding move it. Whoever draws a label may name the zone alone: then it is anywhere in it.
"""

from __future__ import annotations

import math

REACH = 0.1  # of the picture's side: two grains of the rounding that names a place


def parted(subject: str) -> tuple[str, tuple[float, float] | None]:
    """Return the zone and the position of `zone@x,y`; of any other subject itself and None."""
    name, at_sign, position = subject.rpartition("@")
    x, comma, y = position.partition(",")
    if not (at_sign and name and comma):
        return subject, None
    try:
        here = (float(x), float(y))
    except ValueError:
        return subject, None
    return (name, here) if all(map(math.isfinite, here)) else (subject, None)


def apart(one: str, other: str, *, reach: float = REACH) -> float | None:
    """Return how far apart two subjects are as a share of `reach`, from 0 to 1; None where they are two places."""
    (name, here), (other_name, there) = parted(one), parted(other)
    return None if name != other_name else distance(here, there, reach=reach)


def distance(
    here: tuple[float, float] | None, there: tuple[float, float] | None, *, reach: float = REACH
) -> float | None:
    """Return how far apart two positions in one zone are as a share of `reach`, 0 to 1; None beyond it.

    None as a position is the whole zone, or what is no place in a picture.
    """
    if here is None or there is None:
        return 0.0 if here is there else 0.5  # a whole zone holds every place in it, but says less than the place
    # The rounding's own error must not part two places that are just in reach of one another.
    share = math.dist(here, there) / reach
    return min(share, 1.0) if share <= 1.0 + 1e-9 else None
