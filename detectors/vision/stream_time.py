"""A stream's own time stamps in, seconds on our clock out: anchored at the start, clamped where the stream jumps.

PTS tell the distance between two pictures exactly; the instant at which a picture arrives tells it only with the
network's jitter. So the first picture anchors the stream to our clock and PTS carry on from there. Cameras restart
their PTS, leap, and run fast or slow: then the anchor is laid again or follows, and time still never runs backwards
nor ahead of the clock. Pure: seconds in, seconds out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

LEAST_STEP_S = 0.001
JUMP_S = 3.0  # a PTS may run ahead of the time that really passed by no more than this
PROMPT_FOR_S = 0.4  # pictures that keep time for so long come as they are taken
HASTE = 1.25  # stamps that run faster than this share of the time that passes are of stored pictures,
HASTE_S = 0.05  # apart from the network's jitter
UNSTAMPED_S = 0.02  # without stamps: sooner than this after one another come only stored pictures
SETTLE_S = 3.0  # the first pictures are not taken for stored ones longer than this
LATE_S = 8.0  # a picture that is older than this on arrival is anchored again; who reads it live had better join anew
DRIFT = 0.001  # by this share of the time that passes the anchor may follow a camera whose clock runs slow


class Placed(StrEnum):
    """How a picture's instant was found."""

    ANCHORED = "anchored"  # the first picture
    STEADY = "steady"  # the anchor and the PTS say so
    EARLY = "early"  # it came sooner than the anchor allows: the first ones had been held up; anchored again
    JUMPED = "jumped"  # the PTS went backwards or leapt; anchored again
    LATE = "late"  # it is behind the clock by too much: the network's backlog, or stamps that stood; anchored again
    UNSTAMPED = "unstamped"  # there is no PTS: the instant of arrival


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the stream's zero lies on our clock, and the picture before."""

    offset_s: float
    pts_s: float
    at_s: float
    arrived_s: float


def place(anchor: Anchor | None, pts_s: float | None, arrived_s: float) -> tuple[Anchor, Placed]:
    """Return the anchor after a live picture (its instant is `at_s`), and how that was found."""
    if anchor is None:
        return Anchor(arrived_s - (pts_s or 0.0), pts_s or 0.0, arrived_s, arrived_s), Placed.ANCHORED
    floor_s = anchor.at_s + LEAST_STEP_S
    if pts_s is None:
        return replace(anchor, at_s=max(arrived_s, floor_s), arrived_s=arrived_s), Placed.UNSTAMPED
    step_s, passed_s = pts_s - anchor.pts_s, max(0.0, arrived_s - anchor.arrived_s)
    estimate_s = pts_s + anchor.offset_s
    if step_s <= 0 or step_s > passed_s + JUMP_S:
        how = Placed.JUMPED
    elif estimate_s > arrived_s + LEAST_STEP_S:  # less is rounding
        how = Placed.EARLY
    elif estimate_s < arrived_s - LATE_S:
        how = Placed.LATE
    else:
        drift_s = min(DRIFT * passed_s, max(0.0, arrived_s - estimate_s))
        return Anchor(anchor.offset_s + drift_s, pts_s, max(estimate_s, floor_s), arrived_s), Placed.STEADY
    return Anchor(arrived_s - pts_s, pts_s, max(arrived_s, floor_s), arrived_s), how


@dataclass(frozen=True, slots=True)
class Settling:
    """A stream's first pictures: when the first came, and since which one they have kept time."""

    began_s: float
    pts_s: float | None
    arrived_s: float


def settle(state: Settling | None, pts_s: float | None, arrived_s: float) -> tuple[Settling, bool]:
    """Return the state after one of a live stream's first pictures, and whether pictures come as they are taken now.

    A stream begins with what was stored on the way, or while its format was found out: a burst. How old that is
    nobody can know, so it is not used; a moment later the pictures are live and their instant is known.
    """
    if state is None:
        return Settling(arrived_s, pts_s, arrived_s), False
    passed_s = arrived_s - state.arrived_s
    if pts_s is None or state.pts_s is None:
        kept_time = passed_s >= UNSTAMPED_S and arrived_s - state.began_s >= PROMPT_FOR_S
        return Settling(state.began_s, pts_s, arrived_s), kept_time and pts_s is None
    if not 0 < pts_s - state.pts_s <= HASTE * passed_s + HASTE_S:
        state = Settling(state.began_s, pts_s, arrived_s)
        passed_s = 0.0
    return state, passed_s >= PROMPT_FOR_S or arrived_s - state.began_s >= SETTLE_S


def place_recorded(anchor: Anchor | None, pts_s: float | None, frame_s: float) -> Anchor:
    """Return the anchor after a recording's picture: `at_s` counts from 0 at its first picture.

    A recording has no arrival, so only a step backwards (two files joined) or a missing stamp is mended, by one
    `frame_s`; a gap forwards is taken for what it says.
    """
    if anchor is None:
        return Anchor(-(pts_s or 0.0), pts_s or 0.0, 0.0, 0.0)
    if pts_s is None or pts_s <= anchor.pts_s:
        at_s = anchor.at_s + frame_s
        pts_s = anchor.pts_s if pts_s is None else pts_s
        return Anchor(at_s - pts_s, pts_s, at_s, at_s)
    at_s = max(pts_s + anchor.offset_s, anchor.at_s + LEAST_STEP_S)
    return Anchor(anchor.offset_s, pts_s, at_s, at_s)
