"""A detector's slot, columns, and what of them may move it go in; what it finds comes out, shown that and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.detector import Unseen
from detectors.finding import Finding
from detectors.places import Places
from detectors.routes import Slot
from hub.tuning import busy
from hub.tuning.columns import FrameColumns, Longs, ReadingColumns, moment
from ingest.city import Zone

Ground = Callable[[tuple[Zone, ...], frozenset[str], float, float], busy.Touched]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What a camera's view let through to those who judge frames, in order.

    `frame` are the frames' numbers, -1 for a time in which nothing was seen up to `until_us`; `past` as with columns.
    """

    frame: Longs
    until_us: Longs
    past: int


def shown(slot: Slot, columns: ReadingColumns, rows: Longs) -> Iterator[tuple[bool, Finding]]:
    """Yield what is found, and whether before the beginning, of the readings `rows`, by their numbers."""
    for number in rows.tolist():
        slot.state, found = slot.observe(slot.state, columns.reading(number))
        for one in found:
            yield number < columns.past, one


def episodes(
    slot: Slot,
    columns: ReadingColumns,
    mine: Longs,
    stirring: Longs,
    rests: Callable[[Any], bool],
    *,
    reach_us: int = 0,
    begin_anew: Callable[[], Any] | None = None,
) -> Iterator[tuple[bool, Finding]]:
    """Yield what is found, and whether before the beginning, of the readings `mine`, by their numbers.

    `stirring` are the places in `mine` that may end the detector's rest. What comes before each for `reach_us` is shown
    as well; `begin_anew` gives the state that it has after a rest, where that is not the one it went to rest with.
    """
    at_us = columns.at_us[mine]
    position, count = 0, len(mine)
    awake_at = 0  # up to here it is folded whatever its state
    while position < count:
        if position >= awake_at and rests(slot.state):
            after = int(np.searchsorted(stirring, position))
            if after == len(stirring):
                return
            awake_at = int(stirring[after])
            resumed = max(position, int(np.searchsorted(at_us, at_us[awake_at] - reach_us)))
            if resumed > position and begin_anew is not None:
                slot.state = begin_anew()
            position = resumed
            awake_at += 1
        number = int(mine[position])
        slot.state, found = slot.observe(slot.state, columns.reading(number))
        for one in found:
            yield number < columns.past, one
        position += 1


def stays(
    slot: Slot, detector: Places, columns: FrameColumns, passed: Passed, zones: tuple[Zone, ...], ground: Ground
) -> Iterator[tuple[bool, Finding]]:
    """Yield what is found, and whether before the beginning, of what the view lets through."""
    is_frame = passed.frame >= 0
    if not is_frame.any():
        return
    frames = passed.frame[is_frame]
    position_of = np.flatnonzero(is_frame)
    rule = detector.rule
    dwell_s = min(rule.dwell_s if zone.dwell_s is None else zone.dwell_s for zone in zones)
    touched = ground(zones, detector.labels, rule.box_floor, rule.drift)
    seen = busy.Touched(touched.things[frames], touched.any[frames], touched.several[frames])
    at_us = columns.at_us[frames]
    since_us = np.concatenate((at_us[:1], at_us[:-1]))
    unseen = np.flatnonzero(~is_frame)
    if len(unseen):  # a time unseen ends where it says, which is later than the frame before it
        following = np.searchsorted(position_of, unseen)
        inside = following < len(frames)
        np.maximum.at(since_us, following[inside], passed.until_us[unseen][inside])
    found_at = busy.stretches(at_us, since_us, seen, rule, dwell_s)
    may_raise, clear = np.flatnonzero(found_at.may_raise), np.flatnonzero(found_at.is_clear)
    raises, clears = position_of[may_raise], position_of[clear]
    position, count, awake_at = 0, len(passed.frame), 0
    while position < count:
        if position >= awake_at and not slot.state.stays:
            after = int(np.searchsorted(raises, position))
            if after == len(raises):
                return
            target = int(raises[after])
            before = int(np.searchsorted(clears, target, side="right")) - 1
            position = max(position, int(clears[before]) if before >= 0 else position)
            awake_at = target + 1
        number = int(passed.frame[position])
        one = (
            columns.frame(number) if number >= 0 else Unseen(columns.camera_id, moment(int(passed.until_us[position])))
        )
        slot.state, findings = slot.observe(slot.state, one)
        for each in findings:
            yield position < passed.past, each
        position += 1
