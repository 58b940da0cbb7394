"""Small grey pictures in, a decision out: is this picture worth a look by the model, and why.

A picture is compared with the last one that the model saw, not with the one before: something that creeps adds up
until it shows, and something that stands still costs nothing. Still pictures are processed at a heartbeat, because a
car that stood there from the start never moves. What moves far from every zone can begin or end no stay: for that the
heartbeat is enough. And where traffic never ends, looking often tells no more than looking once a second: standing is
told in seconds (docs/decisions/how-often-the-model-looks.md). Pure: two pictures and a time in, a reason out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from detectors.vision.settings import VisionSettings
from ingest.city import Zone, ZoneKind

Grey = NDArray[np.uint8]
Cells = NDArray[np.bool_]
Polygon = tuple[tuple[float, float], ...]

CELLS_ACROSS = 80  # the small picture's width: at 640 px a cell averages 8×8 pixels, which quietens sensor noise


class Reason(StrEnum):
    """Why a picture is processed, or why it is not."""

    START_UP = "start_up"
    MOTION = "motion"
    SETTLED = "settled"  # the first steady picture after the light changed
    HEARTBEAT = "heartbeat"
    STILL = "still"
    LIGHT = "light"
    TOO_SOON = "too_soon"  # by the rates


PROCESS = frozenset({Reason.START_UP, Reason.MOTION, Reason.SETTLED, Reason.HEARTBEAT})


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two pictures: cells that moved, as a number and a share, and the shift of light."""

    cells: int
    share: float
    light_levels: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate remembers: the picture the model saw last, and since when it has been watching.

    `credit` is how many pictures motion might still have sent to the model right after that one; it grows with time.
    """

    seen: Grey | None = None
    seen_at_s: float = 0.0
    credit: float = 0.0
    began_at_s: float = 0.0
    unsettled: bool = False


def watched_polygons(zones: Sequence[Zone]) -> tuple[Polygon, ...]:
    """Return where it matters what moves; nothing: no zone says so, and the whole picture does."""
    return tuple(zone.polygon for zone in zones if zone.kind is not ZoneKind.IGNORED)


@lru_cache(maxsize=64)
def watched_cells(polygons: tuple[Polygon, ...], margin: float, shape: tuple[int, int]) -> Cells | None:
    """Return the cells of a small picture that lie in a polygon or within `margin` of one; None: all of them.

    `margin` is a share of the picture's width. A cell that a polygon only touches lies in it.
    """
    high, across = shape
    if not polygons or margin >= 1:
        return None
    rows, columns = np.mgrid[0:high, 0:across] + 0.5
    near = np.zeros(shape, np.bool_)
    reach = margin * across + 0.5**0.5
    for polygon in polygons:
        corners = [(x * across, y * high) for x, y in polygon]
        within = np.zeros(shape, np.bool_)
        for (x1, y1), (x2, y2) in zip([corners[-1], *corners], corners, strict=False):
            dx, dy = x2 - x1, y2 - y1
            along = np.clip(((columns - x1) * dx + (rows - y1) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
            near |= np.hypot(columns - x1 - along * dx, rows - y1 - along * dy) <= reach
            beside = (columns - x1) * dy - (rows - y1) * dx  # below nought: left of an edge that leads down
            within ^= ((y1 > rows) != (y2 > rows)) & (beside < 0 if dy > 0 else beside > 0)
        near |= within
    near.setflags(write=False)
    return near


def compare(before: Grey, after: Grey, levels: float, watched: Cells | None = None) -> Change:
    """Return what changed by more than `levels` once the common shift of light is taken out.

    Cells are counted where `watched` says (None: everywhere), the share is that of the whole picture.
    """
    difference = after.astype(np.int16) - before
    light = float(np.median(difference))
    moved = np.abs(difference - light) > levels
    share = np.count_nonzero(moved) / difference.size
    return Change(int(np.count_nonzero(moved if watched is None else moved & watched)), share, light)


def due(gate: Gate, at_s: float, settings: VisionSettings) -> bool:
    """Return whether a picture taken at `at_s` may be processed at all, by the rates: ask before making it small."""
    waited_s = at_s - gate.seen_at_s
    # half a millisecond of tolerance: a stream at exactly the rate must not lose every second picture to rounding
    if gate.seen is None or waited_s < 1 / settings.process_fps - 0.0005:
        return gate.seen is None
    return (
        _credit(gate, at_s, settings) >= 0.999  # a thousandth of tolerance, for the sum of many small steps
        or waited_s >= settings.heartbeat_s - 0.0005
        or at_s - gate.began_at_s <= settings.start_up_s
    )


def renewed(gate: Gate, picture: Grey, at_s: float, settings: VisionSettings) -> Gate:
    """Return the gate when `picture` goes to the model in place of the last one that was to be processed."""
    return replace(gate, seen=picture, seen_at_s=at_s, credit=_credit(gate, at_s, settings))


def look(
    gate: Gate, picture: Grey, at_s: float, settings: VisionSettings, watched: Cells | None = None
) -> tuple[Gate, Reason]:
    """Return the gate after `picture`, and whether it is to be processed (a reason in PROCESS) or why not.

    `watched` are the cells in which motion matters (None: all).
    """
    if gate.seen is None or gate.seen.shape != picture.shape:
        return Gate(picture, at_s, _burst(settings), at_s), Reason.START_UP
    if not due(gate, at_s, settings):
        return gate, Reason.TOO_SOON
    credit = _credit(gate, at_s, settings)
    processed = replace(gate, seen=picture, seen_at_s=at_s, credit=max(0.0, credit - 1), unsettled=False)
    if at_s - gate.began_at_s <= settings.start_up_s:
        return replace(processed, credit=credit), Reason.START_UP
    if at_s - gate.seen_at_s >= settings.heartbeat_s - 0.0005:
        return processed, Reason.HEARTBEAT
    change = compare(gate.seen, picture, settings.motion_levels, watched)
    if change.share > settings.light_share or abs(change.light_levels) > settings.motion_levels:
        # Lamps go on, a cloud, the camera's exposure: compare with the new light from here on, look once it is steady.
        return replace(gate, seen=picture, unsettled=True), Reason.LIGHT
    if gate.unsettled:
        return processed, Reason.SETTLED
    return (processed, Reason.MOTION) if change.cells >= settings.motion_cells else (gate, Reason.STILL)


def _burst(settings: VisionSettings) -> float:
    """Return how many pictures motion may send in a row after a quiet while."""
    return max(1.0, settings.burst_s * settings.process_fps)


def _credit(gate: Gate, at_s: float, settings: VisionSettings) -> float:
    return min(_burst(settings), gate.credit + max(0.0, at_s - gate.seen_at_s) * settings.busy_fps)
