"""The doctor on the database: what is well, and what would help where it is not."""

from datetime import UTC, datetime, timedelta

import psycopg

from hub.store.doctor import Check, doctor
from hub.store.edition import edition_of
from hub.store.session import connect
from hub.store.wait import connect_when_there
from tests.support.databases import Database


def checks(dsn: str, *, ahead: timedelta = timedelta(0)) -> dict[str, Check]:
    def now() -> datetime:
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        at: datetime = row[0]
        return at.astimezone(UTC) + ahead

    return {check.name: check for check in doctor(dsn, now=now)}


def test_a_database_in_good_order_is_well(database: Database) -> None:
    found = checks(database.dsn)
    assert [name for name, check in found.items() if not check.ok] == []
    assert set(found) == {"database", "schema", "edition", "keeping", "partitions", "size", "clocks"}
    with connect(database.dsn) as connection:
        words = {"plain": "plain PostgreSQL", "timescale-apache": "Apache", "timescale-community": "community"}
        assert words[edition_of(connection)] in found["edition"].detail


def test_an_empty_database_is_told_to_migrate(empty_database: Database) -> None:
    found = checks(empty_database.dsn)
    assert not found["schema"].ok
    assert "run `lianqin migrate`" in found["schema"].detail
    assert found["database"].ok


def test_no_database_is_one_failed_check() -> None:
    (found,) = doctor("postgresql://127.0.0.1:1/nowhere")
    assert not found.ok
    assert "LIANQIN_DATABASE_URL" in found.detail


def test_clocks_that_differ_are_named(database: Database) -> None:
    assert not checks(database.dsn, ahead=timedelta(seconds=30))["clocks"].ok
    assert not checks(database.dsn, ahead=timedelta(seconds=-30))["clocks"].ok


def test_partitions_that_were_not_made_ahead_are_named(plain_database: Database) -> None:
    with connect(plain_database.dsn) as connection:
        names = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'frames'::regclass"
        ).fetchall()
        for (name,) in names:
            if name != "frames_default":
                connection.execute(f"DROP TABLE {name}")
    assert not checks(plain_database.dsn)["partitions"].ok


def test_a_roll_up_that_fell_behind_is_named(plain_database: Database) -> None:
    with connect(plain_database.dsn) as connection:
        connection.execute("UPDATE rollup_progress SET received_until = '2026-01-01'")
        connection.execute("INSERT INTO listening VALUES ('w', NULL, '2026-01-01', '2026-01-03')")
    assert not checks(plain_database.dsn)["keeping"].ok


def test_waiting_for_a_database_ends_when_asked_to_stop() -> None:
    told: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) == 4

    found = connect_when_there(
        "postgresql://127.0.0.1:1/nowhere", pause=pause, on_failure=lambda error, _: told.append(str(error))
    )
    assert found is None
    assert len(told) == len(pauses) == 4
    assert pauses[-1] > pauses[0]


def test_waiting_for_a_database_that_is_there_gives_a_connection(database: Database) -> None:
    connection = connect_when_there(database.dsn, pause=lambda _: True)
    assert connection is not None
    connection.close()
