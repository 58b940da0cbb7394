"""The console's office: citizens' reports, deliveries, people, tokens and the audit; and axe on every page of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, WIDE, Console
from tests.browser.test_case_pages import collected
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.delivering import sender
from tests.support.receiver import receiving
from tests.support.stored import batch, raised

LAMP = "0000000101"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub that can send."""
    with serving(plain_database.dsn, tmp_path, sender=sender()) as running:
        yield running


def reported(api: Api, description: str = "路灯不亮") -> None:
    """Hand in a citizen's report, as a front end does."""
    form = {"service_code": LAMP, "lat": "30.25", "long": "120.16", "description": description}
    api.client("reports").post("/open311/v2/requests.json", data=form).raise_for_status()


def test_a_report_is_placed_and_becomes_a_case(api: Api, console: Console) -> None:
    reported(api)
    page = console("operator", "en", path="/reports")
    card = page.locator(".report")
    expect(card).to_contain_text("路灯不亮")
    card.get_by_label("Put into grid").select_option("01")
    card.get_by_role("button", name="Open a case").click()
    expect(page).to_have_url(re.compile("/console/cases/"))
    expect(page.locator(".way .now")).to_contain_text("collected")
    page.goto("/console/reports")
    expect(page.get_by_text("No report is waiting")).to_be_visible()


def test_a_report_is_dismissed_with_a_reason_and_comes_back(api: Api, console: Console) -> None:
    reported(api)
    page = console("operator", "en", path="/reports")
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("it lies outside the city")
    page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("No report is waiting")).to_be_visible()
    page.get_by_role("button", name="All").click()
    expect(page.locator(".report")).to_contain_text("it lies outside the city")
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".report .tag").first).to_have_text("new")


def test_an_endpoint_is_made_tried_and_switched_off(api: Api, console: Console) -> None:
    with receiving() as receiver:
        page = console("admin", "en", path="/deliveries")
        page.get_by_role("button", name="New endpoint").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Address").fill(receiver.url())
        dialog.get_by_role("button", name="New endpoint").click()
        expect(dialog.get_by_role("alert")).to_be_visible()  # inside, and not allowed by name
        dialog.get_by_label("Host inside that is allowed").fill("127.0.0.1")
        dialog.get_by_role("button", name="New endpoint").click()
        expect(page.locator(".secret")).to_contain_text("whsec_")
        page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
        card = page.locator(".endpoint")
        card.get_by_role("button", name="Test").click()
        expect(page.locator(".toast")).to_contain_text("Taken")
        assert len(receiver.requests) == 1
        card.get_by_role("button", name="Switch off").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
        expect(card.locator(".tag").first).to_have_text("off")


def test_somebody_is_made_and_it_stands_in_the_audit(api: Api, console: Console) -> None:
    page = console("admin", "en", path="/people")
    page.get_by_role("button", name="New person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill("zhao.min")
    dialog.get_by_label("Role").select_option("supervisor")
    dialog.get_by_role("button", name="New person").click()
    expect(page.locator(".secret")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    row = page.get_by_role("row", name=re.compile("zhao.min"))
    expect(row).to_contain_text("Supervisor")
    row.get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("disabled")
    page.get_by_role("button", name="Audit").click()
    page.get_by_label("What, such as session.*").fill("user.*")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("admin-one")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "zhao.min" in download.value.path().read_text(encoding="utf-8-sig")


def look(page: Page, path: str, there: str) -> None:
    page.goto(f"/console{path}")
    expect(page.locator(there).first).to_be_visible()
    assert serious(page) == [], path
    for part in ("document.documentElement", "document.querySelector('.page')"):
        wide = page.evaluate(f"{part}.scrollWidth - {part}.clientWidth")
        assert wide <= 0, f"{path} is {wide} px wider than the window"


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "dark"), (LAPTOP, "light"), (PHONE, "dark")])
def test_nothing_serious_is_found_by_axe(api: Api, console: Console, size: tuple[int, int], theme: str) -> None:
    case = collected(api)
    reported(api)
    api.write(batch(changes=[raised(second=-300 + number, subject=f"lamp-{number}") for number in range(12)]))
    page = console("admin", path="/board", size=size, theme=theme)
    for path, there in (
        ("/cases", ".cases-table tbody tr"),
        (f"/cases/{case}", ".timeline li"),
        ("/reports", ".report"),
        ("/inbox", ".empty"),
        ("/search?q=water-1", ".search-results a"),
        ("/health", ".measure"),
        ("/rules/water.leak", ".table"),
        ("/supervision", ".empty"),
        ("/deliveries", ".empty"),
        ("/people", ".table"),
        ("/people?tab=tokens", ".table"),
        ("/people?tab=audit", ".table"),
    ):
        look(page, path, there)
