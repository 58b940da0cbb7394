"""A candidate seen beside what is in force, tried in one grid, and rolled back by itself when it floods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hub.tuning.shadow.watch import Guard
from tests.browser.axe import serious
from tests.browser.conftest import Console
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.shadowing import Live, candidate, flood, settle

STILL = "device: {silent: {enabled: false}}\ncamera: {lost: {enabled: false}}\n"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving_over(plain_database.dsn, tmp_path, f"# by hand\n{STILL}") as api:
        yield api


@pytest.fixture
def live(api: Api) -> Iterator[Live]:
    made = Live(api)
    yield made
    made.close()


def test_a_shadow_is_looked_at_tried_in_a_grid_and_rolled_back_by_itself(
    console: Console, api: Api, live: Live, detectors: Path
) -> None:
    before = detectors.read_text(encoding="utf-8")
    version = candidate(api)
    live.pass_time(120)
    page = console("engineer", "en", path=f"/tuning/shadows?version={version}")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Version")).to_have_value(version)
    dialog.get_by_role("button", name="Start a shadow").click()
    shadow = page.locator(".shadow")
    expect(shadow).to_contain_text("Nothing to compare yet")

    live.pass_time(60)
    live.pass_time(30, gas_2=15.0)  # rises fast, yet stays below the first level
    live.pass_time(120)
    live.follow()
    page.reload()
    expect(shadow.locator(".diff-counts, .choices").first).to_be_visible()
    expect(shadow).to_contain_text("gas-2")
    expect(shadow.locator(".shadow-rates li").first.locator("strong")).not_to_have_text("0")
    expect(shadow.locator(".shadow-rates li").last.locator("strong")).to_have_text("0")
    assert serious(page) == []

    shadow.get_by_role("button", name="Start a canary").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Start a canary").click()
    expect(dialog).to_contain_text("Choose at least one grid")
    dialog.get_by_label("Two").check()
    dialog.get_by_label("Alarms an hour at most").fill("5")
    dialog.get_by_role("button", name="Start a canary").click()
    expect(shadow.locator(".tag", has_text="canary").first).to_be_visible()
    assert "rise_pct_lel: 40" in detectors.read_text(encoding="utf-8")

    watcher = console("supervisor", "en", path="/board")
    expect(watcher.get_by_text("A canary is in force")).to_be_visible()
    flood(api, 9)
    guard = Guard(api.dsn, api.hub.files, api.hub.now)
    assert [one.state.value for one in guard.look()] == ["rolled_back"]
    guard.close()
    assert detectors.read_text(encoding="utf-8") == before
    page.reload()
    expect(shadow.locator(".notice.failed")).to_contain_text("too many alarms")
    expect(shadow.locator(".shadow-steps")).to_contain_text("rolled back")
    watcher.reload()
    expect(watcher.get_by_text("A canary was rolled back")).to_be_visible()


def begin(page: Page, version: str, *, note: str) -> None:
    """Start a shadow of `version` in the dialog that its own page leads to."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Version")).to_have_value(version)
    dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name="Start a shadow").click()
    expect(dialog).to_have_count(0)


def do(page: Page, what: str, *, note: str = "") -> None:
    """Press a button of the shadow, and the one of the dialog that asks."""
    page.locator(".shadow-do").get_by_role("button", name=what, exact=True).click()
    dialog = page.get_by_role("dialog")
    if note:
        dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name=what, exact=True).click()


def test_a_canary_that_keeps_quiet_is_put_into_force_everywhere(
    console: Console, api: Api, live: Live, detectors: Path
) -> None:
    version = candidate(api)
    page = console("engineer", "en", path=f"/tuning/shadows?version={version}")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("One").check()
    dialog.get_by_label("Ends by itself at").fill("2026-11-23T10:00")  # hours ago, in the city
    dialog.get_by_role("button", name="Start a shadow").click()
    expect(dialog).to_contain_text("It must be in the future")
    dialog.get_by_label("Ends by itself at").fill("2026-11-24T10:00")
    begin(page, version, note="quieter nights")
    shadow = page.locator(".shadow")
    expect(shadow.locator(".configuration-facts")).to_contain_text("24/11/2026, 10:00:00")

    page.get_by_role("button", name="Start a canary").click()
    expect(dialog.get_by_role("checkbox")).to_have_count(1)  # the shadow follows one grid, and no other is offered
    dialog.get_by_label("One").check()
    dialog.get_by_label("Alarms an hour at most").fill("")
    dialog.get_by_label("Times what these grids had before").fill("")
    dialog.get_by_role("button", name="Start a canary").click()
    expect(dialog).to_contain_text("Give at least one limit")
    dialog.get_by_label("Alarms an hour at most").fill("5")
    dialog.get_by_role("button", name="Start a canary").click()
    expect(shadow.locator(".configuration-facts")).to_contain_text("rolled back above 5 alarms an hour")
    assert "overrides:" in detectors.read_text(encoding="utf-8")

    do(page, "Apply everywhere", note="a quiet day")
    expect(shadow.locator("header .tag")).to_have_text("promoted")
    expect(shadow.locator(".shadow-steps")).to_contain_text("applied everywhere")
    expect(page.locator(".shadow-do")).to_have_count(0)
    standing = detectors.read_text(encoding="utf-8")
    assert "rise_pct_lel: 40" in standing
    assert "overrides:" not in standing
    shadow.get_by_role("link", name=version).click()
    expect(page.locator(".page-head .tag.good")).to_have_text("in force")
    expect(page.get_by_text("a quiet day")).to_be_visible()


def test_what_a_colleague_applied_meanwhile_is_not_undone_and_is_named(
    console: Console, api: Api, live: Live, detectors: Path
) -> None:
    first = settle(api)
    version, other = candidate(api), candidate(api, **{"gas.leak.rise_pct_lel": 33.0})
    page = console("engineer", "en", path=f"/tuning/shadows?version={version}")
    begin(page, version, note="try")
    client = api.client("engineer")
    order, headers = {"note": "the night shift asked"}, {"If-Match": first}
    client.post(f"/api/v1/configurations/{other}/apply", json=order, headers=headers).raise_for_status()
    do(page, "Apply everywhere")
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text(f"{other} was put into force by the engineer since the shadow began")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator(".shadow header .tag")).to_have_text("shadow")
    assert "rise_pct_lel: 33" in detectors.read_text(encoding="utf-8")


def test_a_canary_is_rolled_back_by_hand_and_whoever_comes_second_is_told(
    console: Console, api: Api, live: Live, detectors: Path
) -> None:
    before = detectors.read_text(encoding="utf-8")
    version = candidate(api)
    page = console("engineer", "en", path=f"/tuning/shadows?version={version}")
    begin(page, version, note="try")
    page.get_by_role("button", name="Start a canary").click()
    page.get_by_role("dialog").get_by_label("Two").check()
    page.get_by_role("dialog").get_by_role("button", name="Start a canary").click()
    expect(page.locator(".shadow header .tag")).to_have_text("canary")
    second = console("engineer", "en", path="/tuning/shadows", name="engineer-two")
    second.locator(".shadow-do").get_by_role("button", name="Roll back").click()
    do(page, "Roll back", note="people complained")
    expect(page.locator(".shadow header .tag")).to_have_text("rolled back")
    expect(page.locator(".shadow .notice")).to_contain_text("people complained")
    assert detectors.read_text(encoding="utf-8") == before
    dialog = second.get_by_role("dialog")
    dialog.get_by_role("button", name="Roll back").click()
    expect(dialog.get_by_role("alert")).to_contain_text("the shadow is rolled back, no canary")
    dialog.get_by_role("button", name="Cancel").click()
    expect(second.locator(".shadow header .tag")).to_have_text("rolled back")  # the page has looked again by itself
