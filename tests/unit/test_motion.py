import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.motion import PROCESS, Gate, Grey, Reason, compare, due, look
from detectors.vision.settings import VisionSettings

SETTINGS = VisionSettings(process_fps=5, heartbeat_s=2, start_up_s=1)


def road(brightness: int = 100, *, seed: int | None = None, noise: float = 0) -> Grey:
    picture = np.full((45, 80), brightness, np.float64)
    picture[::7] += 15
    if seed is not None:
        picture += np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def with_car(picture: Grey, column: int, size: int = 4) -> Grey:
    after = picture.copy()
    after[20 : 20 + size, column : column + size] = 220
    return after


def reasons(pictures: list[Grey], fps: float = 5, settings: VisionSettings = SETTINGS) -> list[Reason]:
    gate, found = Gate(), []
    for number, picture in enumerate(pictures):
        gate, reason = look(gate, picture, number / fps, settings)
        found.append(reason)
    return found


def test_at_the_start_every_picture_is_looked_at() -> None:
    assert reasons([road()] * 6)[:5] == [Reason.START_UP] * 5


def test_a_still_road_is_looked_at_once_in_a_heartbeat() -> None:
    found = reasons([road()] * 56)[6:]
    assert set(found) == {Reason.STILL, Reason.HEARTBEAT}
    assert found.count(Reason.HEARTBEAT) == 5


def test_a_passing_car_is_looked_at_while_it_passes() -> None:
    still = [road()] * 8
    passing = [with_car(road(), 10 + 5 * i) for i in range(8)]
    assert reasons([*still, *passing])[8:] == [Reason.MOTION] * 8


def test_a_far_motorcycle_of_two_cells_is_enough() -> None:
    picture = road()
    picture[20, 30:32] = 180
    assert reasons([*[road()] * 7, picture])[-1] is Reason.MOTION


def test_what_creeps_adds_up_until_it_shows() -> None:
    """One grey level a picture is no motion from picture to picture; ten of them are."""
    creeping = []
    for step in range(30):
        picture = road()
        picture[20:26, 30:36] += np.uint8(step)
        creeping.append(picture)
    slow = VisionSettings(process_fps=5, heartbeat_s=4, start_up_s=0, lost_after_s=5)
    assert Reason.MOTION in reasons(creeping, settings=slow)[1:15]


def test_noise_of_a_night_camera_is_no_motion() -> None:
    found = reasons([road(40, seed=number, noise=1.3) for number in range(60)])[6:]
    assert Reason.MOTION not in found


def test_a_lamp_that_goes_on_is_light_and_then_the_steady_picture_is_looked_at() -> None:
    found = reasons([*[road(60)] * 8, *[road(110)] * 4])
    assert found[8:10] == [Reason.LIGHT, Reason.SETTLED]
    assert found[10:] == [Reason.STILL] * 2


def test_a_lamp_that_lights_most_of_the_picture_is_light_too() -> None:
    lit = road(60)
    lit[:, :55] = 200
    assert reasons([*[road(60)] * 8, lit])[-1] is Reason.LIGHT


def test_a_flickering_lamp_costs_no_more_than_the_heartbeat() -> None:
    flicker = [road(60 if number % 2 else 110) for number in range(100)]
    found = reasons([*[road(60)] * 6, *flicker])[6:]
    assert sum(reason in PROCESS for reason in found) <= 20 / SETTINGS.heartbeat_s + 1
    assert Reason.HEARTBEAT in found


def test_a_car_in_a_picture_whose_light_drifts_is_still_motion() -> None:
    assert reasons([*[road(100)] * 8, with_car(road(105), 30)])[-1] is Reason.MOTION


@pytest.mark.parametrize("fps", [5, 10, 25, 30])
def test_no_more_pictures_than_the_rate_allows(fps: int) -> None:
    passing = [with_car(road(), number % 70) for number in range(fps * 10)]
    looked = sum(reason in PROCESS for reason in reasons(passing, fps=fps))
    assert 40 <= looked <= 51


def test_another_resolution_begins_anew() -> None:
    gate, _ = look(Gate(), road(), 0, SETTINGS)
    gate, reason = look(gate, np.full((60, 80), 100, np.uint8), 30, SETTINGS)
    assert reason is Reason.START_UP


PICTURES = st.builds(lambda level, seed: road(level, seed=seed, noise=20), st.integers(0, 255), st.integers(0, 99))


@given(PICTURES)
def test_nothing_differs_from_itself(picture: Grey) -> None:
    change = compare(picture, picture, 8)
    assert (change.cells, change.light_levels) == (0, 0)


@given(st.lists(st.tuples(st.floats(0.001, 5), PICTURES), max_size=15))
def test_a_heartbeat_is_never_missed(story: list[tuple[float, Grey]]) -> None:
    gate, at_s, looked_s = Gate(), 0.0, None
    for gap_s, picture in story:
        at_s += gap_s
        allowed = due(gate, at_s, SETTINGS)
        gate, reason = look(gate, picture, at_s, SETTINGS)
        if reason in PROCESS:
            assert allowed
            looked_s = at_s
        else:
            assert looked_s is not None
            assert at_s - looked_s < SETTINGS.heartbeat_s
