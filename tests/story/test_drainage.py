"""Drainage: too high, rising too fast, over again with hysteresis."""

from __future__ import annotations

from detectors.drainage import Drainage
from detectors.finding import Phase
from detectors.thresholds import Thresholds
from ingest.city import DeviceKind
from ingest.observation import Quantity
from tests.support.folding import city_of, fold, reading, told

CITY = city_of(DeviceKind.DRAINAGE, "d1")


def levels(*values, every_s=10.0):
    return [reading("d1", n * every_s, Quantity.LEVEL_M, value) for n, value in enumerate(values)]


def drainage(**level):
    return Drainage(CITY, Thresholds.model_validate({"drainage": {"level": level}}))


def test_a_level_that_is_too_high_is_raised_after_its_duration_and_cleared_below_the_clear_level():
    slow = [0.5 + n * 0.005 for n in range(205)]  # 1.5 m is passed after 201 readings
    found = fold(drainage(), levels(*slow, *[1.4] * 60, *[1.2] * 40))
    assert told(found) == [("drainage.level", "raised", 2040), ("drainage.level", "cleared", 2650 + 300)]
    assert found[0].reason.numbers["threshold_m"] == 1.5
    assert found[0].reason.numbers["causes"] == "high"


def test_a_fast_rise_is_raised_before_the_level_is_high():
    found = fold(drainage(), levels(*[0.3] * 10, 0.5, 0.65, 0.7, 0.75, 0.8))
    assert told(found) == [("drainage.level", "raised", 140)]
    assert found[0].reason.numbers["rise_m"] == 0.5


def test_a_dry_drain_may_fill_in_a_shower():
    assert fold(drainage(rise_floor_m=0.9), levels(*[0.05] * 10, 0.5, 0.65, 0.7, 0.75, 0.8)) == []


def test_a_rise_that_becomes_a_high_level_is_one_alert():
    found = fold(drainage(), levels(*[0.5] * 5, *[0.5 + 0.1 * n for n in range(20)], *[2.4] * 60))
    assert [f.phase for f in found] == [Phase.RAISED, Phase.UPDATED]
    assert found[1].reason.numbers["causes"] == "rising,high"


def test_a_glitch_is_no_flood():
    assert fold(drainage(), levels(*[0.4] * 5, 9.0, *[0.4] * 20)) == []


def test_a_silent_hour_is_no_rise():
    assert fold(drainage(), levels(0.4, 0.9, every_s=3600)) == []
