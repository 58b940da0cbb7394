"""A number of streets in, a folder of drawn streets for training out.

    python -m hub.demo.training.draw --out DIR --streets 2000 [--seed 1]

A street that is there already is not drawn again, so it can be stopped at any time; it draws beside training too,
which takes up new streets at the start of each round.
"""

import argparse
import time
from pathlib import Path

from hub.demo.training.drawn import TRAFFICS, save_street

FIRST_TRAINING_SEED = 1_000_000  # evaluation draws from other seeds
STREETS_PER_SEED = 100_000


def street_seed(seed: int, number: int) -> int:
    """Return the scene seed of the run's street `number`; two runs of different seeds share no street."""
    return FIRST_TRAINING_SEED + seed * STREETS_PER_SEED + number


def main() -> None:
    """Draw the streets, one after another."""
    parser = argparse.ArgumentParser(description="Draw busy streets for training.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the drawn streets")
    parser.add_argument("--streets", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first street, for several processes")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    for number in range(given.first, given.first + given.streets):
        save_street(given.out, street_seed(given.seed, number))
        if (number - given.first + 1) % 50 == 0:
            made = number - given.first + 1
            rate = made * TRAFFICS / (time.monotonic() - started_s)
            print(f"{made} streets, {rate:.1f} pictures/s", flush=True)


if __name__ == "__main__":
    main()
