"""Pixels in, JPEG out, and back: the one file that knows OpenCV. Draws the box of an alert, blurs people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.observation import Box

Bgr = NDArray[np.uint8]
Corners = tuple[float, float, float, float]  # x1, y1, x2, y2 in fractions of the picture

# Base64 makes 4 bytes of 3 and the message may hold 512 KiB.
MOST_JPEG_BYTES = 360 * 1024

cv2.setNumThreads(1)  # pictures are small, and the cores belong to decoding and the model

_RED = (0, 0, 255)


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
    return jpeg(picture, quality)


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


def _in_pixels(picture: Bgr, corners: Corners) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = corners

    def whole(value: float, most: int) -> int:
        return round(min(1.0, max(0.0, value)) * most)

    return whole(x1, width), whole(y1, height), whole(x2, width), whole(y2, height)
