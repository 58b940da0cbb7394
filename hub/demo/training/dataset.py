"""Scene seeds in, pictures at the model's size with their boxes out: the data the demo model learns from."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.description import LABELS, TruthBox
from hub.demo.scenes.random_scenes import SCENE_S, random_scene
from hub.demo.scenes.render import Renderer

WIDTH_PX, HEIGHT_PX = 320, 192  # what the model sees; 16:9 pictures fill 320×180 of it
PICTURE_PX = 180
PAD_PX = (HEIGHT_PX - PICTURE_PX) // 2
PAD_GREY = 114
PICTURES_PER_SCENE = 4

_MIN_VISIBLE = 0.3
_MIN_SIDE_PX = 7.0  # in the full 640×360 picture
_MIN_AREA_PX = 120.0
_CODEC_SHARE = 0.7

Pictures = NDArray[np.uint8]
Boxes = NDArray[np.float32]  # (N, 5): class, then x0, y0, x1, y1 in shares of the 16:9 picture


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture (180, 320, 3) and its boxes."""

    picture: Pictures
    boxes: Boxes


def worth_finding(box: TruthBox, width_px: int, height_px: int, least_px: float = _MIN_SIDE_PX) -> bool:
    """Return whether the model is asked to find `box`: enough of it is visible, and it is not a speck."""
    wide, high = (box.xyxy[2] - box.xyxy[0]) * width_px, (box.xyxy[3] - box.xyxy[1]) * height_px
    return box.visible_fraction >= _MIN_VISIBLE and min(wide, high) >= least_px and wide * high >= _MIN_AREA_PX


def scene_samples(seed: int) -> list[Sample]:
    """Return the pictures of one random scene, spread over its time, as a lossy codec would leave them."""
    cv2.setNumThreads(1)
    scene = random_scene(seed)
    renderer = Renderer(scene)
    rng = np.random.default_rng((seed, 71))
    found = []
    for k in range(PICTURES_PER_SCENE):
        frame, truth = renderer.render(SCENE_S * (k + float(rng.random())) / PICTURES_PER_SCENE)
        if rng.random() < _CODEC_SHARE:
            quality = int(rng.integers(25, 85))
            _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
            frame = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        view = scene.view
        rows = [
            (float(LABELS.index(box.label)), *box.xyxy)
            for box in truth
            if worth_finding(box, view.width_px, view.height_px)
        ]
        picture = cv2.resize(frame, (WIDTH_PX, PICTURE_PX), interpolation=cv2.INTER_LINEAR)
        found.append(Sample(picture, np.array(rows, np.float32).reshape(-1, 5)))
    return found


def make_samples(images: int, first_seed: int, processes: int) -> list[Sample]:
    """Return `images` pictures from consecutive scene seeds; the number of processes changes nothing else."""
    seeds = range(first_seed, first_seed + -(-images // PICTURES_PER_SCENE))
    if processes <= 1:
        drawn = [scene_samples(seed) for seed in seeds]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            drawn = list(pool.map(scene_samples, seeds, chunksize=4))
    return [sample for samples in drawn for sample in samples][:images]


def letterbox(picture: Pictures) -> Pictures:
    """Return a (180, 320) picture centred on the model's (192, 320) canvas."""
    canvas = np.full((HEIGHT_PX, WIDTH_PX, 3), PAD_GREY, np.uint8)
    canvas[PAD_PX : PAD_PX + PICTURE_PX] = picture
    return canvas


def augment(sample: Sample, rng: np.random.Generator) -> Sample:
    """Return the sample mirrored half of the time, with brightness, contrast and colour moved a little."""
    picture, boxes = sample.picture, sample.boxes
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
        boxes = boxes.copy()
        boxes[:, [1, 3]] = 1.0 - boxes[:, [3, 1]]
    gain = rng.uniform(0.7, 1.35) * rng.uniform(0.93, 1.07, 3)
    table = np.clip(np.arange(256)[:, None] * gain + rng.uniform(-12, 12), 0, 255).astype(np.uint8)
    return Sample(cv2.LUT(picture, table[None]), boxes)
