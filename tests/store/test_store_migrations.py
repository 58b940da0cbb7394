"""Migrations: from nothing, again, at once, changed, unknown, failing; and one schema on every edition."""

import shutil
import threading
from pathlib import Path

import psycopg
import pytest

from hub.store.edition import Edition, edition_of
from hub.store.migrate import FOLDER, MigrationError, migrate, migrations, pending
from hub.store.partitions import SERIES
from hub.store.queue_schema import PREFIX
from tests.support.databases import Database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that a test may change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


def test_an_empty_database_is_brought_up_to_date_once(empty_database: Database) -> None:
    applied = migrate(empty_database.dsn)
    assert applied[0] == "0001_tables"
    assert migrate(empty_database.dsn) == []
    with psycopg.connect(empty_database.dsn) as connection:
        assert pending(connection) == []
        names = [name for (name,) in connection.execute("SELECT name FROM migrations ORDER BY name")]
    assert names == sorted(name for name in applied if not name.startswith(PREFIX))


def test_the_queue_s_own_tables_come_whole_or_by_the_library_s_migrations(empty_database: Database) -> None:
    assert [name for name in migrate(empty_database.dsn) if name.startswith(PREFIX)] == [f"{PREFIX}schema"]
    newest = "03.04.00_50_post_add_retry_failed_job_procedure"
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        known = {name for (name,) in connection.execute("SELECT name FROM queue_migrations")}
        assert {"00.00.00_01_initial", newest} <= known
        # A database made with the library of before its newest migration.
        connection.execute("DELETE FROM queue_migrations WHERE name = %s", (newest,))
        assert pending(connection) == [f"{PREFIX}{newest}"]
    assert migrate(empty_database.dsn) == [f"{PREFIX}{newest}"]
    assert migrate(empty_database.dsn) == []


def test_two_that_migrate_at_once_do_not_collide(empty_database: Database) -> None:
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append(migrate(empty_database.dsn))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(len, results))[:2] == [0, 0]
    assert len(results) == 3


def test_a_migration_changed_after_the_fact_is_an_error(empty_database: Database, folder: Path) -> None:
    migrate(empty_database.dsn, folder=folder)
    with (folder / "0001_tables.sql").open("a") as file:
        file.write("-- an afterthought\n")
    with pytest.raises(MigrationError, match="0001_tables was changed after it was applied"):
        migrate(empty_database.dsn, folder=folder)


def test_a_database_of_a_newer_version_is_not_touched(empty_database: Database, folder: Path) -> None:
    (folder / "9999_future.sql").write_text("CREATE TABLE future (at timestamptz);")
    migrate(empty_database.dsn, folder=folder)
    with pytest.raises(MigrationError, match="newer version"):
        migrate(empty_database.dsn)


def test_a_failing_migration_leaves_nothing_of_itself(empty_database: Database, folder: Path) -> None:
    migrate(empty_database.dsn, folder=folder)
    broken = folder / "9998_broken.sql"
    broken.write_text("CREATE TABLE half (at timestamptz); SELECT 1 / 0;")
    with pytest.raises(MigrationError, match="9998_broken failed, nothing of it is kept: division by zero"):
        migrate(empty_database.dsn, folder=folder)
    broken.write_text("CREATE TABLE whole (at timestamptz);")
    assert migrate(empty_database.dsn, folder=folder) == ["9998_broken"]
    with psycopg.connect(empty_database.dsn) as connection:
        found = connection.execute("SELECT to_regclass('half'), to_regclass('whole')::text").fetchone()
    assert found == (None, "whole")


@pytest.mark.parametrize("name", ["1_short.sql", "0004_x.oracle.sql", "later.sql"])
def test_a_file_that_is_no_migration_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1")
    with pytest.raises(MigrationError, match=name):
        migrations(folder)


def test_a_database_that_is_not_there_is_said_so() -> None:
    with pytest.raises(MigrationError, match="cannot be reached"):
        migrate("postgresql://127.0.0.1:1/nowhere")


def test_the_edition_is_what_the_tables_are(database: Database) -> None:
    with psycopg.connect(database.dsn) as connection:
        edition = edition_of(connection)
        kinds = {
            name
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'p' AND relname = ANY (%s)",
                ([series.table for series in SERIES],),
            )
        }
        if edition.has_hypertables:
            tables = {
                name
                for (name,) in connection.execute("SELECT hypertable_name FROM timescaledb_information.hypertables")
            }
            assert {series.table for series in SERIES} <= tables
    assert (kinds == {series.table for series in SERIES}) == (edition is Edition.PLAIN)


COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name !~ '(_default|_p[0-9]{8})$'
    ORDER BY table_name, ordinal_position"""
INDEXES = r"""
    SELECT tablename, regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \S+ ON (ONLY )?', '\1') FROM pg_indexes
    WHERE schemaname = 'public' AND tablename !~ '(_default|_p[0-9]{8})$' ORDER BY 1, 2"""
CHECKS = """
    SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'p', 'u')
      AND conrelid::regclass::text !~ '(_default|_p[0-9]{8})$' ORDER BY 1, 2, 3"""


@pytest.mark.parametrize("query", [COLUMNS, INDEXES, CHECKS], ids=["columns", "indexes", "constraints"])
def test_every_edition_has_the_same_schema(plain_database: Database, timescale_database: Database, query: str) -> None:
    found = []
    for database in (plain_database, timescale_database):
        with psycopg.connect(database.dsn) as connection:
            found.append(connection.execute(query).fetchall())  # type: ignore[call-overload]
    community = "readings_aggregate"  # the community edition's own
    plain, timescale = ([row for row in rows if row[0] != community] for rows in found)
    assert plain == timescale
    assert len(plain) > 10


def test_the_series_know_the_steps_of_the_hypertables(timescale_database: Database) -> None:
    with psycopg.connect(timescale_database.dsn) as connection:
        found = {
            (name, column): step
            for name, column, step in connection.execute(
                "SELECT hypertable_name, column_name, time_interval FROM timescaledb_information.dimensions"
            )
        }
    assert {(series.table, series.at): series.step for series in SERIES}.items() <= found.items()
