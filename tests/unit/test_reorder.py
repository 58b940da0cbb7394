"""Reordering: what comes out is in order, each once, whatever the ticks and the grouping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from detectors.reorder import HELD_LIMIT, NEVER, Stream, key_of
from ingest.observation import Quantity, Reading

START = datetime(2026, 11, 23, tzinfo=UTC)


def reading(measured_s: float, received_s: float, device: str = "lamp-1") -> Reading:
    return Reading(
        device,
        Quantity.POWER_W,
        measured_s,
        START + timedelta(seconds=measured_s),
        START + timedelta(seconds=received_s),
    )


def put(stream: Stream, observation: Reading) -> tuple[bool, list[float]]:
    released = stream.release(observation.received_at) + stream.overflow()
    accepted = stream.arrive(key_of(observation), observation)
    return accepted, [item.value for item in released if isinstance(item, Reading)]


def values(released) -> list[float]:
    return [item.value for item in released]


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def test_a_straggler_within_the_bound_takes_its_place():
    stream = Stream(5)
    assert put(stream, reading(10, 10)) == (True, [])
    assert put(stream, reading(8, 12)) == (True, [])
    assert values(stream.release(at(15.1))) == [8, 10]
    assert stream.due == NEVER
    assert len(stream) == 0


def test_a_straggler_beyond_the_bound_is_late():
    stream = Stream(5)
    put(stream, reading(10, 10))
    assert put(stream, reading(8, 15.1)) == (False, [10])


def test_waiting_exactly_the_bound_is_still_in_time():
    stream = Stream(5)
    put(stream, reading(10, 10))
    assert values(stream.release(at(15))) == []
    assert put(stream, reading(8, 15)) == (True, [])


def test_the_same_observation_twice_is_late_whether_held_or_folded():
    stream = Stream(5)
    assert put(stream, reading(10, 10))[0]
    assert put(stream, reading(9, 10))[0]
    assert not put(stream, reading(9, 11))[0]
    assert not put(stream, reading(10, 11))[0]
    assert values(stream.release(at(20))) == [9, 10]
    assert not put(stream, reading(10, 21))[0]


def test_a_clock_that_runs_ahead_does_not_make_its_neighbours_late():
    stream = Stream(5)
    put(stream, reading(100, 10, "lamp-fast"))
    for second in range(11, 60):
        assert put(stream, reading(second, second))[0]
    assert values(stream.release(at(66))) == [54, 55, 56, 57, 58, 59]
    assert values(stream.release(at(106))) == [100]


def test_what_is_held_stays_bounded():
    stream = Stream(5)
    for number in range(HELD_LIMIT + 50):
        assert put(stream, reading(number / 1e6, 1))[0]
    assert HELD_LIMIT / 2 < len(stream) <= HELD_LIMIT + 1
    assert not put(stream, reading(0.0001, 2))[0]
    assert len(stream.release(at(6.1))) == HELD_LIMIT // 2 + 49


ARRIVALS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), max_size=40)


def run(arrivals: list[tuple[int, int]], ticks: list[int]) -> tuple[list[float], list[bool]]:
    """Feed (measured, received) in arrival order with ticks in between; return what came out, and what was late."""
    stream, out, late = Stream(5), [], []
    events = [(received, 1, measured) for measured, received in arrivals] + [(tick, 0, 0) for tick in ticks]
    for second, kind, measured in sorted(events, key=lambda event: event[:2]):
        if kind == 0:
            out += values(stream.release(at(second)))
        else:
            accepted, released = put(stream, reading(measured, second))
            out += released
            late.append(not accepted)
    return out + values(stream.release(NEVER)), late


@given(ARRIVALS, st.lists(st.integers(0, 70), max_size=20))
def test_what_comes_out_is_in_order_and_ticks_change_nothing(arrivals, ticks):
    out, late = run(arrivals, ticks)
    assert out == sorted(set(out))
    assert (out, late) == run(arrivals, [])
    assert len(out) == late.count(False)


@given(st.lists(st.integers(0, 1000), unique=True, max_size=30), st.randoms(use_true_random=False))
def test_any_arrival_order_within_the_bound_comes_out_alike(seconds, random):
    delayed = sorted((second + random.uniform(0, 5), second) for second in seconds)
    stream, out = Stream(5), []
    for received, measured in delayed:
        accepted, released = put(stream, reading(measured, received))
        assert accepted
        out += released
    assert out + values(stream.release(NEVER)) == sorted(seconds)


@given(ARRIVALS)
def test_each_goes_when_it_or_one_after_it_has_waited_long_enough(arrivals):
    """The rule said plainly, and slowly: of what is held, the longest beginning that ends with one that is due."""
    stream, held, folded = Stream(5), list[tuple[int, int]](), -1  # held: (measured, due)
    for measured, received in sorted(arrivals, key=lambda arrival: arrival[1]):
        upto = max((place + 1 for place, (_, due) in enumerate(held) if due < received), default=0)
        assert values(stream.release(at(received))) == [second for second, _ in held[:upto]]
        folded = held[upto - 1][0] if upto else folded
        held = held[upto:]
        fits = measured > folded and measured not in [second for second, _ in held]
        observation = reading(measured, received)
        assert stream.arrive(key_of(observation), observation) is fits
        if fits:
            held = sorted([*held, (measured, max(measured, received) + 5)])
        assert stream.due == min((at(due) for _, due in held), default=NEVER)
        assert len(stream) == len(held)
