"""A candidate seen beside what is in force, tried in one grid, and rolled back by itself when it floods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hub.tuning.shadow.watch import Guard
from tests.browser.axe import serious
from tests.browser.conftest import Console
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.shadowing import Live, candidate, flood, settle

STILL = "device: {silent: {enabled: false}}\ncamera: {lost: {enabled: false}}\n"


@pytest.fixture
def detectors(tmp_path: Path) -> Path:
    path = tmp_path / "detectors.yaml"
    path.write_text(f"# by hand\n{STILL}", encoding="utf-8")
    return path


@pytest.fixture
def api(plain_database: Database, tmp_path: Path, detectors: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, files=(tmp_path / "city.yaml", detectors)) as api:
        yield api


@pytest.fixture
def live(api: Api) -> Iterator[Live]:
    made = Live(api)
    yield made
    made.close()


def test_a_shadow_is_looked_at_tried_in_a_grid_and_rolled_back_by_itself(
    console: Console, api: Api, live: Live, detectors: Path
) -> None:
    settle(api)
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
