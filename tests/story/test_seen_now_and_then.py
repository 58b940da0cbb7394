"""Vehicles seen now and then: hidden most of the time, lost by the detector, or one after another at one spot."""

from __future__ import annotations

import random

from detectors.finding import Finding
from detectors.parking import Parking
from detectors.thresholds import Thresholds
from ingest.city import Zone, ZoneKind
from ingest.observation import Box
from tests.support.stories import box, frame, small_city, told

KERB = Zone(
    zone_id="kerb",
    camera_id="cam-1",
    kind=ZoneKind.NO_PARKING,
    polygon=((0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9)),
)
LORRY = box(0.52, 0.95, 0.4, 0.6, label="truck")  # beyond the zone, and in front of the whole place


def car(second: float, x: float = 0.5) -> Box:
    shake = random.Random(second)
    return box(x + shake.uniform(-0.002, 0.002), 0.7 + shake.uniform(-0.002, 0.002), 0.1, 0.1)


def fold(boxes: list[tuple[float, list[Box]]]) -> list[tuple[str, float]]:
    """Return what is raised and cleared, and when."""
    parking = Parking(small_city(KERB), Thresholds())
    state, found = parking.start("cam-1", []), list[Finding]()
    for second, seen in boxes:
        state, new = parking.observe(state, frame("cam-1", second, *seen))
        found += new
    return [(phase, second) for phase, _, _, second in told(found)]


def test_a_car_that_lorries_hide_for_three_seconds_of_four_is_raised_on_time():
    story = [(n / 2, [car(n)] if n < 12 or n % 8 < 2 else [LORRY]) for n in range(480)]
    (raised,) = fold(story)
    assert raised[0] == "raised"
    assert 180 <= raised[1] <= 184


def test_a_place_that_is_hidden_nearly_always_tells_too_little():
    story = [(n / 2, [car(n)] if n < 12 or n % 32 < 2 else [LORRY]) for n in range(1200)]
    assert fold(story) == []


def test_a_car_that_the_detector_loses_for_five_seconds_at_a_time_is_raised():
    story = [(n / 2, [car(n)] if n % 20 < 10 else []) for n in range(500)]
    raised, cleared = fold([*story, *((250 + n / 2, []) for n in range(80))])
    assert raised[0] == "raised"
    assert 180 <= raised[1] <= 190
    assert cleared[0] == "cleared"


def test_cars_that_stop_one_after_another_a_little_apart_are_no_parked_car():
    story = [(n / 2, [car(n, 0.5 + 0.02 * (n // 40 % 2))] if n % 40 < 30 else []) for n in range(1200)]
    assert fold(story) == []


def test_three_glimpses_at_one_place_are_traffic_and_six_are_a_car():
    """Looked at once a second, as where traffic never ends, with a dwell of eight seconds."""

    def looked(seen: str) -> list[tuple[str, float]]:
        parking = Parking(small_city(KERB), Thresholds.model_validate({"parking": {"illegal": {"dwell_s": 8.0}}}))
        state, found = parking.start("cam-1", []), list[Finding]()
        for second, there in enumerate(seen):
            state, new = parking.observe(state, frame("cam-1", second, *([car(second)] if there == "x" else [])))
            found += new
        return [(phase, second) for phase, _, _, second in told(found)]

    assert looked("-xx---xx--x-") == []
    assert [phase for phase, _ in looked("-xx-x-xx-xx")] == ["raised"]
