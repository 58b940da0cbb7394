"""The console's pages through axe: no serious finding, in both languages and both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import PHONE, Console
from tests.browser.filled import fill
from tests.support.api import Api


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_board_alert_page_and_dialogs_have_no_serious_finding(
    console: Console, api: Api, language: str, theme: str
) -> None:
    found = fill(api)
    page = console("dispatcher", language, theme=theme)
    expect(page.locator(".row")).to_have_count(7)
    assert serious(page) == []
    page.keyboard.press("j")
    expect(page.locator(".preview")).to_be_visible()
    assert serious(page) == []
    for key in ("s", "d", "f", "o", "?"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert serious(page) == [], key
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"/console/alerts/{found['gas-1'].alert_id}")
    expect(page.locator(".plot canvas")).to_be_visible()
    assert serious(page) == []


def test_signing_in_and_the_phone_have_no_serious_finding(console: Console, api: Api) -> None:
    fill(api)
    page = console("operator", "zh", size=PHONE)
    expect(page.locator(".row")).to_have_count(7)
    assert serious(page) == []
    page.get_by_role("button", name="主导航").click()
    assert serious(page) == []
    page.context.clear_cookies()
    page.goto("/console/board")
    expect(page.get_by_label("用户名")).to_be_visible()
    assert serious(page) == []
