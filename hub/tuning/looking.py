"""One camera's looks at its view and its frames go in; which frames it lets through comes out, and what is found.

After a look that finds the view in place nothing of before counts any more, and by the next such look all frames
between the two have been let through. So of a stretch with no other looks the rule that judges the view is shown the
last one.
"""

from __future__ import annotations

import numpy as np

from detectors.causes import CALM
from detectors.detector import Unseen
from detectors.finding import Finding
from detectors.moved import CAUSES, LOOK
from detectors.routes import Slot
from detectors.thresholds_watch import CameraMoved
from hub.tuning.columns import CODE, Flags, FrameColumns, Longs, ReadingColumns, micros
from hub.tuning.episodes import Passed
from ingest.observation import Quantity

Found = list[tuple[bool, Finding]]


class View:
    """What one camera's view does under one configuration."""

    def __init__(
        self, slot: Slot, columns: FrameColumns, remembered: Flags, looks: ReadingColumns, limits: CameraMoved
    ) -> None:
        """Take the rule as it stands at the beginning, the frames and which are remembered, and the looks."""
        self._slot, self._columns, self._looks = slot, columns, looks
        frames = np.flatnonzero(remembered)
        order = np.lexsort(  # of folding: by time, a camera's frame before its readings of the same instant
            (
                np.concatenate((np.full(len(frames), -1), looks.code)),
                np.concatenate((columns.at_us[frames], looks.at_us)),
            )
        )
        numbers = np.concatenate((frames, -1 - np.arange(len(looks))))
        self._items: Longs = numbers[order]  # a frame's number, or below zero a look's reading
        is_past = np.concatenate((frames < columns.past, np.arange(len(looks)) < looks.past))
        self._is_past: Flags = is_past[order]
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self._plain, self._odd = self._sorted_out(place[len(frames) :], limits)
        self._passed: list[Longs] = []
        self._until: list[Longs] = []
        self._let_through = self._past = 0
        self._found: Found = []

    def seen(self) -> tuple[Passed, Found]:
        """Return what is let through, and what is found and whether before the beginning."""
        position, count = 0, len(self._items)
        after_look = False  # what was shown last is a complete look in place
        while position < count:
            if after_look and self._slot.state.course is CALM[len(CAUSES)] and not self._slot.state.is_off:
                position = self._skip(position)
            self._show(position)
            position += 1
            at = int(np.searchsorted(self._plain, position - 1))
            after_look = at < len(self._plain) and int(self._plain[at]) == position - 1
        joined = [np.concatenate(parts or [np.zeros(0, np.int64)]) for parts in (self._passed, self._until)]
        return Passed(frame=joined[0], until_us=joined[1], past=self._past), self._found

    def _sorted_out(self, place: Longs, limits: CameraMoved) -> tuple[Longs, Longs]:
        """Return the places at which a look that finds the view in place is complete, and those not to be skipped."""
        looks = self._looks
        bounds = {
            Quantity.VIEW_LOST_PCT: looks.value <= limits.lost_back_pct,
            Quantity.VIEW_SHARPNESS_PCT: looks.value >= limits.sharpness_back_pct,
            Quantity.VIEW_SHIFT_PCT: looks.value <= limits.shift_back_pct,
        }
        is_plain = np.zeros(len(looks), np.bool_)
        for quantity, holds in bounds.items():
            is_plain |= (looks.code == CODE[quantity]) & holds
        whole = np.zeros(len(looks), np.bool_)
        wanted = np.array([CODE[quantity] for quantity in LOOK])
        if len(looks) >= len(wanted):
            at_us = looks.at_us
            parts = np.stack([looks.code[n : len(looks) - 2 + n] == wanted[n] for n in range(3)])
            whole[2:] = parts.all(axis=0) & (at_us[2:] == at_us[:-2])
            whole[2:] &= is_plain[2:] & is_plain[1:-1] & is_plain[:-2]
        odd = place[~is_plain]
        boundary = np.flatnonzero(self._is_past)[-1:]  # what is let through by then is what is past
        return place[whole], np.sort(np.concatenate((odd, boundary)))

    def _skip(self, position: int) -> int:
        """Let through what lies before the last look in place of a stretch of them; return where that look begins."""
        after = int(np.searchsorted(self._odd, position))
        target = int(self._odd[after]) if after < len(self._odd) else len(self._items)
        last = int(np.searchsorted(self._plain, target)) - 1
        begins = int(self._plain[last]) - 2 if last >= 0 else -1
        if begins <= position:
            return position
        frames = self._items[position:begins]
        self._take(frames[frames >= 0])
        return begins

    def _show(self, position: int) -> None:
        number, slot = int(self._items[position]), self._slot
        one = self._columns.blank(number) if number >= 0 else self._looks.reading(-1 - number)
        slot.state, found = slot.observe(slot.state, one)
        is_past = bool(self._is_past[position])
        self._found += [(is_past, each) for each in found]
        for each in slot.state.passed:
            if isinstance(each, Unseen):
                self._take(np.array([-1], np.int64), micros(each.until))
            else:
                at_us = micros(each.captured_at)
                self._take(np.searchsorted(self._columns.at_us, [at_us]))
        if is_past:
            self._past = self._let_through

    def _take(self, frames: Longs, until_us: int = 0) -> None:
        self._passed.append(frames)
        self._until.append(np.full(len(frames), until_us, np.int64))
        self._let_through += len(frames)
