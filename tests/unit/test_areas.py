"""Rings become areas: what is wrong with them is said, what lies in them and how far away is right."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.areas import area_of, fault_of, overlaps
from hub.distance import METRES_A_DEGREE, around, distance_m

SQUARE = [(120.0, 30.0), (120.01, 30.0), (120.01, 30.01), (120.0, 30.01), (120.0, 30.0)]


def moved(ring, east=0.0, north=0.0, times=1.0):
    return [(120 + (x - 120) * times + east, 30 + (y - 30) * times + north) for x, y in ring]


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (SQUARE, None),
        (SQUARE[::-1], None),
        (SQUARE[:-1], r"not closed.*put \[120, 30\] at its end"),
        (SQUARE[:3], "three corners"),
        ([], "three corners"),
        ([SQUARE[0], SQUARE[1], SQUARE[3], SQUARE[2], SQUARE[0]], "crosses or touches itself near"),
        ([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[0]], "crosses or touches itself|encloses nothing"),
        ([SQUARE[0]] * 4, "crosses or touches itself|encloses nothing"),
    ],
)
def test_what_is_wrong_with_a_ring_is_said_in_words(ring, said):
    fault = fault_of(ring)
    if said is None:
        assert fault is None
    else:
        assert fault is not None
        assert re.search(said, fault)


def test_a_ring_within_is_a_hole_and_one_beside_a_further_part():
    hole, beside = moved(SQUARE, 0.004, 0.004, 0.2), moved(SQUARE, 0.02, 0.0)
    area = area_of([SQUARE, hole, beside])
    assert area.covers((120.001, 30.001))
    assert not area.covers((120.005, 30.005))
    assert area.covers((120.025, 30.005))
    assert not area.covers((120.015, 30.005))
    assert len(area.outlines()) == 2
    assert area.covers(area.label())
    assert area.covers((120.0, 30.005)), "the edge belongs to it"


def test_a_position_outside_is_as_far_away_as_the_nearest_edge():
    area = area_of([SQUARE])
    assert area.distance_m((120.005, 30.005)) == 0
    north = area.distance_m((120.005, 30.02))
    assert north == pytest.approx(0.01 * METRES_A_DEGREE, rel=1e-6)
    east = area.distance_m((120.02, 30.005))
    assert east == pytest.approx(0.01 * METRES_A_DEGREE * math.cos(math.radians(30.005)), rel=1e-6)


def test_the_ground_that_two_areas_share_is_told_in_square_metres():
    areas = {"one": area_of([SQUARE]), "two": area_of([moved(SQUARE, 0.005)]), "far": area_of([moved(SQUARE, 0.5)])}
    ((one, two, shared),) = overlaps(areas, from_m2=1.0)
    assert (one, two) == ("one", "two")
    expected = 0.005 * 0.01 * METRES_A_DEGREE**2 * math.cos(math.radians(30.005))
    assert shared == pytest.approx(expected, rel=1e-3)
    touching = {"one": area_of([SQUARE]), "beside": area_of([moved(SQUARE, 0.01)])}
    assert overlaps(touching, from_m2=1.0) == []


PLACES = st.tuples(st.floats(119.9, 120.1), st.floats(29.9, 30.1))


@given(PLACES, PLACES)
def test_distance_is_the_same_both_ways_and_nothing_only_to_itself(one, other):
    there = distance_m(one, other)
    assert there == pytest.approx(distance_m(other, one))
    assert there >= 0
    assert distance_m(one, one) == 0


@given(PLACES)
def test_the_nearest_position_lies_in_the_area_and_no_corner_is_nearer(place):
    area = area_of([SQUARE])
    away = area.distance_m(place)
    assert away <= min(distance_m(place, corner) for corner in SQUARE) + 0.5
    assert area.distance_m(area.nearest(place)) == pytest.approx(0, abs=0.01)
    assert (away == 0) == area.covers(place)


@given(PLACES, st.floats(1, 2000), st.floats(0, 360))
def test_what_is_within_a_distance_lies_in_the_rectangle_around(place, radius_m, bearing):
    west, south, east, north = around(place, radius_m)
    turned = math.radians(bearing)
    up = radius_m * math.cos(turned) / METRES_A_DEGREE
    across = radius_m * math.sin(turned) / METRES_A_DEGREE / math.cos(math.radians(place[1]))
    assert west <= place[0] + across <= east
    assert south <= place[1] + up <= north
