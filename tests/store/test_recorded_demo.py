"""A recorded demo: the same alerts live, in any batch size, over restarts, and replayed from the database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from hub.alerts.alert import Alert, Condition
from hub.config.load import Configuration, load
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document, write_files
from hub.demo.scenes.render import render
from hub.demo.telemetry import Telemetry
from hub.store.recording import StoredRecording
from hub.store.write import Batch, Store
from hub.tuning import engine
from hub.tuning.judging import Question, judging_of, raised_of
from hub.tuning.replay import replay
from hub.worker.fold import Fold
from hub.worker.resume import resume
from ingest.topics import detections
from ingest.window import Message
from tests.support.town import boxes

START = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in the demo city
LASTS_S = 240
END = START + timedelta(seconds=LASTS_S)
FRAME_S = 1.0
PORTS = {camera.camera_id: 9000 for camera in CAMERAS}
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


def message(at_s: float, topic: str, payload: bytes) -> Message:
    return Message(topic, payload, 1, 1, False, START + timedelta(seconds=at_s))


def frames(configuration: Configuration) -> Iterator[Message]:
    """What a camera worker that makes no mistake would publish."""
    for camera in CAMERAS:
        grid = configuration.city.cameras[camera.camera_id].grid
        for number in range(int(LASTS_S / FRAME_S)):
            at_s = number * FRAME_S
            if camera.outage is None or not camera.outage.covers(at_s):
                found = [(box.label, 0.9, tuple(box.xyxy)) for box in render(camera.scene, at_s)[1]]
                payload = boxes(START + timedelta(seconds=at_s), *found)
                yield message(at_s + 0.2, detections(grid, camera.camera_id), payload)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Configuration, list[Message]]:
    configuration = load(*write_files(tmp_path_factory.mktemp("demo"), PORTS))
    telemetry = Telemetry(city_document(PORTS), started_at=START)
    said = [message(one.at_s + 0.05, one.topic, one.payload) for one in telemetry.reports(0.0, LASTS_S)]
    everything = sorted([*said, *frames(configuration)], key=lambda one: one.received_at)
    return configuration, everything


def purely(configuration: Configuration, messages: list[Message]) -> list[Alert]:
    """Judge `messages` one by one in memory, ticking at each: what every other way must agree with."""
    fold = Fold(configuration, grids=None, recent=(), listening_since=START)
    changes = []
    for each in messages:
        changes += fold.judge(fold.decode([each]), now=each.received_at).changes
        changes += fold.tick(each.received_at)
    changes += fold.tick(END)
    return list({change.alert.alert_id: change.alert for change in changes}.values())


def live(
    dsn: str, configuration: Configuration, messages: list[Message], *, seed: int, restarts: int, largest: int
) -> list[Alert]:
    """Judge and store `messages` in batches of random size, with ticks at random moments and restarts."""
    chance = random.Random(seed)
    cuts = [0, *sorted(chance.sample(range(1, len(messages)), restarts)), len(messages)]
    store = Store(dsn)
    for begin, end in pairwise(cuts):
        since = messages[begin - 1].received_at if begin else START
        fold, changes = resume(store, configuration, grids=None, now=since)
        store.write(Batch(at=since, changes=changes))
        position = begin
        while position < end:
            batch = messages[position : min(end, position + chance.randint(1, largest))]
            now = batch[-1].received_at
            stored = fold.judge(fold.decode(batch), now=now)
            if chance.random() < 0.5:
                stored.changes.extend(fold.tick(now))
            stored.listening = ("worker", sorted(configuration.city.grids), since, now)
            store.write(stored)
            position += len(batch)
    store.write(Batch(at=END, changes=fold.tick(END)))
    found = store.recent_alerts(None, START)
    store.close()
    return found


def told(alerts: list[Alert], *, without: frozenset[str] = frozenset()) -> list[tuple[Any, ...]]:
    return sorted(
        (
            one.rule,
            one.subject,
            one.alert_id,
            one.severity,
            one.since,
            one.raised_at,
            one.cleared_at or START,
            one.reason.text,
        )
        for one in alerts
        if one.rule not in without
    )


def test_every_alert_says_why(recording: tuple[Configuration, list[Message]]) -> None:
    configuration, messages = recording
    limits = ("threshold_", "limit_", "dwell_s", "fall_kpa", "share")
    raised = purely(configuration, messages)
    assert {one.rule for one in raised} == RULES
    for one in raised:
        assert one.config_version == configuration.version
        assert any(character.isdigit() for character in one.reason.text), one
        assert any(name.startswith(limits) for name in one.reason.numbers), one
        assert any(not name.startswith(limits) for name in one.reason.numbers), one
        if one.rule in ("parking.illegal", "stall.unlicensed"):
            assert {"first_sight", "confirmation"} <= set(one.sightings)
            assert one.box is not None


def test_a_recorded_demo_is_replayed_exactly(database: Any, recording: tuple[Configuration, list[Message]]) -> None:
    configuration, messages = recording
    raised = live(database.dsn, configuration, messages, seed=1, restarts=0, largest=400)
    assert {one.rule for one in raised} == RULES
    assert any(one.condition is Condition.CLEARED for one in raised if one.rule == "camera.lost")
    store = Store(database.dsn)
    again = replay(store, configuration, grids=None, since=START - timedelta(seconds=1), until=END)
    longer = replay(store, configuration, grids=None, since=START - timedelta(hours=1), until=END + timedelta(hours=1))
    before = replay(store, configuration, grids=None, since=START - timedelta(hours=2), until=START)
    store.close()
    assert told(again) == told(raised) == told(purely(configuration, messages))
    assert told(longer) == told(raised), "a time in which nobody listened says nothing"
    assert before == []
    for rule in sorted(engine.RULES & RULES):
        question = Question(
            rules=frozenset({rule}), grids=None, subjects=None, since=START - timedelta(seconds=1), until=END
        )
        judged = judging_of(StoredRecording(database.dsn), question).judge(configuration)
        assert judged == [raised_of(one) for one in again if one.rule == rule], "the quick way finds the same"


@pytest.mark.parametrize("seed", [2, 3])
def test_neither_batch_size_nor_restarts_change_an_alert(
    plain_database: Any, recording: tuple[Configuration, list[Message]], seed: int
) -> None:
    configuration, messages = recording
    cut = live(plain_database.dsn, configuration, messages, seed=seed, restarts=6, largest=200)
    whole = purely(configuration, messages)
    # A restart begins the grace of silence anew, so only what is judged in event time must be the same to the second.
    hubs_clock = frozenset({"device.silent", "camera.lost"})
    assert told(cut, without=hubs_clock) == told(whole, without=hubs_clock)
    assert {one.alert_id for one in cut if one.rule in hubs_clock} <= {one.alert_id for one in whole}
    store = Store(plain_database.dsn)
    again = replay(store, configuration, grids=None, since=START - timedelta(seconds=1), until=END)
    store.close()
    assert told(again, without=hubs_clock) == told(whole, without=hubs_clock), "nor does a replay of such a log"
