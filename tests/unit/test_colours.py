"""What two boxes look like tells them apart, whatever the light and whoever stands before them."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.colours import difference, drawn_near, looks
from detectors.succession import OTHERWISE
from ingest.observation import COLOURS_BYTES
from tests.support.paint import BLACK, BLUE, GREY, RED, WHITE, Paint, painted

COLOURS = st.binary(min_size=COLOURS_BYTES, max_size=COLOURS_BYTES)


LAWS = settings(deadline=None, max_examples=40)


@LAWS
@given(COLOURS)
def test_nothing_differs_from_itself(colours: bytes) -> None:
    assert difference(looks(colours), looks(colours)) == 0.0


@LAWS
@given(COLOURS, COLOURS)
def test_it_matters_not_which_is_compared_with_which(one: bytes, other: bytes) -> None:
    assert difference(looks(one), looks(other)) == pytest.approx(difference(looks(other), looks(one)))


@pytest.mark.parametrize(("one", "other"), combinations([BLACK, BLUE, RED, WHITE], 2))
def test_cars_of_two_colours_differ(one: Paint, other: Paint) -> None:
    assert difference(looks(painted(one)), looks(painted(other))) > 2 * OTHERWISE


def test_a_grey_car_may_be_a_white_one_in_the_shade() -> None:
    assert difference(looks(painted(GREY)), looks(painted(WHITE))) < OTHERWISE


@pytest.mark.parametrize("paint", [BLACK, BLUE, GREY, RED, WHITE])
@pytest.mark.parametrize("light", [0.7, 0.85, 1.1])
def test_less_or_more_light_changes_nothing(paint: Paint, light: float) -> None:
    assert difference(looks(painted(paint)), looks(painted(paint, light))) < OTHERWISE / 2


@pytest.mark.parametrize("patches", [(0, 3, 6), (2, 5, 8), (4, 7), (6, 7, 8)])
def test_a_third_of_it_may_be_hidden(patches: tuple[int, ...]) -> None:
    colours = bytearray(painted(RED))
    for patch in patches:
        colours[3 * patch : 3 * patch + 3] = bytes((40, 180, 60))
    assert difference(looks(painted(RED)), looks(bytes(colours))) < OTHERWISE


@LAWS
@given(COLOURS, COLOURS)
def test_what_is_learnt_for_long_comes_as_near_as_one_likes(known: bytes, colours: bytes) -> None:
    learnt = looks(known)
    for _ in range(60):
        learnt = drawn_near(learnt, colours, 0.2)
    assert learnt == pytest.approx(looks(colours), abs=1e-4)
