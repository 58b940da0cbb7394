from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.turns import BATCH_S, MOST, PATIENCE_S, Turns


def served(turns: Turns, cameras: list[str], now_s: float) -> None:
    for camera in cameras:
        turns.came(camera, now_s)
    turns.took(len(cameras), 0.04 * len(cameras))


def at_speed(picture_s: float) -> Turns:
    turns = Turns()
    for _ in range(100):
        turns.took(1, picture_s)
    return turns


def test_a_camera_with_a_picture_is_asked_once() -> None:
    turns = Turns()
    turns.ready("a")
    assert turns.next(0.0) == ["a"]
    assert turns.next(0.0) == []
    turns.came("a", 0.1)
    assert turns.next(0.1) == [], "it has sent its picture, and has no other yet"
    turns.ready("a")
    assert turns.next(0.2) == ["a"]


def test_no_more_are_asked_than_the_model_takes_in_a_moment() -> None:
    turns = at_speed(BATCH_S / 4)
    for number in range(10):
        turns.ready(f"cam-{number}")
    assert turns.next(0.0) == ["cam-0", "cam-1", "cam-2", "cam-3"]
    assert turns.next(0.1) == [], "those are still to come"
    served(turns, ["cam-0", "cam-1"], 0.2)
    assert len(turns.next(0.2)) == 2


def test_a_batch_grows_with_the_model_s_speed_up_to_a_limit() -> None:
    assert at_speed(10.0).batch == 1
    assert at_speed(BATCH_S / 20).batch in (19, 20)
    assert at_speed(1e-5).batch == MOST


def test_a_quiet_camera_s_heartbeat_comes_before_the_busy_ones() -> None:
    turns = at_speed(BATCH_S)
    now_s = 0.0
    for _ in range(40):  # two cameras always have a picture; the model takes one in each turn
        turns.ready("busy-1")
        turns.ready("busy-2")
        served(turns, turns.next(now_s), now_s)
        now_s += 0.2
    turns = at_speed(BATCH_S)
    order: list[str] = []
    for turn in range(20):
        for busy in ("busy-1", "busy-2", "busy-3"):
            turns.ready(busy)
        if turn % 10 == 0:
            turns.ready("quiet")
        (camera,) = turns.next(turn * 0.2)
        turns.came(camera, turn * 0.2)
        order.append(camera)
    assert [turn for turn, camera in enumerate(order) if camera == "quiet"] == [3, 10]


def test_a_slow_model_is_fetched_no_picture_while_it_looks_at_another() -> None:
    turns = at_speed(2 * BATCH_S)
    turns.ready("a")
    assert turns.next(0.0, at_work=True) == []
    assert turns.next(0.4) == ["a"]
    quick = at_speed(BATCH_S / 4)
    quick.ready("a")
    assert quick.next(0.0, at_work=True) == ["a"]


def test_one_that_is_asked_and_sends_nothing_holds_up_nobody_for_long() -> None:
    turns = at_speed(BATCH_S)
    turns.ready("hangs")
    assert turns.next(0.0) == ["hangs"]
    turns.ready("works")
    assert turns.next(PATIENCE_S / 2) == []
    assert turns.next(PATIENCE_S) == ["works"]


def test_one_whose_process_ended_is_not_asked() -> None:
    turns = Turns()
    turns.ready("a")
    turns.gone("a")
    assert turns.next(0.0) == []


@given(st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=80), st.floats(0.001, 1))
def test_whoever_has_a_picture_is_served_before_any_other_is_served_twice(
    story: list[set[int]], picture_s: float
) -> None:
    turns, waiting = at_speed(picture_s), {}
    for turn, cameras in enumerate(story):
        for camera in cameras:
            turns.ready(str(camera))
            waiting.setdefault(str(camera), [])
        asked = turns.next(turn)
        assert len(asked) <= turns.batch
        for camera in asked:
            turns.came(camera, turn)
            waiting.pop(camera)
            for others in waiting.values():
                others.append(camera)
    for others in waiting.values():
        assert all(others.count(camera) <= 1 for camera in others)
