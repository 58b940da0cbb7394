"""A device's readings and the rule of faults go in; which of them may be a fault, and whether it rests, comes out.

A value that cannot be is one. So is every reading of a time in which a value is repeated for as long as a freeze takes;
between those nothing is remembered that a detector that begins anew does not find by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from detectors.duration import QUIET, Law
from detectors.faults import FaultState
from hub.tuning.columns import CODE, Flags, ReadingColumns
from ingest.observation import Quantity

SLACK = 1e-6  # sums of steps are rounded: whatever lies so near is let through


def stirs(columns: ReadingColumns, is_possible: Flags, freezing: Iterable[Quantity], frozen: Law) -> Flags:
    """Tell of each reading whether it may make, or belong to, a fault."""
    edges = np.zeros(len(columns) + 1, np.int64)
    for quantity in freezing:
        own = np.flatnonzero(columns.code == CODE[quantity])
        if not len(own):
            continue
        value, at_us = columns.value[own], columns.at_us[own]
        step_s = np.diff(at_us) / 1e6
        is_same = (value[1:] == value[:-1]) & (value[1:] != 0.0)
        begins = np.flatnonzero(np.concatenate(([True], ~is_same)))
        seen_s = np.where(is_same & (step_s <= frozen.gap_s), step_s, 0.0)
        lasts_s = np.add.reduceat(np.append(0.0, seen_s), begins)
        ends = np.append(begins[1:], len(own)) - 1
        long = lasts_s >= frozen.raise_after_s - SLACK
        # What else is read meanwhile is shown as well: so no such time is ever broken off in the middle.
        np.add.at(edges, own[begins[long]], 1)
        np.add.at(edges, own[ends[long]] + 1, -1)
    found: Flags = (np.cumsum(edges[:-1]) > 0) | ~is_possible
    return found


def rests(state: FaultState) -> bool:
    """Tell whether no fault is open, nor any condition of one pending."""
    return state.since is None and all(
        track.frozen is QUIET and track.impossible is QUIET for track in state.tracks.values()
    )
