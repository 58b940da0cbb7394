"""When the alarms of a canary's grids are a flood: over the limit, over what was before, and never a few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.thresholds import Thresholds
from hub.tuning.shadow.canary import NotPossible, as_override, without_override
from hub.tuning.shadow.guard import Flood, Limits, flood


def found(limits: Limits, alarms: int, before: float | None = None) -> Flood | None:
    seen = flood(limits, alarms=alarms, per_hour_before=before)
    return None if seen is None else seen.flood


def test_more_alarms_an_hour_than_allowed_are_a_flood():
    limits = Limits(alarms_per_hour=12, window_s=1800)
    assert [found(limits, alarms) for alarms in (0, 5, 6, 7, 40)] == [None, None, None, Flood.ABSOLUTE, Flood.ABSOLUTE]


def test_a_few_alarms_are_never_a_flood_however_low_the_limit():
    limits = Limits(alarms_per_hour=0.1, factor=1, least=4)
    assert [found(limits, alarms, 0.0) for alarms in (1, 3, 4)] == [None, None, Flood.ABSOLUTE]


def test_many_times_what_was_before_is_a_flood():
    limits = Limits(factor=3)
    assert found(limits, 12, before=4.0) is None
    assert found(limits, 13, before=4.0) is Flood.FACTOR
    assert found(limits, 5, before=0.0) is Flood.FACTOR
    assert found(limits, 500, before=None) is None  # nobody knows what was before


def test_it_says_why_with_its_numbers():
    seen = flood(Limits(alarms_per_hour=100, factor=2, window_s=600), alarms=10, per_hour_before=25.0)
    assert seen is not None
    assert seen.text == "10 alarms within 10 min are 60 an hour; 2 times the 25 an hour of before are allowed"
    assert (seen.per_hour, seen.allowed_per_hour) == (60, 50)


@given(
    st.integers(0, 10_000),
    st.floats(0.5, 1000),
    st.one_of(st.none(), st.floats(1, 100)),
    st.one_of(st.none(), st.floats(0, 1000)),
)
def test_more_alarms_are_never_less_of_a_flood(
    alarms: int, per_hour: float, factor: float | None, before: float | None
):
    limits = Limits(alarms_per_hour=per_hour, factor=factor)
    if found(limits, alarms, before) is not None:
        assert found(limits, alarms + 1, before) is not None


@pytest.mark.parametrize(
    "wrong",
    [{}, {"alarms_per_hour": 0}, {"factor": 0.5}, {"factor": 2, "window_s": 5}, {"factor": 2, "least": 0}],
)
def test_limits_that_guard_nothing_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=r"limit|must be"):
        Limits(**wrong)  # type: ignore[arg-type]


def thresholds(**changes: float) -> Thresholds:
    document = Thresholds().model_dump(mode="json")
    document["gas"]["leak"] |= changes
    return Thresholds.model_validate(document)


def test_a_canary_is_what_differs_set_for_its_grids_alone_and_goes_without_a_trace():
    present = thresholds(raise_after_s=7.0)
    tried = as_override(present, thresholds(raise_after_s=7.0, rise_pct_lel=30.0), name="canary", grids=["02", "01"])
    assert tried.gas == present.gas
    assert [(one.name, one.grids, one.set) for one in tried.overrides] == [
        ("canary", ("01", "02"), {"gas.leak.rise_pct_lel": 30.0})
    ]
    assert without_override(tried, "canary") == present
    assert without_override(present, "canary") is None
    with pytest.raises(NotPossible, match="nothing to try"):
        as_override(present, present, name="canary", grids=["01"])
    with pytest.raises(NotPossible, match="cannot hold overrides"):
        as_override(present, tried, name="canary 2", grids=["01"])
