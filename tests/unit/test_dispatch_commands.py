"""`lianqin dispatch route` and `lianqin config check` with a plan: answers for people and programs, mistakes named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli.app import app
from hub.cli.failure import KNOWN
from tests.support.dispatching import PLAN, dispatching


def run(folder: Path, *words: str, plan: str = PLAN) -> Result:
    town = dispatching(folder) if plan == PLAN else None
    (folder / "dispatch.yaml").write_text(plan, encoding="utf-8")
    environment = {
        "LIANQIN_CITY": str(town.city_file if town else folder / "town.yaml"),
        "LIANQIN_DISPATCH": str(folder / "dispatch.yaml"),
    }
    return CliRunner().invoke(app, list(words), env=environment)


def test_the_command_says_who_by_when_and_why(tmp_path: Path) -> None:
    found = run(tmp_path, "dispatch", "route", "--grid", "02", "--rule", "stall.unlicensed", "--at", "2026-03-05T10:30")
    assert found.exit_code == 0
    assert found.output.splitlines() == [
        "department  east-street: East street, East street (street level)",
        "squad       squad-2: Squad two",
        "called in   city-police: City police",
        "campaign    spring",
        "category    0502",
        "deadline    2026-03-06 14:30, warned of at 2026-03-06 10:30",
        "            10 h on the working clock, by the filing condition rest",
        "            a guess: the holidays of 2026 are not known",
        "because     no other route fits; 'rest', for all the rest, leads to East street (street level)",
        "passed over gas: it is not for stall.unlicensed",
        "passed over parking: it is not for stall.unlicensed",
        f"plan        {dispatching(tmp_path).plan.version}",
    ]


def test_a_program_gets_what_the_api_would_say(tmp_path: Path) -> None:
    found = run(tmp_path, "dispatch", "route", "--grid", "01", "--rule", "gas.leak", "--level", "city", "--json")
    document = json.loads(found.output)
    assert (document["department"], document["matter"]["category"]) == ("city-order", "0101")
    assert document["considered"][0] == {"route": "gas", "against": "it is for the district level"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--grid", "07"], "--grid: there is no grid 07"),
        (["--grid", "01", "--rule", "gas.leek"], "--rule: there is no rule gas.leek; is gas.leak meant?"),
        (["--grid", "01", "--zone", "zone-1"], "--zone: zone zone-1 lies in grid 02, not in 01"),
        (["--grid", "01", "--at", "tomorrow"], "'tomorrow' is no ISO 8601 time"),
        (["--grid", "01", "--at", "8000-01-01"], "between the years 2000 and 2200"),
    ],
)
def test_what_does_not_exist_is_named(tmp_path: Path, words: list[str], says: str) -> None:
    found = run(tmp_path, "dispatch", "route", *words)
    assert isinstance(found.exception, KNOWN)
    assert says in str(found.exception)


def test_the_check_tells_of_the_plan_and_of_what_is_doubtful_in_it(tmp_path: Path) -> None:
    good = run(tmp_path, "config", "check", "--no-weights")
    assert "good: 7 departments, 3 squads, 4 categories, 3 routes, 2 filing conditions" in good.output
    assert "warning: the calendar of " in good.output
    doubtful = PLAN.replace("rules: gas}", "reportable: true}")
    found = run(tmp_path, "config", "check", "--no-weights", plan=doubtful)
    assert f"warning: {tmp_path / 'dispatch.yaml'}:16: categories.entries: no category names gas.leak" in found.output
    bad = run(
        tmp_path, "config", "check", "--no-weights", plan=PLAN.replace("to: {kind: police}", "to: {kind: polise}")
    )
    assert isinstance(bad.exception, KNOWN)
    assert "dispatch.yaml:27: routes.1.to.kind: there is no department of the kind polise" in str(bad.exception)


def test_the_defaults_are_a_plan_that_can_be_used_as_it_is(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["config", "defaults", "dispatch"]).output
    assert dispatching(tmp_path, printed).dispatch.doubts == ()
    schema = json.loads(CliRunner().invoke(app, ["config", "schema", "dispatch"]).output)
    assert schema["title"] == "lianqin dispatch.yaml"
