"""What was recorded comes back in the order it was received, with its lateness, and nights for the leak rule."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from detectors.thresholds import Thresholds
from hub.config.load import Configuration
from hub.store.recorded import night_windows
from hub.store.session import StoreUnavailable
from hub.store.write import Store
from ingest.city import City, Device, DeviceKind, Grid
from ingest.observation import Frame, Quantity, Reading, Status
from tests.support.databases import Database
from tests.support.stored import NOW, after, batch, frame, reading, status


def received_at(found: Reading | Status | Frame) -> datetime:
    return found.received_at


def test_everything_comes_back_in_the_order_it_was_received(database: Database) -> None:
    store = Store(database.dsn)
    chance = random.Random(7)
    all_of_it: list[Reading | Status | Frame] = []
    for second in range(60):
        at = after(second + chance.random() / 2)
        all_of_it.append(replace(reading(second - chance.randint(0, 30) - second / 100), received_at=at))
        said = status(second, online=second % 2 == 0, outage="" if second % 4 else "cut")
        all_of_it.append(replace(said, received_at=at + timedelta(milliseconds=300)))
        all_of_it.append(replace(frame(second), received_at=at + timedelta(milliseconds=500)))
    shuffled = all_of_it[:]
    chance.shuffle(shuffled)
    for begin in range(0, len(shuffled), 17):
        part = shuffled[begin : begin + 17]
        store.write(
            batch(
                readings=[one for one in part if isinstance(one, Reading)],
                statuses=[one for one in part if isinstance(one, Status)],
                frames=[one for one in part if isinstance(one, Frame)],
            )
        )
    found = [one for one, _ in store.recorded(["01"], NOW, after(3600))]
    assert found == sorted(all_of_it, key=received_at)
    assert [one.received_at for one in found] == sorted(one.received_at for one in all_of_it)
    store.close()


def test_a_span_takes_its_first_instant_and_leaves_its_last(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=[replace(reading(second), received_at=after(second)) for second in range(5)]))
    found = [one.measured_at for one, _ in store.recorded(None, after(1), after(3))]
    assert found == [after(1), after(2)]
    store.close()


def test_only_the_grids_asked_for_come_and_late_ones_are_marked(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=[reading(0)], frames=[frame(0)]))
    store.write(batch(readings=[reading(1, device="b")], frames=[frame(1)], late=True, grid="02"))
    store.write(batch(readings=[reading(2, device="c")], grid="03"))
    found = list(store.recorded(["02", "03"], NOW, after(60)))
    assert [(type(one).__name__, late) for one, late in found] == [
        ("Reading", True),
        ("Frame", True),
        ("Reading", False),
    ]
    assert list(store.recorded([], NOW, after(60))) == []
    store.close()


def test_readings_of_one_instant_come_by_time_device_and_quantity(database: Database) -> None:
    store = Store(database.dsn)
    made = [
        replace(reading(second, device=device, quantity=quantity), received_at=after(9))
        for second in (1, 0)
        for device in ("b", "a")
        for quantity in (Quantity.VOLTAGE_V, Quantity.POWER_W)
    ]
    store.write(batch(readings=made))
    found = [(one.measured_at, one.device_id, one.quantity) for one, _ in store.recorded(None, NOW, after(60))]
    assert found == sorted(found)
    store.close()


def test_reading_goes_on_undisturbed_while_others_write(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=[reading(second) for second in range(10)]))
    going = store.recorded(None, NOW, after(3600))
    first = next(going)
    store.write(batch(readings=[reading(second) for second in range(10, 20)]))
    assert len([first, *going]) == 10
    store.close()


def test_a_database_that_goes_away_while_reading_is_unavailable(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=[reading(second / 10) for second in range(12_000)]))
    going = store.recorded(None, NOW, after(3600))
    next(going)
    with psycopg.connect(database.dsn, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'lianqin'"
        )
    with pytest.raises(StoreUnavailable):
        list(going)
    store.close()


def city() -> City:
    devices = {
        name: Device(device_id=name, kind=kind, grid=grid, interval_s=60)
        for name, kind, grid in (
            ("w-1", DeviceKind.WATER, "01"),
            ("w-2", DeviceKind.WATER, "02"),
            ("l-1", DeviceKind.STREETLIGHT, "01"),
        )
    }
    grids = {grid: Grid(grid_id=grid, name=grid) for grid in ("01", "02")}
    return City(name="c", timezone="Asia/Shanghai", latitude=30, longitude=120, grids=grids, devices=devices)


def test_the_flows_of_the_nights_before_come_first(database: Database) -> None:
    store = Store(database.dsn)
    begin = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # noon in Shanghai
    nightly = []
    for night in range(1, 13):
        at = datetime(2026, 11, 23, 18, 30, tzinfo=UTC) - timedelta(days=night)  # 02:30 in Shanghai
        nightly.append(Reading("w-1", Quantity.FLOW_L_S, float(night), at, at))
    others = [
        Reading("w-1", Quantity.PRESSURE_KPA, 1.0, nightly[0].measured_at, nightly[0].measured_at),
        Reading("w-2", Quantity.FLOW_L_S, 1.0, nightly[0].measured_at, nightly[0].measured_at),
        Reading("w-1", Quantity.FLOW_L_S, 1.0, begin - timedelta(hours=3), begin - timedelta(hours=3)),
    ]
    recent = Reading("w-1", Quantity.FLOW_L_S, 2.0, begin, begin)
    store.write(batch(readings=[*nightly, *others, recent], late=False))
    configuration = Configuration(city(), Thresholds(), "v")
    found = [one for one, _ in store.recorded(["01"], begin, begin + timedelta(hours=1), nights_of=configuration)]
    nights = configuration.thresholds.water.leak.nights + 1
    assert found == [*reversed(nightly[:nights]), recent]
    store.close()


def test_night_windows_keep_their_local_hours_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")  # clocks went back on 2026-10-25
    windows = night_windows(datetime(2026, 10, 26, 12, tzinfo=UTC), zone=zone, nights=3, from_hour=2.5, to_hour=4.25)
    local = [(begin.astimezone(zone), end.astimezone(zone)) for begin, end in windows]
    assert [(begin.day, begin.hour, begin.minute, end.hour, end.minute) for begin, end in local] == [
        (24, 2, 30, 4, 15),
        (25, 2, 30, 4, 15),
        (26, 2, 30, 4, 15),
    ]


def test_a_night_that_has_not_begun_is_left_out() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    before_two = datetime(2026, 11, 22, 17, 59, tzinfo=UTC)
    for before, last in ((before_two, 21), (before_two + timedelta(minutes=2), 22)):
        windows = night_windows(before, zone=zone, nights=3, from_hour=2, to_hour=4)
        assert [begin.day for begin, _ in windows] == [last - 2, last - 1, last]
