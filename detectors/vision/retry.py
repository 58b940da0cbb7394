"""How often it failed in, how long to wait out: growing, bounded, and scattered so that cameras do not come at once."""

from __future__ import annotations


def wait_s(failures: int, first_s: float, most_s: float, chance: float) -> float:
    """Return the pause before the next attempt after `failures` in a row; `chance` (0..1) scatters it.

    Between half and the whole of first_s · 2^(failures - 1), which is held at `most_s`.
    """
    whole_s = min(most_s, first_s * 2.0 ** min(max(0, failures - 1), 30))
    return whole_s * (0.5 + 0.5 * chance)
