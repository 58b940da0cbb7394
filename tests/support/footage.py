"""Real road footage in, its empty road and vehicles cut out of it picture by picture out.

The footage is not ours to ship: tests that use it skip where it is missing. Where each vehicle is in it was read off
by hand and eye and is written down here; the cuts themselves are made afresh from the pictures each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LIANQIN_TEST_DATA") or ROOT.parent / "shared" / "data")
COCO = DATA / "models" / "yolo11n_coco_int8_openvino_model"
TRAFFIC = DATA / "footage" / "traffic.mp4"
CAR_PARK = DATA / "footage" / "car-detection.mp4"

WIDTH, HEIGHT = 640, 360
EVERY = 3  # of its 24 pictures a second we take every third one
FPS = 8

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle's way through the footage: its size in pixels, and (picture, centre, bottom) at some of them."""

    width: int
    height: int
    keys: tuple[tuple[int, int, int], ...]


PASSAGES = {
    "blue estate": Passage(143, 64, ((8, 77, 204), (20, 201, 204), (33, 331, 203), (45, 449, 203), (58, 568, 204))),
    "grey saloon": Passage(149, 54, ((22, 115, 280), (32, 239, 280), (44, 374, 278), (54, 474, 279), (64, 566, 279))),
    "dark saloon": Passage(
        160, 60, ((87, 100, 280), (100, 237, 282), (113, 364, 282), (125, 467, 281), (138, 561, 283))
    ),
    "slate saloon": Passage(
        148, 59, ((106, 83, 205), (119, 199, 206), (133, 326, 207), (146, 442, 209), (160, 561, 208))
    ),
    "black off-roader": Passage(
        143, 66, ((130, 107, 279), (151, 278, 281), (170, 397, 280), (189, 484, 282), (208, 566, 283))
    ),
    "azure saloon": Passage(
        149, 61, ((155, 87, 211), (168, 209, 209), (182, 334, 209), (195, 446, 209), (209, 564, 208))
    ),
    "white saloon": Passage(159, 58, ((189, 94, 204), (248, 557, 202))),
    "silver estate": Passage(146, 58, ((197, 548, 83), (204, 442, 82), (211, 334, 82), (218, 225, 82), (227, 85, 83))),
    "black saloon": Passage(
        158, 65, ((203, 92, 283), (222, 221, 283), (246, 359, 282), (267, 465, 282), (286, 554, 282))
    ),
    "black minivan": Passage(
        155, 66, ((276, 91, 280), (293, 186, 278), (310, 279, 279), (327, 373, 279), (347, 483, 278))
    ),
    "red saloon": Passage(
        146, 59, ((296, 75, 195), (309, 180, 195), (323, 293, 196), (337, 412, 196), (353, 556, 198))
    ),
    "pick-up": Passage(167, 64, ((422, 549, 76), (426, 490, 76), (440, 281, 76), (445, 207, 76), (453, 91, 77))),
    "maroon saloon": Passage(
        145, 58, ((454, 83, 201), (460, 142, 199), (466, 203, 201), (472, 263, 201), (479, 337, 202))
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A vehicle in one picture: its pixels, how much of each is the vehicle (0..1), and where it was."""

    pixels: Field
    share: Field
    centre: int  # in the footage's picture
    middle: int  # the same in the cut's own columns
    bottom: int  # in the cut's own rows

    @property
    def light(self) -> float:
        """Return how bright the road around it is, in grey levels."""
        return float(self.pixels[self.share < 0.05].mean())


@dataclass(frozen=True, slots=True)
class Footage:
    """What was taken from the road: the empty road, how its light drifts, and each vehicle's cuts in order."""

    plate: Field
    drift: tuple[float, ...]
    cuts: dict[str, tuple[Cut, ...]]


def running(path: Path = TRAFFIC, every: int = EVERY) -> Iterator[Picture]:
    """Yield the footage's pictures in colour, over and over."""
    while True:
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % every == 0:
                    yield frame.to_ndarray(format="bgr24")


def taken(path: Path = TRAFFIC) -> Footage:
    """Return the road and its vehicles, out of the footage at `path`."""
    some: list[Picture] = []
    whole: list[tuple[str, Picture, int, int]] = []
    means: list[float] = []
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % EVERY:
                continue
            picture = frame.to_ndarray(format="bgr24")
            if number % (8 * EVERY) == 0:
                some.append(picture)
            # The strip between the lanes, where nobody drives: what changes there is the light and the exposure.
            means.append(float(picture[310:350].mean()))
            for name, passage in PASSAGES.items():
                if passage.keys[0][0] <= number <= passage.keys[-1][0]:
                    numbers, centres, bottoms = zip(*passage.keys, strict=True)
                    centre, bottom = (round(float(np.interp(number, numbers, key))) for key in (centres, bottoms))
                    whole.append((name, picture, centre, bottom))
    plate = np.median(np.stack(some), axis=0).astype(np.float32)
    cuts: dict[str, list[Cut]] = {name: [] for name in PASSAGES}
    for name, picture, centre, bottom in whole:
        cuts[name].append(_cut(picture, plate, PASSAGES[name], centre, bottom))
    smooth = np.convolve(np.pad(means, 6, mode="edge"), np.ones(13) / 13, mode="valid")
    drift = tuple(float(mean) for mean in smooth / smooth.mean())
    return Footage(plate, drift, {name: tuple(found) for name, found in cuts.items()})


def _cut(picture: Picture, plate: Field, passage: Passage, centre: int, bottom: int) -> Cut:
    """Return the vehicle: what differs from the empty road, filled up to its hull, with a soft edge."""
    half = passage.width // 2 + 14
    left, right = max(0, centre - half), min(WIDTH, centre + half)
    top, low = max(0, bottom - passage.height - 8), min(HEIGHT, bottom + 7)
    pixels = picture[top:low, left:right].astype(np.float32)
    differs = np.abs(pixels - plate[top:low, left:right]).max(axis=2)
    solid = (cv2.GaussianBlur(differs, (5, 5), 0) > 14).astype(np.uint8)
    solid[:10] = 0  # where the lane's marks lie, which differ with the light
    solid = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    pieces = [outline for outline in outlines if cv2.contourArea(outline) > 60]
    share = np.zeros(solid.shape, np.float32)
    if pieces:
        cv2.fillConvexPoly(share, cv2.convexHull(np.concatenate(pieces)), 1.0)
    share = cv2.GaussianBlur(share, (5, 5), 0)
    # The margin stays free, or the cut's own frame would show as a line on the road.
    share[:2], share[-2:], share[:, :2], share[:, -2:] = 0, 0, 0, 0
    return Cut(pixels, share, centre, centre - left, bottom - top)
