"""Why was it raised, and why was nothing raised here: asked from wherever one looks, two clicks away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hub.store.write import Store
from ingest.observation import Quantity
from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, WIDE, Console
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.dusk import Dusk, plant
from tests.support.stored import NOW, batch, raised, reading
from tests.support.tuning_role import tuning

ENGLISH = re.compile(r"[A-Za-z]{4,}")


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub with the tuning role beside it."""
    thresholds = "parking: {illegal: {confidence: 0.25}}\n"
    with serving_over(plain_database.dsn, tmp_path, thresholds) as api, tuning(api):
        yield api


@pytest.fixture
def dusk(api: Api) -> Dusk:
    return plant(api)


def leaking(api: Api) -> str:
    """Record an hour of methane that rises to 30 %LEL for ten minutes, and the alert of it; return its id."""
    readings = [
        reading(10.0 * n, device="gas-2", quantity=Quantity.METHANE_PCT_LEL, value=30.0 if 60 <= n < 120 else 1.0)
        for n in range(-180, 180)
    ]
    alert = raised(rule="gas.leak", subject="gas-2", grid="02", since=600, second=620)
    api.write(batch(readings=readings, changes=[alert], grid="02", at=NOW + timedelta(seconds=620)))
    store = Store(api.dsn)
    store.note_listening("test", None, NOW - timedelta(hours=2), NOW + timedelta(hours=1))
    store.close()
    return str(alert.alert.alert_id)


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at the pages."""
    folder = os.environ.get("LIANQIN_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_from_an_alert_to_its_trace_and_back(console: Console, api: Api, dusk: Dusk) -> None:
    page = console("engineer", "en", path=f"/alerts/{dusk.alerts[0].alert_id}")
    page.get_by_role("link", name="Trace why").click()
    why = page.get_by_role("region", name="Why")
    expect(why).to_contain_text("raised at ")
    expect(why.get_by_role("link", name="raised live as well").first).to_be_visible()
    shot(page, "trace-en")
    page.get_by_role("link", name="To the alert").click()
    expect(page).to_have_url(re.compile(f"/alerts/{dusk.alerts[0].alert_id}"))


def test_from_a_moment_on_an_alerts_chart_to_why_nothing_was_raised_there(console: Console, api: Api) -> None:
    alert = leaking(api)
    page = console("engineer", "en", path=f"/alerts/{alert}")
    chart = page.locator(".plot .u-over").first
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.06, "y": 40})
    moment = page.locator(".chart-moment")
    expect(moment).to_contain_text("why was nothing raised here?")
    moment.get_by_role("link", name="Trace this moment").click()
    expect(page).to_have_url(re.compile(r"/tuning/trace\?rule=gas\.leak&subject=gas-2&at="))
    expect(page.get_by_role("region", name="Why")).to_be_visible()
    expect(page.get_by_label("Rule")).to_have_value("gas.leak")


def test_a_moment_on_the_traces_own_timeline_is_traced_next(console: Console, api: Api) -> None:
    leaking(api)
    at = (NOW - timedelta(minutes=20)).isoformat().replace("+", "%2B")
    page = console("engineer", "en", path=f"/tuning/trace?rule=gas.leak&subject=gas-2&at={at}")
    expect(page.get_by_role("region", name="Why")).to_contain_text("methane 1 %LEL does not reach")
    canvas = page.locator(".timeline-box canvas")
    box = canvas.bounding_box()
    assert box is not None
    before = page.url
    canvas.click(position={"x": box["width"] * 0.8, "y": 60})
    expect(page).not_to_have_url(before)
    expect(page.get_by_role("region", name="Why")).to_be_visible()


def test_a_camera_and_the_map_lead_there_and_another_rule_is_chosen_on_the_page(
    console: Console, api: Api, dusk: Dusk
) -> None:
    page = console("engineer", "en", path="/cameras/cam-1")
    page.get_by_role("link", name="Why was nothing raised?").click()
    expect(page).to_have_url(re.compile(r"rule=parking\.illegal&subject=cam-1"))
    expect(page.get_by_role("region", name="Why")).to_be_visible()
    page.get_by_label("Rule").select_option("camera.lost")
    expect(page.get_by_label("Device, circuit, camera or zone")).to_be_visible()
    page.get_by_label("Device, circuit, camera or zone").fill("cam-1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"rule=camera\.lost&subject=cam-1"))
    expect(page.get_by_role("region", name="Why")).to_be_visible()
    expect(page.locator(".stale")).to_have_count(0)
    assert serious(page) == []


def test_two_thresholds_are_tried_where_one_is_not_enough_and_both_go_to_the_workbench(
    console: Console, api: Api, dusk: Dusk
) -> None:
    """Before the first of the cars nothing stands there: whatever is tried, nothing is raised."""
    at = (dusk.since + timedelta(minutes=6)).isoformat().replace("+", "%2B")
    page = console("engineer", "zh", path=f"/tuning/trace?rule=parking.illegal&subject=zone-1&at={at}")
    panel = page.get_by_role("region", name="怎样才会不同")
    panel.get_by_role("button", name="试阈值").click()
    expect(panel.locator(".field-hint")).to_contain_text("试了", timeout=60_000)
    shot(page, "trace-what-if-zh")
    links = panel.get_by_role("link", name="在此试用")
    if links.count():
        links.first.click()
        expect(page).to_have_url(re.compile(r"/tuning/work\?.*set="))


def test_the_page_speaks_chinese_and_can_be_used_by_everybody(console: Console, api: Api, dusk: Dusk) -> None:
    for theme, size in (("dark", WIDE), ("light", LAPTOP), ("dark", PHONE)):
        page = console("engineer", "zh", path=f"/tuning/trace?alert={dusk.alerts[0].alert_id}", theme=theme, size=size)
        expect(page.locator(".trace-why")).to_contain_text("报警（自")
        expect(page.locator(".stale")).to_have_count(0)
        shot(page, f"trace-zh-{theme}-{size[0]}")
        assert serious(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        left = [one for one in words(page) if ENGLISH.search(one)]
        assert left == [], left


def words(page: Page) -> list[str]:
    """Return what the page's main part says, without names of rules, places and paths."""
    text = page.locator("main").inner_text()
    for known in ("zone-1", "cam-1", "LIANQIN", "Testtown", "engineer-one", "Ctrl"):
        text = text.replace(known, "")
    text = re.sub(r"\b[a-z]+\.[a-z_]+(\.[a-z_]+)*\b", "", text)
    return [line for line in text.splitlines() if line.strip()]
