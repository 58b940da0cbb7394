"""The engineer's story with devices: a pump's false alarms at a water main, and a lamp that flickers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, Console, comes_true, said_in_diffs
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.mains import CITY, JUDGED, Mains, plant
from tests.support.tuning_role import tuning

EXACT = "Exact value of Raises after"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub of mains and lamps that knows its files, with the tuning role beside it."""
    with serving_over(plain_database.dsn, tmp_path, "# by hand\n", city_text=CITY) as api, tuning(api):
        yield api


@pytest.fixture
def mains(api: Api) -> Mains:
    return plant(api)


def bench(mains: Mains, rule: str, **more: str) -> str:
    span = f"since={mains.since.isoformat()}&until={mains.until.isoformat()}".replace("+", "%2B")
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/tuning/work?rule={rule}&{span}{rest}"


def chart(one: Locator) -> Locator:
    """The chart of the change that is chosen."""
    return one.locator(".sight-readings canvas")


def test_a_pumps_false_alarms_are_slid_away_seen_in_the_diff_labelled_and_kept(
    console: Console, api: Api, mains: Mains
) -> None:
    alarms = mains.of("water.pressure")
    page = console("engineer", "en", path="/tuning")
    actor = page.locator("tbody tr").first
    expect(actor).to_contain_text("Canal pump house")
    expect(actor).to_contain_text(str(len(alarms)))
    actor.get_by_role("link", name="Tune").click()
    expect(page.get_by_role("heading", name="Water pressure out of range Canal pump house water-1")).to_be_visible()

    page.get_by_role("button", name="Zoom in there").click()
    lanes = page.locator(".bench-time canvas")
    expect(lanes).to_have_attribute("aria-label", re.compile("Water pressure, Detector's states, Alerts as recorded"))

    thresholds = page.get_by_role("region", name="Thresholds")
    thresholds.get_by_label("Raises after", exact=True).fill("151")  # of a thousand positions
    row = thresholds.locator("li.changed")
    expect(row).to_contain_text("in force 120 · ≈ 4 min · shipped 120")
    row.get_by_label(EXACT).fill("300")
    row.get_by_label(EXACT).press("Enter")
    expect(row).to_contain_text("= 5 min")
    expect(page).to_have_url(re.compile(r"set=water\.pressure\.raise_after_s%3D300"))

    diff = page.get_by_role("region", name="Alert diff")
    expect(diff.locator(".diff-head")).to_contain_text(f"vanished {len(alarms) - 2}moved 2")
    expect(diff.locator(".diff-left")).to_contain_text(f"{len(alarms) - JUDGED} left to label")
    one = diff.locator(".diff-one")
    expect(chart(one)).to_have_attribute("aria-label", re.compile("Water pressure, Now, Tried[.]"))
    expect(one.locator(".sides")).to_contain_text("below 140 kPa for 120 s")
    expect(one.locator(".sides")).to_contain_text("Water pressure is back at")
    expect(one.locator(".sides .absent")).to_contain_text("not raised with what is tried")

    diff.locator(".diff-row", has_text="unlabelled").first.click()
    page.keyboard.press("f")
    comes_true(page, lambda: said_in_diffs(api) == ["false"])
    page.keyboard.press("f")
    comes_true(page, lambda: said_in_diffs(api) == ["false", "false"])
    expect(one).to_contain_text("3 min later")  # the pipe that broke, which is still found
    page.keyboard.press("t")
    comes_true(page, lambda: said_in_diffs(api) == ["false", "false", "true"])
    expect(diff.locator(".diff-left")).to_contain_text("2 left to label")
    scores = page.locator(".bench-scores")
    expect(scores).to_contain_text("False alarms a device-month")
    expect(scores).not_to_contain_text("camera-day")

    page.get_by_role("button", name="Keep as a version").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("pumps take five minutes")
    dialog.get_by_role("button", name="Keep", exact=True).click()
    expect(page).to_have_url(re.compile(r"/configurations/[0-9a-f]{12}$"))
    expect(page.locator(".changes")).to_contain_text("water.pressure.raise_after_s")


def test_a_lamp_is_found_by_its_name_and_its_circuit_by_its_own(console: Console, mains: Mains) -> None:
    page = console("engineer", "en", path=bench(mains, "streetlight.lamp_out"))
    place = page.get_by_role("combobox", name="Devices, circuits, cameras or zones")
    place.click()
    place.press_sequentially("nowhere")
    expect(page.get_by_text("This rule judges nothing of that name.")).to_be_visible()
    place.fill("road 2")
    expect(page.locator(".place-picker [role=option]")).to_have_count(1)
    place.press("Enter")
    expect(page.get_by_role("heading", name="Lamp out Wulin Road 2 lamp-2")).to_be_visible()

    thresholds = page.get_by_role("region", name="Thresholds")
    thresholds.get_by_text("more thresholds").click()
    dark = thresholds.get_by_label("Exact value of Dark below share of its power")
    expect(dark).to_have_value("0.1")  # shared by the rules on lamps, and moved like their own
    thresholds.get_by_label(EXACT).fill("700")
    thresholds.get_by_label(EXACT).press("Enter")
    diff = page.get_by_role("region", name="Alert diff")
    expect(diff.locator(".diff-head")).to_contain_text(f"vanished {len(mains.of('streetlight.lamp_out')) - 1}")
    expect(chart(diff)).to_have_attribute("aria-label", re.compile("Power, Now, Tried[.]"))

    page.get_by_label("Rule").select_option(value="streetlight.circuit_out")
    place.click()
    expect(page.locator(".place-picker [role=option]").first).to_contain_text("Wulin Road")
    place.press("Enter")
    expect(page.get_by_role("heading", name="Circuit out Wulin Road c-1")).to_be_visible()
    page.get_by_role("button", name="Zoom in there").click()
    expect(page.locator(".bench-time canvas")).to_have_attribute(
        "aria-label", re.compile("Lamps affected, Lamps heard, Detector's states")
    )

    # Two rules' thresholds that do not fit together are refused once, in words.
    thresholds.get_by_label(EXACT).fill("5400")
    thresholds.get_by_label(EXACT).press("Enter")
    expect(page.get_by_role("region", name="Scores").get_by_role("alert")).to_contain_text("must be longer than")
    expect(page.get_by_text("Nothing can be compared with these thresholds")).to_be_visible()
    expect(page.get_by_text("must be longer than")).to_have_count(1)


def test_the_bench_of_a_device_has_no_serious_finding_and_fits_every_window(console: Console, mains: Mains) -> None:
    for language, theme, size, rule, more in (
        ("zh", "dark", LAPTOP, "water.pressure", {"subject": "water-1", "set": "water.pressure.low_kpa%3D110"}),
        (
            "en",
            "light",
            PHONE,
            "streetlight.lamp_out",
            {"subject": "lamp-2", "set": "streetlight.lamp_out.raise_after_s%3D700"},
        ),
    ):
        page = console("engineer", language, path=bench(mains, rule, **more), theme=theme, size=size)
        expect(page.locator(".diff-row").first).to_be_visible()
        expect(page.locator(".sight-readings canvas")).to_be_visible()
        page.locator("#work-subject").click()
        expect(page.get_by_role("listbox")).to_be_visible()
        assert serious(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{rule} is {wide} px wider than the window"
        if language == "zh":
            assert not re.search(r"is back|below \d|Cleared", page.locator(".sides").inner_text())
