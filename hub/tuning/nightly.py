"""A device's flows and the leak rule's thresholds go in; which of them the rule must see comes out: the nights.

By day it only waits. It is shown every flow of a night window and the first one after it, which ends the night. Of the
past it is shown what a worker reads again at start (hub/store/recorded.py): the nights that make the baseline, and
all of the time that detectors remember.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from detectors.nights import NightTable
from detectors.thresholds_telemetry import Leak
from hub.store.recorded import night_windows
from hub.tuning.columns import CODE, Flags, ReadingColumns, micros, moment
from ingest.observation import Quantity

NIGHT_S = 86400.0


def reach_s(limits: Leak) -> float:
    """Return how far back before what detectors remember the nights of the baseline may lie."""
    return (limits.nights + 3) * NIGHT_S


class Nights:
    """The windows of one leak rule."""

    def __init__(self, limits: Leak, zone: ZoneInfo, begin: datetime) -> None:
        """Take the rule, and from when on all is read again at start."""
        self._table, self._begin_us = NightTable(limits, zone), micros(begin)
        windows = night_windows(
            begin, zone=zone, nights=limits.nights + 1, from_hour=limits.from_hour, to_hour=limits.to_hour
        )
        self._before = [(micros(first), micros(last)) for first, last in windows]

    def remembered(self, columns: ReadingColumns) -> ReadingColumns:
        """Return `columns` without what is not read again at start."""
        at_us = columns.at_us[: columns.past]
        kept = columns.received_us >= self._begin_us
        is_flow = columns.code[: columns.past] == CODE[Quantity.FLOW_L_S]
        for first, last in self._before:
            kept |= is_flow & (at_us >= first) & (at_us < last)
        return columns.with_past(kept)

    def shown(self, columns: ReadingColumns) -> Flags:
        """Tell of each reading whether the rule must see it."""
        found = np.zeros(len(columns), np.bool_)
        flows = np.flatnonzero(columns.code == CODE[Quantity.FLOW_L_S])
        at_us = columns.at_us[flows]
        if not len(flows):
            return found
        at, last = moment(int(at_us[0])), moment(int(at_us[-1]))
        while at <= last:
            night = self._table.next(at)
            first, end = np.searchsorted(at_us, (micros(night.begins), micros(night.ends)))
            found[flows[first : end + 1]] = True
            at = night.ends + timedelta(microseconds=1)
        return found
