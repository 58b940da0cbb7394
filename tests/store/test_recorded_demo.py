"""A recorded demo: the same alerts live, in any batch size, over restarts, and replayed from the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.alerts.alert import Condition
from hub.store.recording import StoredRecording
from hub.store.write import Store
from hub.tuning import engine
from hub.tuning.judging import Question, judging_of, raised_of
from hub.tuning.replay import replay
from tests.support.recorded_demo import HUBS_CLOCK, START, Recorded, live, purely, record, told

RULES = {
    "camera.lost",
    "device.silent",
    "drainage.level",
    "gas.leak",
    "parking.illegal",
    "stall.unlicensed",
    "streetlight.circuit_out",
    "streetlight.day_burning",
    "streetlight.lamp_out",
    "water.burst",
    "water.quality",
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("demo"), lasts_s=240, frame_s=1.0)


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record(tmp_path_factory.mktemp("hour"), lasts_s=3600, frame_s=5.0)


def test_every_alert_says_why(recording: Recorded) -> None:
    limits = ("threshold_", "limit_", "dwell_s", "fall_kpa", "share")
    raised = purely(recording)
    assert {one.rule for one in raised} == RULES
    for one in raised:
        assert one.config_version == recording.configuration.version
        assert any(character.isdigit() for character in one.reason.text), one
        assert any(name.startswith(limits) for name in one.reason.numbers), one
        assert any(not name.startswith(limits) for name in one.reason.numbers), one
        if one.rule in ("parking.illegal", "stall.unlicensed"):
            assert {"first_sight", "confirmation"} <= set(one.sightings)
            assert one.box is not None


def test_a_recorded_demo_is_replayed_exactly(database: Any, recording: Recorded) -> None:
    configuration, end = recording.configuration, recording.end
    raised = live(database.dsn, recording, seed=1, restarts=0, largest=400)
    assert {one.rule for one in raised} == RULES
    assert any(one.condition is Condition.CLEARED for one in raised if one.rule == "camera.lost")
    store = Store(database.dsn)
    again = replay(store, configuration, grids=None, since=START - timedelta(seconds=1), until=end)
    longer = replay(store, configuration, grids=None, since=START - timedelta(hours=1), until=end + timedelta(hours=1))
    before = replay(store, configuration, grids=None, since=START - timedelta(hours=2), until=START)
    store.close()
    assert told(again) == told(raised) == told(purely(recording))
    assert told(longer) == told(raised), "a time in which nobody listened says nothing"
    assert before == []
    for rule in sorted(engine.RULES & RULES):
        question = Question(
            rules=frozenset({rule}), grids=None, subjects=None, since=START - timedelta(seconds=1), until=end
        )
        judged = judging_of(StoredRecording(database.dsn), question).judge(configuration)
        assert judged == [raised_of(one) for one in again if one.rule == rule], "the quick way finds the same"


@pytest.mark.parametrize("seed", [2, 3])
def test_neither_batch_size_nor_restarts_change_an_alert(plain_database: Any, recording: Recorded, seed: int) -> None:
    configuration, end = recording.configuration, recording.end
    cut = live(plain_database.dsn, recording, seed=seed, restarts=6, largest=200)
    whole = purely(recording)
    assert told(cut, without=HUBS_CLOCK) == told(whole, without=HUBS_CLOCK)
    assert {one.alert_id for one in cut if one.rule in HUBS_CLOCK} <= {one.alert_id for one in whole}
    store = Store(plain_database.dsn)
    again = replay(store, configuration, grids=None, since=START - timedelta(seconds=1), until=end)
    store.close()
    assert told(again, without=HUBS_CLOCK) == told(whole, without=HUBS_CLOCK), "nor does a replay of such a log"


def test_an_hour_is_judged_alike_live_with_restarts_and_replayed(plain_database: Any, hour: Recorded) -> None:
    stored = live(plain_database.dsn, hour, seed=4, restarts=9, largest=2000)
    assert len(told(stored, without=HUBS_CLOCK)) > 30
    assert told(stored, without=HUBS_CLOCK) == told(purely(hour), without=HUBS_CLOCK)
    store = Store(plain_database.dsn)
    again = replay(store, hour.configuration, grids=None, since=START - timedelta(seconds=1), until=hour.end)
    store.close()
    assert told(again, without=HUBS_CLOCK) == told(stored, without=HUBS_CLOCK)
