"""The lowest and highest of the last while equal those found by looking at everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detectors.sliding import Highest, Lowest

START = datetime(2026, 11, 22, tzinfo=UTC)
SERIES = st.lists(st.tuples(st.integers(0, 30), st.integers(-5, 5)), max_size=40)


@given(SERIES, st.integers(1, 60))
def test_as_if_everything_were_kept(series, window_s):
    lowest, highest, seen, at_s = Lowest(window_s), Highest(window_s), [], 0
    for gap_s, value in series:
        at_s += gap_s
        at = START + timedelta(seconds=at_s)
        seen.append((at_s, value))
        inside = [v for t, v in seen if t >= at_s - window_s]
        assert lowest.push(at, value) == lowest.at(at) == min(inside)
        assert highest.push(at, value) == highest.at(at) == max(inside)


def test_an_empty_window_has_no_lowest():
    lowest = Lowest(10)
    assert lowest.at(START) is None
    lowest.push(START, 1)
    assert lowest.at(START + timedelta(seconds=11)) is None
