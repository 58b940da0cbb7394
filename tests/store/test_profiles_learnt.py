"""Profiles from a real database: learnt from its hours, written, judged by; a restart recalls the days before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from detectors.baseline import HourSums, Sums
from detectors.judge import HoursWanted
from detectors.profile import hour_of, profiles_of
from detectors.thresholds import Thresholds
from detectors.unusual import FLOW, PRESSURE
from hub.config.load import Configuration, config_version
from hub.config.profiles_file import read_profiles
from hub.people.caller import Reach
from hub.store.audit import Actor
from hub.store.profiles import learnt, profile_of, wrong_times
from hub.store.recording import StoredRecording
from hub.store.rollup import roll_up
from hub.store.write import Store
from hub.tuning.baselines.compare import compare
from hub.tuning.baselines.learn import NothingToLearn, learn_profiles, span_of
from hub.tuning.baselines.learning import NotLearnt
from hub.tuning.baselines.periodic import learn_if_due
from hub.tuning.judging import Question, judging_of
from hub.tuning.labels.label import Label, Source, Verdict
from hub.tuning.replay import replay
from ingest.city import DeviceKind
from ingest.observation import Reading
from tests.support.databases import Database
from tests.support.folding import city_of
from tests.support.stored import batch
from tests.support.weeks import HOUR, MONDAY, usual_flow

CITY = city_of(DeviceKind.WATER, "w1", "w2", interval_s=900.0)
END = MONDAY + timedelta(weeks=6)
LATER = END + timedelta(days=4)
ME = Actor(name="Li")
OFF = {"device": {"silent": {"enabled": False}}}


def configuration(profiles: Any = None, **rules: Any) -> Configuration:
    thresholds = Thresholds.model_validate({**OFF, **rules})
    held = profiles if profiles is not None else profiles_of([])
    return Configuration(CITY, thresholds, config_version(CITY, thresholds, held), held)


def flow(at: datetime, leak_from: datetime) -> float:
    noise = random.Random(at.timestamp()).gauss(0, 0.5)
    return usual_flow(at) + noise + (2.5 if at >= leak_from else 0.0)


def fill(dsn: str, begin: datetime, end: datetime, leak_from: datetime = LATER) -> None:
    rows, at = [], begin
    while at < end:
        rows.append(("w1", "flow_l_s", at, flow(at, leak_from), at, "01", False))
        at += timedelta(minutes=15)
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        copying = "COPY readings (device_id, quantity, measured_at, value, received_at, grid, late) FROM STDIN"
        with cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)


@pytest.fixture
def six_weeks(plain_database: Database) -> Iterator[psycopg.Connection[Any]]:
    fill(plain_database.dsn, MONDAY, END)
    with psycopg.connect(plain_database.dsn, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        roll_up(connection, END + HOUR)
        yield connection


def learn_all(connection: psycopg.Connection[Any], city_file: Path, **how: Any) -> Any:
    given = {"since": MONDAY, "until": END, "actor": ME, "now": END + HOUR} | how
    return learn_profiles(connection, configuration(), city_file, **given)


def test_what_was_learnt_is_kept_written_and_in_reach_alone(six_weeks: psycopg.Connection[Any], tmp_path: Path) -> None:
    city_file = tmp_path / "city.yaml"
    done = learn_all(six_weeks, city_file)
    said = {(one.subject, one.quantity): one for one in done.outcomes}
    assert said["w2", FLOW].why_not is said["w1", PRESSURE].why_not is NotLearnt.NO_READINGS
    profile = said["w1", FLOW].profile
    assert profile is not None
    assert profile.hours == 6 * 168
    cell = profile.cells[20]
    assert cell is not None
    assert cell.median == pytest.approx(usual_flow(MONDAY + 20 * HOUR + HOUR / 2), abs=1.2)
    assert 0.1 < cell.spread < 0.6  # the mean of four readings with a noise of 0.5
    assert read_profiles(city_file, CITY) == profiles_of([profile])
    assert done.version == read_profiles(city_file, CITY).version
    kept = learnt(six_weeks, subjects=["w1"])
    assert [(one.quantity, one.why_not, one.profile) for one in kept] == [
        (FLOW, None, profile), (PRESSURE, NotLearnt.NO_READINGS, None),
    ]  # fmt: skip
    assert profile_of(six_weeks, profile.version) == profile
    assert learnt(six_weeks, reach=Reach(grids=frozenset({"02"}))) == []
    audited = six_weeks.execute("SELECT actor, action FROM audit ORDER BY at DESC LIMIT 1").fetchone()
    assert audited == ("Li", "profiles.learnt")


def test_a_file_that_cannot_be_written_leaves_nothing_kept(six_weeks: psycopg.Connection[Any], tmp_path: Path) -> None:
    from hub.config.zones_file import NotWritable

    with pytest.raises(NotWritable):
        learn_all(six_weeks, tmp_path / "gone" / "city.yaml")
    assert learnt(six_weeks) == []
    assert learn_all(six_weeks, tmp_path / "gone" / "city.yaml", write=False).outcomes
    assert learnt(six_weeks) == []


def test_learning_some_leaves_the_others_and_unknown_names_are_refused(
    six_weeks: psycopg.Connection[Any], tmp_path: Path
) -> None:
    city_file = tmp_path / "city.yaml"
    whole = learn_all(six_weeks, city_file)
    again = learn_all(six_weeks, city_file, devices=["w2"])
    assert again.path is None
    assert read_profiles(city_file, CITY).version == whole.version
    with pytest.raises(NothingToLearn, match="nothing can be learnt of w9"):
        learn_all(six_weeks, city_file, devices=["w9"])
    with pytest.raises(NothingToLearn, match="since must lie before until"):
        span_of(END, END, MONDAY)


def test_hours_of_alerts_count_only_once_somebody_calls_them_false(six_weeks: psycopg.Connection[Any]) -> None:
    since, until = MONDAY + timedelta(days=3), MONDAY + timedelta(days=5)
    label = """INSERT INTO labels
                   (label_id, rule, subject, grid, since, until, verdict, source, said_by, said_at, stored_at)
               VALUES (gen_random_uuid(), %s, 'w1', '01', %s, %s, %s, 'drawn', 'Li', %s, %s)"""
    six_weeks.execute(label.encode(), ("water.leak", since, until, "missed", END, END))
    six_weeks.execute(label.encode(), ("water.leak", until, END, "false", END, END))
    six_weeks.execute(label.encode(), ("parking.illegal", since, END, "true", END, END))
    assert [(one.subject, one.since, one.until) for one in wrong_times(six_weeks, MONDAY, END)] == [
        ("w1", since, until)
    ]


def test_the_tuning_role_learns_once_in_so_many_days(
    plain_database: Database, six_weeks: psycopg.Connection[Any], tmp_path: Path
) -> None:
    every = timedelta(days=7)

    def due(now: datetime) -> bool:
        done = learn_if_due(plain_database.dsn, configuration(), tmp_path / "city.yaml", every=every, now=now)
        return done is not None

    assert due(END)
    assert not due(END + timedelta(days=6))
    assert due(END + timedelta(days=7))


def test_stored_hours_are_the_sums_that_the_fold_would_have_made(plain_database: Database) -> None:
    chance = random.Random(5)
    store = Store(plain_database.dsn)
    made, late = [], []
    for n in range(400):
        at = MONDAY + timedelta(seconds=n * 97 + chance.random())
        made.append(Reading("w1", FLOW, chance.choice([chance.gauss(10, 3), 0.00005, 12.34565]), at, at))
        late.append(Reading("w2", FLOW, 5.0, at, at))
    wild = replace(made[7], value=1e9, measured_at=made[7].measured_at + timedelta(seconds=1))
    store.write(batch(readings=[*made, wild]))
    store.write(batch(readings=late, late=True))
    until = made[250].received_at
    want: dict[datetime, Sums] = {}
    for one in made[:250]:
        want.setdefault(hour_of(one.measured_at), Sums()).add(one.value, one.measured_at)
    wanted = HoursWanted(("w1", "w2"), (FLOW, PRESSURE), timedelta(hours=96), {FLOW: (0.0, 1000.0)})
    assert store.hours([wanted], until) == [
        HourSums("w1", FLOW, hour, replace(sums)) for hour, sums in sorted(want.items())
    ]
    store.close()


def test_a_replay_that_begins_in_the_middle_raises_what_the_whole_raises(
    plain_database: Database, six_weeks: psycopg.Connection[Any], tmp_path: Path
) -> None:
    leak_from = END + timedelta(days=1, hours=3)
    fill(plain_database.dsn, END, LATER, leak_from)
    learn_all(six_weeks, tmp_path / "city.yaml")
    judged = configuration(
        read_profiles(tmp_path / "city.yaml", CITY), water={"unusual": {"enabled": True}, "leak": {"enabled": False}}
    )
    recording = StoredRecording(plain_database.dsn)
    whole = replay(recording, judged, grids=None, since=END, until=LATER)
    assert [(one.rule, one.subject) for one in whole] == [("water.unusual", "w1")]
    assert abs(whole[0].since - leak_from) <= 2 * HOUR
    assert whole[0].reason.numbers["profile"] == judged.profiles.of["w1", FLOW].version
    for minutes in (90, 337, 600):  # the sum is under way, and nothing raised yet
        begin = min(leak_from + timedelta(minutes=minutes), whole[0].raised_at - timedelta(minutes=1))
        part = replay(recording, judged, grids=None, since=begin, until=LATER)
        assert [replace(one, previous_id=None) for one in part] == [replace(one, previous_id=None) for one in whole]


def test_rules_are_compared_on_each_others_labels(
    plain_database: Database, six_weeks: psycopg.Connection[Any], tmp_path: Path
) -> None:
    leak_from = END + timedelta(days=1)
    fill(plain_database.dsn, END, LATER, leak_from)
    learn_all(six_weeks, tmp_path / "city.yaml")
    judged = configuration(read_profiles(tmp_path / "city.yaml", CITY), water={"unusual": {"enabled": True}})
    rules = ("water.unusual", "water.leak")
    question = Question(rules=frozenset(rules), grids=None, subjects=frozenset({"w1"}), since=END, until=LATER)
    raised = judging_of(StoredRecording(plain_database.dsn), question).judge(judged)
    from uuid import uuid4

    label = Label(
        label_id=uuid4(), rule="water.leak", subject="w1", grid="01", since=leak_from, until=LATER,
        verdict=Verdict.MISSED, reason="", source=Source.DRAWN, weight=1.0, by="Li", at=LATER,
    )  # fmt: skip
    unusual, leak = compare(raised, [label], judged, question, rules)
    assert [one.rule for one in unusual.raised] == ["water.unusual"]
    assert len(unusual.matched.pairs) == 1
    assert (leak.raised, len(leak.matched.missed)) == ((), 1)
