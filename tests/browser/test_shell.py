"""The console's frame: signing in, the policy under which it runs, languages, themes, and pages one may not see."""

import httpx
import psycopg
from playwright.sync_api import Browser, expect

from hub.people import argon
from hub.store.audit import COMMAND_LINE
from hub.store.users import Post, create_user
from tests.browser.conftest import Console
from tests.support.api import Api

PASSWORD = "four lamps by the river"


def test_the_page_is_served_under_a_policy_that_lets_in_nothing_else(api: Api, built_console: None) -> None:
    page = httpx.get(f"{api.address}/console/board", trust_env=False)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-cache"
    assert "<script>" not in page.text
    assert "style=" not in page.text
    names = [part.split('"')[0] for part in page.text.split('"/assets/')[1:]]
    assert names, "it names its assets"
    for name in names:
        asset = httpx.get(f"{api.address}/assets/{name}", trust_env=False)
        assert "immutable" in asset.headers["Cache-Control"]
    for path in ("/assets/..%2f..%2f__init__.py", "/assets/nothing.js", "/assets/.sources"):
        assert httpx.get(f"{api.address}{path}", trust_env=False).status_code in (401, 404)
    assert httpx.get(f"{api.address}/api/v1/board", trust_env=False).status_code == 401


def test_somebody_signs_in_and_out_with_name_and_password(api: Api, browser: Browser) -> None:
    with psycopg.connect(api.dsn) as connection:
        create_user(
            connection,
            name="li.na",
            display_name="李娜",
            post=Post(role="operator"),
            actor=COMMAND_LINE,
            at=api.hub.now(),
            password_hash=argon.hashed(PASSWORD),
            must_change_password=False,
        )
    context = browser.new_context(base_url=api.address, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    page.get_by_label("User name").fill("li.na")
    page.get_by_label("Password", exact=True).fill("not this one at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation")).to_contain_text("Alert board")
    expect(page.locator(".who-name")).to_have_text("李娜")
    page.reload()
    expect(page.locator(".who-name")).to_have_text("李娜")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("User name")).to_be_visible()
    page.reload()
    expect(page.get_by_label("User name")).to_be_visible()
    context.close()


def test_a_ticket_opens_the_board_once_and_leaves_no_trace_in_the_address(console: Console) -> None:
    page = console("operator", "en")
    expect(page.locator(".live.is-live")).to_have_text("Live")
    assert "ticket" not in page.url
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")


def test_language_and_theme_change_at_once_and_are_remembered(console: Console) -> None:
    page = console("operator", "zh")
    expect(page.get_by_role("navigation")).to_contain_text("告警看板")
    page.get_by_role("button", name="切换为浅色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("navigation")).to_contain_text("Alert board")
    assert page.evaluate("localStorage.getItem('lianqin.language')") == "en"


def test_what_a_role_may_not_see_is_not_offered_and_not_there(console: Console) -> None:
    page = console("department", "en", path="/supervision")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    expect(page.get_by_role("navigation")).not_to_contain_text("Supervision")
