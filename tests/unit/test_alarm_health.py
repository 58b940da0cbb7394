"""The health of the alarm system: floods, shares and limits, on counts alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from hub.alerts.health import Mark, Observed, flood_share, floods, measures, priority_mix

COUNTS = st.lists(st.integers(0, 40), max_size=60)


def observed(per_ten_minutes: list[int], **given_: object) -> Observed:
    rest: dict[str, object] = {"per_severity": {}, "top_sources": [], "chattering": 0, "stale": 0}
    return Observed(per_ten_minutes=per_ten_minutes, **(rest | given_))  # type: ignore[arg-type]


def test_a_flood_begins_above_ten_and_ends_below_five() -> None:
    assert floods([10, 11, 9, 5, 4, 10]) == [False, True, True, True, False, False]
    assert flood_share([10, 11, 9, 5, 4, 10]) == 0.5
    assert floods([21, 10, 9], operators=2) == [True, True, False]
    assert flood_share([]) is None


@given(COUNTS)
def test_more_alarms_never_make_less_flood(counts: list[int]) -> None:
    assert sum(floods([count + 1 for count in counts])) >= sum(floods(counts))


@given(COUNTS, st.integers(1, 5))
def test_operators_share_what_comes(counts: list[int], operators: int) -> None:
    alone = {measure.name: measure.value for measure in measures(observed(counts))}
    together = {measure.name: measure.value for measure in measures(observed(counts, operators=operators))}
    for name in ("per_hour", "per_ten_minutes", "busiest_ten_minutes"):
        if alone[name] is None:
            assert together[name] is None
        else:
            assert together[name] == pytest.approx(alone[name] / operators)  # type: ignore[operator]


def test_a_quiet_day_is_good_and_an_empty_one_has_no_shares() -> None:
    by_name = {measure.name: measure for measure in measures(observed([0] * 144))}
    assert by_name["per_hour"].value == 0
    assert by_name["top_ten_share"].mark is Mark.NONE
    assert {measure.mark for measure in by_name.values()} == {Mark.GOOD, Mark.NONE}


def test_a_bad_day_is_marked_where_it_is_bad() -> None:
    day = measures(
        observed(
            [3] * 144,
            per_severity={Severity.CRITICAL: 200, Severity.WARNING: 232},
            top_sources=[40, 3],
            chattering=1,
            stale=5,
        )
    )
    marks = {measure.name: measure.mark for measure in day}
    assert marks == {
        "per_hour": Mark.POOR,
        "per_ten_minutes": Mark.POOR,
        "busiest_ten_minutes": Mark.GOOD,
        "flood_share": Mark.GOOD,
        "top_ten_share": Mark.FAIR,
        "chattering": Mark.POOR,
        "stale": Mark.POOR,
        "high_priority_share": Mark.POOR,
    }


def test_four_severities_are_three_priorities() -> None:
    mix = priority_mix({Severity.CRITICAL: 1, Severity.MAJOR: 3, Severity.MINOR: 10, Severity.WARNING: 6})
    assert mix == {"low": 0.8, "medium": 0.15, "high": 0.05}
    assert priority_mix({}) == {}
