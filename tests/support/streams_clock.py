"""Pictures that tell when they were taken, and a model that reads it: a seconds count in, boxes that hold it out.

Each picture shows the number of its tenth of a second in 16 black or white fields and a checksum in 8 more. So a test
can tell a right picture from a smeared one, and what was published from when it happened.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.clock import now
from ingest.observation import Box
from tests.support.video import Picture, street

STEP_S = 0.1
GARBAGE = "person"  # the label of a picture that cannot be read
RIGHT = "car"
_ROWS, _COLUMNS = 3, 8
_LEFT, _TOP, _ACROSS, _DOWN = 0.1, 0.16, 0.1, 0.16


@dataclass(frozen=True, slots=True)
class Origin:
    """The instant that pictures count from, on both clocks."""

    at: datetime = field(default_factory=now)
    mono_s: float = field(default_factory=time.monotonic)

    def passed_s(self) -> float:
        """Return the seconds since."""
        return time.monotonic() - self.mono_s

    def when(self, number: int) -> datetime:
        """Return when the picture with this number was taken."""
        return self.at + timedelta(seconds=number * STEP_S)


def paint(at_s: float, width: int = 320, height: int = 180) -> Picture:
    """Return the picture of second `at_s`."""
    picture = street(width, height)
    number = round(at_s / STEP_S) & 0xFFFF
    bits = [(number >> place) & 1 for place in range(16)] + [(_check(number) >> place) & 1 for place in range(8)]
    for place, bit in enumerate(bits):
        row, column = divmod(place, _COLUMNS)
        top, left = round((_TOP + row * _DOWN) * height), round((_LEFT + column * _ACROSS) * width)
        picture[top : top + round(_DOWN * height), left : left + round(_ACROSS * width)] = 225 if bit else 30
    return picture


def number_in(picture: NDArray[np.uint8]) -> int | None:
    """Return the number that `picture` shows, or None where it cannot be read or its checksum is wrong."""
    height, width = picture.shape[:2]
    value = 0
    for place in range(_ROWS * _COLUMNS):
        row, column = divmod(place, _COLUMNS)
        top, left = (_TOP + (row + 0.3) * _DOWN) * height, (_LEFT + (column + 0.3) * _ACROSS) * width
        bottom, right = top + 0.4 * _DOWN * height, left + 0.4 * _ACROSS * width
        part = picture[round(top) : round(bottom), round(left) : round(right)]
        if 90 < (level := float(part.mean())) < 165:
            return None
        value |= (level >= 165) << place
    number = value & 0xFFFF
    return number if value >> 16 == _check(number) else None


class ClockReader:
    """A model whose one box says, by its place, which number the picture shows."""

    width_px, height_px = 160, 96
    labels = frozenset({"car", "bus", "truck", "motorcycle", "person", "stall"})

    def detect(self, pictures: Sequence[NDArray[np.uint8]]) -> list[list[Box]]:
        """Return one box for each picture."""
        return [[_box(number_in(picture))] for picture in pictures]


def number_of(box: dict[str, Any]) -> int | None:
    """Return the number that a published box stands for; None where the picture was garbage."""
    if box["label"] == GARBAGE:
        return None
    x, y = float(box["box"][0]), float(box["box"][1])
    return round(x * 512) << 8 | round(y * 512)


def _box(number: int | None) -> Box:
    if number is None:
        return Box(GARBAGE, 0.9, None, 0.1, 0.1, 0.9, 0.9)
    x, y = (number >> 8) / 512, (number & 0xFF) / 512
    return Box(RIGHT, 0.9, None, x, y, x + 0.3, y + 0.3)


def _check(number: int) -> int:
    return (number * 167 + (number >> 8) * 59 + 91) & 0xFF
