"""The board in a browser: rows that hold still, keys for everything, cuts of the feed, floods, ten thousand rows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect

from detectors.finding import Phase, Severity
from tests.browser.conftest import PHONE, WIDE, Console
from tests.browser.filled import fill, incident, write
from tests.support.api import Api, until
from tests.support.cuttable import cuttable
from tests.support.stored import batch, followed

NEWER = -10.0


def _top(page: Page, subject: str) -> float:
    box = page.locator(".row", has_text=subject).bounding_box()
    assert box is not None
    return box["y"]


def _shown(page: Page) -> list[str]:
    return page.locator(".row:not(.group) .row-subject").all_text_contents()


def _board(api: Api) -> dict[str, int]:
    """Return every incident the hub has, with its revision."""
    found: dict[str, int] = {}
    cursor: dict[str, str] = {}
    with api.client("operator") as client:
        while True:
            page = client.get("/api/v1/board", params={"limit": 1000, **cursor}).json()
            found |= {item["id"]: item["revision"] for item in page["items"]}
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}


def test_the_most_pressing_stands_on_top_and_symptoms_only_count(console: Console, api: Api) -> None:
    fill(api)
    page = console("operator", "en")
    expect(page.locator(".row")).to_have_count(7)
    assert _shown(page)[:2] == ["gas-1", "water-1"]
    assert _shown(page)[-1] == "drain-3", "what is acknowledged comes last"
    expect(page.locator(".row", has_text="c-1")).to_contain_text("+37 symptoms")
    expect(page.locator(".counter.critical b")).to_have_text("2")
    row = page.locator(".row", has_text="gas-1").first
    expect(row).to_contain_text("Critical")
    expect(page.locator(".row", has_text="drain-3")).to_contain_text("the operator")


def test_the_row_under_the_cursor_does_not_move_and_new_ones_wait(console: Console, api: Api) -> None:
    found = fill(api)
    page = console("operator", "en")
    expect(page.locator(".row")).to_have_count(7)
    row = page.locator(".row", has_text="c-1")
    row.hover()
    before = _top(page, "c-1")
    write(api, incident("gas-77", severity=Severity.CRITICAL, second=NEWER), incident("gas-78", second=NEWER))
    expect(page.locator(".new-ones-bar")).to_contain_text("2 new")
    expect(page.locator(".new-ones-bar")).to_contain_text("gas-77")
    api.write(batch(changes=[followed(found["gas-1"], Phase.CLEARED, second=NEWER)]))
    expect(page.locator(".row", has_text="gas-1")).to_contain_text("cleared")
    assert _top(page, "c-1") == pytest.approx(before, abs=0.5)
    page.keyboard.press("n")
    expect(page.locator(".new-ones-bar")).to_have_count(0)
    expect(page.locator(".row")).to_have_count(8)
    assert _shown(page)[0] == "gas-77"


def test_a_chosen_row_keeps_its_place_on_the_screen_while_the_order_is_made_anew(console: Console, api: Api) -> None:
    write(api, *(incident(f"gas-{n:03}", second=-1000 + n) for n in range(120)))
    page = console("operator", "en", path="/board")
    expect(page.locator(".row, .group").first).to_be_visible()
    page.locator(".board-list").evaluate("list => list.scrollTop = 2000")
    row = page.locator(".row", has_text="gas-075")
    row.click()
    before = _top(page, "gas-075")
    write(api, *(incident(f"new-{n}", severity=Severity.CRITICAL, second=NEWER) for n in range(5)))
    expect(page.locator(".new-ones-bar")).to_contain_text("5 new")
    during = _top(page, "gas-075")
    page.keyboard.press("n")
    expect(page.locator(".new-ones-bar")).to_have_count(0)
    after = _top(page, "gas-075")
    assert (during, after) == pytest.approx((before, before), abs=0.5)


def test_everything_can_be_done_by_keys_alone(console: Console, api: Api) -> None:
    found = fill(api)
    page = console("operator", "en")
    expect(page.locator(".row")).to_have_count(7)
    page.keyboard.press("j")
    expect(page.locator(".row.chosen")).to_contain_text("gas-1")
    page.keyboard.press("a")
    expect(page.locator(".row.chosen")).to_contain_text("me")
    page.keyboard.press("j")
    page.keyboard.press("f")
    page.get_by_label("Reason (may be left out)").fill("a drill")
    page.keyboard.press("Enter")
    expect(page.locator(".row.chosen")).to_contain_text("false alarm")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_contain_text("For how long")
    page.get_by_label("Reason", exact=True).fill("works, order 4711")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("t")
    expect(page.locator(".row.chosen")).to_contain_text("real")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Acknowledge")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("water")
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/console/alerts/"))

    with api.client("operator") as client:
        leak = client.get(f"/api/v1/alerts/{found['gas-1'].alert_id}").json()
        burst = client.get(f"/api/v1/alerts/{found['water-1'].alert_id}").json()
    assert (leak["acknowledged_by"], leak["owner"]) == ("operator-one", "operator-one")
    assert burst["verdict"]["is"] == "false_alarm"
    assert burst["verdict"]["reason"] == "a drill"


def test_a_case_is_filed_and_dispatched_from_the_row(console: Console, api: Api) -> None:
    fill(api)
    page = console("dispatcher", "en")
    expect(page.locator(".row")).to_have_count(7)
    page.keyboard.press("j")
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("By the plan")
    dialog.get_by_label("Note (may be left out)").fill("smell of gas reported too")
    dialog.get_by_role("button", name="File and dispatch").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".row.chosen")).to_contain_text("dispatched")


def test_an_order_that_is_refused_says_why(console: Console, api: Api) -> None:
    found = fill(api)
    page = console("operator", "en")
    page.locator(".row", has_text="gas-1").click()

    def lose(route: Route) -> None:
        with api.client("admin") as client:  # somebody else was quicker, and the feed has not told us yet
            client.post(f"/api/v1/alerts/{found['gas-1'].alert_id}/acknowledge")
        route.continue_()

    page.route("**/acknowledge", lose)
    page.keyboard.press("a")
    expect(page.locator(".toast.failed")).to_contain_text("does not allow this")
    expect(page.locator(".row.chosen")).to_contain_text("the admin")


def test_after_any_cut_the_board_equals_the_database(console: Console, api: Api) -> None:
    found = fill(api)
    subjects = iter([subject for subject in found if not subject.startswith("lamp-")])
    with cuttable(api.address) as way:
        page = console("operator", "en", address=way.address)
        expect(page.locator(".row")).to_have_count(7)
        for turn in range(4):
            way.closed = turn % 2 == 1  # sometimes it cannot come back at once
            way.cut()
            write(api, *(incident(f"t{turn}-{n}", second=NEWER - n) for n in range(3)))
            api.write(batch(changes=[followed(found[next(subjects)], Phase.CLEARED, second=NEWER)]))
            page.wait_for_timeout(300)
            way.closed = False
            if turn == 2:
                page.reload()  # while its pages are read, too
                way.cut()
        expected = _board(api)

        def same() -> bool:
            page.wait_for_timeout(100)
            try:
                return dict(page.evaluate("window.lianqin?.board() ?? []")) == expected
            except PlaywrightError:
                return False  # it loads itself again, because a part of it was cut off

        until(same, wait_s=60)


def test_a_page_whose_parts_were_cut_off_while_loading_comes_back_by_itself(console: Console, api: Api) -> None:
    write(api, incident("gas-1", second=-60))
    page = console("operator", "en", path="/search")
    page.route(re.compile(r"/assets/page-"), lambda route: route.abort())
    page.get_by_role("link", name="Alert board").first.click()
    expect(page.get_by_text("This page failed")).to_be_visible()
    page.unroute(re.compile(r"/assets/page-"))
    expect(page.locator(".row")).to_have_count(1)


def test_a_flood_gathers_alerts_and_drops_none(console: Console, api: Api) -> None:
    write(api, *(incident(f"gas-{n}", second=-300 + n, grid="01" if n % 2 else "02") for n in range(40)))
    write(api, incident("water-9", rule="water.burst", severity=Severity.CRITICAL, second=-200))
    page = console("operator", "en")
    expect(page.locator(".flood")).to_contain_text("41 in 10 min")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row").first).to_contain_text("water-9")
    expect(page.locator(".row.group").first).to_contain_text("20 alerts")
    page.locator(".row.group").first.click()
    expect(page.locator(".row.in-group")).to_have_count(20)
    expect(page.locator(".counter.major b")).to_have_text("40")
    page.locator(".row").first.click()
    before = _top(page, "water-9")
    page.keyboard.press("a")
    expect(page.locator(".row.chosen")).to_contain_text("me")
    assert _top(page, "water-9") == pytest.approx(before, abs=0.5), "what is acknowledged stays where it stands"


def test_what_is_critical_sounds_until_somebody_acknowledges_it(console: Console, api: Api) -> None:
    page = console("operator", "en")
    tool = page.locator(".sound-tool")
    expect(tool).to_have_attribute("data-sounded", "")
    (leak,) = write(api, incident("gas-1", severity=Severity.CRITICAL, second=NEWER))
    expect(tool).to_have_attribute("data-sounded", "critical")
    page.keyboard.press("m")
    expect(tool).to_have_attribute("aria-pressed", "true")
    write(api, incident("gas-2", severity=Severity.MAJOR, second=NEWER))
    expect(page.locator(".row")).to_have_count(2)
    expect(tool).to_have_attribute("data-sounded", "critical")
    assert leak.severity is Severity.CRITICAL


def test_ten_thousand_open_alerts_take_less_than_a_hundred_rows(console: Console, api: Api) -> None:
    for part in range(5):
        write(api, *(incident(f"dev-{part}-{n}", second=-5000 - n * 3 - part) for n in range(2000)))
    page = console("operator", "en", size=WIDE)
    expect(page.locator(".counter.major b")).to_have_text("10000")
    assert 10 < page.locator(".row").count() < 100
    until(lambda: page.evaluate("window.lianqin.board().length") == 10_000)
    page.locator(".board-list").focus()
    page.keyboard.press("End")
    expect(page.locator(".row.chosen")).to_be_visible()
    assert page.locator(".row").count() < 100


def test_on_a_phone_a_tap_opens_the_alert(console: Console, api: Api) -> None:
    fill(api)
    page = console("operator", "zh", size=PHONE)
    page.locator(".row", has_text="water-1").tap()
    expect(page.get_by_role("heading", name="供水爆管")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_stale_data_says_so(console: Console, api: Api) -> None:
    fill(api)
    write(api, incident("gas-2", severity=Severity.CRITICAL, second=-90, grid="02"))
    page = console("operator", "en")
    expect(page.locator(".row", has_text="gas-2").first).to_contain_text("device silent")
    expect(page.locator(".strip")).to_contain_text("nobody watches")


def test_a_cut_that_lasts_says_so_and_how_long(console: Console, api: Api) -> None:
    with cuttable(api.address) as way:
        page = console("operator", "en", address=way.address)
        expect(page.locator(".live")).to_have_text("Live")
        way.closed = True
        way.cut()
        expect(page.locator(".live")).to_have_text("Cut off")
        expect(page.locator(".strip")).to_contain_text("cut off for", timeout=20_000)
        way.closed = False
        page.get_by_role("button", name="Reconnect now").click()
        expect(page.locator(".live")).to_have_text("Live", timeout=20_000)
