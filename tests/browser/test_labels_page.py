"""Labels in the browser: drawn on the timeline, drawn by lot and said, withdrawn, out as a file and in again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, WIDE, Console
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.dusk import Dusk, plant
from tests.support.tuning_role import tuning


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub whose thresholds are strict, so that ghosts of the dusk stay quiet and can be drawn by lot."""
    with serving_over(plain_database.dsn, tmp_path, "parking: {illegal: {confidence: 0.45}}\n") as api:
        yield api


@pytest.fixture
def dusk(api: Api) -> Dusk:
    return plant(api)


WORK_MS = 60_000  # a run waits for its turn where much else runs


def bench(dusk: Dusk) -> str:
    span = f"since={dusk.since.isoformat()}&until={dusk.until.isoformat()}".replace("+", "%2B")
    return f"/tuning/work?rule=parking.illegal&subject=zone-1&{span}"


def labels(api: Api, source: str) -> list[tuple[str, bool]]:
    """Return the labels of a source with whether each was withdrawn, in order."""
    text = "SELECT verdict, withdrawn_at IS NOT NULL FROM labels WHERE source = %s ORDER BY said_at, verdict"
    return [(str(verdict), bool(gone)) for verdict, gone in api.rows(text.replace("%s", f"'{source}'"))]


def drag_in_labels(page: Page, start: float, end: float) -> None:
    """Drag from one part of the labels' lane to another, as shares of its width."""
    canvas = page.locator(".timeline-box canvas")
    canvas.scroll_into_view_if_needed()
    box, lane = canvas.bounding_box(), page.locator(".timeline-names li").last.bounding_box()
    assert box is not None
    assert lane is not None
    y = lane["y"] + lane["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y)
    page.mouse.move(box["x"] + box["width"] * end, y)
    page.mouse.up()


def test_a_label_is_drawn_on_the_timeline_by_dragging(console: Console, api: Api, dusk: Dusk) -> None:
    with tuning(api):
        page = console("engineer", "en", path=bench(dusk), size=WIDE)
        expect(page.locator(".timeline-names li").last).to_contain_text("Labels")
        expect(page.get_by_text("Judging", exact=True)).to_have_count(0)
        drag_in_labels(page, 0.85, 0.95)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("New label")
        begin, end = (dialog.get_by_label(name).input_value() for name in ("From", "To"))
        assert begin.startswith("2026-11-22T18:2")  # the city's clock, and where it was dragged
        assert begin < end
        dialog.get_by_label("To", exact=True).fill(begin)
        dialog.get_by_role("button", name="Label", exact=True).click()
        expect(dialog).to_contain_text("It must end after it begins")
        dialog.get_by_label("To", exact=True).fill(end)
        dialog.get_by_label("Reason").fill("a van, half in the shade")
        dialog.get_by_role("button", name="Label", exact=True).click()
        expect(dialog).to_have_count(0)
        assert labels(api, "drawn") == [("missed", False)]
        page.goto("/console/tuning/labels?source=drawn")
        row = page.locator(".labels tbody tr")
        expect(row).to_contain_text("a van, half in the shade")
        expect(row).to_contain_text("22/11/2026, 18:2")


def test_quiet_moments_are_drawn_by_lot_labelled_from_the_list_and_taken_back(
    console: Console, api: Api, dusk: Dusk
) -> None:
    page = console("engineer", "en", path="/tuning/labels")
    waiting = page.get_by_role("region", name="Waiting for a word")
    expect(waiting).to_contain_text("Choose a rule, and draw a sample")
    expect(waiting.get_by_role("button", name="Draw a sample")).to_be_disabled()
    waiting.get_by_label("Rule to sample").select_option("parking.illegal")
    waiting.get_by_label("From how many days").select_option("1")
    waiting.get_by_role("button", name="Draw a sample").click()
    expect(waiting).to_contain_text("no tuning role runs")
    page.get_by_role("navigation", name="Tuning").get_by_role("link", name="Start").click()
    mine = page.locator(".runs li", has=page.get_by_text("Sample", exact=True))
    with tuning(api):
        expect(mine).to_contain_text("done", timeout=WORK_MS)
    mine.get_by_role("link", name="Open again").click()
    expect(waiting.get_by_role("status")).to_contain_text("are drawn")
    rows = waiting.locator(".samples li")
    expect(rows.first).to_contain_text("Illegal parking")
    expect(rows.first).to_contain_text("22/11/2026, 1")
    many = rows.count()
    assert serious(page) == []

    rows.first.get_by_role("button", name="Nothing happened").click()
    expect(rows).to_have_count(many - 1)
    page.get_by_role("log").get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(many)
    assert labels(api, "sample") == [("false", True)]

    colleague = console("engineer", "en", path="/tuning/labels?rule=parking.illegal", name="engineer-two")
    theirs = colleague.locator(".samples li")
    expect(theirs).to_have_count(many)
    rows.first.get_by_role("button", name="It happened").click()
    expect(rows).to_have_count(many - 1)
    theirs.first.get_by_role("button", name="Nothing happened").click()
    expect(colleague.get_by_role("log")).to_contain_text("has a label already")
    expect(theirs).to_have_count(many - 1)  # a colleague was quicker, and the list says so
    assert labels(api, "sample") == [("false", True), ("missed", False)]


def test_where_laxer_thresholds_raise_nothing_more_there_is_nothing_to_draw(console: Console, api: Api) -> None:
    with tuning(api):
        page = console("engineer", "en", path="/tuning/labels?rule=parking.illegal")
        waiting = page.get_by_role("region", name="Waiting for a word")
        expect(waiting).to_contain_text("Nothing of this rule waits for a word")
        waiting.get_by_role("button", name="Draw a sample").click()
        expect(waiting.get_by_role("status").last).to_contain_text("Nothing to draw from", timeout=WORK_MS)


def test_a_label_is_withdrawn_only_after_asking(console: Console, api: Api, dusk: Dusk) -> None:
    client = api.client("engineer")
    order = {
        **{"rule": "parking.illegal", "subject": "zone-1", "verdict": "missed"},
        **{"since": dusk.since.isoformat(), "until": dusk.until.isoformat()},
    }
    client.post("/api/v1/tuning/labels", json=order).raise_for_status()
    page = console("engineer", "en", path="/tuning/labels")
    verdict = page.locator(".labels tbody tr", has_text="verdict on the board").first
    expect(verdict.get_by_role("button", name="Withdraw")).to_have_count(0)  # that is taken back at its alert
    row = page.locator(".labels tbody tr", has_text="drawn")
    row.get_by_role("button", name="Withdraw").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It stays in the record")
    dialog.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Withdraw").click()
    dialog.get_by_role("button", name="Withdraw", exact=True).click()
    expect(row).to_have_count(0)
    assert labels(api, "drawn") == [("missed", True)]


def test_what_is_shown_goes_out_as_a_file_and_the_same_file_adds_nothing(
    console: Console, api: Api, dusk: Dusk, tmp_path: Path
) -> None:
    page = console("engineer", "en", path="/tuning/labels?verdict=false")
    rows = page.locator(".labels tbody tr")
    expect(rows.first).to_be_visible()
    shown = rows.count()
    with page.expect_download() as loading:
        page.get_by_role("link", name="Export CSV").click()
    assert loading.value.suggested_filename == "lianqin-labels.csv"
    exported = tmp_path / "labels.csv"
    loading.value.save_as(exported)
    lines = exported.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == shown + 1
    page.set_input_files("input[type=file]", exported)
    expect(page.get_by_role("log")).to_contain_text(f"0 labels imported, {shown} known before")
    page.goto("/console/tuning/labels?source=import&verdict=missed")
    expect(page.get_by_text("No such label")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows.first).to_be_visible()


def test_the_page_reads_well_in_chinese_on_a_laptop_and_on_a_phone(console: Console, api: Api, dusk: Dusk) -> None:
    with tuning(api):
        page = console("engineer", "zh", path="/tuning/labels?rule=parking.illegal")
        page.get_by_role("button", name="抽样", exact=True).click()
        expect(page.locator(".samples li").first).to_contain_text("车辆在禁停区停留", timeout=WORK_MS)
        assert "vehicle" not in page.locator(".samples").inner_text()
    for size, theme in ((LAPTOP, "dark"), (PHONE, "light")):
        page = console("engineer", "zh", path="/tuning/labels", size=size, theme=theme)
        expect(page.locator(".labels tbody tr").first).to_be_visible()
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
