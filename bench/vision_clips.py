"""Road footage in, the clips that cameras play in the bench out: endless traffic, and one car that stands behind it.

Real footage where it is at hand (`LIANQIN_TEST_DATA`), one of the demo's rendered streets where it is not. The car is
cut out of the footage itself and stands for `STANDS_S` on the far side of the road, where whatever passes in front
hides it. Encoded as street cameras do: H.264, 25 pictures a second, a keyframe every two seconds, no B-frames.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LIANQIN_TEST_DATA") or ROOT.parent / "shared" / "data")
COCO = DATA / "models" / "yolo11n_coco_int8_openvino_model"
TRAFFIC = DATA / "footage" / "traffic.mp4"
STREET = ROOT / "hub" / "demo" / "model" / "street_openvino_model"

FPS = 25
ARRIVES_S, STANDS_S, CLIP_S, DWELL_S = 15.0, 90.0, 150.0, 30.0
KBIT_S = {360: 1000, 1080: 4000}
ZONE = ((0.0, 0.36), (1.0, 0.36), (1.0, 0.66), (0.0, 0.66))  # the lane in which it stands, and the one before it
_SEED_PICTURE = 200  # in which the car to be cut out is seen whole
_CUT = (98, 142, 262, 205)  # where it is there: left, top, right, bottom
_NOISE_LEVELS = 2.0
_DRIVE_S = 3.0  # from the edge of the picture to where it stands, and from there to the other
_EDITION = 1  # of what this file paints: a kept clip of another one is not used

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Footage:
    """What the bench plays and with which weights; `real` says whether both are."""

    real: bool
    weights: Path
    name: str


def footage() -> Footage:
    """Return the real footage and weights where both are here, else the demo's."""
    if TRAFFIC.exists() and COCO.exists():
        return Footage(True, COCO, "real footage of a road, YOLO11n INT8 at 640 px")
    return Footage(False, STREET, "a rendered street, the shipped model at 320 px")


def clip(high: int, seconds: float) -> Path:
    """Return the clip, `high` pixels high; it is written once and kept among the temporary files."""
    kind = "road" if footage().real else "rendered"
    path = Path(tempfile.gettempdir()) / "lianqin-bench-clips" / f"{kind}-{high}p-{seconds:.0f}s-{_EDITION}.ts"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        half = path.with_suffix(".half")
        write(half, high, seconds).replace(path)
    return path


def write(path: Path, high: int, seconds: float, *, arrives_s: float = ARRIVES_S, stands_s: float = STANDS_S) -> Path:
    """Write the clip, `high` pixels high, to `path` (MPEG-TS) and return it; the times are the real footage's."""
    pictures = _road(arrives_s, stands_s) if footage().real else _rendered()
    wide = high * 16 // 9
    noise = np.random.default_rng(5).normal(0, _NOISE_LEVELS, (4, high, wide, 3)).astype(np.int16)
    with av.open(str(path), "w", format="mpegts") as container:
        stream: Any = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
        stream.bit_rate = KBIT_S.get(high, 2000) * 1000
        stream.options = {"preset": "veryfast", "profile": "high", "bf": "0", "g": "50", "sc_threshold": "0"}
        stream.codec_context.time_base = Fraction(1, FPS)
        stream.codec_context.thread_count = 1
        for number in range(round(seconds * FPS)):
            picture = pictures(number / FPS)
            if picture.shape[0] != high:
                picture = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_CUBIC)
            grainy = cv2.add(picture, noise[number * 7 % 4], dtype=cv2.CV_8U)
            frame = av.VideoFrame.from_ndarray(grainy, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _running() -> Iterator[Picture]:
    while True:
        with av.open(str(TRAFFIC)) as container:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="bgr24")


def _road(arrives_s: float, stands_s: float) -> Callable[[float], Picture]:
    """Return what paints the road at a second, to be called second after second."""
    some, seed = [], None
    with av.open(str(TRAFFIC)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 24 == 0:
                some.append(frame.to_ndarray(format="bgr24"))
            if number == _SEED_PICTURE:
                seed = frame.to_ndarray(format="bgr24")
    empty = np.median(np.stack(some), axis=0).astype(np.uint8)
    assert seed is not None
    left, top, right, bottom = _CUT
    pixels = seed[top:bottom, left:right]
    share = _share(pixels, empty[top:bottom, left:right])
    running = _running()

    def paint(at_s: float) -> Picture:
        picture = next(running)
        if (along := _along(at_s - arrives_s, stands_s)) is None:
            return picture
        # It comes in from the left, stands in the middle, and leaves to the right.
        x = round(along * (picture.shape[1] + right - left)) - (right - left)
        lift = 14  # a little further away than the lane that it was cut from
        return _stood(picture, empty, pixels, share, x, top - lift)

    return paint


def _along(at_s: float, stands_s: float) -> float | None:
    """Return how far along the picture the car is (0..1) so long after it came to rest; None: it is not there."""
    if not -_DRIVE_S <= at_s <= stands_s + _DRIVE_S:
        return None
    before_s, after_s = min(0.0, at_s), max(0.0, at_s - stands_s)
    return 0.5 - 0.5 * (before_s / _DRIVE_S) ** 2 + 0.5 * (after_s / _DRIVE_S) ** 2


def _share(pixels: Picture, empty: Picture) -> NDArray[np.float32]:
    """Return how much of each pixel is the vehicle and not the road."""
    outlines = [each for each in _things(pixels, empty) if cv2.contourArea(each) > 60]
    whole = np.zeros(pixels.shape[:2], np.float32)
    cv2.fillConvexPoly(whole, cv2.convexHull(np.concatenate(outlines)), 1.0)
    return cv2.GaussianBlur(whole, (5, 5), 0)


def _stood(picture: Picture, empty: Picture, pixels: Picture, share: NDArray[np.float32], x: int, y: int) -> Picture:
    """Return `picture` with the car at (x, y), behind whatever stands lower in the picture."""
    high, wide = share.shape
    left, right = max(0, x), min(picture.shape[1], x + wide)
    if left >= right:
        return picture
    # As much of the surroundings as it takes to see whole what passes in front.
    around = slice(max(0, y - 10), y + high + 70), slice(max(0, left - 170), right + 170)
    front = np.zeros(picture.shape[:2], np.float32)
    offset = around[1].start, around[0].start
    for outline in _things(picture[around], empty[around]):
        if cv2.contourArea(outline) > 300 and outline[:, 0, 1].max() + offset[1] > y + high - 6:
            cv2.fillPoly(front, [cv2.convexHull(outline) + offset], 1.0)
    front = cv2.GaussianBlur(front[y : y + high, left:right], (3, 3), 0)
    columns = slice(left - x, right - x)
    weight = (share[:, columns] * (1 - front))[..., None]
    after = picture.copy()
    there = after[y : y + high, left:right]
    after[y : y + high, left:right] = (there * (1 - weight) + pixels[:, columns] * weight).astype(np.uint8)
    return after


def _things(picture: Picture, empty: Picture) -> list[NDArray[np.int32]]:
    """Return the outlines of what is in `picture` and not on the empty road."""
    differs = np.abs(picture.astype(np.int16) - empty).max(axis=2)
    solid = (cv2.GaussianBlur(differs.astype(np.float32), (5, 5), 0) > 14).astype(np.uint8)
    outlines, _ = cv2.findContours(
        cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)),
        cv2.RETR_EXTERNAL,
        cv2.CHAIN_APPROX_NONE,
    )
    return list(outlines)


def _rendered() -> Callable[[float], Picture]:
    from hub.demo.camera_stories import CAMERAS, scene_in
    from hub.demo.scenes.description import Light
    from hub.demo.scenes.render import Renderer

    renderer = Renderer(scene_in(CAMERAS[0], Light(daylight=1.0, lamps_on=False)))
    held: dict[int, Picture] = {}

    def paint(at_s: float) -> Picture:
        step = int(at_s * 12.5)  # drawing is slow: every picture is shown twice
        if step not in held:
            held.clear()
            held[step] = renderer.frame(step / 12.5)
        return held[step]

    return paint
