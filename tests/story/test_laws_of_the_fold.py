"""Guarantees 3 and 4 from messages to alerts: however they come, the same messages mean the same.

The fold is the worker without its servers, so these laws hold over hundreds of batchings, ticks, deaths and deliveries;
tests/faults shows the same on real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.alerts.alert import Alert
from hub.config.load import Configuration, load
from hub.store.write import Batch
from hub.worker.fold import Fold
from hub.worker.resume import resume
from ingest.window import Message
from tests.support.load import reports, write_town
from tests.support.memory_store import MemoryStore
from tests.support.town import boxes
from tests.support.town import write_city as write_camera_town

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ROUNDS, ROUND_S = 90, 0.5
END = START + timedelta(seconds=ROUNDS * ROUND_S + 30)
LAWS = settings(max_examples=20)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def message(topic: str, payload: bytes, received_at: datetime) -> Message:
    return Message(topic, payload, 0, 1, False, received_at)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return load(*write_town(tmp_path_factory.mktemp("town")))


@pytest.fixture(scope="module")
def camera_town(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return load(write_camera_town(tmp_path_factory.mktemp("cameras")), None)


def a_busy_while() -> list[Message]:
    """Leaks, dark lamps, turbid water and a full drain, begun and over; some messages that cannot be read."""
    found = []
    for number in range(1, ROUNDS):
        second = number * ROUND_S
        for place, (topic, payload) in enumerate(reports(number, at(second), second, calm=number > ROUNDS - 25)):
            found.append(message(topic, payload, at(second) + timedelta(milliseconds=place)))
    return found


BUSY = a_busy_while()


def run(
    configuration: Configuration,
    messages: Sequence[Message],
    *,
    cuts: Sequence[int] = (),
    ticks: bool = False,
    deaths: Sequence[tuple[int, int]] = (),
) -> MemoryStore:
    """Feed `messages` in batches that end at `cuts`, ticking in between, and return what is stored in the end.

    At each of `deaths`, (index, again), the worker dies and another begins, to which as many messages are sent again.
    """
    store = MemoryStore()
    fold = Fold(configuration, grids=None, recent=(), listening_since=START)
    again = {index % len(messages): count for index, count in deaths}
    for begin, end in pairwise(sorted({0, *cuts, *again, len(messages)})):
        batch = messages[begin:end]
        if begin in again:
            now = batch[0].received_at
            fold, changes = resume(store, configuration, grids=None, now=now)  # type: ignore[arg-type]
            store.write(fold.judge(fold.decode([]), now=now))
            apply(store, changes, now)
            batch = [
                message(each.topic, each.payload, now) for each in messages[max(0, begin - again[begin]) : begin]
            ] + list(batch)
        now = batch[-1].received_at
        judged = fold.judge(fold.decode(batch), now=now)
        if ticks:
            judged.changes += fold.tick(now)
        store.write(judged)
    apply(store, fold.tick(END), END)
    return store


def apply(store: MemoryStore, changes: list[Any], now: datetime) -> None:
    store.write(Batch(at=now, changes=changes))


@pytest.fixture(scope="module")
def whole(town: Configuration) -> MemoryStore:
    return run(town, BUSY)


def test_the_busy_while_is_worth_the_name(whole: MemoryStore):
    rules = {alert.rule for alert in whole.alerts.values()}
    assert rules == {
        "gas.leak",
        "water.quality",
        "drainage.level",
        "streetlight.circuit_out",
        "streetlight.lamp_out",
    }
    assert len(whole.alerts) > 15
    assert all(alert.cleared_at is not None for alert in whole.alerts.values())
    assert whole.raised == len(whole.alerts)
    assert whole.late == set()
    assert len(whole.quarantined) > 50


@LAWS
@given(cuts=st.lists(st.integers(1, len(BUSY) - 1), max_size=60), ticks=st.booleans())
def test_batches_and_ticks_change_nothing(town: Configuration, whole: MemoryStore, cuts: list[int], ticks: bool):
    store = run(town, BUSY, cuts=cuts, ticks=ticks)
    assert store.alerts == whole.alerts
    assert store.observations == whole.observations
    assert store.quarantined == whole.quarantined


@LAWS
@given(
    deaths=st.lists(st.tuples(st.integers(1, len(BUSY) - 1), st.integers(0, 200)), max_size=6),
    cuts=st.lists(st.integers(1, len(BUSY) - 1), max_size=20),
)
def test_deaths_and_second_deliveries_change_nothing(
    town: Configuration, whole: MemoryStore, deaths: list[tuple[int, int]], cuts: list[int]
):
    store = run(town, BUSY, cuts=cuts, deaths=deaths)
    assert store.alerts == whole.alerts
    assert store.raised == len(whole.alerts)
    assert store.observations == whole.observations
    assert store.quarantined == whole.quarantined


@LAWS
@given(shake=st.randoms(use_true_random=False))
def test_any_order_within_the_bound_changes_nothing(town: Configuration, whole: MemoryStore, shake: Any):
    """Water and lamps may come up to two seconds late, one before the other; gas is judged as it comes."""
    shaken = sorted(
        (
            each
            if "/gas/" in each.topic
            else message(each.topic, each.payload, each.received_at + timedelta(seconds=shake.uniform(0, 1.9)))
            for each in BUSY
        ),
        key=lambda each: each.received_at,
    )
    store = run(town, shaken)
    assert store.late == set()
    assert store.alerts == whole.alerts


def test_what_comes_hours_late_is_stored_and_raises_nothing(town: Configuration):
    """A gateway that was cut off delivers an hour of turbid water at once, after what was measured since."""
    topic = "city/01/water/water-0/telemetry"
    now = message(topic, b'{"at":"%s","values":{"turbidity_ntu":0.3}}' % stamp(3600), at(3600))
    late = [
        message(topic, b'{"at":"%s","values":{"turbidity_ntu":8.5}}' % stamp(second), at(3610))
        for second in range(0, 3600, 10)
    ]
    store = run(town, [now, *late])
    assert len(store.late) == len(late)
    assert [alert.rule for alert in store.alerts.values() if alert.rule == "water.quality"] == []


@pytest.mark.parametrize(("keep", "first"), [(2, 1), (3, 0), (5, 0), (5, 3)])
def test_dwell_is_seconds_however_many_frames_are_dropped(camera_town: Configuration, keep: int, first: int):
    """A car stands in a no-parking zone for fifteen minutes, at two frames a second or at a fifth of that."""
    box = ("car", 0.9, (0.4, 0.4, 0.6, 0.6))
    frames = [
        message(
            "city/02/camera/cam-1/detections",
            boxes(at(half / 2), *([box] if 100 <= half < 1900 else [])),
            at(half / 2 + 0.2),
        )
        for half in range(0, 2200)
    ]
    every, some = run(camera_town, frames), run(camera_town, frames[first::keep])
    (whole,), (thinned,) = parked(every), parked(some)
    slack_s = keep / 2 + 0.01
    assert abs((whole.since - thinned.since).total_seconds()) <= slack_s
    assert abs((whole.raised_at - thinned.raised_at).total_seconds()) <= slack_s
    assert whole.cleared_at is not None
    assert thinned.cleared_at is not None
    assert abs((whole.cleared_at - thinned.cleared_at).total_seconds()) <= 2 * slack_s


def parked(store: MemoryStore) -> list[Alert]:
    return [alert for alert in store.alerts.values() if alert.rule == "parking.illegal"]


def stamp(second: float) -> bytes:
    return at(second).isoformat().encode()
