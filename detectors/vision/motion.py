"""Small grey pictures in, a decision out: is this picture worth a look by the model, and why.

A picture is compared with the last one that the model saw, not with the one before: something that creeps adds up
until it shows, and something that stands still costs nothing. Still pictures are processed at a heartbeat, because a
car that stood there from the start never moves. Pure: two pictures and a time in, a reason out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detectors.vision.settings import VisionSettings

Grey = NDArray[np.uint8]

CELLS_ACROSS = 80  # the small picture's width: at 640 px a cell averages 8×8 pixels, which quietens sensor noise


class Reason(StrEnum):
    """Why a picture is processed, or why it is not."""

    START_UP = "start_up"
    MOTION = "motion"
    SETTLED = "settled"  # the first steady picture after the light changed
    HEARTBEAT = "heartbeat"
    STILL = "still"
    LIGHT = "light"
    TOO_SOON = "too_soon"


PROCESS = frozenset({Reason.START_UP, Reason.MOTION, Reason.SETTLED, Reason.HEARTBEAT})


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two pictures: cells that moved, as a number and a share, and the shift of light."""

    cells: int
    share: float
    light_levels: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate remembers: the picture the model saw last, and since when it has been watching."""

    seen: Grey | None = None
    seen_at_s: float = 0.0
    began_at_s: float = 0.0
    unsettled: bool = False


def compare(before: Grey, after: Grey, levels: float) -> Change:
    """Return how many cells changed by more than `levels` once the common shift of light is taken out."""
    difference = after.astype(np.int16) - before
    light = float(np.median(difference))
    cells = int(np.count_nonzero(np.abs(difference - light) > levels))
    return Change(cells, cells / difference.size, light)


def due(gate: Gate, at_s: float, settings: VisionSettings) -> bool:
    """Return whether a picture taken at `at_s` may be processed at all, by the rate: ask before making it small."""
    # half a millisecond of tolerance: a stream at exactly the rate must not lose every second picture to rounding
    return gate.seen is None or at_s - gate.seen_at_s >= 1 / settings.process_fps - 0.0005


def renewed(gate: Gate, picture: Grey, at_s: float) -> Gate:
    """Return the gate when `picture` goes to the model in place of the last one that was to be processed."""
    return replace(gate, seen=picture, seen_at_s=at_s)


def look(gate: Gate, picture: Grey, at_s: float, settings: VisionSettings) -> tuple[Gate, Reason]:
    """Return the gate after `picture`, and whether it is to be processed (a reason in PROCESS) or why not."""
    if gate.seen is None or gate.seen.shape != picture.shape:
        return Gate(picture, at_s, at_s), Reason.START_UP
    if not due(gate, at_s, settings):
        return gate, Reason.TOO_SOON
    processed = replace(gate, seen=picture, seen_at_s=at_s, unsettled=False)
    if at_s - gate.began_at_s <= settings.start_up_s:
        return processed, Reason.START_UP
    if at_s - gate.seen_at_s >= settings.heartbeat_s:
        return processed, Reason.HEARTBEAT
    change = compare(gate.seen, picture, settings.motion_levels)
    if change.share > settings.light_share or abs(change.light_levels) > settings.motion_levels:
        # Lamps go on, a cloud, the camera's exposure: compare with the new light from here on, look once it is steady.
        return replace(gate, seen=picture, unsettled=True), Reason.LIGHT
    if gate.unsettled:
        return processed, Reason.SETTLED
    if change.cells >= settings.motion_cells:
        return processed, Reason.MOTION
    return gate, Reason.STILL
