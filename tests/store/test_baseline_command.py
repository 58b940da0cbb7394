"""`lianqin baseline learn|show|compare` over a real database: what an engineer reads, and what is refused."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from hub.cli import main
from hub.config.load import load
from hub.store.rollup import roll_up
from tests.support.databases import Database
from tests.support.town import write_city
from tests.support.weeks import HOUR, MONDAY, usual_flow

WEEKS = timedelta(weeks=4)
SPAN = ("--since", MONDAY.isoformat(), "--until", (MONDAY + WEEKS).isoformat())
Command = Callable[..., str]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_city(tmp_path)


@pytest.fixture
def baseline(
    plain_database: Database,
    tmp_path: Path,
    city: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    monkeypatch.setenv("LIANQIN_DATABASE_URL", plain_database.dsn)
    monkeypatch.setenv("LIANQIN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LIANQIN_CITY", str(city))
    chance = random.Random(3)
    with psycopg.connect(plain_database.dsn, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        columns = "device_id, quantity, measured_at, value, received_at, grid, late"
        with connection.cursor() as cursor, cursor.copy(f"COPY readings ({columns}) FROM STDIN".encode()) as copy:
            for n in range(4 * 168 * 2):
                at = MONDAY + n * HOUR / 2
                copy.write_row(("water-1", "flow_l_s", at, usual_flow(at) + chance.gauss(0, 0.3), at, "02", False))
        roll_up(connection, MONDAY + WEEKS + HOUR)

    def run(*words: str, status: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["lianqin", "baseline", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert (ended.value.code or 0) == status
        said = capsys.readouterr()
        return said.err if status else said.out

    return run


def test_an_engineer_learns_and_looks_and_the_configuration_follows(baseline: Command, city: Path) -> None:
    before = load(city, None)
    assert "nothing was learnt yet" in baseline("show", status=2)
    lines = [json.loads(line) for line in baseline("learn", *SPAN, "--json", "--dry-run").splitlines()]
    flow = next(line for line in lines if line["subject"] == "water-1" and line["quantity"] == "flow_l_s")
    assert (flow["learnt"], flow["hours"], flow["cells"]) == (True, 4 * 168, 168)
    assert load(city, None).version == before.version
    assert (flow["change"], flow["shift"]) == ("new", None)
    said = baseline("learn", *SPAN, "--devices", "water-1", "--note", "autumn")
    assert "flow_l_s       learnt, new (672 hours)" in said
    assert "water-1" in said
    assert "not learnt: nothing was read in that time" in said  # its pressure
    assert "learnt 1 of 2 from" in said
    assert "city.profiles.jsonl as" in said
    assert "are off: switch them on" in said
    after = load(city, None)
    assert after.version != before.version
    assert after.profiles.version in said
    shown = baseline("show", "water-1")
    assert "in force" in shown
    assert "by command line (autumn) from 672 hours" in shown
    later = ("--since", (MONDAY + timedelta(days=7)).isoformat(), *SPAN[2:])
    assert re.search(r"learnt, moved by 0\.\d+ L/s, 0 of 168 hours beyond", baseline("learn", *later, "--dry-run"))
    assert len([line for line in shown.splitlines() if line.strip()[:2].isdigit()]) == 24
    (document, _) = (json.loads(line) for line in baseline("show", "water-1", "--json").splitlines())
    assert len(document["profile"]["cells"]) == 168


def test_the_last_days_are_told_beside_what_is_usual(baseline: Command) -> None:
    until = ("--until", (MONDAY + WEEKS).isoformat())
    assert "168 hours: 168 unlearnt; no profile is in force" in baseline("hours", "water-1", "flow_l_s", *until)
    baseline("learn", *SPAN, "--devices", "water-1")
    lines = baseline("hours", "water-1", "flow_l_s", *until, "--json").splitlines()
    assert len(lines) == 168
    assert {json.loads(line)["stands"] for line in lines} <= {"within", "above", "below"}
    assert re.search(r"168 hours: .*1\d\d within", baseline("hours", "water-1", "flow_l_s", *until))


def test_rules_are_compared_over_the_same_days(baseline: Command) -> None:
    baseline("learn", *SPAN, "--devices", "water-1")
    last = ("--since", (MONDAY + WEEKS - timedelta(days=2)).isoformat(), "--until", (MONDAY + WEEKS).isoformat())
    said = [json.loads(line) for line in baseline("compare", "water-1", *last, "--json").splitlines()]
    assert [one["rule"] for one in said] == ["water.unusual", "water.pressure", "water.leak"]
    assert [one["raised"] for one in said] == [0, 0, 0]
    assert said[0]["scores"]["precision"]["value"] is None
    told = baseline("compare", "water-1", *last, "--alerts")
    assert "note: no profile is in force of water-1 pressure_kpa" in told
    assert "note: learnt from these very days, so flattered: water-1" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("learn", "--devices", "nobody"), "nothing can be learnt of nobody"),
        (("learn", "--since", "2030-01-01", "--until", "2029-01-01"), "until lies in the future"),
        (("learn", "--since", "yesterday"), "is no ISO 8601 time"),
        (("show", "water-1"), "`lianqin baseline learn --devices water-1` learns it"),
        (("hours", "water-1", "power_w"), "nothing is learnt of power_w at water-1"),
        (("compare", "nobody"), "the city has no device or circuit nobody"),
        (("compare", "water-1", "--rules", "water.nothing"), "there is no such threshold"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(baseline: Command, words: tuple[str, ...], why: str) -> None:
    said = baseline(*words, status=2)
    assert said.startswith("lianqin: ")
    assert why in said
