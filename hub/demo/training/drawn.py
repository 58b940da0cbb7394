"""Street seeds in, files with drawn pictures and their boxes out, and back in: what training reads again and again.

A file holds one street with several traffics, a picture of each, as JPEG at the camera's own size; so training can
cut and scale pictures anew each time it sees them, and drawing goes on beside it.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.description import LABELS
from hub.demo.scenes.random_scenes import SCENE_S, busy_scene
from hub.demo.scenes.render import Renderer

TRAFFICS = 8
_CODEC_SHARE = 0.7
_CLEAN_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture as JPEG and what is in it, (N, 6): class, then x0, y0, x1, y1 in shares, then how much is visible."""

    jpeg: NDArray[np.uint8]
    truth: NDArray[np.float32]


def draw_street(seed: int) -> list[Drawn]:
    """Return a picture of each traffic of one busy street, most of them as a lossy codec would leave them."""
    cv2.setNumThreads(1)
    renderer = Renderer(busy_scene(seed, TRAFFICS))
    rng = np.random.default_rng((seed, 71))
    pictures = []
    for number in range(TRAFFICS):
        frame, truth = renderer.render(SCENE_S * (number + float(rng.uniform(0.0, 0.99))))
        lossy = rng.random() < _CODEC_SHARE
        quality = int(rng.integers(25, 85)) if lossy else _CLEAN_QUALITY
        _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        rows = [(float(LABELS.index(box.label)), *box.xyxy, box.visible_fraction) for box in truth]
        pictures.append(Drawn(np.asarray(packed, np.uint8).ravel(), np.array(rows, np.float32).reshape(-1, 6)))
    return pictures


def save_street(folder: Path, seed: int) -> Path:
    """Draw one street into `folder` unless it is there already, and return its file; a reader never sees half of it."""
    path = folder / f"street-{seed}.npz"
    if not path.exists():
        pictures = draw_street(seed)
        partial = folder / f".{path.stem}.partial.npz"
        np.savez(
            partial,
            jpegs=np.concatenate([picture.jpeg for picture in pictures]),
            jpeg_sizes=[len(picture.jpeg) for picture in pictures],
            truths=np.concatenate([picture.truth for picture in pictures]),
            truth_sizes=[len(picture.truth) for picture in pictures],
        )
        partial.replace(path)
    return path


def load_street(path: Path) -> list[Drawn]:
    """Return the pictures of one street's file."""
    with np.load(path) as held:
        jpegs = np.split(held["jpegs"], np.cumsum(held["jpeg_sizes"])[:-1])
        truths = np.split(held["truths"], np.cumsum(held["truth_sizes"])[:-1])
    return [Drawn(jpeg, truth) for jpeg, truth in zip(jpegs, truths, strict=True)]
