"""Versions in the browser: planned and called off, out as a file and in again, a colleague or a hand in between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from hub.config.apply import apply_due
from hub.store.session import connect
from tests.browser.axe import serious
from tests.browser.conftest import PHONE, Console
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.shadowing import candidate, settle
from tests.support.stored import NOW

BY_HAND = "# by hand\ngas: {leak: {rise_pct_lel: 12}}\n"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving_over(plain_database.dsn, tmp_path, BY_HAND) as api:
        yield api


def apply(api: Api, version: str, *, note: str) -> None:
    """Have a colleague put a version into force."""
    client = api.client("engineer")
    present = client.get("/api/v1/configurations").json()["in_force"]
    path = f"/api/v1/configurations/{version}/apply"
    client.post(path, json={"note": note}, headers={"If-Match": present}).raise_for_status()


def act(page: Page, name: str, *, note: str) -> None:
    """Fill in the note of the dialog that is open, and press its button."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name=name, exact=True).click()


def test_a_version_is_planned_in_the_citys_time_called_off_planned_again_and_applied(
    console: Console, api: Api, detectors: Path
) -> None:
    version = candidate(api)
    page = console("engineer", "en", path=f"/configurations/{version}")
    page.get_by_role("button", name="Apply later").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The city's time (Asia/Shanghai)")
    dialog.get_by_label("When").fill("2026-11-23T12:00")  # half an hour ago
    dialog.get_by_role("button", name="Apply later").click()
    expect(dialog).to_contain_text("It must be in the future")
    dialog.get_by_label("When").fill("2026-11-23T14:00")
    act(page, "Apply later", note="after lunch")
    history = page.locator(".configuration-history")
    expect(history.locator("tbody tr")).to_contain_text(["23/11/2026, 14:00:00"])
    expect(history).to_contain_text("planned")
    expect(page.locator(".page-head .tag")).to_contain_text("14:00")
    page.get_by_role("button", name="Call off").click()
    expect(history).to_contain_text("plan called off")

    page.get_by_role("button", name="Apply later").click()
    page.get_by_role("dialog").get_by_label("When").fill("2026-11-23T13:00")
    act(page, "Apply later", note="after all")
    expect(history.locator("tbody tr")).to_have_count(2)
    api.pass_time(timedelta(minutes=31))
    with connect(api.dsn) as connection:
        apply_due(connection, api.hub.files, at=api.hub.now())
    expect(page.locator(".page-head .tag.good")).to_have_text("in force")  # the page hears of it by itself
    expect(history).to_contain_text("as planned")
    assert "rise_pct_lel: 40" in detectors.read_text(encoding="utf-8")


def test_a_plan_that_could_not_be_kept_says_why(console: Console, api: Api) -> None:
    version, other = candidate(api), candidate(api, **{"gas.leak.rise_pct_lel": 33.0})
    due = (NOW + timedelta(minutes=30)).isoformat()
    order = {"at": due, "note": "tonight"}
    api.client("engineer").post(f"/api/v1/configurations/{version}/schedule", json=order).raise_for_status()
    apply(api, other, note="first")
    api.pass_time(timedelta(minutes=31))
    with connect(api.dsn) as connection:
        apply_due(connection, api.hub.files, at=api.hub.now())
    page = console("engineer", "en", path="/configurations")
    row = page.locator("tbody tr", has_text=version)
    expect(row.locator(".tag.bad")).to_have_text("plan refused")
    row.get_by_role("link", name=version).click()
    expect(page.locator(".configuration-history")).to_contain_text(f"{other} is in force and not")


def test_a_version_goes_out_as_a_file_and_comes_back_and_a_bad_line_is_named(
    console: Console, api: Api, tmp_path: Path
) -> None:
    version = candidate(api)
    page = console("engineer", "en", path=f"/configurations/{version}")
    with page.expect_download() as loading:
        page.get_by_role("link", name="Export YAML").click()
    assert loading.value.suggested_filename == f"detectors.{version}.yaml"
    exported = tmp_path / "exported.yaml"
    loading.value.save_as(exported)
    text = exported.read_text(encoding="utf-8")
    assert re.search(r"rise_pct_lel: 40", text)

    page.goto("/console/configurations")
    page.get_by_role("button", name="Import YAML").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Import YAML").click()
    expect(dialog).to_contain_text("Choose a YAML file")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("gas:\n  leak:\n    rise_pct_le: 30\n    low_pct_lel: -4\n", encoding="utf-8")
    dialog.get_by_label("File").set_input_files(wrong)
    dialog.get_by_role("button", name="Import YAML").click()
    problems = dialog.get_by_role("alert").locator("li")
    expect(problems).to_have_count(2)
    expect(dialog.get_by_role("alert")).to_contain_text(re.compile(r"detectors\.yaml:3: .* is rise_pct_lel meant\?"))
    expect(dialog.get_by_role("alert")).to_contain_text("detectors.yaml:4: gas.leak.low_pct_lel")
    dialog.get_by_label("File").set_input_files(exported)
    dialog.get_by_role("button", name="Import YAML").click()
    expect(page).to_have_url(re.compile(version))
    expect(page.get_by_role("log")).to_contain_text(f"the same as {version}")

    page.goto("/console/configurations")
    page.get_by_role("button", name="Import YAML").click()
    better = tmp_path / "better.yaml"
    better.write_text(text.replace("rise_pct_lel: 40", "rise_pct_lel: 44"), encoding="utf-8")
    dialog.get_by_label("File").set_input_files(better)
    act(page, "Import YAML", note="from the repository")
    expect(page.get_by_role("log")).to_contain_text("Kept as")
    expect(page.locator(".changes")).to_contain_text("44")
    expect(page.get_by_text("from the repository")).to_be_visible()


def test_an_import_that_is_answered_after_its_dialog_was_closed_moves_nobody(
    console: Console, api: Api, tmp_path: Path
) -> None:
    page = console("engineer", "en", path="/configurations")
    held: list[Route] = []
    page.route("**/api/v1/configurations/import", lambda route: held.append(route))
    page.get_by_role("button", name="Import YAML").click()
    file = tmp_path / "more.yaml"
    file.write_text("gas: {leak: {rise_pct_lel: 31}}\n", encoding="utf-8")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(file)
    with page.expect_request("**/api/v1/configurations/import"):
        dialog.get_by_role("button", name="Import YAML").click()
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("navigation", name="Tuning").get_by_role("link", name="Labels").click()
    expect(page.get_by_role("heading", name="Labels", level=1)).to_be_visible()
    left = page.url
    held[0].continue_()
    expect(page.get_by_role("log")).to_contain_text("Kept as")  # it was done, and is told
    assert page.url == left


def test_a_colleague_applies_in_between_and_the_way_on_is_shown(console: Console, api: Api, detectors: Path) -> None:
    version, other = candidate(api), candidate(api, **{"gas.leak.rise_pct_lel": 33.0})
    page = console("engineer", "en", path=f"/configurations/{version}")
    page.get_by_role("button", name="Apply", exact=True).click()
    apply(api, other, note="the night shift asked for it")
    act(page, "Apply", note="seen in the diff")
    dialog = page.get_by_role("dialog")
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text(f"Meanwhile {other} was put into force by the engineer")
    expect(alert).to_contain_text("the night shift asked for it")
    assert serious(page) == []
    alert.get_by_role("button", name="Compare with it").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("against")).to_have_value(other)
    expect(page.locator(".changes")).to_contain_text("33")
    assert "rise_pct_lel: 33" in detectors.read_text(encoding="utf-8")
    page.get_by_role("button", name="Apply", exact=True).click()  # now with that in view
    act(page, "Apply", note="agreed with the night shift")
    expect(page.locator(".page-head .tag.good")).to_have_text("in force")
    assert "rise_pct_lel: 40" in detectors.read_text(encoding="utf-8")


def test_a_roll_back_says_where_to_and_is_refused_when_the_file_was_edited_by_hand(
    console: Console, api: Api, detectors: Path
) -> None:
    first = settle(api)
    page = console("engineer", "en", path="/configurations")
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)  # there is nothing before it
    version = candidate(api)
    apply(api, version, note="try")
    page.reload()
    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"From {version} to {first}")
    detectors.write_text("gas: {leak: {rise_pct_lel: 21}}\n", encoding="utf-8")
    act(page, "Roll back", note="too loud")
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("was put into force by the file")
    assert "21" in detectors.read_text(encoding="utf-8")
    alert.get_by_role("link", name="Look at it").click()
    expect(page.locator(".page-head .tag.good")).to_have_text("in force")
    expect(page.locator(".configuration-history")).to_contain_text("found in the file")
    page.get_by_role("button", name="Roll back").click()
    act(page, "Roll back", note="back to what was tried")
    expect(page.locator(".page-head .tag.good")).to_have_count(0)
    assert "rise_pct_lel: 40" in detectors.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written_over_it(
    console: Console, api: Api, detectors: Path
) -> None:
    version = candidate(api)
    detectors.write_text("gas: {leak: {rise_pct_lel: soon}}\n", encoding="utf-8")
    page = console("engineer", "en", path=f"/configurations/{version}")
    page.get_by_role("button", name="Apply", exact=True).click()
    act(page, "Apply", note="seen")
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("detectors.yaml:1")
    expect(alert).to_contain_text("rise_pct_lel")
    assert "soon" in detectors.read_text(encoding="utf-8")


def test_the_pages_fit_a_phone_and_an_unknown_version_or_device_is_told(console: Console, api: Api) -> None:
    version = candidate(api)
    page = console("engineer", "zh", path=f"/configurations/{version}", size=PHONE, theme="light")
    expect(page.get_by_text("从未生效，也没有定时。")).to_be_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto("/console/configurations/0123456789ab")
    expect(page.get_by_text("没有版本 0123456789ab")).to_be_visible()
    page.goto("/console/configurations?subject=nobody")
    expect(page.get_by_role("region", name="某处的实际阈值")).to_contain_text("nobody")
