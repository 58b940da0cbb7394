"""Pixels in, JPEG out, and back: the one file that knows OpenCV. Draws the box of an alert, blurs people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.vision.labels import PERSON
from detectors.vision.view import DETAIL_ACROSS, DETAIL_DOWN, Grey
from ingest.city import Zone, ZoneKind
from ingest.observation import COLOURS_ACROSS, COLOURS_DOWN, Box

Bgr = NDArray[np.uint8]
Corners = tuple[float, float, float, float]  # x1, y1, x2, y2 in fractions of the picture

# Base64 makes 4 bytes of 3 and the message may hold 512 KiB.
MOST_JPEG_BYTES = 360 * 1024
LEAST_PX = 2  # a box is looked at as this wide and high at least

cv2.setNumThreads(1)  # pictures are small, and the cores belong to decoding and the model

_RED = (0, 0, 255)
_ZONES = {
    ZoneKind.NO_PARKING: (60, 60, 235),
    ZoneKind.NO_STALL: (30, 140, 250),
    ZoneKind.PERMITTED_STALL: (80, 200, 80),
    ZoneKind.IGNORED: (170, 170, 170),
}


class PictureError(ValueError):
    """Bytes that are no JPEG, or pixels that cannot become one."""


def jpeg(picture: Bgr, quality: int) -> bytes:
    """Return `picture` as a JPEG that fits into an evidence message, coarser where it must be."""
    while True:
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not done:
            raise PictureError(f"a picture of {picture.shape} cannot be made a JPEG")
        if data.nbytes <= MOST_JPEG_BYTES:
            return data.tobytes()
        if quality > 40:
            quality -= 15
        else:
            picture = cast(Bgr, cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))


def detail(picture: Bgr) -> Grey:
    """Return the small grey picture by which a camera's view is told: 320 by 180, whatever the picture's size."""
    small = cv2.resize(picture, (DETAIL_ACROSS, DETAIL_DOWN), interpolation=cv2.INTER_AREA)
    return cast(Grey, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))


def coloured(picture: Bgr, boxes: Sequence[Box]) -> list[Box]:
    """Return `boxes` with the colours that each shows in `picture`, row by row; of people nothing is told."""
    return [box if box.label == PERSON else replace(box, colours=_colours(picture, box)) for box in boxes]


def _colours(picture: Bgr, box: Box) -> bytes:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = _in_pixels(picture, (box.x1, box.y1, box.x2, box.y2))
    x1, y1 = min(x1, width - LEAST_PX), min(y1, height - LEAST_PX)
    shown = picture[y1 : max(y2, y1 + LEAST_PX), x1 : max(x2, x1 + LEAST_PX)]
    patches = cv2.resize(shown, (COLOURS_ACROSS, COLOURS_DOWN), interpolation=cv2.INTER_AREA)
    told: bytes = np.maximum(patches, 1).tobytes()  # all noughts say that there are none
    return told


def pixels(data: bytes) -> Bgr:
    """Return the pixels of a JPEG, or raise PictureError."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise PictureError("these bytes are no picture")
    return cast(Bgr, picture)


def blurred(data: bytes, people: Sequence[Box], quality: int) -> bytes:
    """Return the JPEG with every one of `people` made unrecognisable; the same bytes where there is nobody."""
    if not people:
        return data
    picture = pixels(data)
    _blur(picture, people)
    return jpeg(picture, quality)


def shown(picture: Bgr, width_px: int, people: Sequence[Box], quality: int) -> tuple[int, int, bytes]:
    """Return `picture` no wider than `width_px`, with `people` made unrecognisable: its size and its JPEG."""
    height, width = picture.shape[:2]
    if width > width_px:
        high = max(2, round(height * width_px / width))
        picture = cast(Bgr, cv2.resize(picture, (width_px, high), interpolation=cv2.INTER_AREA))
    elif people:
        picture = picture.copy()
    _blur(picture, people)
    return picture.shape[1], picture.shape[0], jpeg(picture, quality)


def _blur(picture: Bgr, people: Sequence[Box]) -> None:
    for person in people:
        # A little more than the box: hair and hands stick out of it.
        margin_x, margin_y = (person.x2 - person.x1) * 0.1, (person.y2 - person.y1) * 0.05
        x1, y1, x2, y2 = _in_pixels(
            picture, (person.x1 - margin_x, person.y1 - margin_y, person.x2 + margin_x, person.y2 + margin_y)
        )
        if x2 > x1 and y2 > y1:
            # Down to a handful of cells and up again: unlike a Gaussian blur it cannot be undone.
            cells = (max(1, min(4, (x2 - x1) // 8)), max(1, min(8, (y2 - y1) // 8)))
            small = cv2.resize(picture[y1:y2, x1:x2], cells, interpolation=cv2.INTER_AREA)
            picture[y1:y2, x1:x2] = cv2.resize(small, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)


def fingerprint(data: bytes) -> int:
    """Return 64 bits that are nearly the same for pictures that look nearly the same; raise PictureError.

    Each bit says whether one of eight by eight patches is brighter than the patch to its left.
    """
    small = cv2.resize(cv2.cvtColor(pixels(data), cv2.COLOR_BGR2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")


def annotated(data: bytes, box: Corners, text: str, quality: int) -> bytes:
    """Return the JPEG with `box` drawn in and `text` (ASCII) beside it."""
    picture = pixels(data)
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = _in_pixels(picture, box)
    line_px = max(2, width // 320)
    cv2.rectangle(picture, (x1, y1), (min(x2, width - 1), min(y2, height - 1)), _RED, line_px)
    scale = max(0.4, width / 1400)
    words = text.encode("ascii", "replace").decode()
    (text_width, text_height), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    left = max(0, min(x1, width - text_width - 4))
    top = (
        y1 - text_height - below - 4 if y1 - text_height - below - 4 >= 0 else min(y2, height - text_height - below - 4)
    )
    cv2.rectangle(picture, (left, top), (left + text_width + 4, top + text_height + below + 4), _RED, -1)
    origin = (left + 2, top + text_height + 2)
    cv2.putText(picture, words, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return jpeg(picture, quality)


def with_zones(picture: Bgr, zones: Sequence[Zone], *, grid: bool = True) -> Bgr:
    """Return `picture` with its zones laid over it, their corners in fractions, over lines at every tenth."""
    height, width = picture.shape[:2]
    line_px, scale = max(1, width // 640), max(0.35, width / 1600)
    drawn = picture.copy()
    if grid:
        for tenth in range(1, 10):
            x, y = width * tenth // 10, height * tenth // 10
            for start, end, where in (((x, 0), (x, height), (x + 2, height - 4)), ((0, y), (width, y), (2, y - 2))):
                cv2.line(drawn, start, end, (255, 255, 255), 1)
                _write(drawn, f".{tenth}", where, scale, (255, 255, 255))
        drawn = cast(Bgr, cv2.addWeighted(drawn, 0.6, picture, 0.4, 0))
    corners = [np.array([_corner(picture, corner) for corner in zone.polygon], np.int32) for zone in zones]
    filled = drawn.copy()
    for zone, points in zip(zones, corners, strict=True):
        cv2.fillPoly(filled, [points], _ZONES[zone.kind])
    drawn = cast(Bgr, cv2.addWeighted(filled, 0.25, drawn, 0.75, 0))
    for zone, points in zip(zones, corners, strict=True):
        cv2.polylines(drawn, [points], True, _ZONES[zone.kind], 2 * line_px, cv2.LINE_AA)
        for (x, y), point in zip(zone.polygon, points, strict=True):
            _write(drawn, f"{x:.3g}, {y:.3g}", (int(point[0]) + 3, int(point[1]) - 3), scale, (255, 255, 255))
        middle = points.mean(axis=0).astype(int)
        _write(drawn, f"{zone.zone_id} ({zone.kind.value})", (int(middle[0]), int(middle[1])), scale, _ZONES[zone.kind])
    return drawn


def image_file(picture: Bgr, suffix: str) -> bytes:
    """Return `picture` as the bytes of a file of that kind (.jpg, .jpeg, .png), or raise PictureError."""
    done, data = cv2.imencode(suffix, picture)
    if not done:
        raise PictureError(f"a picture of {picture.shape} cannot be made a {suffix} file")
    return data.tobytes()


def _write(picture: Bgr, text: str, where: tuple[int, int], scale: float, colour: tuple[int, int, int]) -> None:
    """Write ASCII text that is legible on any ground, wholly inside the picture."""
    words = text.encode("ascii", "replace").decode()
    (wide, high), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    x = max(0, min(where[0], picture.shape[1] - wide))
    y = max(high, min(where[1], picture.shape[0] - below))
    for own, thickness in (((0, 0, 0), 3), (colour, 1)):
        cv2.putText(picture, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, own, thickness, cv2.LINE_AA)


def _corner(picture: Bgr, corner: tuple[float, float]) -> tuple[int, int]:
    x, y, _, _ = _in_pixels(picture, (*corner, 0, 0))
    return x, y


def _in_pixels(picture: Bgr, corners: Corners) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = corners

    def whole(value: float, most: int) -> int:
        return round(min(1.0, max(0.0, value)) * most)

    return whole(x1, width), whole(y1, height), whole(x2, width), whole(y2, height)
