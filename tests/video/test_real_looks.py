"""Real vehicles under a real codec: each looks like itself all the while, and like no vehicle of another paint."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from detectors.colours import ALL, Looks, difference
from detectors.succession import OTHERWISE
from detectors.vision.camera import StreamError, pictures
from detectors.vision.pictures import coloured
from detectors.vision.settings import VisionSettings
from tests.support.footage import DATA, HEIGHT, TRAFFIC, WIDTH, Footage, taken
from tests.support.footage_clips import Actor, Clip, write
from tests.support.footage_judged import stands

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not TRAFFIC.exists(), reason=f"no real footage in {DATA}"),
]

PAINTS = ("red saloon", "white saloon", "black saloon")
CLIP_S, LEARN_S, EVERY_S = 8.0, 3.0, 0.5
SHAKE = 0.03  # of the box's size: a model's boxes of a thing that stands lie so far apart

Seen = Callable[[str, float], list[Looks]]


@pytest.fixture(scope="module")
def footage() -> Footage:
    return taken()


@pytest.fixture
def seen(footage: Footage, tmp_path: Path) -> Seen:
    """Return what gives the looks of a vehicle in one stretch of its clip after the other."""

    def run(vehicle: str, light: float) -> list[Looks]:
        actor = Actor(vehicle=vehicle, way=((0.0, 300.0), (CLIP_S, 300.0)), bottom=200, scale=1.2)
        video = write(Clip(seconds=CLIP_S, actors=[actor], light=light), footage, tmp_path / "clip.mp4")
        place, chance = stands(actor).box, random.Random(vehicle)
        wide, high = place.x2 - place.x1, place.y2 - place.y1
        found, begun_s, last_s = [Looks()], 0.0, -EVERY_S
        try:
            for picture in pictures(str(video), VisionSettings()):
                if picture.pts_s < last_s + EVERY_S:
                    continue
                last_s = picture.pts_s
                if last_s - begun_s >= LEARN_S:
                    found.append(Looks())
                    begun_s = last_s
                x1, y1, x2, y2 = (chance.gauss(0, SHAKE) for _ in range(4))
                box = replace(
                    place,
                    x1=place.x1 + x1 * wide,
                    x2=place.x2 + x2 * wide,
                    y1=place.y1 + y1 * high,
                    y2=place.y2 + y2 * high,
                )
                (told,) = coloured(picture.fitted(WIDTH, HEIGHT), [box])
                found[-1].learn(told.colours, ALL, EVERY_S)
        except StreamError:  # it has ended
            pass
        return [looks for looks in found if looks.is_known(LEARN_S / 2)]

    return run


@pytest.mark.parametrize("light", [1.0, 0.5])
def test_a_vehicle_looks_like_itself_and_like_none_of_another_paint(seen: Seen, light: float) -> None:
    looks = {vehicle: seen(vehicle, light) for vehicle in PAINTS}
    for vehicle, found in looks.items():
        assert len(found) >= 2
        for one, other in combinations(found, 2):
            assert (difference(one, other, 1.0, 1.0) or 0.0) < OTHERWISE / 2, vehicle
    for one_vehicle, other_vehicle in combinations(PAINTS, 2):
        for one in looks[one_vehicle]:
            for other in looks[other_vehicle]:
                assert (difference(one, other, 1.0, 1.0) or 0.0) > OTHERWISE, (one_vehicle, other_vehicle)
