"""Sweeps and searches in the browser: two thresholds as a field, a target; left and found again; cancelled; waiting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.axe import serious
from tests.browser.conftest import PHONE, WIDE, Console, comes_true
from tests.support.api import Api, serving_over
from tests.support.databases import Database
from tests.support.dusk import MANY, Dusk, plant, say
from tests.support.tuning_role import tuning


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    """A served hub that knows its files; whether a tuning role runs beside it is up to the test."""
    with serving_over(plain_database.dsn, tmp_path, "parking: {illegal: {confidence: 0.25}}\n") as api:
        yield api


@pytest.fixture
def dusk(api: Api) -> Dusk:
    return plant(api)


WORK_MS = 60_000  # a run waits for its turn where much else runs


def bench(dusk: Dusk) -> str:
    span = f"since={dusk.since.isoformat()}&until={dusk.until.isoformat()}".replace("+", "%2B")
    return f"/tuning/work?rule=parking.illegal&subject=zone-1&{span}"


def begin(page: Page, *, second: str | None = None) -> None:
    """Fill a sweep of the confidence, and of another threshold, and start it."""
    sweep = page.get_by_role("region", name="Sweep")
    sweep.get_by_label("First threshold").select_option(label="Confidence")
    fields = sweep.locator("fieldset").first
    for label, value in (("from", "0.25"), ("to", "0.55"), ("steps", "4")):
        fields.get_by_label(label).fill(value)
    if second:
        sweep.get_by_label("Second threshold").select_option(label=second)
    sweep.get_by_role("button", name="Sweep").click()


def test_two_thresholds_are_swept_and_a_combination_is_tried(console: Console, api: Api) -> None:
    dusk = plant(api, cars=MANY)
    say(api, dusk)
    with tuning(api):
        page = console("engineer", "en", path=bench(dusk), size=WIDE)
        begin(page, second="Floor of boxes")
        sweep = page.get_by_role("region", name="Sweep")
        field = sweep.get_by_role("table", name="Combinations of Confidence and Floor of boxes")
        expect(field.locator("tr")).to_have_count(8, timeout=WORK_MS)  # seven steps, and the names of the columns
        expect(sweep.locator("figure", has_text="Precision over recall").locator("circle").first).to_be_visible()
        expect(sweep.locator("figure", has_text="Distribution").locator("rect").first).to_be_visible()
        now = sweep.locator(".cell.now")
        expect(now).to_have_count(1)
        sweep.locator(".cell.front").first.click()
        chosen = sweep.locator(".sweep-chosen")
        expect(chosen).to_contain_text(re.compile(r"Confidence = .*Precision: \d+%.*Recall: \d+%"))
        assert serious(page) == []
        chosen.get_by_role("button", name="Try it here").click()
        expect(page).to_have_url(re.compile(r"set=parking\.illegal\.confidence%3D"))


def test_a_combination_that_contradicts_itself_says_so_and_cannot_be_tried(
    console: Console, api: Api, dusk: Dusk
) -> None:
    with tuning(api):
        page = console("engineer", "en", path=bench(dusk), size=WIDE)
        sweep = page.get_by_role("region", name="Sweep")
        sweep.get_by_label("First threshold").select_option(label="Confidence")
        sweep.locator("fieldset").first.get_by_label("from").fill("0.6")
        sweep.locator("fieldset").first.get_by_label("to").fill("0.3")
        sweep.get_by_role("button", name="Sweep").click()
        expect(sweep).to_contain_text("Confidence: “from” must lie below “to”")
        sweep.locator("fieldset").first.get_by_label("from").fill("0.05")
        sweep.get_by_label("Second threshold").select_option(label="Floor of boxes")
        sweep.get_by_label("steps").first.fill("41")
        sweep.get_by_label("steps").last.fill("41")
        sweep.get_by_role("button", name="Sweep").click()
        expect(sweep.locator(".field-error")).to_contain_text("400 at most")
        sweep.get_by_label("steps").first.fill("5")
        sweep.get_by_label("steps").last.fill("4")
        sweep.get_by_role("button", name="Sweep").click()
        impossible = sweep.locator(".cell", has_text="×").first
        expect(impossible).to_be_visible(timeout=WORK_MS)
        impossible.click()
        expect(sweep.locator(".sweep-chosen")).to_contain_text("box_floor must not be above confidence")
        expect(sweep.locator(".sweep-chosen").get_by_role("button", name="Try it here")).to_be_disabled()


def test_a_target_is_searched_within_chosen_ranges_and_the_proposal_says_what_it_trades(
    console: Console, api: Api
) -> None:
    dusk = plant(api, cars=MANY)
    say(api, dusk)
    with tuning(api):
        page = console("engineer", "en", path=bench(dusk), size=WIDE)
        search = page.get_by_role("region", name="Search for a target")
        search.get_by_label("Allowed stay", exact=True).uncheck()
        search.get_by_label("Confidence from").fill("0.5")
        search.get_by_label("Confidence to").fill("0.3")
        search.get_by_role("button", name="Search").click()
        expect(search.locator(".field-error")).to_have_text("Confidence: “from” must lie below “to”")
        search.get_by_label("Confidence from").fill("0.25")
        search.get_by_label("Confidence to").fill("0.6")
        search.get_by_label("Percent").fill("150")
        search.get_by_role("button", name="Search").click()
        expect(search.locator(".field-error")).to_contain_text("1 to 100")
        search.get_by_label("Percent").fill("90")
        search.get_by_label("Trials at most").fill("30")
        search.get_by_role("button", name="Search").click()
        proposal = search.get_by_role("status").filter(has_text="never applied")
        expect(proposal).to_contain_text("reached", timeout=WORK_MS)
        expect(proposal).to_contain_text(re.compile(r"Against what holds now .*false alarms 10 → \d\b"))
        expect(proposal).to_contain_text(re.compile(r"From \d+ labels its recall lies between"))
        expect(proposal).to_contain_text("Nothing has been changed")
        assert serious(page) == []

        page.get_by_role("navigation", name="Tuning").get_by_role("link", name="Start").click()
        mine = page.locator(".runs li", has=page.get_by_text("Search", exact=True))
        expect(mine).to_contain_text("Illegal parking · zone-1 · Confidence")
        mine.get_by_role("link", name="Open again").click()
        expect(search.get_by_label("Percent")).to_have_value("90")
        expect(search.get_by_label("Confidence to")).to_have_value("0.6")
        expect(search).to_contain_text("Asked for by engineer-one")
        proposal.get_by_role("button", name="Try it here").click()
        expect(page).to_have_url(re.compile(r"set=parking\.illegal\.confidence%3D0\.\d+"))
        assert api.rows("SELECT count(*) FROM configuration_versions WHERE source = 'proposed'") == [(0,)]


def test_too_few_labels_give_no_proposal_but_say_how_many_are_missing(console: Console, api: Api, dusk: Dusk) -> None:
    with tuning(api):
        page = console("engineer", "en", path=bench(dusk), size=PHONE)
        search = page.get_by_role("region", name="Search for a target")
        search.get_by_role("button", name="Search").click()
        answer = search.get_by_role("status").filter(has_text="never applied")
        expect(answer).to_contain_text("not known", timeout=WORK_MS)
        expect(answer).to_contain_text("5 of the 10 that are needed")
        expect(answer.get_by_role("button", name="Try it here")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_sweep_waits_while_no_role_runs_goes_on_when_the_page_is_left_and_is_found_again(
    console: Console, api: Api, dusk: Dusk
) -> None:
    page = console("engineer", "en", path=bench(dusk))
    begin(page)
    sweep = page.get_by_role("region", name="Sweep")
    expect(sweep.get_by_role("status").first).to_contain_text("no tuning role runs")
    expect(sweep).to_contain_text("found again under “My runs”")
    page.get_by_role("navigation", name="Tuning").get_by_role("link", name="Start").click()
    mine = page.locator(".runs li", has=page.get_by_text("Sweep", exact=True))
    expect(mine).to_contain_text("waiting")
    expect(mine).to_contain_text("no tuning role runs")
    with tuning(api):
        expect(mine).to_contain_text("done", timeout=WORK_MS)
        mine.get_by_role("link", name="Open again").click()
        expect(sweep.locator(".by-value li")).to_have_count(4)
        expect(sweep.locator("fieldset").first.get_by_label("to")).to_have_value("0.55")
        page.reload()
        expect(sweep.locator(".by-value li")).to_have_count(4)


def test_a_run_is_cancelled_where_it_waits_and_from_the_list(console: Console, api: Api, dusk: Dusk) -> None:
    page = console("engineer", "en", path=bench(dusk))
    begin(page)
    sweep = page.get_by_role("region", name="Sweep")
    expect(sweep.get_by_role("status").first).to_contain_text("no tuning role runs")
    sweep.get_by_role("status").get_by_role("button", name="Cancel").click()
    expect(sweep.get_by_role("status")).to_have_count(0)
    kinds = "SELECT kind, state FROM tuning_runs WHERE kind IN ('sweep', 'search') ORDER BY kind"
    comes_true(page, lambda: api.rows(kinds) == [("sweep", "cancelled")])
    search = page.get_by_role("region", name="Search for a target")
    search.get_by_role("button", name="Search").click()
    expect(search.get_by_role("status").first).to_contain_text("no tuning role runs")
    page.get_by_role("navigation", name="Tuning").get_by_role("link", name="Start").click()
    mine = page.locator(".runs li", has=page.get_by_text("Search", exact=True))
    mine.get_by_role("button", name="Cancel").click()
    expect(mine).to_contain_text("cancelled")
    assert api.rows(kinds) == [("search", "cancelled"), ("sweep", "cancelled")]


def test_an_answer_that_comes_after_the_page_was_left_changes_nothing(console: Console, api: Api, dusk: Dusk) -> None:
    page = console("engineer", "en", path=bench(dusk))
    held: list[Route] = []
    page.route("**/api/v1/tuning/runs", lambda route: held.append(route) if _is_sweep(route) else route.continue_())
    begin(page)
    comes_true(page, lambda: bool(held))
    page.get_by_role("navigation", name="Tuning").get_by_role("link", name="Labels").click()
    expect(page.get_by_role("heading", name="Labels", level=1)).to_be_visible()
    left = page.url
    with page.expect_response("**/api/v1/tuning/runs") as answered:
        held[0].continue_()
    assert answered.value.status == 202
    page.wait_for_function("new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true), 100)))")
    assert page.url == left
    assert api.rows("SELECT state FROM tuning_runs WHERE kind = 'sweep'") == [("waiting",)]


def _is_sweep(route: Route) -> bool:
    return route.request.method == "POST" and '"sweep"' in (route.request.post_data or "")
