"""Guarantee 3 for parking and stalls from the wire to the alerts: however frames come, they mean the same.

Generated streets (tests/support/street.py) go as the vision role's own messages through the worker's fold: in any
batches, ticked at any moment, through any deaths and second deliveries, in any order within the lateness bound.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from detectors.vision import payloads
from hub.alerts.alert import Alert, Condition
from hub.config.load import Configuration, load
from hub.store.write import Batch
from hub.worker.fold import Fold
from hub.worker.resume import resume
from ingest import topics
from ingest.observation import Box
from ingest.window import Message
from tests.support.memory_store import MemoryStore
from tests.support.stories import START, at
from tests.support.street import Street, street

DWELL_S = 60.0
LASTS_S = 420.0
END = at(LASTS_S + 30)
STALLS_FROM = 0.5
# A smaller seed is no simpler street, so nothing is gained by shrinking.
LAWS = settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
SEEDS = st.integers(0, 10**6)
TOPIC = topics.detections("01", "cam-1")
WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def configured(folder: Path, dwell_s: float, polygon: Sequence[Sequence[float]]) -> Configuration:
    zones = [{"id": kind, "kind": kind, "polygon": polygon} for kind in ("no_parking", "no_stall")]
    city = {
        "name": "Testtown",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}],
        "cameras": [{"id": "cam-1", "grid": "01", "url": "tcp://127.0.0.1:9", "zones": zones}],
    }
    rules = {"parking": {"illegal": {"dwell_s": dwell_s}}, "stall": {"unlicensed": {"dwell_s": dwell_s}}}
    for name, content in (("city.yaml", city), ("detectors.yaml", rules)):
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return load(folder / "city.yaml", folder / "detectors.yaml")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configured(tmp_path_factory.mktemp("street"), DWELL_S, WHOLE)


def made(seed: int) -> Street:
    return street(seed, dwell_s=DWELL_S, lasts_s=LASTS_S, stalls_from=STALLS_FROM)


def messages(whole: Street, delay_s: Sequence[float]) -> list[Message]:
    """Return the street's frames as messages in the order of arrival, each so many seconds after it was taken."""
    sent = [
        Message(TOPIC, payloads.detections(at(second), number, boxes), 1, number + 1, False, at(second + late_s))
        for number, ((second, boxes), late_s) in enumerate(zip(whole.frames, delay_s, strict=True))
    ]
    return sorted(sent, key=lambda message: message.received_at)


def in_order(whole: Street) -> list[Message]:
    return messages(whole, [0.1] * len(whole.frames))


def run(
    town: Configuration,
    sent: Sequence[Message],
    *,
    cuts: Sequence[int] = (),
    ticks: random.Random | None = None,
    deaths: Sequence[tuple[int, int]] = (),
) -> list[Alert]:
    """Return the alerts that `sent` leads to, in batches that end at `cuts`.

    At each of `deaths`, (index, again), the worker dies and another begins, to which so many messages come again.
    """
    store = MemoryStore()
    fold = Fold(town, grids=None, recent=(), listening_since=START)
    again = dict(deaths)
    for begin, end in pairwise(sorted({0, *cuts, *again, len(sent)})):
        batch, now = list(sent[begin:end]), sent[begin].received_at
        if begin in again:
            fold, changes = resume(store, town, grids=None, now=now)  # type: ignore[arg-type]
            store.write(Batch(at=now, changes=changes))
            batch = [redelivered(each, now) for each in sent[max(0, begin - again[begin]) : begin]] + batch
        now = batch[-1].received_at
        judged = fold.judge(fold.decode(batch), now=now)
        if ticks is not None and ticks.random() < 0.7:
            judged.changes += fold.tick(now + timedelta(seconds=ticks.uniform(0, 0.01)))
        store.write(judged)
    store.write(Batch(at=END, changes=fold.tick(END)))
    # Silence runs on the hub's clock: its grace begins anew with each worker.
    return sorted((one for one in store.alerts.values() if one.rule != "camera.lost"), key=lambda one: one.alert_id)


def redelivered(each: Message, now: datetime) -> Message:
    return Message(each.topic, each.payload, 1, each.mid, False, now)


def test_the_streets_have_alerts_of_both_rules(town: Configuration):
    found = [alert for seed in range(3) for alert in run(town, in_order(made(seed)))]
    assert {alert.rule for alert in found} == {"parking.illegal", "stall.unlicensed"}
    assert any(alert.cleared_at is None for alert in found)
    assert any(alert.cleared_at is not None for alert in found)


@LAWS
@given(seed=SEEDS, share=st.floats(0.01, 1.0))
def test_any_batches_and_any_ticks_change_nothing(town: Configuration, seed: int, share: float):
    sent, chance = in_order(made(seed)), random.Random(seed)
    cuts = [index for index in range(1, len(sent)) if chance.random() < share]
    assert run(town, sent, cuts=cuts, ticks=chance) == run(town, sent)


@LAWS
@given(seed=SEEDS, deaths=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60)), max_size=6))
def test_any_restarts_and_second_deliveries_change_nothing(
    town: Configuration, seed: int, deaths: list[tuple[float, int]]
):
    sent = in_order(made(seed))
    dead = [(1 + int(where * (len(sent) - 2)), again) for where, again in deaths]
    assert run(town, sent, deaths=dead) == run(town, sent)


@LAWS
@given(seed=SEEDS)
def test_any_order_of_arrival_within_the_bound_changes_nothing(town: Configuration, seed: int):
    whole, shake = made(seed), random.Random(seed)
    assert town.thresholds.lateness_s.camera == 1.0
    delays = [shake.uniform(0, 0.99) for _ in whole.frames]
    assert run(town, messages(whole, delays)) == run(town, in_order(whole))


def parked(begin: int, end: int) -> list[Message]:
    there = (Box("car", 0.8, None, 0.45, 0.6, 0.55, 0.7),)
    whole = Street(frames=[(float(second), there) for second in range(begin, end)])
    return in_order(whole)


@pytest.mark.parametrize("dwell_s", [20.0, 60.0, 300.0])
def test_neither_an_acknowledgement_nor_another_configuration_reports_it_again(
    town: Configuration, tmp_path: Path, dwell_s: float
):
    """It was reported and taken notice of; then the thresholds are edited, which restarts the judge."""
    store = MemoryStore()
    fold = Fold(town, grids=None, recent=(), listening_since=START)
    store.write(fold.judge(fold.decode(parked(0, 100)), now=at(100)))
    (known,) = store.alerts.values()
    store.alerts[known.alert_id] = replace(known, acknowledged=True, acknowledged_by="Wang", acknowledged_at=at(100))
    edited = configured(tmp_path, dwell_s, WHOLE)
    fold, changes = resume(store, edited, grids=None, now=at(101), changed=True)  # type: ignore[arg-type]
    store.write(Batch(at=at(101), changes=changes))
    store.write(fold.judge(fold.decode(parked(101, 900)), now=at(900)))
    (still,) = store.alerts.values()
    assert (still.alert_id, still.raised_at, still.acknowledged) == (known.alert_id, at(60), True)
    assert still.condition is Condition.ACTIVE


def test_where_the_zone_was_drawn_elsewhere_the_alert_ends_because_standing_there_is_allowed(
    town: Configuration, tmp_path: Path
):
    store = MemoryStore()
    fold = Fold(town, grids=None, recent=(), listening_since=START)
    store.write(fold.judge(fold.decode(parked(0, 100)), now=at(100)))
    edited = configured(tmp_path, DWELL_S, [[0, 0], [0.3, 0], [0.3, 1], [0, 1]])
    fold, changes = resume(store, edited, grids=None, now=at(101), changed=True)  # type: ignore[arg-type]
    store.write(Batch(at=at(101), changes=changes))
    store.write(fold.judge(fold.decode(parked(101, 400)), now=at(400)))
    (ended,) = store.alerts.values()
    assert ended.condition is Condition.CLEARED
    assert ended.clear_reason is not None
    assert "allowed from now on" in ended.clear_reason.text
