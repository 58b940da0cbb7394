"""The engineer's story: false parking alarms at dusk, from hearing of them to thresholds applied, and rolled back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, Console, comes_true, said_in_diffs
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.dusk import Dusk, plant
from tests.support.tuning_role import tuning


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub that knows its files, with the tuning role beside it."""
    thresholds = "# by hand\nparking: {illegal: {confidence: 0.25}}\n"
    with serving_over(plain_database.dsn, tmp_path, thresholds) as api, tuning(api):
        yield api


@pytest.fixture
def dusk(api: Api) -> Dusk:
    return plant(api)


def bench(dusk: Dusk, **more: str) -> str:
    span = f"since={dusk.since.isoformat()}&until={dusk.until.isoformat()}".replace("+", "%2B")
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/tuning/work?rule=parking.illegal&subject=zone-1&{span}{rest}"


def test_an_engineer_hears_of_false_alarms_tunes_them_away_applies_and_rolls_back(
    console: Console, api: Api, dusk: Dusk, detectors: Path
) -> None:
    page = console("engineer", "en", path="/tuning")
    actor = page.locator("tbody tr").first
    expect(actor).to_contain_text("zone-1@")
    expect(actor).to_contain_text(re.compile(r"\d+%.*\d+%"))
    actor.get_by_role("link", name="Tune").click()
    expect(page.get_by_role("heading", name="Illegal parking zone-1")).to_be_visible()
    scores = page.get_by_role("region", name="Scores")
    expect(scores.locator("tbody tr").first).to_contain_text(str(len(dusk.alerts)))

    sweep = page.get_by_role("region", name="Sweep")
    sweep.get_by_label("First threshold").select_option(label="Confidence")
    for label, value in (("from", "0.25"), ("to", "0.55"), ("steps", "7")):
        sweep.get_by_label(label).fill(value)
    sweep.get_by_role("button", name="Sweep").click()
    expect(sweep.locator(".by-value li")).to_have_count(7)
    sweep.locator(".by-value button", has_text="0.45").click()
    expect(sweep.locator(".sweep-chosen")).to_contain_text("Confidence = 0.45")
    sweep.get_by_role("button", name="Try it here").click()
    expect(page).to_have_url(re.compile(r"set=parking\.illegal\.confidence%3D0\.45"))

    diff = page.get_by_role("region", name="Alert diff")
    expect(diff.locator(".diff-row").first).to_be_visible()
    expect(diff.locator(".diff-one img")).to_be_visible()
    expect(diff.locator(".diff-left")).to_contain_text("left to label")
    page.keyboard.press("j")
    page.keyboard.press("k")
    for key, said in (("f", ["false"]), ("f", ["false", "false"]), ("t", ["false", "false", "true"])):
        page.keyboard.press(key)
        comes_true(page, lambda said=said: said_in_diffs(api) == said)
    page.keyboard.press("u")
    comes_true(page, lambda: said_in_diffs(api) == ["false", "false"])

    page.get_by_role("button", name="Keep as a version").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog.get_by_text("Write a note")).to_be_visible()
    dialog.get_by_label("Note").fill("lamps at dusk")
    dialog.get_by_role("button", name="Keep", exact=True).click()
    expect(page).to_have_url(re.compile(r"/configurations/[0-9a-f]{12}$"))
    expect(page.locator(".changes")).to_contain_text("parking.illegal.confidence")
    expect(page.locator(".lines .added", has_text="0.45").first).to_be_visible()
    assert "0.45" not in detectors.read_text(encoding="utf-8")
    version = page.url.rsplit("/", 1)[1]

    page.get_by_role("link", name="Run as a shadow").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Version")).to_have_value(version)
    dialog.get_by_label("Note").fill("for a while")
    dialog.get_by_role("button", name="Start a shadow").click()
    shadow = page.locator(".shadow")
    expect(shadow).to_contain_text(version)
    expect(shadow.locator(".tag", has_text="shadow").first).to_be_visible()
    shadow.get_by_role("button", name="End").click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(shadow.locator(".shadow-steps")).to_contain_text("ended")
    shadow.get_by_role("link", name=version).click()

    page.get_by_role("button", name="Apply", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="See which alerts would change")).to_be_visible()
    dialog.get_by_label("Note").fill("seen in the diff")
    dialog.get_by_role("button", name="Apply", exact=True).click()
    expect(page.locator(".page-head .tag.good", has_text="in force")).to_be_visible()
    assert "0.45" in detectors.read_text(encoding="utf-8")

    page.get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("the day shift wants to look first")
    dialog.get_by_role("button", name="Roll back").click()
    expect(page.locator(".page-head .tag.good")).to_have_count(0)
    assert "0.45" not in detectors.read_text(encoding="utf-8")


def test_the_pages_have_no_serious_finding_in_either_language(console: Console, api: Api, dusk: Dusk) -> None:
    for language, theme, size in (("zh", "dark", LAPTOP), ("en", "light", PHONE)):
        page = console("engineer", language, path="/tuning", theme=theme, size=size)
        expect(page.locator("tbody tr").first).to_be_visible()
        assert serious(page) == []
        page.goto("/console" + bench(dusk, set="parking.illegal.confidence%3D0.45"))
        expect(page.locator(".diff-row").first).to_be_visible()
        assert serious(page) == []
        for path, shows in (
            ("/tuning/labels", ".labels tbody tr"),
            ("/configurations?subject=zone-1", ".inheritance form"),
            (f"/tuning/trace?alert={dusk.alerts[0].alert_id}", ".trace-why"),
        ):
            page.goto(f"/console{path}")
            expect(page.locator(shows).first).to_be_visible()
            assert serious(page) == [], path
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} px wider than the window"


def test_an_operator_sees_no_tuning_and_a_supervisor_may_only_read(console: Console) -> None:
    page = console("operator", "en", path="/tuning")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    page = console("supervisor", "en", path="/tuning/labels")
    expect(page.get_by_role("heading", name="Labels", level=1)).to_be_visible()
    expect(page.get_by_text("Import labels")).to_have_count(0)


def test_a_file_of_labels_is_taken_whole_or_refused_by_line(console: Console, tmp_path: Path) -> None:
    page = console("engineer", "en", path="/tuning/labels")
    head = "rule,subject,since,until,verdict\n"
    line = "parking.illegal,zone-1,2026-11-22T09:40:00Z,2026-11-22T09:50:00Z"
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(f"{head}{line},true\n{line},perhaps\n", encoding="utf-8")
    right.write_text(f"{head}{line},missed\n", encoding="utf-8")
    page.set_input_files("input[type=file]", wrong)
    expect(page.get_by_role("alert")).to_contain_text("line 3")
    expect(page.get_by_text("No label", exact=True)).to_be_visible()
    page.set_input_files("input[type=file]", right)
    row = page.locator(".labels tbody tr")
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_text("No label", exact=True)).to_be_visible()
