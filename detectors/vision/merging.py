"""What several models saw in one picture in, one list of boxes out: a thing that two of them saw counts once."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.vision.labels import group
from detectors.vision.tracker import iou
from ingest.observation import Box

# Two models draw the same thing less alike than one model draws it twice; two things side by side overlap less.
SAME = 0.55


def merged(found: Sequence[Sequence[Box]]) -> list[Box]:
    """Return the boxes of all models, best first.

    Of two boxes of one group that overlap and come from different models the surer one stays: boxes of one model are
    kept as they are, for it has already chosen among its own.
    """
    if len(found) == 1:
        return list(found[0])
    every = sorted(
        ((number, box) for number, boxes in enumerate(found) for box in boxes), key=lambda pair: -pair[1].confidence
    )
    kept: list[tuple[int, Box]] = []
    for number, box in every:
        if not any(
            number != other and group(box.label) == group(better.label) and iou(box, better) >= SAME
            for other, better in kept
        ):
            kept.append((number, box))
    return [box for _, box in kept]
