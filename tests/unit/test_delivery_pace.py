"""When what is tried again, told as stories; and what holds whatever a receiver answers."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.deliveries.pace import (
    DOWN_AFTER,
    DOWN_LONGEST_S,
    GAPS_S,
    JITTER,
    LIFETIME,
    RETRY_AFTER_LONGEST_S,
    SLOW_LONGEST_S,
    Failure,
    Fare,
    Fate,
    Outcome,
    Verdict,
    Word,
    judge,
    word,
)

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def answered(status: int, *, retry_after_s: float | None = None) -> Outcome:
    return Outcome(took_s=0.1, status=status, retry_after_s=retry_after_s)


def no_answer(failure: Failure = Failure.TIMEOUT) -> Outcome:
    return Outcome(took_s=15, failure=failure)


def judged(outcome: Outcome, fare: Fare | None = None, *, refusals: int = 0, age: timedelta = timedelta()) -> Verdict:
    return judge(outcome, fare or Fare(), refusals=refusals, first_tried_at=NOW - age, at=NOW, chance=lambda: 0.5)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Word.TAKEN), (202, Word.TAKEN), (204, Word.TAKEN), (299, Word.TAKEN),
        (301, Word.FAILED), (308, Word.FAILED),
        (400, Word.REFUSED), (409, Word.REFUSED), (422, Word.REFUSED), (413, Word.REFUSED),
        (401, Word.FAILED), (403, Word.FAILED), (404, Word.FAILED), (408, Word.FAILED),
        (410, Word.GONE), (429, Word.SLOWER), (502, Word.SLOWER), (504, Word.SLOWER),
        (500, Word.FAILED), (503, Word.FAILED), (599, Word.FAILED),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, meaning: Word) -> None:
    assert word(answered(status)) is meaning
    assert word(no_answer()) is Word.FAILED
    assert word(answered(503, retry_after_s=3)) is Word.SLOWER


def test_one_that_is_refused_while_others_are_taken_is_tried_for_four_days_and_is_dead_then() -> None:
    at, refusals, waits = NOW, 0, []
    while True:
        verdict = judge(answered(422), Fare(), refusals=refusals, first_tried_at=NOW, at=at, chance=lambda: 0.5)
        if verdict.fate is Fate.DEAD:
            break
        assert verdict.fate is Fate.AGAIN
        assert verdict.counts
        assert verdict.again_at is not None
        assert verdict.fare.paused_until is None
        waits.append((verdict.again_at - at).total_seconds())
        at, refusals = verdict.again_at, refusals + 1
    assert waits[: len(GAPS_S)] == [float(gap) for gap in GAPS_S]
    assert LIFETIME <= at - NOW <= LIFETIME + timedelta(seconds=GAPS_S[-1])
    assert 15 <= len(waits) <= 18


def test_a_receiver_that_is_down_is_probed_and_everything_waits() -> None:
    fare, at = Fare(), NOW
    for turn in range(1, 40):
        verdict = judge(no_answer(), fare, refusals=0, first_tried_at=NOW, at=at, chance=lambda: 0.5)
        fare = verdict.fare
        assert verdict.fate is Fate.AGAIN
        assert verdict.disable is None
        if turn >= DOWN_AFTER:
            assert fare.is_probed
            assert verdict.again_at == fare.paused_until
            assert not verdict.counts
        assert verdict.again_at is not None
        at = max(at, verdict.again_at)
    assert fare.paused_until is not None
    assert (fare.paused_until - at).total_seconds() <= DOWN_LONGEST_S * (1 + JITTER)
    well = judge(answered(200), fare, refusals=0, first_tried_at=NOW, at=at, chance=lambda: 0.5)
    assert well == Verdict(fate=Fate.DELIVERED, fare=Fare())


def test_an_endpoint_at_which_nothing_gets_through_for_four_days_is_disabled_and_nothing_dies() -> None:
    fare = Fare(failures=100, failing_since=NOW - LIFETIME)
    verdict = judged(no_answer(Failure.REFUSED), fare, age=LIFETIME)
    assert verdict.fate is Fate.AGAIN
    assert verdict.disable is not None
    assert "2026-11-19 04:30 UTC" in verdict.disable


def test_one_that_brings_the_receiver_down_is_dead_in_the_end_while_others_get_through() -> None:
    assert judged(answered(500), Fare(), age=LIFETIME).fate is Fate.DEAD


def test_gone_disables_at_once_and_the_delivery_waits() -> None:
    verdict = judged(answered(410))
    assert verdict.disable is not None
    assert verdict.fate is Fate.AGAIN


def test_a_receiver_that_asks_to_be_spared_is_and_says_for_how_long() -> None:
    first = judged(answered(429))
    assert first.fare.slowness == 1
    assert first.fare.paused_until == NOW + timedelta(seconds=2)
    asked = judged(answered(429, retry_after_s=120), first.fare)
    assert asked.fare.paused_until == NOW + timedelta(seconds=120)
    assert asked.again_at == asked.fare.paused_until
    assert asked.fare.slowness == 2
    # Taken again: one at a time until it has taken as many as it sent away.
    taken = judged(answered(200), asked.fare)
    assert taken.fare == Fare(slowness=1)
    assert taken.fare.is_probed
    assert not judged(answered(200), taken.fare).fare.is_probed


def test_nobody_puts_us_off_for_ever() -> None:
    verdict = judged(answered(503, retry_after_s=1e12))
    assert verdict.fare.paused_until == NOW + timedelta(seconds=RETRY_AFTER_LONGEST_S)


OUTCOMES = st.one_of(
    st.builds(answered, st.integers(100, 599), retry_after_s=st.none() | st.floats(0, 1e6)),
    st.sampled_from([no_answer(each) for each in Failure]),
)


@given(st.lists(OUTCOMES, max_size=60), st.integers(0, 2**32))
def test_whatever_is_answered_a_delivery_comes_to_an_end_or_has_a_time(outcomes: list[Outcome], seed: int) -> None:
    chance = random.Random(seed).random
    fare, refusals, at = Fare(), 0, NOW
    for outcome in outcomes:
        verdict = judge(outcome, fare, refusals=refusals, first_tried_at=NOW, at=at, chance=chance)
        fare = verdict.fare
        assert (verdict.fate is Fate.DELIVERED) == (outcome.status is not None and 200 <= outcome.status < 300)
        assert (verdict.fate is Fate.DEAD) <= (at - NOW >= LIFETIME)
        if verdict.fate is not Fate.AGAIN or verdict.disable is not None:
            return
        assert verdict.again_at is not None
        wait_s = (verdict.again_at - at).total_seconds()
        assert 0 <= wait_s <= max(RETRY_AFTER_LONGEST_S, GAPS_S[-1] * (1 + JITTER), SLOW_LONGEST_S)
        if fare.paused_until is not None and verdict.again_at < fare.paused_until:
            assert verdict.counts
        refusals += verdict.counts
        at = verdict.again_at


def test_the_schedule_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "deliveries.md").read_text(encoding="utf-8")
    words = ["5 s", "30 s", "2 min", "10 min", "30 min", "1 h", "2 h", "4 h", "8 h", "12 h"]
    assert [_said(gap) for gap in GAPS_S] == words
    assert ", ".join(words[:-1]) in text
    assert f"{LIFETIME.days} days" in text


def _said(gap_s: int) -> str:
    if gap_s < 60:
        return f"{gap_s} s"
    return f"{gap_s // 60} min" if gap_s < 3600 else f"{gap_s // 3600} h"
