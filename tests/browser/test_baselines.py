"""Baselines in the console: from nothing learnt to profiles in force, one place's week, and rules compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hub.config.load import load
from hub.store.profiles import learnt
from hub.store.session import open_session
from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, Console
from tests.support.api import Api, serving_over, until
from tests.support.databases import Database
from tests.support.planted_weeks import ZONE, Weeks, label_leak, plant_weeks
from tests.support.tuning_role import tuning

LIST = "/tuning/baselines"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub that knows its files, with the tuning role beside it."""
    thresholds = "device: {silent: {enabled: false}}\n"
    with serving_over(plain_database.dsn, tmp_path, thresholds) as api, tuning(api):
        yield api


@pytest.fixture
def planted(api: Api) -> Weeks:
    weeks = plant_weeks(api.dsn, api.hub.now())
    label_leak(api, weeks)
    return weeks


def local(at: datetime) -> str:
    """Return an instant as a field for a local time takes it."""
    return f"{at.astimezone(ZONE):%Y-%m-%dT%H:%M}"


def learn(page: Page, planted: Weeks) -> None:
    """Look at what the weeks before the last one would change."""
    panel = page.get_by_role("region", name="Learn", exact=True)
    panel.get_by_label("From").fill(local(planted.begin))
    panel.get_by_label("To", exact=True).fill(local(planted.week_from))
    panel.get_by_role("button", name="Look at what would change").click()


def test_an_engineer_learns_looks_and_puts_it_into_force(
    console: Console, api: Api, planted: Weeks, tmp_path: Path
) -> None:
    page = console("engineer", "en", path=LIST)
    first = page.get_by_role("region", name="Nothing was learnt yet")
    expect(first).to_contain_text("Readings are stored since 05/10/2026")
    places = page.get_by_role("region", name="Places")
    expect(places.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Choose water-1").check()
    expect(page).to_have_url(re.compile("pick=water-1"))
    page.get_by_role("button", name="Learn", exact=True).click()
    panel = page.get_by_role("region", name="Learn", exact=True)
    expect(panel).to_contain_text("Of the chosen places alone (1): water-1")
    learn(page, planted)
    answer = panel.locator(".baseline-answer")
    expect(answer.get_by_role("button", name=re.compile("new"))).to_contain_text("1")
    expect(answer).to_contain_text("nothing was read in that time")
    assert not (tmp_path / "city.profiles.jsonl").exists()

    page.reload()  # the answer is found again at its address
    expect(answer.locator("tbody tr")).to_have_count(2)
    answer.get_by_role("button", name="Put into force").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Put into force").click()
    expect(dialog.get_by_text("Write a note")).to_be_visible()
    dialog.get_by_label("Note").fill("the autumn's weeks")
    dialog.get_by_role("button", name="Put into force").click()
    expect(panel.get_by_text("Profiles put into force: 1.")).to_be_visible()
    row = places.locator("tbody tr", has_text="Flow")
    expect(row).to_contain_text("in force")
    expect(row).to_contain_text("off")
    expect(row).to_contain_text("168 of 168")
    assert ("water-1", "flow_l_s") in load(tmp_path / "city.yaml", None).profiles.of
    with open_session(api.dsn) as connection:
        assert {one.note for one in learnt(connection)} == {"the autumn's weeks"}
    expect(page.locator(".baseline-learnings")).to_contain_text("the autumn's weeks")
    expect(first).to_have_count(0)


def test_one_places_week_stands_over_its_band_and_is_read_hour_by_hour(
    console: Console, api: Api, planted: Weeks
) -> None:
    apply_by_api(api, planted)
    page = console("supervisor", "en", path=f"{LIST}/water-1?quantity=flow_l_s")
    week = page.get_by_role("region", name="Last seven days")
    expect(week.get_by_role("img")).to_have_accessible_name(re.compile(r"Flow. within \d+, above \d+"))
    outside = week.locator("summary")
    expect(outside).to_contain_text(re.compile(r"Hours outside the band: \d\d"))
    outside.click()
    expect(week.locator("details tbody tr").last).to_contain_text("above")
    expect(week.locator("details tbody tr").last).to_contain_text("alert stood")
    heat = page.locator("table.heat")
    expect(heat.get_by_role("row")).to_have_count(25)
    expect(heat.get_by_role("cell")).to_have_count(168)
    expect(heat.get_by_role("columnheader", name="Sun")).to_be_visible()
    expect(page.get_by_role("button", name="Compare")).to_have_count(0)  # a supervisor starts no runs
    page.get_by_role("button", name="Pressure").click()
    expect(page.get_by_text("No profile is in force")).to_be_visible()
    expect(page).to_have_url(re.compile("quantity=pressure_kpa"))


def test_the_baseline_and_the_fixed_threshold_are_compared_on_the_same_days(
    console: Console, api: Api, planted: Weeks
) -> None:
    apply_by_api(api, planted)
    page = console("engineer", "en", path=f"{LIST}/water-1?quantity=flow_l_s&do=compare")
    panel = page.get_by_role("region", name="Compare")
    panel.get_by_label("From").fill(local(planted.week_from))
    panel.get_by_label("To").fill(local(planted.end))
    for rule in ("Water unusual", "Water pressure out of range", "Water leak"):
        panel.get_by_label(rule).uncheck()
    panel.get_by_role("button", name="Compare").click()
    expect(panel.get_by_text("Choose two rules at least")).to_be_visible()
    for rule in ("Water unusual", "Water pressure out of range", "Water leak"):
        panel.get_by_label(rule).check()
    panel.get_by_role("button", name="Compare").click()
    scores = panel.get_by_role("region", name="Scores")
    expect(scores.locator("thead th")).to_have_count(5)
    raised = scores.locator("tbody tr").first
    expect(raised.locator("td").nth(1)).to_contain_text("1true 1, false 0")
    expect(raised.locator("td").nth(2)).to_contain_text("0true 0")
    expect(panel.locator(".timeline-names li")).to_have_count(4)
    expect(panel).to_contain_text("No profile is in force, so the baseline cannot judge: water-1 pressure_kpa")
    alerts = panel.get_by_role("region", name="What each rule raises")
    expect(alerts.locator("tbody tr")).to_have_count(1)
    alerts.get_by_role("link", name="Trace").click()
    expect(page).to_have_url(re.compile(r"/tuning/trace\?rule=water\.unusual.*set=water\.unusual\.enabled"))
    page.go_back()
    expect(scores.locator("thead th")).to_have_count(5)
    expect(panel.get_by_label("From", exact=True)).to_have_value(local(planted.week_from))


def apply_by_api(api: Api, planted: Weeks) -> None:
    """Learn from the weeks before the last one and put that into force, as a program does."""
    client = api.client("engineer")
    span = {"since": planted.begin.isoformat(), "until": planted.week_from.isoformat()}
    asked = client.post("/api/v1/tuning/runs", json={"kind": "learn", "arguments": {"devices": ["water-1"], **span}})
    run = asked.json()["id"]
    found: dict[str, str] = {}

    def is_done() -> bool:
        found.update(client.get(f"/api/v1/tuning/runs/{run}").json())
        return found["state"] == "done"

    until(is_done)
    done = client.post("/api/v1/tuning/baselines/apply", json={"run": run, "note": "by a program"})
    assert done.status_code == 200, done.text


@pytest.mark.parametrize(("size", "theme", "language"), [(LAPTOP, "dark", "zh"), (PHONE, "light", "en")])
def test_the_pages_are_accessible_and_fit(
    console: Console, api: Api, planted: Weeks, size: tuple[int, int], theme: str, language: str
) -> None:
    page = console("engineer", language, path=LIST, size=size, theme=theme)
    expect(page.locator("tbody tr:visible").first).to_be_visible()
    assert serious(page) == []
    apply_by_api(api, planted)
    for path in (f"{LIST}?do=compare&pick=water-1", f"{LIST}?do=learn", f"{LIST}/water-1?quantity=flow_l_s"):
        page.goto(f"/console{path}")
        expect(page.locator("tbody tr:visible").first).to_be_visible()
        page.wait_for_timeout(300)
        assert serious(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
    page.goto(f"/console{LIST}/nobody")
    expect(page.locator(".empty-title")).to_be_visible()
