"""Whoever is refused reads why in their own language: what somebody else did first, what is too weak, what is away."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from hub.people import argon
from hub.people.post import Post
from hub.store.audit import COMMAND_LINE
from hub.store.users import create_user, disable_user, user_named
from tests.browser.conftest import Console
from tests.browser.test_case_pages import collected
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.delivering import sender

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
GO_ON = "document.querySelector(\".console a[href$='/cases']\")?.click()"  # unless the page has noticed by itself
FIRST = "four lamps by the river"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub that can send."""
    with serving(plain_database.dsn, tmp_path, sender=sender()) as running:
        yield running


def seen(page: Page, name: str) -> None:
    """Keep a picture where one is asked for, to be looked at."""
    if folder := os.environ.get("LIANQIN_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def either(language: str, chinese: str, english: str) -> str:
    """Return the words of the page's language."""
    return chinese if language == "zh" else english


@LANGUAGES
def test_a_case_that_somebody_else_has_taken(api: Api, console: Console, language: str) -> None:
    case = collected(api)
    chief = api.client("dispatcher")
    for step in ("file", "dispatch"):
        chief.post(f"/api/v1/cases/{case}/{step}", json={}).raise_for_status()
    department = chief.get(f"/api/v1/cases/{case}").json()["department"]
    page = console("department", language, path=f"/cases/{case}", department=department)
    take = either(language, "接单", "Take")
    page.locator(".case-actions").get_by_role("button", name=take, exact=True).click()
    taken = api.client("admin").post(f"/api/v1/cases/{case}/take", json={}).raise_for_status().json()
    # The page follows behind the dialog, so it is no longer the revision that is in the way.
    expect(page.locator("main")).to_contain_text(taken["taken_by"])
    page.get_by_role("dialog").get_by_role("button", name=take, exact=True).click()
    alert = page.get_by_role("dialog").get_by_role("alert")
    number, by = taken["number"], taken["taken_by"]
    expect(alert).to_have_text(
        either(
            language,
            f"当前状态不允许这样做：案件 {number} 已由 {by} 接单",
            f"The state of the alert or case does not allow this: case {number} is taken by {by}",
        )
    )
    seen(page, f"taken-{language}")


@LANGUAGES
def test_a_password_that_is_too_short_or_easily_guessed(api: Api, console: Console, language: str) -> None:
    with psycopg.connect(api.dsn) as connection:
        create_user(
            connection,
            name="li.na",
            post=Post(role="operator"),
            actor=COMMAND_LINE,
            at=api.hub.now(),
            password_hash=argon.hashed(FIRST),
        )
    page = console("operator", language, name="li.na")
    labels = (
        ("现在的密码", "新密码", "再输一次") if language == "zh" else ("Present password", "New password", "Repeat it")
    )
    for chosen, why in (
        (
            "short",
            (
                "密码至少 12 个字符；几个不相关的词连起来就好",
                "a password has at least 12 characters; a few words in a row do well",
            ),
        ),
        ("password2026", ("这属于最先被猜到的", "this is among what is guessed first")),
        (FIRST, ("这就是现在的密码：请换一个", "this is the present password: choose another")),
    ):
        for label, words in zip(labels, (FIRST, chosen, chosen), strict=True):
            page.get_by_label(label, exact=True).fill(words)
        page.get_by_role("button", name=either(language, "更换密码", "Change password")).click()
        expect(page.get_by_role("alert")).to_contain_text(either(language, *why))
    seen(page, f"password-{language}")


@LANGUAGES
def test_an_endpoint_whose_address_is_none(api: Api, console: Console, language: str) -> None:
    page = console("admin", language, path="/deliveries")
    make = either(language, "新建接收端", "New endpoint")
    page.get_by_role("button", name=make).first.click()
    dialog = page.get_by_role("dialog")
    for address, why in (
        (
            "http://dispatch.example/in",
            ("地址：http:// 是明文发送：只能发往写明允许的内网主机", "http:// sends in the clear"),
        ),
        (
            "https://10.0.0.7/in",
            ("地址：10.0.0.7，位于内网；要发往那里，请写明允许该主机", "10.0.0.7, which lies inside"),
        ),
        ("https://127.1/in", ("地址：'127.1' 既不是主机名，也不是通常写法的地址", "is neither a host name")),
    ):
        dialog.get_by_label(either(language, "地址", "Address"), exact=True).fill(address)
        dialog.get_by_role("button", name=make).click()
        expect(dialog.get_by_role("alert")).to_contain_text(either(language, *why))
    seen(page, f"endpoint-{language}")
    dialog.get_by_label(re.compile(either(language, "^事件", "^Events"))).fill("alerts.all")
    dialog.get_by_label(either(language, "地址", "Address"), exact=True).fill("https://dispatch.example/in")
    dialog.get_by_role("button", name=make).click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        either(language, "'alerts.all' 不是事件类型", "is no type of event")
    )


@LANGUAGES
def test_a_server_that_is_away_and_a_proxy_in_its_place(api: Api, console: Console, language: str) -> None:
    page = console("admin", language, path="/board")
    page.route("**/api/v1/users*", lambda route: route.abort())
    page.goto("/console/people")
    failed = page.get_by_role("alert")
    expect(failed).to_contain_text(either(language, "联系不上服务器", "The server cannot be reached"))
    expect(failed).to_contain_text(either(language, "请检查网络，稍后再试。", "Check the network and try again."))
    seen(page, f"away-{language}")
    page.unroute("**/api/v1/users*")

    def in_between(route: Route) -> None:
        route.fulfill(status=504, content_type="text/html", body="<h1>Gateway Time-out</h1>")

    page.route("**/api/v1/users*", in_between)
    failed.get_by_role("button", name=either(language, "重试", "Try again")).click()
    expect(failed).to_contain_text(either(language, "是它前面的代理答复的", "A proxy answered in the hub's place"))
    page.unroute("**/api/v1/users*")
    failed.get_by_role("button", name=either(language, "重试", "Try again")).click()
    expect(page.get_by_text("admin-one").first).to_be_visible()


@LANGUAGES
def test_a_session_that_somebody_ended_and_one_that_ran_out(api: Api, console: Console, language: str) -> None:
    page = console("operator", language, path="/cases")
    with psycopg.connect(api.dsn) as connection:
        disable_user(connection, user_named(connection, "operator-one"), actor=COMMAND_LINE, at=api.hub.now())
    page.reload()
    expect(page.get_by_role("button", name=either(language, "登录", "Sign in"))).to_be_visible()

    page = console("supervisor", language, path="/board")
    expect(page.locator(".console a[href$='/cases']").first).to_be_visible()
    with psycopg.connect(api.dsn) as connection:
        connection.execute("UPDATE sessions SET ended_at = now(), ended_by = 'an administrator'")
    page.evaluate(GO_ON)
    status = page.locator(".sign-in").get_by_role("status")
    expect(status).to_contain_text(either(language, "会话已被结束：请重新登录", "the session was ended: sign in again"))
    expect(status).to_contain_text(
        either(language, "未完成的操作没有执行", "What you had not finished was not carried out")
    )
    seen(page, f"ended-{language}")

    page = console("dispatcher", language, path="/board")
    expect(page.locator(".console a[href$='/cases']").first).to_be_visible()
    api.pass_time(timedelta(days=2))
    page.evaluate(GO_ON)
    status = page.locator(".sign-in").get_by_role("status")
    expect(status).to_contain_text(either(language, "登录已到期", "Your session is over"))


@LANGUAGES
def test_a_page_that_one_may_not_see(api: Api, console: Console, language: str) -> None:
    page = console("operator", language, path="/people")
    expect(page.locator("main")).to_contain_text(either(language, "没有这个页面", "There is no such page"))
    refused = page.evaluate("fetch('/api/v1/users').then((answer) => answer.status)")
    assert refused == 403
