"""Versions of the detectors file: kept, applied, rolled back, planned; whatever breaks off, the file is right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from detectors.thresholds import Thresholds
from hub.config.apply import (
    STALE,
    Files,
    NotApplied,
    Why,
    apply,
    apply_due,
    rollback,
    schedule,
    settle,
    unschedule,
)
from hub.config.load import Configuration, config_version, load, load_city
from hub.config.scheduled import Follower
from hub.config.thresholds_file import read_text, text_of, thresholds_version
from hub.store.audit import Actor
from hub.store.configuration_applications import applications, being_written, in_force, schedules_of, waiting
from hub.store.configuration_versions import propose, version_of, versions
from hub.store.configurations import save_configuration
from hub.store.read_audit import verify_audit
from hub.store.session import connect
from tests.support.databases import Database
from tests.support.town import write_city

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)
WANG = Actor(name="wang")


def low(kpa: float, **more: Any) -> Thresholds:
    return Thresholds.model_validate({"water": {"pressure": {"low_kpa": kpa}}, **more})


@pytest.fixture
def connection(plain_database: Database) -> Iterator[psycopg.Connection[Any]]:
    with connect(plain_database.dsn) as connection:
        yield connection


@pytest.fixture
def files(tmp_path: Path) -> Files:
    detectors = tmp_path / "detectors.yaml"
    detectors.write_text("# by hand\nwater: {pressure: {low_kpa: 120}}\n", encoding="utf-8")
    return write_city(tmp_path), detectors


def proposed(connection: psycopg.Connection[Any], thresholds: Thresholds, parent: str | None = None) -> str:
    return propose(connection, thresholds, author="wang", note="a try", parent=parent, at=NOW).version


def standing(files: Files) -> Thresholds:
    assert files[1] is not None
    return read_text(files[1].read_text(encoding="utf-8"))[0]


def audited(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    found = connection.execute("SELECT actor, action FROM audit WHERE target LIKE 'configuration/%' ORDER BY id")
    return found.fetchall()


def test_a_version_is_applied_and_rolled_back_and_everything_is_on_record(
    connection: psycopg.Connection[Any], files: Files
) -> None:
    first = settle(connection, files, at=NOW)
    assert (first.how, first.made_by) == ("file", "file")
    wanted = proposed(connection, low(150), first.version)
    done = apply(
        connection, files, wanted, by=WANG, note="hills", at=NOW + timedelta(minutes=1), expected=first.version
    )
    assert (done.version, done.how, done.made_by, done.note) == (wanted, "applied", "wang", "hills")
    assert standing(files) == low(150)
    back = rollback(connection, files, by=WANG, note="too many", at=NOW + timedelta(minutes=2), expected=wanted)
    assert (back.version, back.how) == (first.version, "rolled_back")
    assert files[1].read_text(encoding="utf-8").startswith("# by hand\n")  # to the letter, comments and all
    spans = [
        (one.version, one.at, one.ended_at)
        for found in applications(connection, [first.version, wanted]).values()
        for one in found
    ]
    assert sorted(spans, key=lambda span: span[1])[1:] == [
        (wanted, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)),
        (first.version, NOW + timedelta(minutes=2), None),
    ]
    with pytest.raises(NotApplied) as refused:  # what it was rolled back to was the first
        rollback(connection, files, by=WANG, at=NOW + timedelta(minutes=3))
    assert refused.value.why is Why.NOTHING_BEFORE
    assert audited(connection) == [
        ("file", "configuration.noticed"), ("wang", "configuration.applied"), ("wang", "configuration.rolled_back"),
    ]  # fmt: skip
    with connection.transaction():
        assert verify_audit(connection).problems == []


def test_roll_backs_go_further_back_each_time(connection: psycopg.Connection[Any], files: Files) -> None:
    first = settle(connection, files, at=NOW).version
    names = [first]
    for minute, kpa in enumerate((150, 160, 170), start=1):
        names.append(proposed(connection, low(kpa)))
        apply(connection, files, names[-1], by=WANG, at=NOW + timedelta(minutes=minute))
    gone_back = [rollback(connection, files, by=WANG, at=NOW + timedelta(minutes=9)).version for _ in range(3)]
    assert gone_back == [names[2], names[1], names[0]]


def test_nothing_is_written_over_what_somebody_else_changed(connection: psycopg.Connection[Any], files: Files) -> None:
    first = settle(connection, files, at=NOW)
    wanted = proposed(connection, low(150), first.version)
    files[1].write_text("water: {pressure: {low_kpa: 99}}\n", encoding="utf-8")
    with pytest.raises(NotApplied) as refused:
        apply(connection, files, wanted, by=WANG, at=NOW, expected=first.version)
    assert refused.value.why is Why.CHANGED
    assert "edited by hand" in str(refused.value)
    assert standing(files) == low(99)
    present = in_force(connection)
    assert present is not None
    assert refused.value.in_force == present.version == thresholds_version(low(99))
    assert version_of(connection, present.version).parent == first.version
    apply(connection, files, wanted, by=WANG, at=NOW, expected=present.version)
    assert standing(files) == low(150)
    files[1].write_text("water: [\n", encoding="utf-8")
    with pytest.raises(NotApplied, match=r"edited by hand and cannot be read.*detectors.yaml:2"):
        rollback(connection, files, by=WANG, at=NOW)
    assert files[1].read_text(encoding="utf-8") == "water: [\n"


def test_other_comments_are_no_other_version_but_are_kept(connection: psycopg.Connection[Any], files: Files) -> None:
    first = settle(connection, files, at=NOW).version
    files[1].write_text("# agreed with the works\nwater: {pressure: {low_kpa: 120.0}}\n", encoding="utf-8")
    assert settle(connection, files, at=NOW).version == first
    apply(connection, files, proposed(connection, low(150)), by=WANG, at=NOW)
    rollback(connection, files, by=WANG, at=NOW)
    assert files[1].read_text(encoding="utf-8").startswith("# agreed with the works\n")


def test_what_the_check_refuses_is_not_written(connection: psycopg.Connection[Any], files: Files) -> None:
    before = files[1].read_text(encoding="utf-8")
    gone = {"overrides": [{"name": "x", "devices": ["water-9"], "set": {"water.pressure.low_kpa": 150}}]}
    wanted = proposed(connection, low(150, **gone))
    with pytest.raises(NotApplied) as refused:
        apply(connection, files, wanted, by=WANG, at=NOW)
    assert refused.value.why is Why.UNFIT
    assert "the city has no device water-9; is water-1 meant?" in str(refused.value)
    assert refused.value.problems[0].startswith("detectors.yaml:")
    assert files[1].read_text(encoding="utf-8") == before
    assert [path.name for path in files[1].parent.iterdir() if path.name.endswith(".new")] == []
    for name, why in (("0123456789ab", Why.UNKNOWN), (thresholds_version(low(120)), Why.SAME)):
        with pytest.raises(NotApplied) as refused:
            apply(connection, files, name, by=WANG, at=NOW)
        assert refused.value.why is why


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_said_and_leaves_no_trace(
    connection: psycopg.Connection[Any], files: Files
) -> None:
    wanted = proposed(connection, low(150))
    files[1].parent.chmod(0o500)
    try:
        with pytest.raises(NotApplied) as refused:
            apply(connection, files, wanted, by=WANG, at=NOW)
    finally:
        files[1].parent.chmod(0o700)
    assert refused.value.why is Why.NOT_WRITABLE
    assert being_written(connection) is None


def test_a_file_that_is_a_folder_cannot_be_replaced_and_nothing_stays_half_done(
    connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    files = write_city(tmp_path), None  # the file beside the city file, which is not there yet
    wanted = proposed(connection, low(150))
    first = settle(connection, files, at=NOW)
    assert first.version == thresholds_version(Thresholds())
    apply(connection, files, wanted, by=WANG, at=NOW)
    assert load(*files).thresholds == low(150)  # every role finds it without being told
    assert (tmp_path / "city.detectors.yaml").exists()


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from hub.config import thresholds_file
from hub.config.apply import apply
from hub.store.audit import Actor
from hub.store.session import connect

dsn, city, detectors, version, at, moment = sys.argv[1:]
# The process dies at the very call that a system would be cut off at; the hub's own code is what runs before it.
replace = os.replace
def cut(*names):
    if moment == "after":
        replace(*names)
    os.kill(os.getpid(), signal.SIGKILL)
os.replace = cut
with connect(dsn) as connection:
    apply(connection, (Path(city), Path(detectors)), version, by=Actor(name="wang"), note="n",
          at=datetime.fromisoformat(at))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_the_file_and_the_database_the_record_is_the_files(
    plain_database: Database, connection: psycopg.Connection[Any], files: Files, moment: str
) -> None:
    first = settle(connection, files, at=NOW).version
    wanted = proposed(connection, low(150))
    arguments = [plain_database.dsn, str(files[0]), str(files[1]), wanted, NOW.isoformat(), moment]
    died = subprocess.run([sys.executable, "-c", KILLED, *arguments], timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    assert being_written(connection) is not None
    present = settle(connection, files, at=NOW + timedelta(minutes=1))
    assert being_written(connection) is None
    if moment == "after":
        assert (present.version, present.made_by, present.note, present.at) == (wanted, "wang", "n", NOW)
        assert standing(files) == low(150)
        assert audited(connection)[-1] == ("wang", "configuration.applied")
        assert rollback(connection, files, by=WANG, at=NOW + timedelta(minutes=2)).version == first
    else:
        assert present.version == first
        assert standing(files) == low(120)
        assert audited(connection) == [("file", "configuration.noticed")]
        apply(connection, files, wanted, by=WANG, at=NOW + timedelta(minutes=2))
        assert standing(files) == low(150)
    with connection.transaction():
        assert verify_audit(connection).problems == []


def test_a_plan_is_carried_out_once_however_many_ask(
    plain_database: Database, connection: psycopg.Connection[Any], files: Files
) -> None:
    first = settle(connection, files, at=NOW).version
    night, day = proposed(connection, low(150)), proposed(connection, low(120))
    planned = schedule(connection, night, due_at=NOW + timedelta(hours=8), by=WANG, note="night", at=NOW)
    later = schedule(connection, day, due_at=NOW + timedelta(hours=16), by=WANG, note="day", at=NOW)
    assert (planned.expected, later.expected) == (first, night)
    assert apply_due(connection, files, at=NOW + timedelta(hours=7)) == []
    ready = threading.Barrier(4)
    done: list[list[Any]] = []

    def ask() -> None:
        with connect(plain_database.dsn) as own:
            ready.wait(10)
            done.append(apply_due(own, files, at=NOW + timedelta(hours=8, seconds=1)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(len(each) for each in done) == [0, 0, 0, 1]
    (ended,) = [one for each in done for one in each]
    assert (ended.version, ended.state) == (night, "applied")
    assert [one.how for one in applications(connection, [night])[night]] == ["scheduled"]
    assert [one.version for one in waiting(connection)] == [day]
    (ended,) = apply_due(connection, files, at=NOW + timedelta(hours=16))
    assert ended.state == "applied"
    assert standing(files) == low(120)


def test_a_missed_time_is_made_up_for_if_it_is_not_long_ago(connection: psycopg.Connection[Any], files: Files) -> None:
    settle(connection, files, at=NOW)
    wanted, other = proposed(connection, low(150)), proposed(connection, low(160))
    schedule(connection, wanted, due_at=NOW + timedelta(minutes=1), by=WANG, at=NOW)
    (ended,) = apply_due(connection, files, at=NOW + timedelta(minutes=1) + STALE)
    assert ended.state == "applied"
    schedule(connection, other, due_at=NOW + timedelta(hours=2), by=WANG, at=NOW)
    (ended,) = apply_due(connection, files, at=NOW + timedelta(hours=2, seconds=1) + STALE)
    assert ended.state == "missed"
    assert "too late" in str(ended.why)
    assert standing(files) == low(150)
    assert audited(connection)[-1] == ("wang", "configuration.schedule_missed")


def test_a_plan_whose_ground_has_changed_is_refused_and_one_can_be_withdrawn(
    connection: psycopg.Connection[Any], files: Files
) -> None:
    settle(connection, files, at=NOW)
    wanted, other = proposed(connection, low(150)), proposed(connection, low(160))
    schedule(connection, wanted, due_at=NOW + timedelta(hours=1), by=WANG, at=NOW)
    apply(connection, files, other, by=Actor(name="li"), at=NOW + timedelta(minutes=5))
    (ended,) = apply_due(connection, files, at=NOW + timedelta(hours=1))
    assert (ended.state, standing(files)) == ("refused", low(160))
    assert "li put it into force" in str(ended.why)
    again = schedule(connection, wanted, due_at=NOW + timedelta(hours=2), by=WANG, at=NOW)
    assert unschedule(connection, again.schedule_id, by=WANG, at=NOW).state == "withdrawn"
    with pytest.raises(NotApplied) as refused:
        unschedule(connection, again.schedule_id, by=WANG, at=NOW)
    assert refused.value.why is Why.NOT_WAITING
    assert apply_due(connection, files, at=NOW + timedelta(hours=2)) == []
    with pytest.raises(NotApplied) as refused:
        schedule(connection, wanted, due_at=NOW, by=WANG, at=NOW)
    assert refused.value.why is Why.PAST
    assert [one.state for one in schedules_of(connection, [wanted])[wanted]] == ["withdrawn", "refused"]


def test_a_follower_records_what_was_changed_by_hand_and_applies_what_is_due(
    plain_database: Database, connection: psycopg.Connection[Any], files: Files
) -> None:
    now = [NOW]
    follower = Follower(plain_database.dsn, files, lambda: now[0])
    follower.turn()
    assert in_force(connection).version == thresholds_version(low(120))
    files[1].write_text("water: {pressure: {low_kpa: 101}}\n", encoding="utf-8")
    follower.turn()
    assert in_force(connection).version == thresholds_version(low(101))
    schedule(connection, proposed(connection, low(150)), due_at=NOW + timedelta(seconds=5), by=WANG, at=NOW)
    follower.turn()
    assert standing(files) == low(101)
    now[0] += timedelta(seconds=6)
    follower.turn()
    assert standing(files) == low(150)


def test_the_version_that_an_alert_names_is_found_whoever_knows_it(
    connection: psycopg.Connection[Any], files: Files
) -> None:
    configuration = load(*files)
    save_configuration(connection, configuration.version, configuration.city, configuration.thresholds)
    seen = version_of(connection, configuration.version)
    assert (seen.source, seen.version) == ("seen", thresholds_version(configuration.thresholds))
    assert read_text(seen.text)[0] == configuration.thresholds
    settle(connection, files, at=NOW)
    found = version_of(connection, configuration.version)
    assert (found.source, found.version) == ("file", seen.version)
    connection.execute("UPDATE configurations SET detectors_version = NULL")  # from before versions were kept
    assert version_of(connection, configuration.version) == found
    city = load_city(files[0])
    connection.execute(
        """INSERT INTO configurations (version, stored_at, city, detectors)
           VALUES ('00000000000a', now(), '{}', '{"water": {"forgotten": {"limit": 3}}}')"""
    )
    old = version_of(connection, "00000000000a")
    assert (old.source, old.text, old.thresholds) == ("seen", "", {"water": {"forgotten": {"limit": 3}}})
    assert version_of(connection, "ffffffffffff") is None
    assert Configuration(city, low(120), config_version(city, low(120))).version == configuration.version


def test_versions_are_listed_the_newest_first_and_page_by_page(connection: psycopg.Connection[Any]) -> None:
    names = [
        propose(connection, low(100 + n), author="a", note="", parent=None, at=NOW + timedelta(seconds=n)).version
        for n in range(5)
    ]
    again = propose(connection, low(100), author="b", note="late", parent=None, at=NOW, text=text_of(low(100)))
    assert (again.version, again.author) == (names[0], "a")
    page = versions(connection, limit=3)
    rest = versions(connection, limit=3, before=(page[-1].stored_at, page[-1].version))
    assert [one.version for one in [*page, *rest]] == names[::-1]
