"""Who is sent where: the first line that fits, the levels, the squads, the campaigns; and why, each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from detectors.rules import RULES
from hub.cases import category
from hub.cases.level import ClockKind, Level
from hub.cases.matching import Matter, zone_of
from hub.cases.routing import Route, Why, route, route_matter
from hub.config.load import load_city
from hub.config.load_dispatch import load_dispatch
from ingest.city import ZoneKind
from tests.support.dispatching import Dispatching, dispatching

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def town(tmp_path: Path) -> Dispatching:
    return dispatching(tmp_path)


def sent(town: Dispatching, rule: str | None, grid: str, **more: Any) -> Route:
    return route(town.plan, rule=rule, grid=grid, **{"at": AT, **more})


def test_a_gas_leak_goes_to_the_district_of_its_grid_and_the_gas_company_comes_along(town: Dispatching) -> None:
    east, west = sent(town, "gas.leak", "01"), sent(town, "gas.leak", "03")
    assert (east.department, west.department) == ("east-order", "west-order")
    assert (east.level, east.category, east.condition, east.clock) == (
        Level.DISTRICT,
        "0101",
        "danger",
        ClockKind.URGENT,
    )
    assert east.called_in == ("x-gas",)
    assert (east.reason.why, east.reason.route_id) == (Why.MATCHED, "gas")
    assert "East order" in east.reason.text


def test_what_no_line_names_goes_to_the_last_at_the_usual_level(town: Dispatching) -> None:
    found = sent(town, "stall.unlicensed", "01")
    assert (found.department, found.level, found.reason.why) == ("east-street", Level.STREET, Why.FELL_TO_REST)


def test_where_a_district_has_no_street_level_the_case_is_raised_to_the_next(town: Dispatching) -> None:
    found = sent(town, "stall.unlicensed", "03")
    assert (found.department, found.level, found.reason.why) == ("west-order", Level.DISTRICT, Why.RAISED)
    assert "nobody at street level" in found.reason.text


def test_a_case_can_be_asked_for_at_a_level_and_its_clock_stays(town: Dispatching) -> None:
    found = sent(town, "gas.leak", "01", level=Level.CITY)
    assert (found.department, found.reason.route_id) == ("city-order", "rest")
    assert (found.condition, found.clock) == ("danger", ClockKind.URGENT)


def test_a_route_for_a_kind_of_zone_is_for_what_lies_in_one(town: Dispatching) -> None:
    zone, kind = zone_of(town.city, "zone-1@0.50,0.50", "cam-1")
    assert (zone, kind) == ("zone-1", "no_parking")
    inside = sent(town, "parking.illegal", "02", zone=zone, zone_kind=kind, level=Level.DISTRICT)
    assert inside.department == "district-police"
    assert sent(town, "parking.illegal", "02", zone="zone-2", zone_kind="no_stall").department == "east-street"
    assert sent(town, "parking.illegal", "02").department == "east-street"


@pytest.mark.parametrize(
    ("subject", "camera"), [("gas-1", None), ("zone-1@0.5,0.5", None), ("zone-9@0.5,0.5", "cam-1"), (None, "cam-1")]
)
def test_what_lies_in_no_zone_is_told_apart(town: Dispatching, subject: str | None, camera: str | None) -> None:
    assert zone_of(town.city, subject, camera) == (None, None)


def test_the_squad_is_the_one_of_the_grid_then_of_the_district_then_of_all(town: Dispatching) -> None:
    assert sent(town, "stall.unlicensed", "01").squad == "squad-1"
    assert sent(town, "stall.unlicensed", "02").squad == "squad-2"
    alone = replace(town.plan, squads={"squad-9": town.plan.squads["squad-9"]})
    assert route(alone, rule="stall.unlicensed", grid="02", at=AT).squad == "squad-9"
    assert sent(town, "gas.leak", "01").squad is None


def test_a_campaign_calls_departments_in_at_its_places_from_its_first_day_to_its_last(town: Dispatching) -> None:
    # In the city's own days: the last one ends at 16:00 UTC.
    for at, called in (
        (datetime(2026, 2, 28, 15, 59, tzinfo=UTC), ()),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), ("city-police",)),
        (datetime(2026, 3, 31, 15, 59, tzinfo=UTC), ("city-police",)),
        (datetime(2026, 3, 31, 16, tzinfo=UTC), ()),
    ):
        found = sent(town, "stall.unlicensed", "02", at=at)
        assert (found.called_in, found.campaigns) == (called, ("spring",) if called else ())
    assert sent(town, "stall.unlicensed", "01", at=datetime(2026, 3, 10, tzinfo=UTC)).called_in == ()


def test_a_report_is_routed_by_the_category_that_somebody_gave_it(town: Dispatching) -> None:
    found = sent(town, None, "01", category="0101")
    assert (found.category, found.department) == ("0101", "east-street")  # the line for gas names the domain alone
    assert sent(town, None, "01").category is None


def test_severity_decides_between_the_clocks_of_one_condition(town: Dispatching) -> None:
    assert sent(town, "water.leak", "01", severity=Severity.CRITICAL).clock is ClockKind.URGENT
    assert sent(town, "water.leak", "01", severity=Severity.MINOR).clock is ClockKind.WORKING


def test_every_line_that_was_passed_over_says_why(town: Dispatching) -> None:
    matter = Matter(rule="parking.illegal", grid="02", district="East", zone="zone-2", zone_kind="no_stall")
    _, looked_at = route_matter(town.plan, matter, level=None, at=AT)
    assert [(one.route_id, one.against) for one in looked_at] == [
        ("gas", "it is not for parking.illegal"),
        ("parking", "it is for kind of zone no_parking, not no_stall"),
        ("rest", None),
    ]
    _, looked_at = route_matter(town.plan, replace(matter, rule="gas.leak"), level=Level.CITY, at=AT)
    assert looked_at[0].against == "it is for the district level"


def test_a_plan_that_leads_nowhere_says_so_and_keeps_the_clock(town: Dispatching) -> None:
    found = route(replace(town.plan, departments={}), rule="gas.leak", grid="01", at=AT)
    assert (found.department, found.reason.why, found.condition) == (None, Why.NOBODY, "danger")


def test_the_category_that_names_the_rule_goes_before_that_of_its_domain(town: Dispatching) -> None:
    assert category.code(town.plan, "gas.leak") == "0101"
    special = replace(town.plan.categories["0501"], code="9", rules=frozenset({"gas.leak"}))
    plan = replace(town.plan, categories={**town.plan.categories, "9": special})
    assert (category.code(plan, "gas.leak"), category.code(plan, "gas.pressure")) == ("9", "0101")
    assert category.code(plan, None) is None
    assert [one.code for one in category.reportable(plan)] == ["0501", "0502", "9"]


SHIPPED_CITY = load_city(ROOT / "deploy" / "city.example.yaml")
SHIPPED = load_dispatch(None, SHIPPED_CITY).plan
ANYWHERE = {
    "rule": st.sampled_from([None, *RULES]),
    "category": st.sampled_from([None, *SHIPPED.categories]),
    "grid": st.sampled_from(sorted(SHIPPED_CITY.grids)),
    "zone_kind": st.sampled_from([None, *(kind.value for kind in ZoneKind)]),
    "level": st.sampled_from([None, *Level]),
    "severity": st.sampled_from(Severity),
}


@given(st.fixed_dictionaries(ANYWHERE))
def test_the_shipped_plan_has_a_department_and_a_clock_for_whatever_there_is(matter: dict[str, Any]) -> None:
    found = route(SHIPPED, at=AT, **matter)
    assert found.department is not None
    assert found.level is SHIPPED.departments[found.department].level
    assert found.department not in found.called_in
    if matter["level"] is not None:
        assert found.level.rank >= matter["level"].rank
    assert found.category == (matter["category"] or category.code(SHIPPED, matter["rule"]))
