"""The duration machine: what it raises it has seen for long enough, and only that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detectors.duration import QUIET, Condition, Evidence, Law, Stage, Turn, above, below, law, step

START = datetime(2026, 11, 22, tzinfo=UTC)
LAW = Law(raise_after_s=60, clear_after_s=30, gap_s=20)
HOLDS, UNDECIDED, OVER = Evidence.HOLDS, Evidence.UNDECIDED, Evidence.OVER
STORIES = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(list(Evidence))), max_size=60)


def run(story, start=QUIET, rule=LAW):
    """Fold (seconds since the last one, evidence); return the condition and [(at_s, turn, since_s)]."""
    condition, at_s, turns = start, 0, []
    for gap_s, evidence in story:
        at_s += gap_s
        before = condition
        condition, turn = step(condition, evidence, START + timedelta(seconds=at_s), rule)
        if turn is not None:
            since = condition.since if turn is Turn.RAISED else before.since
            turns.append((at_s, turn, (since - START).total_seconds()))
    return condition, turns


def test_it_raises_at_the_first_observation_at_which_it_has_lasted():
    _, turns = run([(0, OVER), *[(10, HOLDS)] * 8])
    assert turns == [(70, Turn.RAISED, 10.0)]


def test_one_look_away_from_it_begins_anew():
    _, turns = run([*[(10, HOLDS)] * 6, (10, UNDECIDED), *[(10, HOLDS)] * 7])
    assert turns == [(140, Turn.RAISED, 80.0)]


def test_a_blind_gap_neither_counts_nor_resets():
    condition, turns = run([*[(10, HOLDS)] * 4, (3600, HOLDS), *[(10, HOLDS)] * 3])
    assert turns == [(40 + 3600 + 30, Turn.RAISED, 10.0)]
    assert (condition.lasted_s, condition.blind_s) == (60, 3600)


def test_it_clears_after_it_was_over_for_long_enough_and_hysteresis_holds_it():
    raised = [*[(10, HOLDS)] * 7]
    _, turns = run([*raised, (10, OVER), (10, UNDECIDED), *[(10, OVER)] * 4])
    assert turns == [(70, Turn.RAISED, 10.0), (130, Turn.CLEARED, 10.0)]


def test_blind_time_does_not_clear_either():
    _, turns = run([*[(10, HOLDS)] * 7, (10, OVER), (1000, OVER), (10, OVER), (10, OVER), (10, OVER)])
    assert turns[1:] == [(1110, Turn.CLEARED, 10.0)]


def test_without_a_duration_it_raises_and_clears_on_the_very_observation():
    at_once = Law(0, 0, 20)
    assert run([(0, HOLDS), (5, OVER)], rule=at_once)[1] == [(0, Turn.RAISED, 0.0), (5, Turn.CLEARED, 0.0)]


def test_a_late_observation_says_nothing():
    condition, _ = run([(100, HOLDS), (10, HOLDS)])
    assert step(condition, OVER, START, LAW) == (condition, None)
    assert step(condition, HOLDS, START - timedelta(days=1), LAW) == (condition, None)


def test_a_slow_device_is_not_always_blind():
    assert law(60, 60, gap_s=300, interval_s=900).gap_s == 2250
    assert law(60, 60, gap_s=300, interval_s=10).gap_s == 300


def test_limits_and_their_hysteresis():
    assert [above(v, 10, 8) for v in (11, 10, 9, 8, 7)] == [HOLDS, UNDECIDED, UNDECIDED, OVER, OVER]
    assert [below(v, 10, 12) for v in (9, 10, 11, 12, 13)] == [HOLDS, UNDECIDED, UNDECIDED, OVER, OVER]
    assert [above(v, 10, 10) for v in (10, 10.1)] == [OVER, HOLDS]


@given(STORIES)
def test_a_raise_has_seen_its_duration_in_neighbouring_observations(story):
    condition, seen_s, previous = QUIET, 0.0, None
    at_s = 0
    for gap_s, evidence in story:
        at_s += gap_s
        if previous is not HOLDS or evidence is not HOLDS or condition.stage is not Stage.PENDING:
            seen_s = 0.0 if condition.stage is not Stage.PENDING else seen_s
        elif gap_s <= LAW.gap_s:
            seen_s += gap_s
        condition, turn = step(condition, evidence, START + timedelta(seconds=at_s), LAW)
        if turn is Turn.RAISED:
            assert seen_s >= LAW.raise_after_s
        previous = evidence


@given(STORIES)
def test_raises_and_clears_take_turns(story):
    turns = [turn for _, turn, _ in run(story)[1]]
    assert turns == [Turn.RAISED, Turn.CLEARED] * (len(turns) // 2) + [Turn.RAISED] * (len(turns) % 2)


@given(STORIES, st.integers(0, 60))
def test_blind_time_of_any_length_changes_nothing_but_the_clock(story, where):
    """A gap beyond the limit, made longer, shifts what comes after it and changes nothing else."""
    where = min(where, len(story))
    shifted = [(gap_s + 1000 if gap_s > LAW.gap_s else gap_s, evidence) for gap_s, evidence in story[where:]]
    before, after = run(story), run(story[:where] + shifted)
    assert [turn for _, turn, _ in before[1]] == [turn for _, turn, _ in after[1]]


@given(STORIES.filter(lambda story: all(evidence is not HOLDS for _, evidence in story)))
def test_nothing_is_raised_that_was_never_seen(story):
    assert run(story) == (QUIET, [])


def test_the_condition_is_a_value():
    assert Condition(Stage.QUIET) == QUIET
