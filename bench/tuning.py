"""How fast the workbench answers: a slider over a camera's week and over a month of a hundred water devices.

And what live ingest feels of it. The recordings are made in the database and judged as `lianqin tuning` judges them.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.parts import an_hour_ago, flood, fresh, role, when_stored
from bench.town import CAMERA, READINGS_A_BATCH
from hub import clock
from hub.config.load import Configuration, load
from hub.store.recording import StoredRecording
from hub.store.tuning_runs import quiet
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Question, judging_of
from hub.tuning.replay import replay
from tests.support.servers import Servers

DAYS_OF_CAMERA, DAYS_OF_WATER, WATER_DEVICES = 7, 30, 100
HEARTBEAT_S, MOVING_S = 2.0, 0.5  # between looks: where nothing moves, and where cars pass
BATCHES = 2_000
GRID = "01"

_WATER = """
    INSERT INTO readings (device_id, quantity, measured_at, value, received_at, grid, late)
    SELECT device, quantity, at, CASE quantity
        WHEN 'pressure_kpa' THEN 330 + 25 * sin(extract(epoch FROM at) / 13751) + random() * 4
            - CASE WHEN is_low THEN 190 ELSE 0 END - CASE WHEN is_burst THEN 150 ELSE 0 END
        ELSE 14 + 6 * sin(extract(epoch FROM at) / 13751) + random() + CASE WHEN is_burst THEN 45 ELSE 0 END END,
        at + interval '1 second', '01', false
    FROM unnest(%(devices)s::text[]) WITH ORDINALITY AS one (device, number)
    CROSS JOIN generate_series(%(begin)s::timestamptz, %(end)s::timestamptz, interval '1 minute') AS at
    CROSS JOIN (VALUES ('pressure_kpa'), ('flow_l_s')) AS kinds (quantity)
    CROSS JOIN LATERAL (SELECT mod(extract(epoch FROM at)::bigint / 60 + 997 * number, 9001) < 45 AS is_low,
                               mod(extract(epoch FROM at)::bigint / 60 + 613 * number, 14001) BETWEEN 5000 AND 5040
                                   AS is_burst) AS story"""


@dataclass(frozen=True, slots=True)
class Answers:
    """How long loading took, and then each answer; how many alerts the answers held."""

    load_s: float
    answers_s: list[float]
    raised: list[int]
    megabytes: float


def tuning(servers: Servers, city: Path, runs: int) -> tuple[dict[str, Any], list[tuple[str, str, str, str]]]:
    """Measure the sliders, the long replay beside them, and ingest beside a running replay."""
    begin = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=31)
    town = _town(city)
    with fresh(servers) as (database, _):
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            frames, boxes = _week(connection, begin)
            readings = _month(connection, begin)
            connection.execute("ANALYZE readings; ANALYZE frames")
        week = _camera(database.dsn, town, begin, runs)
        month = {rule: _water(database.dsn, town, begin, rule, path, values, runs) for rule, path, values in WATER}
        day_s = _long_way(database.dsn, town, begin)
    alone, beside = _ingest(servers, city, runs)
    slider = statistics.median(week.answers_s)
    months = {rule: statistics.median(found.answers_s) for rule, found in month.items()}
    slowest = max(months.values())
    share = statistics.median(b / a for a, b in zip(alone, beside, strict=True))
    measured = {
        "camera": {"frames": frames, "boxes": boxes, **_told(week)},
        "water": {"readings": readings, **{rule: _told(found) for rule, found in month.items()}},
        "whole_day_s": day_s,
        "ingest_alone_per_s": alone,
        "ingest_beside_per_s": beside,
    }
    rows = [
        (f"slider: a camera's week, {frames:,} frames", f"{slider:.2f} s", "≤ 1 s", _kept(slider <= 1)),
        ("  loading them once", f"{week.load_s:.1f} s, {week.megabytes:.0f} MB", "", ""),
        ("  times real time", f"{DAYS_OF_CAMERA * 86400 / slider:,.0f} ×", "", ""),
        ("  the same replayed as a whole, a day", f"{day_s:.1f} s", "", ""),
    ]
    for rule, found in month.items():
        rows += [
            (
                f"slider: {rule}, {WATER_DEVICES} devices, {DAYS_OF_WATER} days",
                f"{months[rule]:.2f} s",
                "≤ 10 s",
                _kept(slowest <= 10),
            ),
            ("  loading them once", f"{found.load_s:.1f} s, {found.megabytes:.0f} MB", "", ""),
        ]
    rows.append(("ingest beside a running replay, of ingest alone", f"{share:.2f}", "", ""))
    return measured, rows


WATER = (
    ("water.pressure", "water.pressure.low_kpa", (120, 140, 160, 180, 200, 220)),
    ("water.burst", "water.burst.fall_kpa", (40, 60, 80, 100, 120, 140)),
)


def _camera(dsn: str, town: Configuration, begin: datetime, runs: int) -> Answers:
    until = begin + timedelta(days=DAYS_OF_CAMERA)
    question = Question(
        rules=frozenset({"parking.illegal"}), grids=None, subjects=frozenset({CAMERA}), since=begin, until=until
    )
    step = 60 // max(1, runs // 3)
    changes = [{"parking.illegal.dwell_s": float(dwell)} for dwell in range(60, 360, step)]
    changes += [{"parking.illegal.confidence": share} for share in (0.3, 0.5, 0.7)]
    return _answers(dsn, town, question, changes)


def _water(
    dsn: str, town: Configuration, begin: datetime, rule: str, path: str, values: tuple[float, ...], runs: int
) -> Answers:
    until = begin + timedelta(days=DAYS_OF_WATER)
    question = Question(rules=frozenset({rule}), grids=None, subjects=None, since=begin, until=until)
    return _answers(dsn, town, question, [{path: value} for value in values])


def _answers(dsn: str, town: Configuration, question: Question, changes: list[dict[str, float]]) -> Answers:
    judging = judging_of(StoredRecording(quiet(dsn)), question)
    load_s = _timed(lambda: judging.judge(town))
    answers_s, raised = [], []
    for each in changes:
        candidate = with_thresholds(town, each)
        found: list[Any] = []
        answers_s.append(_timed(lambda candidate=candidate, found=found: found.extend(judging.judge(candidate))))  # type: ignore[misc]
        raised.append(len(found))
    return Answers(load_s, answers_s, raised, getattr(judging, "bytes", 0) / 1e6)


def _long_way(dsn: str, town: Configuration, begin: datetime) -> float:
    """Return how long a day of the camera takes when everything is shown to the detectors."""
    return (
        _timed(
            lambda: replay(
                StoredRecording(dsn), town, grids=frozenset([GRID]), since=begin, until=begin + timedelta(hours=6)
            )
        )
        * 4
    )


def _ingest(servers: Servers, city: Path, runs: int) -> tuple[list[float], list[float]]:
    """Return readings a second that are stored with nothing beside them, and with a tuning role's work, turn about."""
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(runs):
        for found, is_busy in ((alone, False), (beside, True)):
            with fresh(servers) as (database, broker), role("ingest", database, broker, city, "connected to"):
                with psycopg.connect(database.dsn, autocommit=True) as connection:
                    begin = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
                    _week(connection, begin, days=2)
                command = [sys.executable, "-m", "bench.tuning_load", database.dsn, str(city), begin.isoformat()]
                load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True) if is_busy else None
                try:
                    if load is not None and load.stdout is not None:
                        load.stdout.readline()  # it has begun
                    count = BATCHES * READINGS_A_BATCH
                    publisher = flood(broker, "batches", BATCHES, an_hour_ago())
                    publisher.go()
                    ended = when_stored(database.dsn, count)
                    found.append(count / (ended - publisher.result()[0]))
                finally:
                    if load is not None:
                        load.kill()
                        load.communicate()
    return alone, beside


def _town(city: Path) -> Configuration:
    """Return the bench's town with a hundred water devices that report once a minute in place of its own."""
    found = load(city, None)
    sample = next(device for device in found.city.devices.values() if device.kind.value == "water")
    devices = {name: replace(sample, device_id=name, grid=GRID, gateway_id=None, interval_s=60.0) for name in _names()}
    return replace(found, city=replace(found.city, devices=devices, circuits={}))


def _names() -> list[str]:
    return [f"main-{number:03}" for number in range(WATER_DEVICES)]


def _month(connection: psycopg.Connection[Any], begin: datetime) -> int:
    """Record a month of the hundred devices; a day at a time, as rows come in life."""
    count = 0
    for day in range(DAYS_OF_WATER):
        first = begin + timedelta(days=day)
        last = first + timedelta(days=1) - timedelta(minutes=1)
        count += connection.execute(_WATER, {"devices": _names(), "begin": first, "end": last}).rowcount
    return count


def _week(connection: psycopg.Connection[Any], begin: datetime, *, days: int = DAYS_OF_CAMERA) -> tuple[int, int]:
    """Record days of a street: by day cars pass every minute or so, a score of them park; by night next to nothing."""
    chance = random.Random(7)
    frames = boxes = 0
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY frames (camera_id, captured_at, received_at, grid, late, boxes) FROM STDIN") as copy,
    ):
        at_s, parked_until, parked_at, passing_until = 0.0, -1.0, (0.5, 0.6), -1.0
        while at_s < days * 86400:
            hour = at_s / 3600 % 24
            is_day = 7 <= hour < 22
            if passing_until < at_s and chance.random() < (0.03 if is_day else 0.002):
                passing_until = at_s + chance.uniform(2, 8)
            if parked_until < at_s and chance.random() < (0.0012 if is_day else 0.00005):
                parked_until = at_s + chance.choice((20, 40, 90, 240, 600))
                parked_at = (chance.uniform(0.2, 0.8), chance.uniform(0.5, 0.85))
            found = [_car(chance, 0.30, 0.30)]
            if parked_until >= at_s:
                found.append(_car(chance, *parked_at))
            is_moving = passing_until >= at_s
            if is_moving:
                found.append(_car(chance, chance.random(), 0.85))
            at = begin + timedelta(seconds=at_s)
            copy.write_row((CAMERA, at, at + timedelta(milliseconds=120), GRID, False, json.dumps(found)))
            frames, boxes = frames + 1, boxes + len(found)
            at_s += MOVING_S if is_moving else HEARTBEAT_S
    return frames, boxes


def _car(chance: random.Random, x: float, y: float) -> dict[str, Any]:
    shake = chance.uniform(-0.001, 0.001)
    left, right = max(0.0, x - 0.06 + shake), min(1.0, x + 0.06 + shake)
    box = [round(left, 5), round(y - 0.1, 5), round(right, 5), round(y, 5)]
    return {"label": "car", "confidence": round(0.6 + 100 * shake, 3), "track": None, "box": box}


def _told(found: Answers) -> dict[str, Any]:
    return {
        "load_s": found.load_s,
        "answers_s": found.answers_s,
        "raised": found.raised,
        "megabytes": found.megabytes,
    }


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _kept(holds: bool) -> str:
    return "kept" if holds else "MISSED"
