"""The compact notation of observations goes in, one entry for each tick of a series comes out; pure.

Readings: `250` once, `250x30` thirty times in all, `250x5m` for five minutes, `250..180x6` six values in equal steps
from 250 to 180, `_` no reading, `_x10` ten of none. Frames: `-` a frame with nothing in it, `_` no frame at all,
`car@0.50,0.70` a box whose bottom edge has its middle there, `car@0.50,0.70,0.10,0.08:0.6` with width, height and
confidence, `+` between boxes of one frame; each with `x30` or `x5m`. Times: `90`, `1h5m`, `-1m`, ranges `5m..6m`.
"""

from __future__ import annotations

import math
import re

from ingest.observation import Box

MOST_TICKS = 500_000
SIZE, CONFIDENCE = 0.1, 0.8
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_TIMES = r"(?:x(?P<times>[0-9.a-z]+))?"
_VALUE = re.compile(rf"(?P<first>{_NUMBER}|_|on|off)(?:\.\.(?P<last>{_NUMBER}))?{_TIMES}")
_FRAME = re.compile(r"(?P<boxes>-|_|[^\s]+?)(?:x(?P<times>\d+(?:[0-9.]*(?:ms|s|m|h|d))*))?")
_BOX = re.compile(
    rf"(?P<label>[^@\s:+]+)@(?P<x>{_NUMBER}),(?P<y>{_NUMBER})(?:,(?P<w>{_NUMBER}),(?P<h>{_NUMBER}))?(?::(?P<c>{_NUMBER}))?"
)


class BadNotation(ValueError):
    """A token cannot be read; the message says which, and what would be right."""


def seconds(text: str | float | int) -> float:
    """Return a time such as `1h5m`, `90` or `-30s` in seconds."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    bare = str(text).strip()
    sign, bare = (-1.0, bare[1:]) if bare.startswith("-") else (1.0, bare)
    if re.fullmatch(r"\d+(?:\.\d+)?", bare):
        return sign * float(bare)
    if not _SPAN.fullmatch(bare):
        raise BadNotation(f"{text!r} is no time: write 90, 90s, 5m20s or 1h")
    return sign * sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(bare))


def span(text: str | float | int) -> tuple[float, float]:
    """Return the ends of a time or a range of times: `5m`, `5m..6m`, `..6m`, `5m..`."""
    if isinstance(text, str) and ".." in text:
        first, _, last = text.partition("..")
        low = seconds(first) if first.strip() else -math.inf
        high = seconds(last) if last.strip() else math.inf
        if low > high:
            raise BadNotation(f"{text!r}: the first time must not lie after the last")
        return low, high
    at = seconds(text)
    return at, at


def values(text: str | float | int, every_s: float) -> list[float | None]:
    """Return one value for each tick, None where none comes."""
    found: list[float | None] = []
    for token in str(text).split():
        match = _VALUE.fullmatch(token)
        if match is None:
            raise BadNotation(f"{token!r}: write 250, 250x30, 250x5m, 250..180x6, on, off or _")
        times = _times(match["times"], every_s, token)
        first, last = match["first"], match["last"]
        if first == "_" or first in ("on", "off"):
            if last is not None:
                raise BadNotation(f"{token!r}: only a number can go over into another")
            found += [None if first == "_" else float(first == "on")] * times
        elif last is None:
            found += [float(first)] * times
        else:
            if times < 2:
                raise BadNotation(f"{token!r}: say over how many readings, such as {token}x6")
            begin, end = float(first), float(last)
            found += [begin + (end - begin) * step / (times - 1) for step in range(times)]
        _bounded(found)
    return found


def frames(text: str, every_s: float) -> list[tuple[Box, ...] | None]:
    """Return the boxes of each tick's frame, None where no frame comes."""
    found: list[tuple[Box, ...] | None] = []
    for token in str(text).split():
        match = _FRAME.fullmatch(token)
        boxes = match["boxes"] if match is not None else token
        times = _times(match["times"] if match is not None else None, every_s, token)
        if boxes == "_":
            found += [None] * times
        else:
            seen = () if boxes == "-" else tuple(_box(part, token) for part in boxes.split("+"))
            found += [seen] * times
        _bounded(found)
    return found


def _box(text: str, token: str) -> Box:
    match = _BOX.fullmatch(text)
    if match is None:
        raise BadNotation(f"{token!r}: write -, _, or boxes such as car@0.50,0.70 or car@0.50,0.70,0.10,0.08:0.6")
    x, y = float(match["x"]), float(match["y"])
    width, height = float(match["w"] or SIZE), float(match["h"] or SIZE)
    confidence = float(match["c"] or CONFIDENCE)
    corners = (x - width / 2, y - height, x + width / 2, y)
    if not (0 < width <= 1 and 0 < height <= 1 and all(-1e-9 <= corner <= 1 + 1e-9 for corner in corners)):
        raise BadNotation(f"{token!r}: the box {text} does not lie within the picture (fractions 0 to 1)")
    if not 0 <= confidence <= 1:
        raise BadNotation(f"{token!r}: the confidence {confidence:g} is not within 0 to 1")
    x1, y1, x2, y2 = (min(max(corner, 0.0), 1.0) for corner in corners)
    return Box(match["label"], confidence, None, x1, y1, x2, y2)


def _times(text: str | None, every_s: float, token: str) -> int:
    if text is None:
        return 1
    spanned = round(seconds(text) / every_s) if _SPAN.fullmatch(text) else 0
    count = int(text) if text.isdigit() else spanned
    if not 1 <= count <= MOST_TICKS:
        raise BadNotation(f"{token!r}: x30 is thirty times, x5m for five minutes; at least once, at most {MOST_TICKS}")
    return count


def _bounded(found: list[float | None] | list[tuple[Box, ...] | None]) -> None:
    if len(found) > MOST_TICKS:
        raise BadNotation(f"more than {MOST_TICKS} ticks in one series: part the test")
