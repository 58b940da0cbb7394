"""What tests of the console may ask for: a browser, a served hub over a fresh database, and pages signed in to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from hub.people.post import Post
from hub.store.audit import COMMAND_LINE
from hub.store.sessions import make_ticket
from hub.store.users import NoSuchUser, create_user, user_named
from tests.support.api import DEPARTMENT, Api, serving, until
from tests.support.availability import Unavailable, skip_for
from tests.support.chromium import chromium
from tests.support.databases import Database

ROOT = Path(__file__).parents[2]
WIDE, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
PATIENCE_MS = 30_000

Console = Callable[..., Page]


@pytest.fixture(scope="session")
def built_console() -> None:
    """The console as its sources say."""
    done = subprocess.run([sys.executable, ROOT / "deploy" / "build_console.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser(built_console: None) -> Iterator[Browser]:
    """A headless Chromium, ended with the file: while Playwright lives no other test of the process can run a loop."""
    try:
        command = chromium()
    except Unavailable as error:
        skip_for(error)
        raise
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=command, args=arguments)
        yield started
        started.close()


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub over a fresh database."""
    with serving(plain_database.dsn, tmp_path) as api:
        yield api


@pytest.fixture
def detectors(api: Api) -> Path:
    """The detectors file of a hub that was served over one."""
    path = api.hub.files[1]
    assert path is not None
    return path


@pytest.fixture
def console(browser: Browser, api: Api) -> Iterator[Console]:
    """Open the console: `console("operator", "en", path="/board", size=PHONE, theme="light", districts=["A"])`.

    The page is signed in by a single-use ticket; `address` is another way to the hub. Whatever it asks of another host
    fails the test, as do errors that it does not catch and whatever its own policy blocks.
    """
    wrong: list[str] = []
    with ExitStack() as closing:

        def open_page(
            role: str = "operator",
            language: str = "zh",
            *,
            path: str = "/board",
            size: tuple[int, int] = LAPTOP,
            theme: str = "dark",
            districts: list[str] | None = None,
            name: str | None = None,
            department: str = DEPARTMENT,
            address: str = "",
        ) -> Page:
            address = address or api.address
            context = browser.new_context(
                base_url=address,
                viewport={"width": size[0], "height": size[1]},
                locale="zh-CN" if language == "zh" else "en-GB",
                has_touch=size == PHONE,
            )
            closing.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            _stay_here(context, address, wrong)
            context.add_init_script(
                f"localStorage.setItem('lianqin.language', '{language}');"
                f"localStorage.getItem('lianqin.theme') || localStorage.setItem('lianqin.theme', '{theme}');"
            )
            page = context.new_page()
            page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
            page.on(
                "console",
                lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
            )
            page.goto(
                f"/console{path}#ticket={ticket(api, role, districts=districts, name=name, department=department)}"
            )
            page.wait_for_selector(".console, .sign-in")
            return page

        yield open_page
    assert wrong == []


def ticket(
    api: Api, role: str, *, districts: list[str] | None = None, name: str | None = None, department: str = DEPARTMENT
) -> str:
    """Return a ticket for a person of `role`, who is made if need be; `department` counts for that role alone."""
    called = name or f"{role}-one"
    with psycopg.connect(api.dsn) as connection:
        try:
            user = user_named(connection, called)
        except NoSuchUser:
            post = Post(role=role, department=department if role == "department" else None, districts=districts)
            user = create_user(
                connection,
                name=called,
                post=post,
                actor=COMMAND_LINE,
                at=api.hub.now(),
                must_change_password=False,
            )
        return make_ticket(connection, user, at=api.hub.now(), valid=timedelta(minutes=5))


def comes_true(page: Page, holds: Callable[[], bool], *, wait_s: float = 60.0) -> None:
    """Wait until `holds`, and let the page run: what it asks is looked at only while Playwright is waited for."""

    def looked() -> bool:
        page.wait_for_timeout(50)
        return holds()

    until(looked, wait_s=wait_s)


def said_in_diffs(api: Api) -> list[str]:
    """Return what was said in diffs and not withdrawn, in order."""
    rows = api.rows("SELECT verdict FROM labels WHERE source = 'diff' AND withdrawn_at IS NULL ORDER BY verdict")
    return [verdict for (verdict,) in rows]


def _stay_here(context: BrowserContext, address: str, wrong: list[str]) -> None:
    def look(route: Route) -> None:
        if route.request.url.startswith(address):
            route.continue_()
        else:
            wrong.append(f"asked another host: {route.request.url}")
            route.abort()

    context.route(lambda url: not url.startswith((f"{address}/", "data:", "blob:")), look)
