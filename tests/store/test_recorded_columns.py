"""What the database gives as columns is what it gives row by row; judged from it, a recorded town is as replayed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from detectors.moved import QUANTITIES as LOOKS
from hub.config.load import load
from hub.store.recording import StoredRecording
from hub.store.write import Batch, Store
from hub.tuning.columns import FrameRows, ReadingRows, Rows, rows_from
from hub.tuning.heard import Heard, heard_from
from ingest.observation import COLOURS_BYTES, Box, Frame, Quantity, Reading, Status
from tests.support.databases import Database
from tests.support.stored import NOW, after
from tests.support.town import write_city


def as_plain(found: list[Rows]) -> dict[tuple[str, str], list[tuple[object, ...]]]:
    """Return the rows of each name by kind, in order of time, as plain values."""
    plain: dict[tuple[str, str], list[tuple[object, ...]]] = {}
    for one in found:
        if isinstance(one, ReadingRows):
            rows = zip(*(column.tolist() for column in (one.at_us, one.code, one.value, one.received_us)), strict=True)
            plain.setdefault((one.device_id, "readings"), []).extend(rows)
        else:
            boxes = [
                (one.labels[label], *numbers, bytes(colours))
                for label, numbers, colours in zip(one.label, one.numbers.tolist(), one.colours, strict=True)
            ]
            ends = np.cumsum(one.counts).tolist()
            for at, received, count, end in zip(one.at_us, one.received_us, one.counts, ends, strict=True):
                frame = (int(at), int(received), tuple(boxes[end - int(count) : end]))
                plain.setdefault((one.camera_id, "frames"), []).append(frame)
    return {key: sorted(rows, key=repr) for key, rows in plain.items()}


def test_columns_hold_what_the_rows_hold(database: Database, tmp_path: Path) -> None:
    city = load(write_city(tmp_path), None).city
    device = next(one for one in city.devices.values() if one.kind.value == "water")
    camera = next(iter(city.cameras.values()))
    batch = Batch(at=NOW)
    for second in range(0, 200_000, 700):
        at = after(second)
        for quantity, value in ((Quantity.PRESSURE_KPA, 300 + second / 7), (Quantity.FLOW_L_S, 1e-9 * second)):
            late = second % 2100 == 0
            batch.readings.append(
                (Reading(device.device_id, quantity, value, at, at + timedelta(seconds=0.25)), device.grid, late)
            )
        colours = {"car": bytes(range(1, 1 + COLOURS_BYTES)), "行人": b""}
        boxes = tuple(Box(label, 0.1 + second / 1e6, 3, 0.1, 0.2, 0.3, 1 / 3, said) for label, said in colours.items())
        frame = Frame(camera.camera_id, at, boxes[: second // 700 % 3], at + timedelta(seconds=1))
        batch.frames.append((frame, camera.grid, late))
    store = Store(database.dsn)
    store.write(batch)
    store.close()
    recording = StoredRecording(database.dsn)
    names = {device.device_id: frozenset({Quantity.PRESSURE_KPA}), camera.camera_id: LOOKS, "nobody": None}
    begin, end = after(1000), after(190_000)
    quick = as_plain(list(recording.rows(names, begin, end)))
    slow = as_plain(list(rows_from(recording.recorded(None, begin, end), names)))
    assert quick == slow
    assert {kind for _, kind in quick} == {"readings", "frames"}
    assert all(len(rows) > 100 for rows in quick.values())
    assert list(recording.rows({"nobody": None}, begin, end)) == []
    assert any(isinstance(one, FrameRows) for one in recording.rows(names, begin, end))


def test_who_was_heard_when_is_told_as_by_the_rows(database: Database, tmp_path: Path) -> None:
    city = load(write_city(tmp_path), None).city
    device = next(one for one in city.devices.values() if one.kind.value == "water")
    camera = next(iter(city.cameras.values()))
    batch = Batch(at=NOW)
    for second in range(0, 200_000, 900):
        at, received = after(second), after(second + second % 7)
        for quantity, behind_s in ((Quantity.PRESSURE_KPA, 0), (Quantity.FLOW_L_S, 3)):
            reading = Reading(device.device_id, quantity, 1.0, at - timedelta(seconds=behind_s), received)
            batch.readings.append((reading, device.grid, second % 2700 == 0))
        batch.frames.append((Frame(camera.camera_id, at, (), received), camera.grid, second % 2700 == 0))
        if second % 9000 == 0:
            batch.statuses.append((Status(device.device_id, second % 2 == 0, at, received, False), device.grid))
            batch.statuses.append((Status(camera.camera_id, False, at, received, True, "cut"), camera.grid))
    store = Store(database.dsn)
    store.write(batch)
    store.close()
    recording = StoredRecording(database.dsn)
    devices, cameras = {device.device_id, "nobody"}, {camera.camera_id}
    begin, end = after(1000), after(190_000)
    quick = as_heard(list(recording.heard(devices, cameras, begin, end)))
    assert quick == as_heard(list(heard_from(recording.recorded(None, begin, end), devices, cameras)))
    assert {name for name, _ in quick} == {device.device_id, camera.camera_id}
    assert all(len(rows) > 20 for rows in quick.values())
    assert list(recording.heard({"nobody"}, set(), begin, end)) == []


def as_heard(found: list[Heard]) -> dict[tuple[str, str], list[object]]:
    """Return who was heard when, and each status, by name."""
    plain: dict[tuple[str, str], list[object]] = {}
    for one in found:
        if isinstance(one, Status):
            plain.setdefault((one.device_id, "status"), []).append(
                (one.received_at, one.online, one.retained, one.outage)
            )
        else:
            words = zip(one.received_us.tolist(), one.at_us.tolist(), strict=True)
            plain.setdefault((one.name, "words"), []).extend(words)
    return {key: sorted(rows, key=repr) for key, rows in plain.items()}
