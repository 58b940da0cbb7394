"""Upkeep: partitions ahead and settled, hours rolled up, the old let go, on each edition in its own way."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from detectors.finding import Severity
from hub.alerts.lifecycle import Shelve
from hub.cases.case import Draft
from hub.photos import Photo
from hub.settings import from_environment
from hub.store.case_command import open_case
from hub.store.chain import verify
from hub.store.command import change_alert
from hub.store.edition import Edition, edition_of
from hub.store.maintain import Keep, keep_of, maintain
from hub.store.partitions import FEED, FRAMES, READINGS, existing, make_ahead
from hub.store.photos import keep_photo
from hub.store.rollup import roll_up
from hub.store.session import StoreUnavailable, connect, open_session
from hub.store.upkeep import keep_up
from hub.store.write import Store
from ingest.observation import Frame, Quantity, Reading
from tests.support.databases import Database
from tests.support.stored import NOW, after, batch, picture, raised, status, unreadable

DAY = timedelta(days=1)
KEEP = Keep(readings=400 * DAY, detections=30 * DAY, evidence=180 * DAY)


@pytest.fixture
def own_upkeep(database: Database) -> Database:
    """A database whose edition leaves roll-up and retention to the hub."""
    with connect(database.dsn) as connection:
        if edition_of(connection) is Edition.COMMUNITY:
            pytest.skip("the community edition keeps itself by its policies")
    return database


def flows(*values: tuple[datetime, float]) -> list[Reading]:
    return [Reading("w-1", Quantity.FLOW_L_S, value, at, at) for at, value in values]


def stored(database: Database, *readings: Reading) -> None:
    store = Store(database.dsn)
    store.write(batch(readings=readings))
    store.close()


def hourly(database: Database) -> list[tuple[object, ...]]:
    with connect(database.dsn) as connection:
        return connection.execute("SELECT hour, min, avg, max, count FROM readings_hourly ORDER BY hour").fetchall()


def test_hours_are_rolled_up_and_a_late_reading_finds_its_way_in(own_upkeep: Database) -> None:
    hour = NOW.replace(minute=0)
    stored(own_upkeep, *flows((hour, 1.0), (hour + timedelta(minutes=59), 3.0), (hour + timedelta(hours=1), 5.0)))
    maintain(own_upkeep.dsn, now=NOW + 4 * DAY, keep=KEEP)
    assert hourly(own_upkeep) == [(hour, 1.0, 2.0, 3.0, 2), (hour + timedelta(hours=1), 5.0, 5.0, 5.0, 1)]
    late = Reading("w-1", Quantity.FLOW_L_S, 8.0, hour + timedelta(minutes=30), NOW + 4 * DAY)
    stored(own_upkeep, late)
    maintain(own_upkeep.dsn, now=NOW + 5 * DAY, keep=KEEP)
    assert hourly(own_upkeep)[0] == (hour, 1.0, 4.0, 8.0, 3)


def test_rolling_up_twice_changes_nothing(own_upkeep: Database) -> None:
    stored(own_upkeep, *flows((NOW, 1.0)))
    with connect(own_upkeep.dsn) as connection:
        assert roll_up(connection, NOW) == 1
        before = hourly(own_upkeep)
        assert roll_up(connection, NOW + DAY) == 1
        assert hourly(own_upkeep) == before
        assert roll_up(connection, NOW + DAY) == 0


def test_what_is_older_than_it_is_kept_goes_and_the_rest_stays(own_upkeep: Database) -> None:
    store = Store(own_upkeep.dsn)
    times = [NOW - 600 * DAY, NOW - 390 * DAY, NOW - 60 * DAY, NOW - 20 * DAY, NOW]
    store.write(
        batch(
            readings=flows(*((at, 1.0) for at in times)),
            frames=[Frame("cam-1", at, (), at) for at in times],
        )
    )
    done = maintain(own_upkeep.dsn, now=NOW, keep=KEEP)
    assert any(line.startswith("dropped") for line in done)
    with connect(own_upkeep.dsn) as connection:
        readings = [at for (at,) in connection.execute("SELECT measured_at FROM readings ORDER BY 1")]
        frames = [at for (at,) in connection.execute("SELECT captured_at FROM frames ORDER BY 1")]
    assert readings == times[1:]
    assert frames == times[3:]
    assert not [line for line in maintain(own_upkeep.dsn, now=NOW, keep=KEEP) if line.startswith("dropped")]
    assert len(hourly(own_upkeep)) == 5
    store.close()


def test_the_default_partition_is_settled_and_the_record_kept(plain_database: Database) -> None:
    store = Store(plain_database.dsn)
    old = NOW - 1000 * DAY
    store.write(batch(readings=flows((NOW - 50 * DAY, 1.0), (NOW + 90 * DAY, 2.0)), changes=[raised()]))
    with connect(plain_database.dsn) as connection:
        connection.execute("UPDATE feed SET at = %s", (old,))
        maintain(plain_database.dsn, now=NOW, keep=KEEP)
        for table in ("readings", "frames", "feed"):
            assert connection.execute(f"SELECT count(*) FROM {table}_default").fetchone() == (0,)
        assert READINGS.floor(NOW - 50 * DAY) in existing(connection, READINGS)
        assert READINGS.floor(NOW + 90 * DAY) in existing(connection, READINGS)
        assert FEED.floor(old) in existing(connection, FEED)
        assert connection.execute("SELECT count(*) FROM feed").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM readings").fetchone() == (2,)
    assert store.write(batch(readings=flows((NOW - 50 * DAY, 1.0)))).duplicate == 1
    store.close()


def test_partitions_are_made_ahead_as_time_goes_on(plain_database: Database) -> None:
    """At a time far from that of today, for which the database came with its partitions."""
    then = NOW + 4000 * DAY
    with connect(plain_database.dsn) as connection:
        make_ahead(connection, then)
        assert make_ahead(connection, then) == []
        assert make_ahead(connection, then + DAY) == [FRAMES.name(FRAMES.floor(then + 5 * DAY))]


def test_a_table_that_is_in_use_is_left_for_the_next_time(plain_database: Database) -> None:
    stored(plain_database, *flows((NOW - 500 * DAY, 1.0)))
    with connect(plain_database.dsn) as busy, busy.transaction():
        busy.execute("LOCK TABLE readings IN ROW EXCLUSIVE MODE")
        done = maintain(plain_database.dsn, now=NOW, keep=KEEP)
    assert any("busy" in line for line in done)
    assert not any("busy" in line for line in maintain(plain_database.dsn, now=NOW, keep=KEEP))


def test_only_one_maintains_at_a_time(database: Database) -> None:
    with connect(database.dsn) as other:
        other.execute("SELECT pg_advisory_lock(x'6c6d'::int)")
        assert maintain(database.dsn, now=NOW + 1000 * DAY, keep=KEEP) == []


def test_pictures_lose_their_bytes_in_time_and_nothing_else(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    store.write(batch(pictures=[picture(start.alert), picture(start.alert, kind="clear", second=200 * 86400)]))
    assert "removed 1 pictures" in maintain(database.dsn, now=NOW + 181 * DAY, keep=KEEP)
    with open_session(database.dsn) as session:
        result = verify(session)
    assert (result.pictures, result.expired, result.problems) == (2, 1, [])
    store.close()


def test_small_tables_let_go_of_the_old(database: Database) -> None:
    store = Store(database.dsn)
    store.write(batch(statuses=[status(0)], quarantined=[unreadable()]))
    store.note_listening("w", None, NOW, after(5))
    done = maintain(database.dsn, now=NOW + 401 * DAY, keep=KEEP)
    assert {"removed 1 statuses", "removed 1 listening intervals", "removed 1 quarantined messages"} <= set(done)
    with connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM batches").fetchone() == (0,)
        assert connection.execute("SELECT sum(received) FROM ledger").fetchone() == (2,)
    store.close()


def test_what_the_settings_say_of_keeping() -> None:
    assert keep_of(from_environment({})) == KEEP


def test_upkeep_ends_shelvings_and_stops_when_asked(database: Database) -> None:
    store = Store(database.dsn)
    start = raised()
    store.write(batch(changes=[start]))
    with open_session(database.dsn) as session:
        change_alert(session, start.alert.alert_id, Shelve(by="Li", at=NOW, until=after(60), reason="known"), "Li")
    stop = threading.Event()
    thread = threading.Thread(
        target=keep_up,
        args=(database.dsn,),
        kwargs={"keep": KEEP, "now": lambda: after(61), "stop": stop, "shelvings_every_s": 0.01},
    )
    thread.start()
    with connect(database.dsn) as connection:
        connection.execute("SET statement_timeout = '20s'")
        while connection.execute("SELECT 1 FROM alerts WHERE shelved_until IS NOT NULL").fetchone():
            connection.execute("SELECT pg_sleep(0.01)")
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    store.close()


def test_upkeep_waits_for_a_database_that_is_not_there() -> None:
    stop = threading.Event()
    asked = []

    def now() -> datetime:
        asked.append(1)
        if len(asked) == 3:
            stop.set()
        return datetime(2026, 1, 1, tzinfo=UTC)

    keep_up("postgresql://127.0.0.1:1/nowhere", keep=KEEP, now=now, stop=stop, shelvings_every_s=0.001)
    assert len(asked) == 3


def test_maintaining_a_database_that_is_not_there_is_said_so() -> None:
    with pytest.raises(StoreUnavailable):
        maintain("postgresql://127.0.0.1:1/nowhere", now=NOW, keep=KEEP)


def test_a_picture_is_not_compressed_twice(database: Database) -> None:
    with psycopg.connect(database.dsn) as connection:
        row = connection.execute(
            "SELECT attstorage FROM pg_attribute WHERE attrelid = 'alert_evidence'::regclass AND attname = 'jpeg'"
        ).fetchone()
    assert row is not None
    assert row[0] in ("e", b"e")


def test_photos_that_were_handed_in_and_never_used_are_let_go_after_a_week(plain_database: Database) -> None:
    used, unused, fresh = ("a" * 64, "b" * 64, "c" * 64)
    with open_session(plain_database.dsn) as session:
        for sha256, days in ((used, 30), (unused, 30), (fresh, 1)):
            photo = Photo(sha256=sha256, media_type="image/png", width_px=1, height_px=1, data=b"x")
            keep_photo(session, photo, at=NOW - days * DAY, by="crew")
        draft = Draft(title="x", grid="01", district="", severity=Severity.MINOR, photos=(used,))
        open_case(session, draft, actor="Li", at=NOW)
    done = maintain(plain_database.dsn, now=NOW, keep=KEEP)
    assert [line for line in done if "photos" in line] == ["removed 1 photos that were handed in and never used"]
    with connect(plain_database.dsn) as connection:
        assert connection.execute("SELECT sha256 FROM photos ORDER BY 1").fetchall() == [(used,), (fresh,)]
