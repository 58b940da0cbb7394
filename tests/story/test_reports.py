"""A citizen's report finds its grid, what it probably repeats, and words for its reporter; nothing personal leaks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.areas import area_of
from hub.cases.stage import Stage
from hub.distance import METRES_A_DEGREE, distance_m
from hub.reports.datum import in_mainland, to_gcj02, to_wgs84
from hub.reports.duplicates import WEIGHING, Kind, Thing, Why, likely, score
from hub.reports.geocode import place
from hub.reports.masking import masked
from hub.reports.progress import AlertNews, CaseNews, progress
from hub.reports.report import Placing, Report, State

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HERE = (120.005, 30.005)
SQUARE = [(120.0, 30.0), (120.01, 30.0), (120.01, 30.01), (120.0, 30.01), (120.0, 30.0)]
EAST = [(x + 0.012, y) for x, y in SQUARE]  # some 190 m of no man's land between them
AREAS = {"01": area_of([SQUARE]), "02": area_of([EAST])}
A_METRE = 1 / METRES_A_DEGREE


def test_a_report_lies_in_the_grid_that_it_lies_in():
    assert place(AREAS, HERE) == place(dict(reversed(AREAS.items())), HERE)
    found = place(AREAS, HERE)
    assert (found.grid, found.placing, found.gap_m) == ("01", Placing.INSIDE, 0.0)


def test_a_small_gap_is_bridged_to_the_nearest_grid_and_a_large_one_is_outside_the_city():
    near = place(AREAS, (120.0108, 30.005))
    assert (near.grid, near.placing) == ("01", Placing.NEAR)
    assert 70 < near.gap_m < 85
    outside = place(AREAS, (120.05, 30.005))
    assert (outside.grid, outside.placing) == (None, Placing.OUTSIDE)
    assert outside.gap_m > 2000


def test_without_a_position_or_boundaries_nothing_is_said_of_where_it_lies():
    assert place(AREAS, None).placing is Placing.UNKNOWN
    assert place({}, HERE).placing is Placing.UNKNOWN


def thing(
    kind=Kind.ALERT, *, metres=0.0, since_h=-1.0, until_h=None, category="0101", group="city", grid="01", at=HERE
):
    return Thing(
        kind=kind,
        thing_id=uuid4(),
        title="a thing",
        since=NOW + timedelta(hours=since_h),
        until=None if until_h is None else NOW + timedelta(hours=until_h),
        position=None if at is None else (at[0], at[1] + metres * A_METRE),
        grid=grid,
        category=category,
        group=group,
    )


REPORT = thing(Kind.REPORT, since_h=0.0)


def test_the_same_thing_at_the_same_place_while_it_is_open_is_all_but_certain():
    (found,) = likely(REPORT, [thing(metres=5)])
    assert found.score == 1.0
    assert [ground.why for ground in found.grounds] == [Why.SAME_PLACE, Why.THEN_OPEN, Why.SAME_CATEGORY]
    assert [ground.number for ground in found.grounds] == [5.0, 3600.0, None]


def test_the_likeliest_comes_first_and_what_cannot_be_does_not_come():
    same, nearby = thing(metres=10), thing(metres=90)
    other = thing(metres=10, category="0202", group="water")
    far, long_over = thing(metres=250), thing(since_h=-90, until_h=-30)
    ended = thing(metres=10, since_h=-5, until_h=-2)
    found = likely(REPORT, [far, nearby, other, ended, long_over, same, REPORT])
    assert [one.thing for one in found] == [same, ended, nearby, other]


def test_without_a_position_the_same_grid_and_the_same_kind_are_just_enough():
    nowhere = replace(REPORT, position=None)
    assert [one.thing.category for one in likely(nowhere, [thing(), thing(category="0202", group=None)])] == ["0101"]
    assert likely(replace(nowhere, grid=None), [thing()]) == []


def test_an_alert_that_came_just_after_the_report_counts_too():
    (found,) = likely(REPORT, [thing(since_h=0.5)])
    assert found.grounds[1].why is Why.SHORTLY_APART


THINGS = st.builds(
    thing,
    st.sampled_from(Kind),
    metres=st.floats(0, 300),
    since_h=st.floats(-200, 48),
    category=st.sampled_from(["0101", "0102", None]),
    group=st.sampled_from(["city", "water", None]),
    at=st.sampled_from([HERE, None]),
)


@given(THINGS)
def test_no_score_leaves_its_bounds_and_each_has_three_grounds(other):
    judged = score(REPORT, other)
    if judged is not None:
        assert 0 < judged.score <= 1
        assert len(judged.grounds) == 3


@given(THINGS, st.floats(0, 300))
def test_farther_away_is_never_likelier(other, further_m):
    assume(other.position is not None)
    away = replace(other, position=(other.position[0], other.position[1] + further_m * A_METRE))
    near, far = score(REPORT, other), score(REPORT, away)
    assert (near.score if near else 0) >= (far.score if far else 0)


@given(st.lists(THINGS, max_size=30))
def test_the_order_in_which_they_are_looked_at_changes_nothing(things):
    assert likely(REPORT, things) == likely(REPORT, things[::-1])


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("路灯不亮，联系13800138000", "路灯不亮，联系***"),
        ("电话 138-0013-8000 或 +86 13800138000", "电话 *** 或 ***"),
        ("身份证33010219900101123X", "身份证***"),
        ("写信到 wang.li@example.com.cn。", "写信到 ***。"),
        ("座机0571-88001234", "座机***"),
        ("卡号6222021234567890123", "卡号***"),
        ("灯杆编号 1070013 已断电 45 分钟，2026-11-22", "灯杆编号 1070013 已断电 45 分钟，2026-11-22"),
    ],
)
def test_numbers_of_people_are_hidden_and_other_numbers_are_not(said, left):
    assert masked(said) == left
    assert masked(left) == left


CHINA = st.tuples(st.floats(75, 134), st.floats(5, 52))


@given(CHINA)
def test_a_position_shifted_there_and_back_is_the_same_to_the_decimetre(position):
    assert distance_m(to_wgs84(to_gcj02(position)), position) < 0.1
    assert 20 < distance_m(to_gcj02(position), position) < 1500


def test_the_shift_is_the_known_one_and_ends_at_the_coarse_rectangle():
    # The well-known example: Tian'anmen, 39.90734 N 116.39089 E, is shown at 39.90874 N 116.39713 E.
    shown = to_gcj02((116.39089, 39.90734))
    assert distance_m(shown, (116.39713, 39.90874)) < 5
    assert to_gcj02((2.35, 48.86)) == (2.35, 48.86)
    assert not in_mainland((2.35, 48.86))


FRESH = Report(
    report_id=UUID(int=1),
    number=100001,
    received_at=NOW,
    updated_at=NOW,
    source=UUID(int=2),
    source_name="wechat",
    category="0101",
    category_name="路灯",
)


def test_a_reporter_is_told_how_it_goes_from_receipt_to_end():
    told = progress(FRESH, None, None)
    assert (told.is_open, told.expected_at) == (True, None)
    due = NOW + timedelta(hours=8)
    case = CaseNews(number="2026-000123", stage=Stage.HANDLING, updated_at=NOW + timedelta(hours=1), due_at=due)
    told = progress(FRESH, case, None)
    assert told.is_open
    assert "2026-000123" in told.notes
    assert (told.expected_at, told.updated_at) == (due, NOW + timedelta(hours=1))
    told = progress(FRESH, replace(case, stage=Stage.CLOSED), None)
    assert (told.is_open, told.expected_at) == (False, None)


def test_a_reporter_whose_report_is_not_taken_up_is_told_why():
    dismissed = replace(FRESH, state=State.DISMISSED, reason="私人院内，不属公共区域")
    told = progress(dismissed, None, None)
    assert not told.is_open
    assert "私人院内" in told.notes


def test_what_the_sensors_knew_already_closes_with_its_alert():
    linked = replace(FRESH, state=State.LINKED)
    later = NOW + timedelta(hours=2)
    assert progress(linked, None, AlertNews(active=True, updated_at=NOW)).is_open
    over = progress(linked, None, AlertNews(active=False, updated_at=later))
    assert (over.is_open, over.updated_at) == (False, later)


def test_every_stage_has_words_for_the_reporter():
    for stage in Stage:
        told = progress(FRESH, CaseNews(number="1", stage=stage, updated_at=NOW), None)
        assert told.notes
        assert told.is_open == stage.is_open


def test_the_weights_share_one():
    assert WEIGHING.place + WEIGHING.time + WEIGHING.category == pytest.approx(1)
