"""A folder of drawn streets and a random generator in, batches as the loss of `ultralytics` wants them out."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from hub.demo.training.dataset import Canvas, Sample, learning_sample
from hub.demo.training.drawn import Drawn, load_street

_AHEAD = 3


class Shelf:
    """The drawn pictures of a folder, held in memory; it takes up what has been drawn since when it looks again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[Path] = set()
        self._pictures: list[Drawn] = []

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self._pictures)

    def look_again(self) -> None:
        """Take up new streets; end with a message where there are none at all."""
        for path in sorted(self._folder.glob("street-*.npz")):
            if path not in self._taken:
                self._pictures += load_street(path)
                self._taken.add(path)
        if not self._pictures:
            sys.exit(f"no drawn streets in {self._folder}: run python -m hub.demo.training.draw --out {self._folder}")

    def chosen(self, rng: np.random.Generator, count: int) -> list[Drawn]:
        """Return `count` pictures at random; none comes twice before all have come once."""
        rounds = -(-count // len(self))
        order = np.concatenate([rng.permutation(len(self)) for _ in range(rounds)])
        return [self._pictures[int(index)] for index in order[:count]]


def batches(
    shelf: Shelf, canvas: Canvas, rng: np.random.Generator, *, size: int, count: int, cut_share: float
) -> Iterator[dict[str, torch.Tensor]]:
    """Yield `count` batches of `size` pictures; a thread decodes, cuts and scales those to come."""
    cv2.setNumThreads(1)
    drawn = shelf.chosen(rng, size * count)
    seeds = [int(seed) for seed in rng.integers(0, 2**62, count)]

    def made(number: int) -> dict[str, torch.Tensor]:
        own = np.random.default_rng(seeds[number])
        chosen = drawn[number * size : (number + 1) * size]
        return pack([learning_sample(picture, canvas, own, cut_share=cut_share) for picture in chosen], canvas)

    with ThreadPoolExecutor(1) as pool:
        numbers = iter(range(count))
        waiting: list[Future[dict[str, torch.Tensor]]] = [pool.submit(made, k) for k in islice(numbers, _AHEAD)]
        try:
            while waiting:
                batch = waiting.pop(0).result()
                waiting += [pool.submit(made, k) for k in islice(numbers, 1)]
                yield batch
        finally:
            for future in waiting:
                future.cancel()


def pack(samples: list[Sample], canvas: Canvas) -> dict[str, torch.Tensor]:
    """Return the batch as the loss of `ultralytics` wants it: RGB pictures, and boxes as centre and size."""
    pictures = np.stack([canvas.letterbox(sample.picture)[..., ::-1] for sample in samples])
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    owners, classes, boxes = [], [], []
    for number, sample in enumerate(samples):
        x0, x1 = sample.boxes[:, 1], sample.boxes[:, 3]
        y0, y1 = ((sample.boxes[:, k] * canvas.picture_px + canvas.pad_px) / canvas.height_px for k in (2, 4))
        owners.append(np.full(len(sample.boxes), number, np.float32))
        classes.append(sample.boxes[:, :1])
        boxes.append(np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], axis=1))
    return {
        "img": images.contiguous(memory_format=torch.channels_last),
        "batch_idx": torch.from_numpy(np.concatenate(owners)),
        "cls": torch.from_numpy(np.concatenate(classes)),
        "bboxes": torch.from_numpy(np.concatenate(boxes)),
    }
