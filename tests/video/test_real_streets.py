"""Real footage, real COCO weights: who stands is raised once, on time, and cleared, whatever passes; traffic never is.

The clips are composed: vehicles cut out of the footage drive along a real lane, stop, are hidden by what passes nearer
to the camera, and drive off, in the running traffic of that road, under its light, its noise and a codec. They go the
whole way of `lianqin analyse`. What each shows is printed (`pytest -rP`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from detectors.vision.recording import frames
from detectors.vision.settings import VisionSettings
from detectors.vision.yolo import Detector
from tests.support.footage import CAR_PARK, COCO, DATA, TRAFFIC, Footage, taken
from tests.support.footage_clips import Actor, Clip, write
from tests.support.footage_judged import Judged, Stood, configured, judged, second, stands, told

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not COCO.exists() or not TRAFFIC.exists(), reason=f"no real weights and footage in {DATA}"),
]

DWELL_S, CLEAR_S = 30.0, 10.0
LATE_S = 10.0  # what an alarm may be late
DRIVES_LEFT = ("pick-up", "silver estate")
TURNING_LANE, NEAR_LANE = 140, 345  # the rows on which vehicles stand there; the footage's own traffic leaves them free

Judge = Callable[..., Judged]


@pytest.fixture(scope="module")
def model() -> Detector:
    return Detector(COCO)


@pytest.fixture(scope="module")
def footage() -> Footage:
    return taken()


@pytest.fixture
def judge(footage: Footage, model: Detector, tmp_path: Path) -> Judge:
    def run(clip: Clip, dwell_s: float = DWELL_S) -> Judged:
        video = write(clip, footage, tmp_path / "clip.mp4")
        return judged(video, configured(tmp_path, dwell_s, CLEAR_S), model)

    return run


def parks(vehicle: str, column: float, bottom: float, from_s: float, to_s: float, scale: float = 1.0) -> Actor:
    """Return a vehicle that drives in, stands from `from_s` to `to_s`, and drives off."""
    begin, end = (800, -160) if vehicle in DRIVES_LEFT else (-160, 800)
    way = ((from_s - 3, begin), (from_s, column), (to_s, column), (to_s + 3, end))
    return Actor(vehicle=vehicle, way=way, bottom=bottom, scale=scale)


def passes(vehicle: str, from_s: float, bottom: float, scale: float, column: float, waits_s: float) -> Actor:
    """Return a vehicle as large as a lorry that comes, waits at `column`, and goes on: 5 s and the wait in all."""
    begin, end = -90 * scale, 640 + 90 * scale
    if vehicle in DRIVES_LEFT:
        begin, end = end, begin
    stop_s = from_s + 2.5
    way = ((from_s, begin), (stop_s, column), (stop_s + waits_s, column), (stop_s + waits_s + 2.5, end))
    return Actor(vehicle=vehicle, way=way, bottom=bottom, scale=scale)


def raised_once_on_time(found: Judged, stood: Stood) -> None:
    """Hold `found` to what is promised of one vehicle that stood."""
    print(told(found, stood, DWELL_S, CLEAR_S))
    (alert,) = (one for one in found.of(stood) if stood.from_s - 3 <= second(one.since) <= stood.to_s)
    due_s = stood.from_s + DWELL_S
    # Its last metres before it stops are slow: they may count as standing.
    assert due_s - 2 <= second(alert.raised_at) <= due_s + LATE_S
    assert alert.cleared_at is not None
    assert stood.to_s + CLEAR_S - 1 <= second(alert.cleared_at) <= stood.to_s + CLEAR_S + LATE_S


def test_by_day_lorries_pass_in_front_and_labels_flip(judge: Judge) -> None:
    car, truck = parks("red saloon", 210, TURNING_LANE, 4, 46), parks("pick-up", 440, 352, 6, 44, 1.15)
    lorries = [
        passes("black minivan", 10, 216, 2.3, 180, 1),
        passes("black off-roader", 21, 212, 2.2, 250, 4),
        passes("black saloon", 38, 214, 2.1, 205, 2),
    ]
    found = judge(Clip(seconds=64, actors=[car, truck, *lorries]))
    for actor in (car, truck):
        raised_once_on_time(found, stands(actor))
    assert len(found.alerts) == 2
    assert {box.label for box in found.seen(stands(truck))} >= {"car", "truck"}


def test_at_dusk_a_small_car_is_hidden_wholly_and_then_for_long_in_part(judge: Judge) -> None:
    car = parks("blue estate", 380, 138, 4, 44, 0.6)
    front = [
        passes("black off-roader", 8, 200, 2.0, 380, 3),
        passes("pick-up", 16, 196, 1.2, 425, 8),
        passes("dark saloon", 37, 199, 2.1, 350, 2),
    ]
    found = judge(Clip(seconds=62, actors=[car, *front], light=0.4, noise=5.0))
    raised_once_on_time(found, stands(car))
    assert len(found.alerts) == 1


def test_one_leaves_and_another_takes_the_place(judge: Judge) -> None:
    one, other = parks("slate saloon", 330, NEAR_LANE, 3, 38, 1.2), parks("red saloon", 270, NEAR_LANE, 52, 88, 1.2)
    front = [passes("black minivan", 10, 420, 2.6, 330, 2), passes("pick-up", 64, 420, 2.5, 290, 3)]
    found = judge(Clip(seconds=104, actors=[one, other, *front], mirrored=True, seed=2))
    for actor in (one, other):
        raised_once_on_time(found, stands(actor, mirrored=True))
    assert len(found.alerts) == 2


def test_a_camera_that_sways_on_its_pole_loses_nobody_and_sees_nobody_who_is_not_there(judge: Judge) -> None:
    car = parks("azure saloon", 420, TURNING_LANE, 4, 42)
    lorries = [passes("black off-roader", 14, 214, 2.3, 400, 3), passes("dark saloon", 27, 214, 2.2, 440, 1)]
    found = judge(Clip(seconds=60, actors=[car, *lorries], sway_px=2.0, seed=3))
    raised_once_on_time(found, stands(car))
    assert len(found.alerts) == 1, "the car, and neither the traffic nor a camera that was moved"


def test_a_jam_and_a_queue_at_a_light_raise_nothing(judge: Judge) -> None:
    chance = random.Random(1)
    names = ("grey saloon", "blue estate", "slate saloon", "red saloon")
    steps, begin_s = [], 0.0
    while begin_s < 80:
        steps.append((begin_s, chance.uniform(6, 14), chance.uniform(120, 260)))
        begin_s += steps[-1][1] + 3
    jam = []
    for number in range(20):
        column, way = 620.0 - 195 * number, []
        for from_s, rests_s, metres in steps:
            way += [(from_s, column), (from_s + rests_s, column)]
            column += metres * chance.uniform(0.93, 1.07)
        jam.append(Actor(vehicle=names[number % 4], way=tuple(way), bottom=205))
    queue = []
    for red_s in (0.0, 40.0):
        for number in range(3):
            column, come_s, go_s = 520.0 - 180 * number, red_s + 1 + 1.5 * number, red_s + 25 + 1.2 * number
            way = [(come_s, column - 640), (come_s + 4, column), (go_s, column), (go_s + 3.5, 760.0)]
            queue.append(Actor(vehicle=names[3 - number], way=tuple(way), bottom=283))
            flow_s = red_s + 29 + 2.5 * number
            queue.append(Actor(vehicle=names[number], way=((flow_s, -100.0), (flow_s + 4, 760.0)), bottom=283))
    found = judge(Clip(seconds=80, actors=[*jam, *queue], traffic=False), 45.0)
    assert any(boxes for _, boxes in found.frames)
    assert found.alerts == ()


@pytest.mark.parametrize("video", [TRAFFIC, CAR_PARK], ids=["road", "car park from above"])
def test_the_footage_itself_raises_nothing_though_all_of_it_is_watched(
    video: Path, model: Detector, tmp_path: Path
) -> None:
    found = judged(video, configured(tmp_path, 6.0, 3.0), model)
    assert len(found.frames) > 10
    assert found.alerts == ()


def test_no_id_is_given_to_two_vehicles_of_the_real_traffic(model: Detector) -> None:
    """Each lane runs one way: an id that goes back, or changes the lane by more than a car's height, is two."""
    settings = VisionSettings(busy_fps=5.0)
    ways: dict[int, list[tuple[float, float]]] = defaultdict(list)
    nameless = 0
    begin = datetime(2026, 11, 23, tzinfo=UTC)
    for frame in frames(TRAFFIC, camera_id="cam-01", start=begin, model=model, settings=settings):
        for box in frame.boxes:
            nameless += box.track_id is None and box.confidence >= 0.5
            if box.track_id is not None and box.y2 - box.y1 < 0.25:  # larger ones are two cars in one box
                ways[box.track_id].append(((box.x1 + box.x2) / 2, box.y2))
    assert nameless == 0
    assert sum(len(way) >= 5 for way in ways.values()) >= 18, "most of the two dozen vehicles are followed"
    for way in ways.values():
        leftwards = way[0][1] < 0.3
        for (x, y), (next_x, next_y) in pairwise(way):
            assert (next_x - x if leftwards else x - next_x) < 0.06
            assert abs(next_y - y) < 0.1
