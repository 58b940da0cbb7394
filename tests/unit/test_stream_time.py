from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.stream_time import LATE_S, SETTLE_S, Anchor, Placed, Settling, place, place_recorded, settle


def run(story: Sequence[tuple[float | None, float]]) -> list[tuple[float, Placed]]:
    """Return the instant of each (pts, arrival), and how it was found."""
    anchor: Anchor | None = None
    found = []
    for pts_s, arrived_s in story:
        anchor, how = place(anchor, pts_s, arrived_s)
        found.append((round(anchor.at_s, 6), how))
    return found


def test_the_networks_jitter_does_not_show() -> None:
    story = [(90_000 + i / 10, 1000 + i / 10 + jitter) for i, jitter in enumerate([0, 0.2, 0.05, 0.3, 0.01, 0.0])]
    assert [at_s for at_s, _ in run(story)] == pytest.approx([1000.0, 1000.1, 1000.2, 1000.3, 1000.4, 1000.5], abs=1e-3)


def test_pictures_that_had_been_held_up_at_the_start_do_not_put_the_clock_late_for_good() -> None:
    burst = [(i / 10, 1000.0) for i in range(10)]
    then = [(1 + i / 10, 1000.1 + i / 10) for i in range(20)]
    found = run(burst + then)
    assert found[-1] == (1002.0, Placed.STEADY)
    assert all(at_s <= arrived_s + 0.01 for (at_s, _), (_, arrived_s) in zip(found, burst + then, strict=True))


def test_a_camera_that_restarts_its_stamps_is_anchored_again() -> None:
    found = run([(5000.0, 1000.0), (5000.1, 1000.1), (0.0, 1000.2), (0.1, 1000.3)])
    assert found[2:] == [(1000.2, Placed.JUMPED), (1000.3, Placed.STEADY)]


@pytest.mark.parametrize("rate", [0.9995, 1.0, 1.0005], ids=["slow", "right", "fast"])
def test_a_camera_whose_clock_runs_wrong_is_followed_for_a_day(rate: float) -> None:
    anchor: Anchor | None = None
    for second in range(0, 86_400, 2):
        anchor, how = place(anchor, second * rate, 1000.0 + second)
        assert abs(anchor.at_s - (1000.0 + second)) < 0.01
        assert how is not Placed.LATE


def test_a_backlog_that_grows_is_taken_for_what_it_is_until_it_is_too_old() -> None:
    found = run([(i / 10, 1000 + i / 5) for i in range(60)])
    assert [at_s for at_s, _ in found] == pytest.approx([1000 + i / 10 for i in range(60)], abs=0.02)
    assert run([(i / 10, 1000 + i / 5) for i in range(90)])[-1][1] is Placed.STEADY
    assert Placed.LATE in [how for _, how in run([(i / 10, 1000 + i / 5) for i in range(85)])]


def test_a_leap_of_the_stamps_is_no_leap_of_time() -> None:
    found = run([(0.0, 1000.0), (0.1, 1000.1), (3600.1, 1000.2), (3600.2, 1000.3)])
    assert found[2:] == [(1000.2, Placed.JUMPED), (1000.3, Placed.STEADY)]


def test_a_real_gap_that_the_stamps_know_of_is_a_gap() -> None:
    assert run([(0.0, 1000.0), (60.0, 1060.0)])[1] == (1060.0, Placed.STEADY)


def test_a_paused_stream_whose_stamps_go_on_as_if_nothing_was_is_brought_up_to_date() -> None:
    assert run([(0.0, 1000.0), (0.1, 1060.0), (0.2, 1060.1)])[1:] == [(1060.0, Placed.LATE), (1060.1, Placed.STEADY)]


def settled_at(story: Sequence[tuple[float | None, float]]) -> float | None:
    state: Settling | None = None
    for pts_s, arrived_s in story:
        state, settled = settle(state, pts_s, arrived_s)
        if settled:
            return arrived_s
    return None


@pytest.mark.parametrize("times_faster", [1000.0, 5.0, 2.0])
def test_pictures_out_of_a_store_are_told_from_those_that_come_as_they_are_taken(times_faster: float) -> None:
    stored = [(50 + i / 10, i / 10 / times_faster) for i in range(15)]
    live = [(51.5 + i / 10, 1.5 / times_faster + i / 10) for i in range(20)]
    settled = settled_at([(None, -0.01), *stored, *live])
    assert settled is not None
    assert 1.4 / times_faster + 0.3 <= settled <= 1.5 / times_faster + 0.6


def test_a_live_stream_is_settled_at_once_whatever_its_jitter_and_its_rate() -> None:
    jitter = [0.0, 0.04, -0.02, 0.05, 0.0, -0.04, 0.03, 0.02, 0.0, 0.01]
    assert (settled_at([(i / 10, i / 10 + late) for i, late in enumerate(jitter)]) or 9) <= 0.6
    assert settled_at([(0.0, 0.0), (1.0, 1.0)]) == 1.0
    assert settled_at([(None, i / 10) for i in range(9)]) == 0.4, "without stamps too"
    mad = [(i * 100.0, i / 10) for i in range(100)]
    assert settled_at(mad) == pytest.approx(SETTLE_S), "stamps that are worth nothing keep no camera blind"


def test_without_stamps_the_arrival_counts() -> None:
    assert run([(None, 1000.0), (None, 1000.2)]) == [(1000.0, Placed.ANCHORED), (1000.2, Placed.UNSTAMPED)]


STAMPS = st.one_of(st.none(), st.floats(-1e5, 1e5))


@given(st.lists(st.tuples(STAMPS, st.floats(0, 20)), max_size=40))
def test_time_never_runs_backwards_nor_far_from_the_clock(story: list[tuple[float | None, float]]) -> None:
    anchor: Anchor | None = None
    arrived_s, before_s = 1000.0, None
    for number, (pts_s, gap_s) in enumerate(story):
        arrived_s += gap_s
        anchor, _ = place(anchor, pts_s, arrived_s)
        assert before_s is None or anchor.at_s > before_s
        assert arrived_s - LATE_S - 0.01 <= anchor.at_s <= arrived_s + 0.001 * (number + 1)
        before_s = anchor.at_s


def test_a_recordings_time_begins_at_nought_and_follows_its_stamps() -> None:
    anchor, times = None, []
    for pts_s in (7.0, 7.5, 9.5, 0.0, 0.5, None, 1.0):
        anchor = place_recorded(anchor, pts_s, 0.1)
        times.append(round(anchor.at_s, 3))
    assert times == [0.0, 0.5, 2.5, 2.6, 3.1, 3.2, 3.7]
