from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.picture import inside
from detectors.vision.motion import (
    PROCESS,
    Cells,
    Gate,
    Grey,
    Reason,
    compare,
    due,
    look,
    renewed,
    watched_cells,
    watched_polygons,
)
from detectors.vision.settings import VisionSettings
from ingest.city import Zone, ZoneKind

SETTINGS = VisionSettings(process_fps=5, busy_fps=5, heartbeat_s=2, start_up_s=1)


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


def reasons(
    pictures: list[Grey], fps: float = 5, settings: VisionSettings = SETTINGS, watched: Cells | None = None
) -> list[Reason]:
    gate, found = Gate(), []
    for number, picture in enumerate(pictures):
        gate, reason = look(gate, picture, number / fps, settings, watched)
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
    slow = VisionSettings(process_fps=5, busy_fps=5, heartbeat_s=4, start_up_s=0, lost_after_s=5)
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


SPARING = VisionSettings(process_fps=5, busy_fps=1, burst_s=1, heartbeat_s=2, start_up_s=0)


def times_looked(found: list[Reason], fps: float = 5) -> list[float]:
    return [number / fps for number, reason in enumerate(found) if reason in PROCESS]


def test_where_traffic_never_ends_a_picture_a_second_is_looked_at() -> None:
    traffic = [with_car(road(), 5 * number % 70) for number in range(300)]
    found = reasons(traffic, settings=SPARING)
    later = [at_s for at_s in times_looked(found) if at_s >= 10]
    assert {round(after - before, 3) for before, after in pairwise(later)} == {1.0}
    assert set(found[50:]) == {Reason.TOO_SOON, Reason.MOTION}


def test_what_comes_into_a_quiet_street_is_followed_closely_at_first() -> None:
    still = [road()] * 50
    passing = [with_car(road(), 5 * number) for number in range(14)]
    looked = times_looked(reasons([*still, *passing], settings=SPARING))
    gaps = [after - before for before, after in pairwise(at_s for at_s in looked if at_s >= 10)]
    assert gaps[:4] == pytest.approx([0.2] * 4), "the burst"
    assert gaps[-1] == pytest.approx(1.0)


def test_a_heartbeat_comes_although_there_was_traffic() -> None:
    """Credit limits what motion sends, never the heartbeat."""
    slow = VisionSettings(process_fps=5, busy_fps=0.1, burst_s=0, heartbeat_s=2, start_up_s=0)
    traffic = [with_car(road(), 5 * number % 70) for number in range(100)]
    looked = times_looked(reasons(traffic, settings=slow))
    assert max(after - before for before, after in pairwise(looked)) <= 2.0


def test_a_picture_that_another_replaced_takes_no_credit() -> None:
    gate, _ = look(Gate(), road(), 0, SPARING)
    for number in range(1, 11):
        gate = renewed(gate, with_car(road(), 5 * number), number * 0.2, SPARING)
    assert gate.credit == 5
    assert look(gate, with_car(road(), 70), 2.2, SPARING)[1] is Reason.MOTION


LEFT = ((0.0, 0.2), (0.4, 0.2), (0.4, 0.9), (0.0, 0.9))


def test_what_moves_far_from_every_zone_is_left_to_the_heartbeat() -> None:
    watched = watched_cells((LEFT,), 0.05, (45, 80))
    still = [road()] * 6
    far = [with_car(road(), 45 + number % 30) for number in range(40)]
    found = reasons([*still, *far], watched=watched)[6:]
    assert set(found) == {Reason.STILL, Reason.HEARTBEAT}
    near = [with_car(road(), 28 + number % 4) for number in range(4)]
    assert reasons([*still, *near], watched=watched)[6:] == [Reason.MOTION] * 4


def test_motion_counts_a_little_beyond_the_edge_of_a_zone() -> None:
    watched = watched_cells((LEFT,), 0.05, (45, 80))
    assert watched is not None
    assert watched[20, 35]
    assert not watched[20, 38]
    assert watched[7, 10]
    assert not watched[2, 10]


def test_a_light_far_from_every_zone_is_still_a_light() -> None:
    watched = watched_cells((((0.9, 0.9), (1.0, 0.9), (1.0, 1.0)),), 0.0, (45, 80))
    lit = road(60)
    lit[:, :55] = 200
    assert reasons([*[road(60)] * 8, lit], watched=watched)[-1] is Reason.LIGHT


def test_without_a_zone_and_with_a_margin_of_the_whole_picture_everything_counts() -> None:
    assert watched_cells((), 0.05, (45, 80)) is None
    assert watched_cells((LEFT,), 1.0, (45, 80)) is None


def test_a_zone_that_is_ignored_is_no_place_to_watch() -> None:
    zones = [
        Zone(zone_id=kind.value, camera_id="c", kind=kind, polygon=((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)))
        for kind in ZoneKind
    ]
    assert len(watched_polygons(zones)) == len(ZoneKind) - 1
    assert watched_polygons([zone for zone in zones if zone.kind is ZoneKind.IGNORED]) == ()


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=7), st.floats(0, 0.2))
def test_every_cell_whose_centre_lies_in_a_zone_is_watched(corners: list[tuple[float, float]], margin: float) -> None:
    watched = watched_cells((tuple(corners),), margin, (45, 80))
    assert watched is not None
    for row in range(0, 45, 4):
        for column in range(0, 80, 4):
            if inside(((column + 0.5) / 80, (row + 0.5) / 45), corners):
                assert watched[row, column]


@given(
    st.lists(st.sampled_from([0.04, 0.2, 0.5, 3.0]), min_size=1, max_size=60),
    st.floats(0.6, 5),
    st.floats(0, 3),
)
def test_no_more_pictures_than_the_sustained_rate_allows(gaps: list[float], busy_fps: float, burst_s: float) -> None:
    """Over any time: the burst, and `busy_fps` for each second of it, even where all moves at all times."""
    settings = VisionSettings(process_fps=5, busy_fps=busy_fps, burst_s=burst_s, heartbeat_s=2, start_up_s=0)
    gate, at_s, looked = Gate(), 0.0, []
    for number, gap_s in enumerate(gaps):
        at_s += gap_s
        gate, reason = look(gate, with_car(road(), 5 * number % 70), at_s, settings)
        if reason in (Reason.MOTION, Reason.HEARTBEAT):
            looked.append(at_s)
    for first, began_s in enumerate(looked):
        for count, ended_s in enumerate(looked[first:], 1):
            assert count <= max(1, burst_s * 5) + busy_fps * (ended_s - began_s) + 1.01


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
