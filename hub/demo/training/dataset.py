"""Drawn streets in, pictures at the model's size with their boxes out: the data the demo model learns from."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.description import TruthBox
from hub.demo.training.drawn import Drawn

PAD_GREY = 114
_STRIDE_PX = 32  # YOLO's coarsest grid: both sides of its input are multiples of it

_MIN_VISIBLE = 0.3
_MIN_SIDE_PX = 7.0  # in the full 640×360 picture
_MIN_AREA_PX = 120.0
_LEARNT_VISIBLE = 0.2  # somewhat past what is asked for, so that nothing asked for lies on the brink
_CAMERA_WIDTH_PX, _CAMERA_HEIGHT_PX = 640, 360
_LEAST_CUT = 0.55  # of the picture's width and height

Pictures = NDArray[np.uint8]
Boxes = NDArray[np.float32]  # (N, 5): class, then x0, y0, x1, y1 in shares of the 16:9 picture


@dataclass(frozen=True, slots=True)
class Canvas:
    """The model's input: `width_px` wide, with room for a 16:9 picture and grey above and below it."""

    width_px: int

    def __post_init__(self) -> None:
        if self.width_px <= 0 or self.width_px % _STRIDE_PX:
            raise ValueError(f"the input's width must be a multiple of {_STRIDE_PX} px, not {self.width_px}")

    @property
    def picture_px(self) -> int:
        """Return how high a 16:9 picture is on it."""
        return round(self.width_px * 9 / 16)

    @property
    def height_px(self) -> int:
        """Return how high it is itself."""
        return -(-self.picture_px // _STRIDE_PX) * _STRIDE_PX

    @property
    def pad_px(self) -> int:
        """Return how much grey is above the picture."""
        return (self.height_px - self.picture_px) // 2

    def letterbox(self, picture: Pictures) -> Pictures:
        """Return a picture of the canvas's width centred on it."""
        filled = np.full((self.height_px, self.width_px, 3), PAD_GREY, np.uint8)
        filled[self.pad_px : self.pad_px + self.picture_px] = picture
        return filled


SHIPPED_CANVAS = Canvas(448)


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture as wide as its canvas and its boxes."""

    picture: Pictures
    boxes: Boxes


def worth_finding(box: TruthBox, width_px: int, height_px: int, least_px: float = _MIN_SIDE_PX) -> bool:
    """Return whether the model is asked to find `box`: enough of it is visible, and it is not a speck."""
    wide, high = (box.xyxy[2] - box.xyxy[0]) * width_px, (box.xyxy[3] - box.xyxy[1]) * height_px
    return box.visible_fraction >= _MIN_VISIBLE and min(wide, high) >= least_px and wide * high >= _MIN_AREA_PX


def learning_sample(drawn: Drawn, canvas: Canvas, rng: np.random.Generator, *, cut_share: float) -> Sample:
    """Return the picture as one pass of training sees it: some are cut out and enlarged, and all are recoloured.

    It is made smaller now as the evaluation does it, now as a camera's process does it.
    """
    frame = np.asarray(cv2.imdecode(drawn.jpeg, cv2.IMREAD_COLOR), np.uint8)
    truth = drawn.truth
    if rng.random() < cut_share:
        frame, truth = cut(frame, truth, _random_window(rng))
    by_area = rng.random() < 0.5 and frame.shape[1] > canvas.width_px
    way = cv2.INTER_AREA if by_area else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(frame, (canvas.width_px, canvas.picture_px), interpolation=way), np.uint8)
    return augment(Sample(picture, learnt_boxes(truth)), rng)


def learnt_boxes(truth: NDArray[np.float32]) -> Boxes:
    """Return the boxes of the rows (class, x0, y0, x1, y1, visible) that the model is to learn."""
    wide, high = (truth[:, 3] - truth[:, 1]) * _CAMERA_WIDTH_PX, (truth[:, 4] - truth[:, 2]) * _CAMERA_HEIGHT_PX
    kept = (truth[:, 5] >= _LEARNT_VISIBLE) & (np.minimum(wide, high) >= _MIN_SIDE_PX) & (wide * high >= _MIN_AREA_PX)
    return np.ascontiguousarray(truth[kept, :5])


def cut(
    frame: Pictures, truth: NDArray[np.float32], window: tuple[float, float, float]
) -> tuple[Pictures, NDArray[np.float32]]:
    """Return what lies in the window (left, top, side, in shares of the picture), with the boxes cut at its edge.

    What the edge cuts off of a box counts as hidden, as the renderer counts what lies outside the picture.
    """
    left, top, side = window
    height, width = frame.shape[:2]
    x0, y0 = round(left * width), round(top * height)
    x1, y1 = x0 + round(side * width), y0 + round(side * height)
    rows = truth.copy()
    rows[:, [1, 3]] = np.clip((truth[:, [1, 3]] * width - x0) / (x1 - x0), 0.0, 1.0)
    rows[:, [2, 4]] = np.clip((truth[:, [2, 4]] * height - y0) / (y1 - y0), 0.0, 1.0)
    before = (truth[:, 3] - truth[:, 1]) * width * (truth[:, 4] - truth[:, 2]) * height
    after = (rows[:, 3] - rows[:, 1]) * (x1 - x0) * (rows[:, 4] - rows[:, 2]) * (y1 - y0)
    rows[:, 5] *= np.clip(after / np.maximum(before, 1e-6), 0.0, 1.0)
    return frame[y0:y1, x0:x1], rows


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


def _random_window(rng: np.random.Generator) -> tuple[float, float, float]:
    side = float(rng.uniform(_LEAST_CUT, 1.0))
    return float(rng.uniform(0.0, 1.0 - side)), float(rng.uniform(0.0, 1.0 - side)), side
