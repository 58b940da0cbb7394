"""How long to wait before the next try: doubling, bounded, and never in step with others who wait for the same."""

from __future__ import annotations

import random
from collections.abc import Iterator


def backoff(first_s: float = 0.25, longest_s: float = 10.0) -> Iterator[float]:
    """Yield waiting times without end: doubling up to `longest_s`, each drawn between half and whole."""
    wait_s = first_s
    while True:
        yield wait_s * random.uniform(0.5, 1.0)
        wait_s = min(wait_s * 2, longest_s)
