"""How fast the workbench answers: a slider over a camera's week, a month of a hundred mains, a week of a circuit.

And what live ingest feels of it. The recordings are made in the database and judged as `lianqin tuning` judges them.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import psycopg

from bench.parts import an_hour_ago, flood, fresh, role, when_stored
from bench.town import CAMERA, READINGS_A_BATCH
from detectors.thresholds import Thresholds
from hub import clock
from hub.config.load import Configuration, config_version, load
from hub.store.recording import StoredRecording
from hub.store.tuning_runs import quiet
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Question, judging_of
from hub.tuning.replay import replay
from hub.tuning.warm import replayed
from ingest.city import Circuit
from tests.support.paint import GREY, RED, WHITE, Paint, painted
from tests.support.servers import Servers

DAYS_OF_CAMERA, DAYS_OF_WATER, WATER_DEVICES = 7, 30, 100
DAYS_OF_LAMPS, LAMPS_OF_CIRCUIT = 7, 200
HEARTBEAT_S, MOVING_S = 2.0, 0.5  # between looks: where nothing moves, and where cars pass
BATCHES = 2_000
GRID = "01"

# Each main is now and then short of pressure, bursts, is silent for an hour, or its sensor is stuck; some leak.
_WATER = """
    INSERT INTO readings (device_id, quantity, measured_at, value, received_at, grid, late)
    SELECT device, quantity, at, CASE
        WHEN is_stuck THEN 123.4
        WHEN quantity = 'pressure_kpa' THEN 330 + 25 * sin(extract(epoch FROM at) / 13751) + random() * 4
            - CASE WHEN is_low THEN 190 ELSE 0 END - CASE WHEN is_burst THEN 150 ELSE 0 END
        ELSE 14 + 6 * sin(extract(epoch FROM at) / 13751) + random() + CASE WHEN is_burst THEN 45 ELSE 0 END
            + CASE WHEN is_leaky THEN 25 ELSE 0 END END,
        at + interval '1 second', '01', false
    FROM unnest(%(devices)s::text[]) WITH ORDINALITY AS one (device, number)
    CROSS JOIN generate_series(%(begin)s::timestamptz, %(end)s::timestamptz, interval '1 minute') AS at
    CROSS JOIN (VALUES ('pressure_kpa'), ('flow_l_s')) AS kinds (quantity)
    CROSS JOIN LATERAL (SELECT extract(epoch FROM at)::bigint / 60 AS minute) AS clock
    CROSS JOIN LATERAL (SELECT mod(minute + 997 * number, 9001) < 45 AS is_low,
                               mod(minute + 613 * number, 14001) BETWEEN 5000 AND 5040 AS is_burst,
                               mod(minute + 331 * number, 20011) < 60 AS is_silent,
                               mod(minute + 467 * number, 30011) < 600 AS is_stuck,
                               mod(number, 10) = 0 AND mod(minute, 20160) > 14400 AS is_leaky) AS story
    WHERE NOT is_silent"""

# A circuit: some lamps are dead for days, all go dark for half an hour now and then, some burn on by day.
_LAMPS = """
    INSERT INTO readings (device_id, quantity, measured_at, value, received_at, grid, late)
    SELECT device, quantity, at, CASE
        WHEN quantity = 'voltage_v' THEN 221 + random() + CASE WHEN is_low THEN -60 ELSE 0 END
        WHEN is_lit AND NOT is_dead AND NOT is_dark OR is_burning THEN 88 + random()
        ELSE random() / 2 END, at + interval '1 second', '01', false
    FROM unnest(%(devices)s::text[]) WITH ORDINALITY AS one (device, number)
    CROSS JOIN generate_series(%(begin)s::timestamptz, %(end)s::timestamptz, interval '1 minute') AS at
    CROSS JOIN (VALUES ('power_w'), ('voltage_v')) AS kinds (quantity)
    CROSS JOIN LATERAL (SELECT extract(epoch FROM at)::bigint / 60 AS minute) AS clock
    CROSS JOIN LATERAL (SELECT mod(minute + 480, 1440) NOT BETWEEN 360 AND 1079 AS is_lit,
                               mod(number, 40) = 7 AND mod(minute / 1440 + number, 3) > 0 AS is_dead,
                               mod(minute, 3001) < 30 AS is_dark,
                               mod(minute + 771 * number, 20011) < 90 AS is_burning,
                               mod(minute + 137 * number, 15013) < 20 AS is_low) AS story"""


@dataclass(frozen=True, slots=True)
class Answers:
    """How long loading took, and then each answer, by the clock and of the processor; how many alerts they held."""

    load_s: float
    load_cpu_s: float
    answers_s: list[float]
    answers_cpu_s: list[float]
    raised: list[int]
    megabytes: float


WATER = (
    ("water.pressure", "water.pressure.low_kpa", (120, 140, 160, 180, 200, 220)),
    ("water.burst", "water.burst.fall_kpa", (40, 60, 80, 100, 120, 140)),
    ("water.leak", "water.leak.factor", (1.25, 1.3, 1.5, 1.7, 2.0, 2.5)),
    ("device.silent", "device.silent.at_least_s", (120, 240, 300, 600, 1200, 2400)),
    ("sensor.fault", "sensor.fault.frozen_after_s", (3600, 7200, 10800, 14400, 21600, 28800)),
)
LAMPS = (
    ("streetlight.lamp_out", "streetlight.lamp_out.raise_after_s", (120, 240, 300, 400, 600, 900)),
    ("streetlight.circuit_out", "streetlight.circuit_out.share", (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
    ("streetlight.day_burning", "streetlight.day_burning.raise_after_s", (120, 300, 600, 900, 1800, 3600)),
    ("streetlight.voltage", "streetlight.voltage.low_v", (150, 170, 190, 198, 205, 215)),
)
Row = tuple[str, str, str, str]  # what, figure, aim, kept
Measured = tuple[dict[str, Any], list[Row]]


def camera(servers: Servers, city: Path, runs: int) -> Measured:
    """Measure the sliders over a camera's week, with an override for one of its zones too, and the long way."""
    begin = _begin()
    town = _town(city)
    with fresh(servers) as (database, _):
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            frames, boxes = _week(connection, begin)
            connection.execute("ANALYZE frames")
        week = _camera(database.dsn, town, begin, runs)
        one_zone = _camera(database.dsn, _with_override(town), begin, runs)
        lost_s = (30, 60, 120, 300)
        lost = _asked(database.dsn, town, begin, DAYS_OF_CAMERA, "camera.lost", "camera.lost.after_s", lost_s, [CAMERA])
        day_s = _long_way(database.dsn, town, begin)
    slider = statistics.median(week.answers_s)
    rows: list[Row] = [
        *_rows(f"a camera's week, {frames:,} frames", week, 1.0),
        ("  times real time", f"{DAYS_OF_CAMERA * 86400 / slider:,.0f} ×", "", ""),
        *_rows("the same with an override for one of its zones", one_zone, 1.0),
        *_rows("camera.lost over that week", lost, 1.0),
        ("the week's parking replayed as a whole, a day", f"{day_s:.1f} s", "", ""),
    ]
    measured = {"frames": frames, "boxes": boxes, **_told(week), "override": _told(one_zone), "lost": _told(lost)}
    return {**measured, "whole_day_s": day_s}, rows


def water(servers: Servers, city: Path, runs: int) -> Measured:
    """Measure the sliders over a month of a hundred water devices."""
    begin = _begin()
    town = _town(city)
    with fresh(servers) as (database, _):
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            readings = _recorded(connection, _WATER, _names(), begin, DAYS_OF_WATER)
        found = {
            rule: _asked(database.dsn, town, begin, DAYS_OF_WATER, rule, path, values, _names())
            for rule, path, values in WATER
        }
        hours = Question(
            rules=frozenset({"water.leak"}), grids=None, subjects=None, since=begin, until=begin + timedelta(hours=6)
        )
        day_s = _timed(lambda: replayed(StoredRecording(quiet(database.dsn)), town, hours))[0] * 4
    rows: list[Row] = []
    for rule, answers in found.items():
        rows += _rows(f"{rule}, {WATER_DEVICES} devices, {DAYS_OF_WATER} days", answers, 10.0)
    rows.append(("water.leak replayed as a whole, a day", f"{day_s:.0f} s", "", ""))
    told = {rule: _told(answers) for rule, answers in found.items()}
    return {"readings": readings, **told, "whole_day_s": day_s}, rows


def lamps(servers: Servers, city: Path, runs: int) -> Measured:
    """Measure the sliders over a week of a circuit of two hundred lamps."""
    begin = _begin()
    town = _lamp_town(city)
    names = list(town.city.devices)
    with fresh(servers) as (database, _):
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            readings = _recorded(connection, _LAMPS, names, begin, DAYS_OF_LAMPS)
        found = {
            rule: _asked(database.dsn, town, begin, DAYS_OF_LAMPS, rule, path, values, None)
            for rule, path, values in LAMPS
        }
    rows: list[Row] = []
    for rule, answers in found.items():
        rows += _rows(f"{rule}, a circuit of {len(names)} lamps, {DAYS_OF_LAMPS} days", answers, None)
    return {"readings": readings, **{rule: _told(answers) for rule, answers in found.items()}}, rows


def beside(servers: Servers, city: Path, runs: int) -> Measured:
    """Measure ingest beside a running replay."""
    alone, together = _ingest(servers, city, runs)
    share = statistics.median(b / a for a, b in zip(alone, together, strict=True))
    rows: list[Row] = [("ingest beside a running replay, of ingest alone", f"{share:.2f}", "", "")]
    return {"ingest_alone_per_s": alone, "ingest_beside_per_s": together}, rows


PARTS = {"tuning-camera": camera, "tuning-water": water, "tuning-lamps": lamps, "tuning-ingest": beside}


def _rows(what: str, found: Answers, aim_s: float | None) -> list[Row]:
    slider, cpu = statistics.median(found.answers_s), statistics.median(found.answers_cpu_s)
    aim = "" if aim_s is None else f"≤ {aim_s:g} s"
    return [
        (
            f"slider: {what}",
            f"{slider:.2f} s ({cpu:.2f} s of CPU)",
            aim,
            "" if aim_s is None else _kept(slider <= aim_s),
        ),
        ("  loading it once", f"{found.load_s:.1f} s, {found.megabytes:.0f} MB", "", ""),
    ]


def _begin() -> datetime:
    return clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=31)


def _camera(dsn: str, town: Configuration, begin: datetime, runs: int) -> Answers:
    until = begin + timedelta(days=DAYS_OF_CAMERA)
    question = Question(
        rules=frozenset({"parking.illegal"}), grids=None, subjects=frozenset({CAMERA}), since=begin, until=until
    )
    step = 60 // max(1, runs // 3)
    changes = [{"parking.illegal.dwell_s": float(dwell)} for dwell in range(60, 360, step)]
    changes += [{"parking.illegal.confidence": share} for share in (0.3, 0.5, 0.7)]
    return _answers(dsn, town, question, changes)


def _asked(
    dsn: str,
    town: Configuration,
    begin: datetime,
    days: float,
    rule: str,
    path: str,
    values: tuple[float, ...],
    subjects: list[str] | None,
) -> Answers:
    question = Question(
        rules=frozenset({rule}),
        grids=None,
        subjects=None if subjects is None else frozenset(subjects),
        since=begin,
        until=begin + timedelta(days=days),
    )
    return _answers(dsn, town, question, [{path: value} for value in values])


def _answers(dsn: str, town: Configuration, question: Question, changes: list[dict[str, float]]) -> Answers:
    judging = judging_of(StoredRecording(quiet(dsn)), question)
    load_s, load_cpu_s = _timed(lambda: judging.judge(town))
    answers_s, answers_cpu_s, raised = [], [], []
    for each in changes:
        candidate = with_thresholds(town, each)
        found: list[Any] = []
        took = _timed(lambda candidate=candidate, found=found: found.extend(judging.judge(candidate)))  # type: ignore[misc]
        answers_s.append(took[0])
        answers_cpu_s.append(took[1])
        raised.append(len(found))
    return Answers(load_s, load_cpu_s, answers_s, answers_cpu_s, raised, getattr(judging, "bytes", 0) / 1e6)


def _long_way(dsn: str, town: Configuration, begin: datetime) -> float:
    """Return how long a day of the camera takes when everything is shown to the detectors."""
    return (
        _timed(
            lambda: replay(
                StoredRecording(dsn), town, grids=frozenset([GRID]), since=begin, until=begin + timedelta(hours=6)
            )
        )[0]
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


def _with_override(town: Configuration) -> Configuration:
    """Return the town with thresholds of their own for one zone of its camera."""
    some = {"name": "one zone", "zones": ["zone-1"], "set": {"parking.illegal.presence": 0.6}}
    thresholds = Thresholds.model_validate(town.thresholds.model_dump(mode="json") | {"overrides": [some]})
    return replace(town, thresholds=thresholds, version=config_version(town.city, thresholds))


def _lamp_town(city: Path) -> Configuration:
    """Return the bench's town with one circuit of lamps that report once a minute."""
    found = load(city, None)
    sample = next(device for device in found.city.devices.values() if device.kind.value == "streetlight")
    names = [f"lamp-{number:03}" for number in range(LAMPS_OF_CIRCUIT)]
    devices = {
        name: replace(sample, device_id=name, grid=GRID, gateway_id=None, circuit_id="circuit", interval_s=60.0)
        for name in names
    }
    circuit = Circuit(
        circuit_id="circuit", grid=GRID, lamps=tuple(names), lit=((time_of_day(18, 0), time_of_day(6, 0)),)
    )
    return replace(found, city=replace(found.city, devices=devices, circuits={"circuit": circuit}, cameras={}))


def _recorded(connection: psycopg.Connection[Any], query: str, names: list[str], begin: datetime, days: int) -> int:
    """Record days of those devices, one at a time, as rows come in life."""
    count = 0
    for day in range(days):
        first = begin + timedelta(days=day)
        last = first + timedelta(days=1) - timedelta(minutes=1)
        count += connection.execute(query, {"devices": names, "begin": first, "end": last}).rowcount
    connection.execute("ANALYZE readings")
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
            found = [_car(chance, 0.30, 0.30, GREY)]
            if parked_until >= at_s:
                found.append(_car(chance, *parked_at, WHITE))
            is_moving = passing_until >= at_s
            if is_moving:
                found.append(_car(chance, chance.random(), 0.85, RED))
            at = begin + timedelta(seconds=at_s)
            copy.write_row((CAMERA, at, at + timedelta(milliseconds=120), GRID, False, json.dumps(found)))
            frames, boxes = frames + 1, boxes + len(found)
            at_s += MOVING_S if is_moving else HEARTBEAT_S
    return frames, boxes


def _car(chance: random.Random, x: float, y: float, paint: Paint) -> dict[str, Any]:
    shake = chance.uniform(-0.001, 0.001)
    left, right = max(0.0, x - 0.06 + shake), min(1.0, x + 0.06 + shake)
    box = [round(left, 5), round(y - 0.1, 5), round(right, 5), round(y, 5)]
    colours = b64encode(painted(paint, 1.0 + 20 * shake)).decode()
    return {"label": "car", "confidence": round(0.6 + 100 * shake, 3), "track": None, "box": box, "colours": colours}


def _told(found: Answers) -> dict[str, Any]:
    return {
        "load_s": found.load_s,
        "load_cpu_s": found.load_cpu_s,
        "answers_s": found.answers_s,
        "answers_cpu_s": found.answers_cpu_s,
        "raised": found.raised,
        "megabytes": found.megabytes,
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long it takes by the clock, and of the processor."""
    began, began_cpu = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - began, time.process_time() - began_cpu


def _kept(holds: bool) -> str:
    return "kept" if holds else "MISSED"
