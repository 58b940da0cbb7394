"""Rows of stalls and of parked vehicles: that training sees them, and how what is found of them is judged."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from hub.demo.scenes.description import Actor, Street, View
from hub.demo.scenes.geometry import Projector
from hub.demo.scenes.random_actors import Footprint, Ground, footprint
from hub.demo.scenes.random_scenes import busy_scene, random_scene
from hub.demo.scenes.rows import stall_row, vehicle_row
from hub.demo.training.neighbours import Told, side_by_side, told_apart
from hub.demo.training.score import Found, Rect, Wanted

STREET = Street(road_half_m=6.0, pavement_m=5.0, lanes=2)
VIEW = View(height_m=6.0, x_m=-6.0, yaw_deg=20.0, tilt_deg=14.0)
SEEDS = range(40)


def place(actor: Actor) -> Footprint:
    at = actor.path.waypoints[0]
    return footprint(actor.size, at.x_m, at.y_m, at.heading_deg)


def gaps_m(actors: list[Actor]) -> list[float]:
    """How far along the street each is from the next, where they stand in one line."""
    places = sorted(map(place, actors), key=lambda each: each[1])
    pairs = pairwise(places)
    return [b[1] - a[1] - (a[2] + b[2]) / 2 for a, b in pairs if abs(a[0] - b[0]) < 1.0]


def stalls(actors: list[Actor]) -> list[Actor]:
    return [actor for actor in actors if actor.label == "stall"]


def test_stalls_of_a_row_stand_wall_to_wall_or_nearly_and_people_come() -> None:
    rows = [stall_row(np.random.default_rng(seed), STREET, VIEW, Ground(), "row") for seed in SEEDS]
    counts = [len(stalls(row)) for row in rows]
    assert max(counts) >= 4
    assert sum(count >= 2 for count in counts) > len(SEEDS) * 0.8
    gaps = [gap for row in rows for gap in gaps_m(stalls(row))]
    assert sum(gap < 0.3 for gap in gaps) > len(gaps) / 2
    assert min(gaps) > -0.6  # awnings may touch, stalls do not stand in one another
    assert {actor.label for row in rows for actor in row} == {"stall", "person"}


def test_rows_hold_like_stalls_and_unlike_ones() -> None:
    rows = [stalls(stall_row(np.random.default_rng(seed), STREET, VIEW, Ground(), "row")) for seed in SEEDS]
    colours = [len({actor.colour for actor in row}) for row in rows if len(row) > 1]
    assert 1 in colours
    assert any(count > 1 for count in colours)
    kinds = [len({actor.look % 3 for actor in row}) for row in rows if len(row) > 1]
    assert 1 in kinds
    assert any(count > 1 for count in kinds)


def test_parked_vehicles_of_a_row_stand_bumper_to_bumper() -> None:
    rows = [vehicle_row(np.random.default_rng(seed), STREET, VIEW, Ground(), "row") for seed in SEEDS]
    gaps = [gap for row in rows for gap in gaps_m(row)]
    assert sum(0.0 < gap < 1.2 for gap in gaps) > len(gaps) * 0.6
    assert {"car", "truck"} <= {actor.label for row in rows for actor in row} <= {"car", "truck", "bus", "motorcycle"}
    assert all(abs(actor.path.waypoints[0].x_m) < STREET.road_half_m for row in rows for actor in row)


def test_a_row_begins_where_the_camera_sees_it() -> None:
    projector = Projector(VIEW)
    for seed in SEEDS:
        row = stall_row(np.random.default_rng(seed), STREET, VIEW, Ground(), "row")
        shares = [projector.ground(*place(actor)[:2]) for actor in row]
        assert not row or any(0.0 < u < 1.0 and 0.0 < v < 1.0 for u, v in shares)


def test_a_camera_that_looks_at_no_pavement_gets_no_row() -> None:
    down = View(height_m=9.0, x_m=0.0, tilt_deg=88.0, fov_deg=20.0)
    assert stall_row(np.random.default_rng(1), STREET, down, Ground(), "row") == []


def test_what_stands_there_already_is_not_built_upon() -> None:
    ground = Ground()
    assert ground.take((0.0, 20.0, 100.0, 30.0))
    for seed in SEEDS:
        assert vehicle_row(np.random.default_rng(seed), STREET, VIEW, ground, "row") == []


def test_training_sees_neighbours_and_single_things_and_the_held_out_streets_hold_no_rows() -> None:
    actors = [actor for seed in range(10) for actor in busy_scene(seed, traffics=4).actors]
    assert sum("stalls-" in actor.actor_id for actor in stalls(actors)) > 30
    assert sum("-stall-" in actor.actor_id for actor in stalls(actors)) > 20
    for seed in range(30):
        places = [place(actor) for actor in stalls(list(random_scene(seed).actors))]
        for a, b in combinations(places, 2):
            assert abs(a[0] - b[0]) >= (a[3] + b[3]) / 2 or abs(a[1] - b[1]) >= (a[2] + b[2]) / 2


LEFT: Rect = (0.1, 0.1, 0.3, 0.3)
RIGHT: Rect = (0.3, 0.12, 0.5, 0.32)
TOGETHER: Rect = (0.1, 0.1, 0.5, 0.32)
LONE: Rect = (0.8, 0.1, 0.9, 0.3)
ALL = (0.0, 1.01)
THERE = [Wanted("stall", LEFT, True), Wanted("stall", RIGHT, True, 0.6), Wanted("stall", LONE, True)]


def told(found: list[Rect], *, alone: bool = False) -> Told:
    return told_apart([(THERE, [Found("stall", box, 0.9) for box in found])], "stall", ALL, 0.25, alone=alone)


@pytest.mark.parametrize(
    ("found", "both", "merged"),
    [
        ([LEFT, RIGHT], 1, 0),
        ([LEFT], 0, 0),
        ([TOGETHER], 0, 1),
        ([LEFT, RIGHT, TOGETHER], 1, 1),
        ([LEFT, LEFT], 0, 0),  # two boxes of one thing find one thing
        ([], 0, 0),
    ],
)
def test_a_pair_is_found_in_one_box_each_or_in_one_together(found: list[Rect], both: int, merged: int) -> None:
    assert told(found) == Told(pairs=1, both=both, merged=merged)


def test_a_box_of_a_third_thing_around_both_is_no_merged_one() -> None:
    around = Wanted("stall", TOGETHER, False, 0.1)
    picture = ([*THERE, around], [Found("stall", TOGETHER, 0.9)])
    assert told_apart([picture], "stall", ALL, 0.25).merged == 0


def test_what_stands_alone_is_counted_by_itself() -> None:
    assert told([LEFT, RIGHT, LONE], alone=True) == Told(pairs=1, both=1, merged=0)
    assert told([LEFT, RIGHT], alone=True) == Told(pairs=1, both=0, merged=0)


def test_a_pair_goes_by_the_one_that_shows_less_and_by_sure_boxes() -> None:
    picture = (THERE, [Found("stall", LEFT, 0.9), Found("stall", RIGHT, 0.2)])
    assert told_apart([picture], "stall", (0.8, 1.01), 0.25) == Told()
    assert told_apart([picture], "stall", (0.5, 0.8), 0.25) == Told(pairs=1, both=0, merged=0)
    assert told_apart([picture], "stall", (0.5, 0.8), 0.1) == Told(pairs=1, both=1, merged=0)
    assert Told().shares() == {}
    assert Told(pairs=4, both=3, merged=1).shares() == {"both": 0.75, "merged": 0.25}


def test_side_by_side_means_near_and_level() -> None:
    assert side_by_side(LEFT, RIGHT)
    assert side_by_side(LEFT, LEFT)
    assert not side_by_side(LEFT, (0.35, 0.1, 0.55, 0.3))  # a quarter of its width apart
    assert not side_by_side(LEFT, (0.3, 0.28, 0.5, 0.48))  # far below
