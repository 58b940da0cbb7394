"""Cases at the console: one goes its whole way, by keyboard and on a department's phone, and is counted."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Console
from tests.browser.pictures import png
from tests.support.api import Api
from tests.support.stored import batch, raised


def collected(api: Api) -> str:
    """Raise an alert and collect it as a case; return the case's id."""
    leak = raised(rule="water.leak", subject="water-1", second=-30)
    api.write(batch(changes=[leak]))
    answer = api.client("operator").post("/api/v1/cases", json={"alerts": [str(leak.alert.alert_id)]})
    found: str = answer.raise_for_status().json()["id"]
    return found


def order(page: Page, name: str, *, note: str = "", key: str | None = None) -> None:
    """Give an order in its dialog, by its key where one is given."""
    button = page.locator(".case-actions, .inbox-offers").get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible()  # the page follows what others did
    if key is None:
        button.click()
    else:
        page.keyboard.press(key)
    dialog = page.get_by_role("dialog")
    if note:
        dialog.get_by_label("说明").fill(note)
    dialog.get_by_role("button", name=name, exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_case_goes_its_whole_way_and_is_sent_back_once(api: Api, console: Console, tmp_path: Path) -> None:
    case = collected(api)
    desk = console("dispatcher", path=f"/cases/{case}")
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
    order(desk, "立案", key="f")
    expect(desk.locator(".way .now")).to_contain_text("立案")
    order(desk, "派遣", key="d")
    expect(desk.locator(".way .now")).to_contain_text("派遣")

    crew = console("admin", path="/inbox", size=PHONE)
    crew.get_by_role("button", name="接单").click()
    crew.get_by_role("dialog").get_by_role("button", name="接单").click()
    expect(crew.get_by_role("heading", name=re.compile("处置中"))).to_be_visible()
    crew.get_by_role("button", name="处置完成").click()
    dialog = crew.get_by_role("dialog")
    dialog.get_by_role("button", name="处置完成").click()
    expect(dialog.get_by_text("请写明情况")).to_be_visible()  # words are needed
    dialog.get_by_label("说明").fill("已更换 30 厘米管段")
    dialog.locator("input[type=file]").set_input_files(png(tmp_path))
    expect(dialog.locator(".photos img")).to_have_count(1)
    dialog.get_by_role("button", name="处置完成").click()
    expect(dialog).to_have_count(0)

    # The dispatcher's page follows by itself, and shows the photo.
    expect(desk.locator(".way .now")).to_contain_text("已处置")
    photo = desk.locator(".timeline .photos img").first
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 32
    order(desk, "返工", key="r", note="路面仍在渗水")
    expect(crew.get_by_text("路面仍在渗水")).to_be_visible()
    crew.get_by_role("button", name="接单").click()
    crew.get_by_role("dialog").get_by_role("button", name="接单").click()
    order(crew, "处置完成", note="接头重做，试压两小时无渗漏")
    order(desk, "核查通过", key="v")
    expect(desk.locator(".case-actions").get_by_role("button", name="结案", exact=True)).to_be_visible()
    desk.keyboard.press("c")
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("说明").fill("传感器待校准")
    dialog.get_by_label(re.compile("仍有 1 条告警未消除")).check()
    dialog.get_by_role("button", name="结案").click()
    expect(desk.locator(".case-head .tag").first).to_have_text("结案")

    chief = console("supervisor", path=f"/cases/{case}")
    expect(chief.locator(".case-actions").get_by_role("button", name="评价", exact=True)).to_be_visible()
    chief.keyboard.press("e")
    chief.get_by_role("button", name="4 分").click()
    chief.get_by_role("dialog").get_by_role("button", name="评价", exact=True).click()
    expect(chief.locator(".facts")).to_contain_text("4 分")
    expect(chief.locator(".timeline > li")).to_have_count(11)
    events = chief.locator(".timeline > li b").all_inner_texts()
    assert list(reversed(events)) == [
        *("采集", "立案", "派遣", "接单", "处置完成", "返工", "接单", "处置完成", "核查通过", "结案", "评价"),
    ]
    chief.goto("/console/supervision")
    expect(chief.locator(".supervision tbody tr")).to_have_count(1)
    expect(chief.locator(".supervision tbody tr")).to_contain_text("1")


def test_the_list_narrows_and_tells_of_new_cases(api: Api, console: Console) -> None:
    page = console("dispatcher", "en", path="/cases")
    expect(page.get_by_text("No such case")).to_be_visible()
    collected(api)
    page.get_by_role("button", name="Show 1 new").click()
    expect(page.locator(".cases-table tbody tr")).to_have_count(1)
    expect(page.locator(".cases-table tbody tr")).to_contain_text("collected")
    page.get_by_role("button", name="Ended", exact=True).click()
    expect(page.get_by_text("No such case")).to_be_visible()
    page.get_by_role("button", name="New case").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="New case").click()
    expect(dialog.get_by_text("Give it a title")).to_be_visible()
    dialog.get_by_label("Title").fill("A manhole without its lid")
    dialog.get_by_label("Grid").select_option(index=1)
    dialog.get_by_role("button", name="New case").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("A manhole without its lid")


def test_what_is_typed_is_found(api: Api, console: Console) -> None:
    collected(api)
    page = console("operator", "en", path="/search")
    page.get_by_role("searchbox").fill("water-1")
    expect(page.locator(".search-results section")).to_have_count(3)
    page.get_by_role("searchbox").fill("nowhere at all")
    expect(page.get_by_text("Nothing found for “nowhere at all”")).to_be_visible()
    page.goto("/console/search?q=water-1")
    page.locator(".search-results a").first.click()
    expect(page).to_have_url(re.compile("/console/(cases|alerts)/"))


def test_the_health_of_the_alarm_system_leads_to_thresholds(api: Api, console: Console) -> None:
    api.write(batch(changes=[raised(second=-300 + number, subject=f"lamp-{number}") for number in range(12)]))
    page = console("supervisor", "en", path="/health")
    expect(page.locator(".measure")).to_have_count(8)
    expect(page.get_by_role("img", name=re.compile("at most 12, 1 floods"))).to_be_visible()
    page.get_by_role("link", name="Thresholds").first.click()
    expect(page).to_have_url(re.compile("/console/rules/gas.leak"))
    expect(page.get_by_role("table")).to_be_visible()
