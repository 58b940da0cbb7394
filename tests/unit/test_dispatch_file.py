"""The dispatch plan's file: a good one is read, a bad one refused with its line, a doubtful one used and told of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from hub.cases.level import Level
from hub.config.dispatch_document import plan_document, plan_version
from hub.config.load import load_city
from hub.config.load_dispatch import SHIPPED_PLAN, load_dispatch, warnings_at
from hub.config.schema import SHIPPED, schema_of
from hub.config.yaml_source import ConfigError, names_in
from tests.support.dispatching import CITY, PLAN, dispatching

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy" / "city.example.yaml"


def test_the_shipped_plan_is_good_for_any_city_and_leaves_no_doubt(tmp_path: Path) -> None:
    for city in (load_city(EXAMPLE), dispatching(tmp_path).city):
        found = load_dispatch(None, city)
        assert found.doubts == ()
        regular = {
            level: sum(one.level is level and one.regular for one in found.plan.departments.values()) for level in Level
        }
        assert regular == {Level.STREET: 0, Level.DISTRICT: 5, Level.CITY: 5}


def test_the_shipped_plan_invents_no_holiday() -> None:
    working = load_dispatch(None, load_city(EXAMPLE)).plan.working
    assert (working.years, working.holidays, working.workdays) == (frozenset(), frozenset(), frozenset())


def test_every_rule_has_a_category_in_the_shipped_plan_and_its_code_names_no_county() -> None:
    plan = load_dispatch(None, load_city(EXAMPLE)).plan
    assert "invented" in plan.categories_version
    assert {code[:6] for code in plan.categories} == {"000000"}
    assert {len(code) for code in plan.categories} == {10}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: police, level: city", "kind: police, level: town", 6, "'street', 'district' or 'city'"),
        ("districts: West}", "districts: North}", 4, "there is no district North"),
        ('department: east-street, grids: "01"', 'department: east-stret, grids: "01"', 10, "is east-street meant?"),
        ('grids: "01"', 'grids: "07"', 10, "there is no grid 07"),
        ("id: squad-2", "id: squad-1", 11, "squad-1 is given twice"),
        ("rules: parking.illegal", "rules: parking.ilegal", 26, "is parking.illegal meant?"),
        ("zone_kinds: no_parking", "zone_kinds: parking", 26, "'no_parking'"),
        ("match: {domains: gas}\n    to: {kind", "match: {zones: z}\n    to: {kind", 22, "there is no zone z"),
        ("to: {kind: police}", "to: {kind: polise}", 27, "is police meant?"),
        ("to: {kind: police}", "to: {kind: police, department: city-police}", 27, "one of the two"),
        ("to: {kind: police}", "to: {}", 27, "one of the two"),
        ("to: {kind: police}", "to: {department: city-police, level: city}", 27, "has its own level"),
        ("to: {kind: police}", "to: {department: city-police, squad: squad-1}", 27, "belongs to east-street"),
        ("to: {kind: police}", "to: {kind: police, squad: squad-1}", 27, "name its department: east-street"),
        ("calls_in: x-gas", "calls_in: y-gas", 24, "is x-gas meant?"),
        (
            "  - id: rest\n    to: {kind: order}",
            "  - id: rest\n    match: {domains: stall}\n    to: {kind: order}",
            29,
            "the last of routes must fit everything",
        ),
        (
            "  - id: rest\n    to: {kind: order}",
            "  - id: rest\n    to: {department: east-order}",
            29,
            "to nobody in district West",
        ),
        (
            "any: {clock: urgent, hours: 2}",
            "critical: {clock: urgent, hours: 2}",
            35,
            "no limit for major, minor, warning",
        ),
        ("any: {clock: urgent, hours: 2}", "any: {clock: urgent, hours: 0}", 35, "greater than 0"),
        ("any: {clock: urgent, hours: 2}", "any: {clock: urgent, hours: 9000}", 35, "less than or equal to 8760"),
        ("any: {clock: urgent, hours: 2}", "any: {clock: lunar, hours: 2}", 35, "'urgent' or 'working'"),
        ("reopen_within_hours: 24", "reopen_within_hour: 24", 36, "is reopen_within_hours meant?"),
        ("district: {to: district, tell", "district: {to: street, tell", 44, "cannot be raised to a lower one"),
        ("role:dispatcher", "role:dispacher", 45, "is dispatcher meant?"),
        ("department:city-police", "department:town-police", 49, "is city-police meant?"),
        ("tell: [handling]}", "tell: [everybody]}", 46, "write handling, above, role:NAME or department:ID"),
        ("ends: 2026-03-31", "ends: 2026-02-01", 52, "or later"),
        (
            "rules: stall, reportable: true}",
            "rules: [stall, gas], reportable: true}",
            19,
            "gas belongs to category 0101 already",
        ),
        ('code: "0502"', 'code: "0501"', 19, "0501 is given twice"),
        ('code: "0502"', "code: 502", 19, "must be a string: a number, or yes and no, in quotes (it is 502)"),
        ('code: "0502"', 'code: "5 2"', 19, "must match pattern"),
        (
            "usual_level: street",
            'usual_level: street\nworking_time: {hours: ["08:00-12:00", "11:00-18:00"]}',
            31,
            "not overlap",
        ),
        (
            "usual_level: street",
            'usual_level: street\nworking_time: {hours: ["18:00-08:00"]}',
            31,
            "end on the day they begin",
        ),
        ("usual_level: street", "usual_level: street\nworking_time: {weekdays: []}", 31, "at least 1"),
        ("usual_level: street", "usual_level: street\nlease: {usual_minutes: 600}", 31, "most_minutes"),
        ("usual_level: street", "usual_level: street\npublic_rules: gas.leek", 31, "is gas.leak meant?"),
        (
            "usual_level: street",
            "usual_level: street\nworking_time:\n  calendars: [{year: 2026, holidays: [2025-10-01], workdays: []}]",
            32,
            "2025-10-01 does not lie in 2026",
        ),
        (
            "usual_level: street",
            "usual_level: street\nworking_time:\n  calendars:\n"
            "    - {year: 2026, holidays: [2026-10-10], workdays: [2026-10-10]}",
            33,
            "a holiday and a make-up workday at once",
        ),
        (
            "usual_level: street",
            "usual_level: street\nworking_time:\n  calendars:\n    - {year: 2026, holidays: [], workdays: []}\n"
            "    - {year: 2026, holidays: [], workdays: []}",
            34,
            "2026 is given twice",
        ),
    ],
)
def test_a_bad_plan_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in PLAN
    with pytest.raises(ConfigError) as refused:
        dispatching(tmp_path, PLAN.replace(old, new, 1))
    path = tmp_path / "dispatch.yaml"
    told = refused.value.problems
    assert any(problem.startswith(f"{path}:{line}:") and says in problem for problem in told), told


def test_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dispatch.yaml:1: departments: is missing"):
        dispatching(tmp_path, "")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "  - id: parking\n    match: {rules: parking.illegal, zone_kinds: no_parking}",
            "  - id: all-parking\n    match: {domains: parking}\n    to: {kind: police}\n"
            "  - id: parking\n    match: {rules: parking.illegal, zone_kinds: no_parking}",
            "parking never comes to its turn: everything it is for goes to all-parking before",
        ),
        (
            "zone_kinds: no_parking}",
            'zone_kinds: no_parking, grids: "01"}',
            "parking never comes to its turn: no case there can be fits it",
        ),
        (
            "match: {domains: gas}\n    limits",
            "limits",
            "rest never comes to its turn: everything it is for goes to danger",
        ),
        (
            "kind: police, level: city}",
            "kind: guard, level: city}",
            "no route leads to city-police, a regular department",
        ),
        ("to: {kind: police}", "to: {kind: order, level: street}", "no order at the street level serves district West"),
        ("rules: gas}", "reportable: true}", "no category names gas.leak, gas.pressure"),
        ('code: "0101"', 'code: "010101"', "the codes differ in length: 4, 6 characters"),
        (
            "name: Squad two, department: east-street, districts: East",
            'name: Squad two, department: east-street, grids: "01"',
            "squad-1 of east-street works in grid 01 too: it is sent",
        ),
        (
            "usual_level: street",
            "usual_level: street\nworking_time:\n  calendars: [{year: 2026, holidays: [], workdays: [2026-11-23]}]",
            "2026-11-23 is a working day anyway",
        ),
    ],
)
def test_what_is_hardly_meant_is_told_of_and_used(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in PLAN
    before = dispatching(tmp_path).dispatch
    assert before.doubts == ()
    found = dispatching(tmp_path, PLAN.replace(old, new, 1)).dispatch
    assert any(says in doubt.text and f"{tmp_path / 'dispatch.yaml'}:" in doubt.line for doubt in found.doubts), (
        found.doubts
    )


def test_a_campaign_or_a_route_for_one_zone_alone_is_not_taken_for_a_line_that_never_comes(tmp_path: Path) -> None:
    narrow = "  - id: corner\n    match: {zones: zone-2}\n    to: {kind: police}\n  - id: rest\n    to: {kind: order}"
    assert dispatching(tmp_path, PLAN.replace("  - id: rest\n    to: {kind: order}", narrow)).dispatch.doubts == ()


def test_a_year_comes_from_the_plan_or_else_from_the_city(tmp_path: Path) -> None:
    city = CITY + "calendar: {holidays: [2026-10-01, 2027-01-01], workdays: [2026-10-10], years: [2026]}\n"
    working = dispatching(tmp_path, city=city).plan.working
    assert (working.years, working.holidays) == (frozenset({2026}), frozenset({date(2026, 10, 1)}))
    own = PLAN + "working_time:\n  calendars: [{year: 2026, holidays: [2026-10-02], workdays: []}]\n"
    found = dispatching(tmp_path, own, city).dispatch
    assert found.plan.working.holidays == frozenset({date(2026, 10, 2)})
    assert found.plan.working.workdays == frozenset()
    assert [doubt.text for doubt in found.doubts] == ["the city file has other days for 2026; these hold here"]


def test_a_missing_year_is_the_first_thing_told(tmp_path: Path) -> None:
    town = dispatching(tmp_path)
    told = warnings_at(town.dispatch, datetime(2026, 11, 23, tzinfo=UTC))
    assert told[0].startswith("the calendar of 2026 is missing")
    known = replace(town.plan, working=replace(town.plan.working, years=frozenset({2026})))
    assert warnings_at(replace(town.dispatch, plan=known), datetime(2026, 11, 23, tzinfo=UTC)) == ()


def test_the_version_names_the_meaning_and_not_the_text(tmp_path: Path) -> None:
    one = dispatching(tmp_path).plan
    same = dispatching(
        tmp_path, "# a comment\n" + PLAN.replace("rules: [parking, camera]", "rules: [camera, parking]")
    ).plan
    other = dispatching(tmp_path, PLAN.replace("hours: 2}", "hours: 3}")).plan
    assert one.version == same.version != other.version
    assert plan_version(replace(one, version="anything")) == one.version


def test_a_name_may_have_one_text_or_two(tmp_path: Path) -> None:
    found = dispatching(tmp_path, PLAN.replace("name: City police", "name: {zh: 市公安局, en: City police}")).plan
    assert (found.departments["city-police"].name.zh, found.departments["city-order"].name.zh) == (
        "市公安局",
        "City order",
    )


def test_the_document_holds_everything_the_shipped_file_says() -> None:
    said = yaml.safe_load(SHIPPED_PLAN.read_text(encoding="utf-8"))
    told = plan_document(load_dispatch(None, load_city(EXAMPLE)).plan)
    for table in ("departments", "squads", "routes", "deadlines", "campaigns"):
        assert [entry["id"] for entry in told[table]] == [entry["id"] for entry in said[table]]
    assert [entry["code"] for entry in told["categories"]["entries"]] == [
        entry["code"] for entry in said["categories"]["entries"]
    ]
    assert set(said) <= set(told)


def test_the_shipped_schema_is_that_of_the_code_and_takes_the_shipped_plan() -> None:
    shipped = json.loads((SHIPPED / "dispatch.schema.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(schema_of("dispatch"))), "run: python -m hub.config.schema"
    validator = jsonschema_rs.validator_for(shipped)
    said = json.loads(json.dumps(yaml.safe_load(SHIPPED_PLAN.read_text(encoding="utf-8")), default=str))
    assert validator.is_valid(said)
    assert not validator.is_valid({**said, "usual_level": "town"})


def test_the_example_is_a_good_plan_for_the_example_city_and_shows_every_setting() -> None:
    example = ROOT / "deploy" / "dispatch.example.yaml"
    found = load_dispatch(example, load_city(EXAMPLE))
    assert found.doubts == ()
    assert {one.level for one in found.plan.departments.values()} == set(Level)
    text = example.read_text(encoding="utf-8")
    assert [name for name in names_in(schema_of("dispatch")) if f"{name}:" not in text] == []
