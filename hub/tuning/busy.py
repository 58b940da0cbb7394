"""One camera's frames and its zones go in; where something may have stood too long comes out, and where nothing can.

A stay is raised only after it stood for its dwell, and it must have been seen for a share of that (`presence`), or a
part of it beside what hid it. So wherever a raise is possible, boxes that may be its own, or such parts, fill that
share of a span as long as the dwell. And once nothing has touched the ground of any zone for `swap_s`, no stay is left
that was not raised: from there on a detector that begins anew finds what one that saw everything finds. Both are
necessary conditions, each a little wide; tests/unit/test_tuning_engine.py holds them to what the detectors find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.thresholds_watch import Stay
from hub.tuning.columns import Flags, Floats, FrameColumns, Longs
from ingest.city import Zone

SLACK = 1e-6  # sums of steps are rounded: whatever lies so near is let through


@dataclass(frozen=True, slots=True)
class Touched:
    """Of each frame: whether a thing may stand in a zone's ground, whether any box lies there, whether several do."""

    things: Flags
    any: Flags
    several: Flags


@dataclass(frozen=True, slots=True)
class Stretches:
    """Of each frame: whether a raise is possible with it, and whether no stay can be left before it."""

    may_raise: Flags
    is_clear: Flags


def touched(
    columns: FrameColumns, zones: tuple[Zone, ...], labels: frozenset[str], floor: float, drift: float
) -> Touched:
    """Return what each frame shows of the ground of `zones`, of boxes at least as confident as `floor`."""
    frames = len(columns)
    wanted = np.array([name in labels for name in columns.labels] or [False], np.bool_)
    sure = columns.confidence >= floor
    is_thing = sure & wanted[columns.label] if len(columns.label) else sure
    width, height = columns.x2 - columns.x1, columns.y2 - columns.y1
    x, y = (columns.x1 + columns.x2) / 2, columns.y2
    widest, highest = ((float(side[is_thing].max()) if is_thing.any() else 0.0) * drift for side in (width, height))
    things = np.zeros(len(x), np.bool_)
    here = np.zeros(len(x), np.bool_)
    for zone in zones:
        xs, ys = zip(*zone.polygon, strict=True)
        near = is_thing & (x >= min(xs) - widest - SLACK) & (x <= max(xs) + widest + SLACK)
        near &= (y >= min(ys) - highest - SLACK) & (y <= max(ys) + highest + SLACK)
        if not near.any():
            continue
        things |= near
        left, top = float(columns.x1[near].min()), float(columns.y1[near].min())
        right, bottom = float(columns.x2[near].max()), float(columns.y2[near].max())
        here |= sure & (columns.x1 < right) & (columns.x2 > left) & (columns.y1 < bottom) & (columns.y2 > top)
    owner = np.repeat(np.arange(frames), np.diff(columns.first))
    count = np.bincount(owner[here], minlength=frames)
    return Touched(np.bincount(owner[things], minlength=frames) > 0, count > 0, count > 1)


def stretches(at_us: Longs, since_us: Longs, ground: Touched, rule: Stay, dwell_s: float) -> Stretches:
    """Return where a stay may be raised, and where none can be left that is not raised.

    `since_us` is until when each frame's camera looked before it: the frame before, or the end of unseen time.
    """
    frames = len(at_us)
    step_s = (at_us - since_us) / 1e6
    step_s[:1] = np.inf
    seen_s = np.where(step_s <= rule.gap_s, step_s, 0.0)  # a longer step is blind: it neither counts nor ends anything
    is_clear = _clear(step_s, seen_s, ground.any, rule)
    may_raise = np.zeros(frames, np.bool_)
    total = np.cumsum(seen_s)
    own = np.cumsum(np.where(_either(ground.things), seen_s, 0.0))
    part = np.cumsum(np.where(_either(ground.several), seen_s, 0.0))
    covered = np.cumsum(np.where(_either(ground.any), seen_s, 0.0))
    half = own + part - rule.presence / 2 * total
    whole = covered - rule.presence * total
    begins = np.flatnonzero(is_clear)
    if not len(begins) or begins[0] != 0:
        begins = np.concatenate(([0], begins))
    ends = np.append(begins[1:], frames)
    long = total[np.maximum(ends - 1, 0)] - total[begins] >= dwell_s - SLACK
    for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
        span = slice(begin, end)
        earlier = np.searchsorted(total[span], total[span] - dwell_s + SLACK, side="right") - 1
        ripe = earlier >= 0
        least_half, least_whole = np.minimum.accumulate(half[span]), np.minimum.accumulate(whole[span])
        enough = (half[span] >= least_half[earlier] - SLACK) & (whole[span] >= least_whole[earlier] - SLACK)
        may_raise[span] = ripe & enough & ground.things[span]
    return Stretches(may_raise, is_clear)


def _clear(step_s: Floats, seen_s: Floats, is_touched: Flags, rule: Stay) -> Flags:
    """Tell of each frame whether no stay that is not raised can be left when it is judged."""
    frames = len(step_s)
    numbers = np.arange(frames)
    # Of a run of frames that show nothing there, the first may be half of what was there before.
    last_touched = np.maximum.accumulate(np.where(is_touched, numbers, -1))
    first_free = np.minimum(last_touched + 1, frames - 1)
    total = np.cumsum(seen_s)
    empty_s = np.where(is_touched, 0.0, total - total[first_free])
    found = np.zeros(frames, np.bool_)
    found[1:] = empty_s[:-1] >= rule.swap_s + SLACK
    found |= step_s > rule.forget_s  # after so long a blind time what is not raised is forgotten
    return found


def _either(flags: Flags) -> Flags:
    """Tell of each step whether the frame at its beginning, or that at its end, is one of those."""
    found = flags.copy()
    found[1:] |= flags[:-1]
    return found
