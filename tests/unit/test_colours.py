"""What two boxes look like tells them apart, whatever the light and whoever stands before them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.colours import ALL, LATELY_S, LEAST, PATCHES, Looks, difference, shown
from detectors.succession import OTHERWISE
from ingest.observation import COLOURS_BYTES, Box
from tests.support.paint import BLACK, BLUE, GREY, RED, WHITE, Paint, painted

COLOURS = st.binary(min_size=COLOURS_BYTES, max_size=COLOURS_BYTES)
LAWS = settings(deadline=None, max_examples=40)
KNOWN_S = 3.0


def learnt(colours: bytes, patches: Sequence[bool] = ALL) -> Looks:
    """Return the looks of what was seen in these colours for long."""
    looks = Looks()
    looks.learn(colours, patches, 10.0)
    return looks


def apart(one: bytes, other: bytes) -> float:
    """Return by how much two differ of which all is known."""
    differ = difference(learnt(one), learnt(other), KNOWN_S, KNOWN_S)
    assert differ is not None
    return differ


@LAWS
@given(COLOURS)
def test_nothing_differs_from_itself(colours: bytes) -> None:
    assert apart(colours, colours) == 0.0


@LAWS
@given(COLOURS, COLOURS)
def test_it_matters_not_which_is_compared_with_which(one: bytes, other: bytes) -> None:
    assert apart(one, other) == pytest.approx(apart(other, one))


@pytest.mark.parametrize(("one", "other"), list(combinations([BLACK, BLUE, RED, WHITE], 2)))
def test_cars_of_two_colours_differ(one: Paint, other: Paint) -> None:
    assert apart(painted(one), painted(other)) > 2 * OTHERWISE


def test_a_grey_car_may_be_a_white_one_in_the_shade() -> None:
    assert apart(painted(GREY), painted(WHITE)) < OTHERWISE


@pytest.mark.parametrize("paint", [BLACK, BLUE, GREY, RED, WHITE])
@pytest.mark.parametrize("light", [0.7, 0.85, 1.1])
def test_less_or_more_light_changes_nothing(paint: Paint, light: float) -> None:
    assert apart(painted(paint), painted(paint, light)) < OTHERWISE / 2


@pytest.mark.parametrize("patches", [(0, 3, 6), (2, 5, 8), (4, 7), (6, 7, 8)])
def test_a_third_of_it_may_be_hidden_by_what_nobody_found(patches: tuple[int, ...]) -> None:
    colours = bytearray(painted(RED))
    for patch in patches:
        colours[3 * patch : 3 * patch + 3] = bytes((40, 180, 60))
    assert apart(painted(RED), bytes(colours)) < OTHERWISE


@LAWS
@given(COLOURS, COLOURS)
def test_what_is_learnt_for_long_comes_as_near_as_one_likes(known: bytes, colours: bytes) -> None:
    looks = learnt(known)
    for _ in range(100):
        looks.learn(colours, ALL, LATELY_S / 5)
    assert looks.levels == pytest.approx(learnt(colours).levels, abs=1e-6)


@LAWS
@given(COLOURS, st.lists(st.floats(0.01, 2.0), min_size=1, max_size=20))
def test_in_how_many_pictures_it_was_seen_changes_nothing_while_it_looks_alike(
    colours: bytes, steps_s: list[float]
) -> None:
    looks = Looks()
    for step_s in steps_s:
        looks.learn(colours, ALL, step_s)
    assert looks.levels == pytest.approx(learnt(colours).levels)
    assert looks.known_s == pytest.approx([min(LATELY_S, sum(steps_s))] * PATCHES)


def test_no_time_teaches_nothing() -> None:
    looks = learnt(painted(RED))
    looks.learn(painted(BLUE), ALL, 0.0)
    assert looks == learnt(painted(RED))


@pytest.mark.parametrize("count", range(PATCHES + 1))
def test_only_patches_that_are_known_of_both_are_compared(count: int) -> None:
    some = [patch < count for patch in range(PATCHES)]
    found = difference(learnt(painted(RED)), learnt(painted(BLUE), some), KNOWN_S, KNOWN_S)
    assert (found is not None) == (count >= LEAST)
    assert learnt(painted(BLUE), some).is_known(KNOWN_S) == (count >= LEAST)


def test_what_was_seen_for_a_moment_is_not_known() -> None:
    looks = Looks()
    looks.learn(painted(RED), ALL, KNOWN_S / 2)
    assert not looks.is_known(KNOWN_S)
    assert difference(learnt(painted(RED)), looks, KNOWN_S, KNOWN_S) is None
    assert difference(learnt(painted(RED)), looks, KNOWN_S, KNOWN_S / 2) == 0.0


def box(x1: float, y1: float, x2: float, y2: float) -> Box:
    return Box("car", 0.9, None, x1, y1, x2, y2)


def test_what_stands_before_it_covers_its_patches() -> None:
    car = box(0.3, 0.3, 0.6, 0.6)
    assert shown(car, []) == ALL
    lower_right = [True, True, True, True, True, False, True, True, False]
    assert list(shown(car, [box(0.5, 0.4, 0.8, 0.9)])) == lower_right
    assert list(shown(car, [box(0.0, 0.0, 1.0, 1.0)])) == [False] * PATCHES
    assert list(shown(car, [box(0.59, 0.3, 0.8, 0.9)])) == [True] * PATCHES, "a tenth of a patch is nothing"
