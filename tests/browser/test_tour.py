"""The guided tour in a browser: it says what comes, leads to what came, ticks off what was tried, makes way."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from detectors.finding import Phase, Severity
from hub.api.tour import TourFile
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document
from hub.demo.tour import tour_document, write_tour
from tests.browser.axe import serious
from tests.browser.conftest import PHONE, WIDE, Console
from tests.browser.filled import incident, write
from tests.support.api import Api
from tests.support.stored import batch, followed


@pytest.fixture
def leaking(api: Api, tmp_path: Path) -> str:
    """The demo's tour, some seconds before the leak; return what leaks in it."""
    city = city_document({camera.camera_id: 9000 for camera in CAMERAS})
    began = api.hub.now() - timedelta(seconds=78)
    api.hub.tour = TourFile(write_tour(tmp_path, city, began))
    (leak,) = (one for one in tour_document(city, began)["happenings"] if one["id"] == "leak")
    subject: str = leak["subject"]
    return subject


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_what_comes_leads_to_its_alert_and_stays_found(
    console: Console, api: Api, leaking: str, language: str, theme: str
) -> None:
    page = console("admin", language, theme=theme, size=WIDE)
    row = page.locator('.tour [data-id="leak"]')
    expect(row).to_have_class(re.compile("is-to-come"))
    expect(row.get_by_role("link")).to_have_count(0)
    assert serious(page) == []
    (leak,) = write(api, incident(leaking, severity=Severity.CRITICAL, second=-1))
    write(api, incident("gas-other", severity=Severity.MAJOR, second=-1))
    expect(row).to_have_class(re.compile("is-raised severity-critical"))
    with api.client("operator") as client:
        client.post(f"/api/v1/alerts/{leak.alert_id}/acknowledge").raise_for_status()
    expect(row).to_have_class(re.compile("is-dealt-with"))
    expect(page.locator('.tour [data-id="try-acknowledge"]')).to_have_class(re.compile("is-over"))
    api.write(batch(changes=[followed(leak, Phase.CLEARED, second=0)]))
    expect(row).to_have_class(re.compile("is-over"))
    page.reload()
    expect(row).to_have_class(re.compile("is-over"))
    expect(page.locator('.tour [data-id="try-acknowledge"]')).to_have_class(re.compile("is-over"))
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/console/alerts/{leak.alert_id}"))
    page.locator('.tour [data-id="try-map"]').get_by_role("link").click()
    expect(page).to_have_url(re.compile("/console/map"))
    expect(page.locator('.tour [data-id="try-map"]')).to_have_class(re.compile("is-over"))
    assert serious(page) == []


def test_it_is_put_away_and_comes_back(console: Console, api: Api, leaking: str) -> None:
    page = console("operator", "en")
    page.get_by_role("button", name="Put the tour away").click()
    expect(page.locator(".tour")).to_have_count(0)
    page.reload()
    flag = page.get_by_role("button", name="The demo city")
    expect(flag).to_be_visible()
    expect(page.locator(".tour")).to_have_count(0)
    flag.click()
    expect(page.locator(".tour")).to_be_visible()
    expect(page.locator('.tour [data-id="try-report-done"]')).to_have_count(0)  # what operators may not do


def test_on_a_phone_it_waits_behind_its_flag(console: Console, api: Api, leaking: str) -> None:
    page = console("admin", "zh", size=PHONE)
    flag = page.get_by_role("button", name="演示城市导览")
    expect(flag).to_be_visible()
    expect(page.locator(".tour")).to_have_count(0)
    flag.tap()
    expect(page.locator(".tour")).to_be_visible()
    assert serious(page) == []
    page.locator('.tour [data-id="try-map"]').get_by_role("link").tap()
    expect(page).to_have_url(re.compile("/console/map"))
    expect(page.locator(".tour")).to_have_count(0)


def test_where_there_is_none_nothing_shows(console: Console, api: Api) -> None:
    page = console("operator", "en")
    expect(page.locator(".live")).to_have_text("Live")
    expect(page.locator(".sound-tool")).to_be_visible()
    expect(page.locator(".tour, .tour-tool")).to_have_count(0)
