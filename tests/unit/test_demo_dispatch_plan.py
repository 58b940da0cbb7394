"""The demo's dispatch plan: good for the demo city, three levels, short deadlines that say so, no invented holiday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from detectors.finding import Severity
from detectors.rules import RULES
from hub.cases.deadline import limit_of
from hub.cases.level import Level
from hub.cases.plan import Plan
from hub.cases.routing import Why, route
from hub.config.load import load_city
from hub.config.load_dispatch import SHIPPED_PLAN, load_dispatch
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import write_files
from hub.demo.dispatch_plan import write_dispatch

TODAY = date(2026, 2, 11)
AT = datetime(2026, 2, 11, 4, tzinfo=UTC)


def demo(folder: Path) -> tuple[Plan, Plan]:
    """Return the demo's plan and the shipped one, both for the demo city."""
    city_file, _ = write_files(folder, {camera.camera_id: 1 for camera in CAMERAS})
    city = load_city(city_file)
    found = load_dispatch(write_dispatch(folder, TODAY), city)
    assert found.doubts == ()
    return found.plan, load_dispatch(SHIPPED_PLAN, city).plan


def test_it_is_good_for_the_demo_city_and_every_rule_finds_its_way(tmp_path: Path) -> None:
    plan, _ = demo(tmp_path)
    for rule in RULES:
        for grid in plan.districts:
            found = route(plan, rule=rule, grid=grid, at=AT)
            assert found.reason.why is not Why.NOBODY
            assert found.category is not None


def test_stalls_go_to_the_squad_of_their_grid_and_the_campaign_calls_in_for_a_month(tmp_path: Path) -> None:
    plan, _ = demo(tmp_path)
    found = route(plan, rule="stall.unlicensed", grid="03", at=AT)
    assert (found.level, found.squad) == (Level.STREET, "street-03")
    assert found.called_in == ("district-market-supervision",)
    assert route(plan, rule="stall.unlicensed", grid="08", at=AT).called_in == ()
    assert route(plan, rule="stall.unlicensed", grid="03", at=AT + timedelta(days=28)).called_in == ()
    assert route(plan, rule="water.burst", grid="08", at=AT).squad == "repair-2"


def test_its_deadlines_are_minutes_and_say_what_the_shipped_ones_are(tmp_path: Path) -> None:
    plan, shipped = demo(tmp_path)
    text = (tmp_path / "dispatch.yaml").read_text(encoding="utf-8")
    assert "any: {clock: urgent, hours: 0.0833}  # demo: shipped is 4 h working" in text
    assert text.count("# demo: shipped is") == 7
    for condition in ("danger", "facilities-urgent", "street-order"):
        for severity in Severity:
            short = limit_of(plan, condition=condition, severity=severity)
            assert short.limit_s <= 20 * 60 < limit_of(shipped, condition=condition, severity=severity).limit_s
    same = limit_of(plan, condition="facilities", severity=Severity.MINOR)
    assert same == limit_of(shipped, condition="facilities", severity=Severity.MINOR)


def test_no_holiday_is_invented_in_it(tmp_path: Path) -> None:
    plan, _ = demo(tmp_path)
    assert (plan.working.years, plan.working.holidays) == (frozenset(), frozenset())
    assert "invented" in plan.categories_version
