"""Zones drawn over a camera's picture, in a browser over a real hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hub.config.load import load
from tests.browser.conftest import Console
from tests.support.api import Api, serving
from tests.support.brokers import Broker
from tests.support.databases import Database
from tests.support.live_camera import LiveCameras
from tests.support.wall_town import CAMERAS, city_text, zone


@pytest.fixture
def api(plain_database: Database, embedded_broker: Broker, tmp_path: Path) -> Iterator[Api]:
    files = (tmp_path / "city.yaml", None)
    with serving(
        plain_database.dsn, tmp_path, city_text=city_text(), mqtt_url=embedded_broker.url, files=files
    ) as running:
        yield running


@pytest.fixture
def live(api: Api, embedded_broker: Broker) -> Iterator[LiveCameras]:
    with LiveCameras(embedded_broker.url, [("02", camera) for camera in CAMERAS], api.hub.now) as cameras:
        yield cameras


def test_zones_are_drawn_by_mouse_and_keyboard_and_saved(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("engineer", path="/cameras/cam-01?edit")
    expect(page.locator(".live-picture time")).to_be_visible()
    save = page.get_by_role("button", name="保存")
    expect(save).to_be_disabled()
    corners = page.locator(".zone-corner")
    expect(corners).to_have_count(4)
    box = page.locator(".zone-canvas").bounding_box()
    assert box
    # By mouse: the upper left corner, outwards; one step for undoing, however far it went.
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for share in (0.18, 0.15, 0.1):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
    page.mouse.up()
    expect(corners.first).to_have_attribute("aria-label", "区域 zone-1 的角 1：横 10%，纵 10%")
    page.keyboard.press("Control+z")
    expect(corners.first).to_have_attribute("aria-label", "区域 zone-1 的角 1：横 20%，纵 20%")
    page.keyboard.press("Control+Shift+z")
    # By keyboard: a corner more, moved, and one taken away.
    corners.nth(1).focus()
    page.keyboard.press("+")
    expect(corners).to_have_count(5)
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.locator(".zone-between").nth(0).click()
    expect(corners).to_have_count(6)
    page.keyboard.press("Delete")
    expect(corners).to_have_count(6)  # nothing of the drawing has the focus now
    corners.nth(1).focus()
    page.keyboard.press("Delete")
    expect(corners).to_have_count(5)
    page.get_by_role("button", name="新区域").click()
    page.get_by_label("种类").select_option("permitted_stall")
    page.get_by_label("名称").fill("夜市")
    page.get_by_label("时段，如 06:00-22:00").fill("17:00-23:00")
    page.get_by_role("button", name="配置补丁").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("pre")).to_contain_text("夜市")
    expect(dialog).to_contain_text("检查通过")
    dialog.get_by_role("button", name="关闭").click()
    save.click()
    expect(page.locator(".toast.done")).to_contain_text("已保存")
    expect(page.locator(".zone-list")).to_contain_text("夜市")
    zones = api.hub.configuration.city.cameras["cam-01"].zones
    assert [found.name for found in zones] == ["", "夜市"]
    assert zones[0].polygon[0] == (0.1, 0.1)
    assert len(zones[0].polygon) == 5
    assert [window.hours[0].hour for window in zones[1].permits] == [17]
    city_file = api.hub.files[0]
    assert city_file is not None
    assert load(city_file, None).version == api.hub.configuration.version


def test_a_polygon_that_crosses_itself_cannot_be_saved(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("engineer", "en", path="/cameras/cam-01?edit")
    corner = page.locator(".zone-corner").first
    corner.focus()
    for _ in range(38):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("alert")).to_contain_text("cross")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def test_what_somebody_else_saved_meanwhile_is_not_lost_unseen(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("engineer", "en", path="/cameras/cam-01?edit")
    page.locator(".zone-corner").first.focus()
    page.keyboard.press("ArrowUp")
    client = api.client("admin")
    path = "/api/v1/cameras/cam-01/zones"
    version = client.get(path).json()["version"]
    client.put(path, json={"zones": [zone("theirs")]}, headers={"If-Match": version}).raise_for_status()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Somebody else has just changed these zones")
    dialog.get_by_role("button", name="Save mine over theirs").click()
    expect(page.locator(".toast.done")).to_contain_text("Saved")
    assert [found.zone_id for found in api.hub.configuration.city.cameras["cam-01"].zones] == ["zone-1"]
    page.get_by_role("link", name="Edit zones").click()
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog")
    expect(history.locator("li")).to_have_count(2)
    history.get_by_role("button", name="Draw from it").last.click()
    expect(page.locator(".zone-list")).to_contain_text("theirs")


def test_what_was_drawn_and_not_saved_is_there_when_one_comes_back(
    api: Api, live: LiveCameras, console: Console
) -> None:
    page = console("engineer", "en", path="/cameras/cam-01?edit")
    page.get_by_role("button", name="New zone").click()
    page.get_by_role("link", name="Map").click()
    expect(page.locator(".map-page")).to_be_visible()
    page.go_back()
    expect(page.locator(".zone-choose")).to_have_count(2)
    page.get_by_role("button", name="Back").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_role("link", name="Edit zones")).to_be_visible()
    page.get_by_role("link", name="Edit zones").click()
    expect(page.locator(".zone-choose")).to_have_count(1)


def test_an_operator_looks_at_zones_and_draws_none(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("operator", "en", path="/cameras/cam-01?edit")
    expect(page.locator(".camera-page")).to_be_visible()
    expect(page.get_by_role("link", name="Edit zones")).to_have_count(0)
    expect(page.locator(".zone-canvas")).to_have_count(0)
