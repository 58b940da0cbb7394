"""The map, the wall of cameras, the drawing of zones and the streetlights, in a browser over a real hub."""

import base64
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from detectors.finding import Phase, Severity
from hub.api.map_view import MapView
from hub.config.load import load
from ingest.observation import Box, Quantity
from tests.browser.conftest import LAPTOP, PHONE, WIDE, Console
from tests.support.api import Api, serving, until
from tests.support.axe import findings
from tests.support.brokers import Broker
from tests.support.databases import Database
from tests.support.live_camera import LiveCameras
from tests.support.stored import batch, followed, raised, reading

# One grey pixel.
TILE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
CAMERAS = [f"cam-{number:02}" for number in range(1, 25)]


def city_text() -> str:
    """Return a town whose things have places: two grids side by side, and a street of cameras."""
    lamps = [
        {"id": f"lamp-{n}", "kind": "streetlight", "grid": "01", "circuit": "c-1", "interval_s": 30}
        | {"rated_power_w": 90, "latitude": 30.255, "longitude": 120.152 + n / 1000, "name": f"第{n}盏"}
        for n in range(1, 5)
    ]
    return json.dumps(
        {
            "name": "Testtown",
            "timezone": "Asia/Shanghai",
            "latitude": 30.25,
            "longitude": 120.16,
            "grids": [
                {"id": "01", "name": "石桥网格", "district": "A", "boundary": [ring(120.15, 30.25)]},
                {"id": "02", "name": "河东网格", "district": "B", "boundary": [ring(120.16, 30.25)]},
            ],
            "circuits": [{"id": "c-1", "grid": "01", "name": "石桥路", "lit": ["00:00-24:00"]}],
            "devices": [
                *lamps,
                {"id": "gas-1", "kind": "gas", "grid": "01", "interval_s": 30, "name": "菜场燃气"}
                | {"latitude": 30.2531, "longitude": 120.1541},
                {"id": "water-1", "kind": "water", "grid": "02", "interval_s": 30},
            ],
            "cameras": [
                {"id": camera, "grid": "02", "url": "tcp://127.0.0.1:9", "name": f"{number} 号口"}
                | {"latitude": 30.2505 + number / 3000, "longitude": 120.165}
                | {"zones": [zone("zone-1")] if number == 0 else []}
                for number, camera in enumerate(CAMERAS)
            ],
        }
    )


def ring(west: float, south: float) -> list[list[float]]:
    east, north = west + 0.01, south + 0.01
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def zone(zone_id: str) -> dict[str, Any]:
    return {"id": zone_id, "kind": "no_parking", "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}


@pytest.fixture
def api(plain_database: Database, embedded_broker: Broker, tmp_path: Path) -> Iterator[Api]:
    city = tmp_path / "drawn" / "city.yaml"
    city.parent.mkdir()
    city.write_text(city_text(), encoding="utf-8")
    with serving(plain_database.dsn, tmp_path, mqtt_url=embedded_broker.url, files=(city, None)) as running:
        running.hub.configuration = load(city, None)
        yield running


@pytest.fixture
def live(api: Api, embedded_broker: Broker) -> Iterator[LiveCameras]:
    with LiveCameras(embedded_broker.url, [("02", camera) for camera in CAMERAS], api.hub.now) as cameras:
        yield cameras


def colour_at(page: Page, selector: str, across: float, down: float) -> tuple[int, int, int, int]:
    """Return the colour of a canvas's pixel at a share of its width and height."""
    red, green, blue, alpha = page.locator(selector).first.evaluate(
        """(canvas, [x, y]) => [...canvas.getContext("2d").getImageData(
             Math.round(canvas.width * x), Math.round(canvas.height * y), 1, 1).data]""",
        [across, down],
    )
    return red, green, blue, alpha


def test_the_map_shows_what_is_open_as_it_comes_and_goes(api: Api, console: Console) -> None:
    page = console("operator", path="/map")
    expect(page.get_by_text("目前没有未结事件")).to_be_visible()
    leak = raised(subject="gas-1", severity=Severity.CRITICAL)
    api.write(batch(changes=[leak, raised(rule="water.leak", subject="water-1", severity=Severity.MINOR)]))
    rows = page.locator(".map-incidents button")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("菜场燃气 · 石桥网格")  # the worst stands first
    rows.first.focus()
    page.keyboard.press("Enter")
    card = page.locator(".map-card")
    expect(card.get_by_role("link", name="打开告警")).to_have_attribute("href", re.compile("/console/alerts/"))
    expect(page).to_have_url(re.compile("alert="))
    # It was brought to the middle of the map, in the colour of its severity.
    red, green, blue, _ = colour_at(page, ".map-dots", 0.5, 0.5)
    assert red > 200
    assert max(green, blue) < 130
    api.write(batch(changes=[followed(leak.alert, Phase.CLEARED, second=60)]))
    expect(rows).to_have_count(1)
    expect(card).to_contain_text("已不在此处")


def test_what_is_painted_can_be_picked_and_layers_hidden(api: Api, console: Console) -> None:
    page = console("operator", "en", path="/map?at=gas-1")
    card = page.locator(".map-card")
    expect(card.get_by_role("heading")).to_have_text("菜场燃气")
    expect(card).to_contain_text("No open alerts")
    card.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)
    box = page.locator(".city-map").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    expect(page.locator(".map-hint")).to_contain_text("菜场燃气")
    page.mouse.click(*middle)
    expect(card.get_by_role("heading")).to_have_text("菜场燃气")
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Gas").uncheck()
    page.mouse.move(middle[0] + 60, middle[1])
    page.mouse.move(*middle)
    expect(page.locator(".map-hint")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Layers").click()
    expect(page.get_by_label("Gas")).not_to_be_checked()
    expect(page.get_by_label("Water")).to_be_checked()


def test_on_shifted_tiles_things_lie_where_the_tiles_show_them(api: Api, console: Console, tmp_path: Path) -> None:
    # A place in Shanghai, and where every map in GCJ-02 shows it.
    text = city_text().replace("30.2531", "31.1774276").replace("120.1541", "121.5272106")
    (tmp_path / "shifted.yaml").write_text(text, encoding="utf-8")
    api.hub.configuration = load(tmp_path / "shifted.yaml", None)
    api.hub.map_view = MapView(
        tiles=f"{api.address}/tiles/{{z}}/{{x}}/{{y}}.png", attribution="<b>某图</b>", datum="gcj02"
    )
    page = console("operator", path="/board")
    asked: set[tuple[int, int, int]] = set()

    def answer(route: Route) -> None:
        zoom, across, down = (int(part) for part in route.request.url[:-4].split("/")[-3:])
        asked.add((zoom, across, down))
        route.fulfill(body=TILE, content_type="image/png")

    page.route("**/tiles/**", answer)
    page.goto("/console/map?at=gas-1")
    expect(page.locator(".map-card")).to_contain_text("菜场燃气")
    across, down = tile_of(31.17530398364597, 121.531541859215, 17)
    wanted = (17, int(across), int(down))

    def has_asked() -> bool:
        page.wait_for_timeout(50)  # what the page asks for is answered only while Playwright is waited for
        return wanted in asked

    until(has_asked)
    expect(page.locator("img.leaflet-tile-loaded").first).to_be_visible()
    # What was asked for lies around that place; without the shift it would lie one and a half tiles beside it.
    near = [number for zoom, *number in asked if zoom == 17]
    assert abs(sum(number[0] + 0.5 for number in near) / len(near) - across) < 0.8
    assert abs(sum(number[1] + 0.5 for number in near) / len(near) - down) < 0.8
    expect(page.locator(".leaflet-control-attribution")).to_have_text("<b>某图</b>")
    red, green, blue, _ = colour_at(page, ".map-dots", 0.5, 0.5)
    assert (red, green, blue) != (0, 0, 0), "it is painted in the middle"


def tile_of(latitude: float, longitude: float, zoom: int) -> tuple[float, float]:
    """Return the number of the tile in which a place lies, in the usual scheme, with how far into it."""
    count = 2**zoom
    down = math.asinh(math.tan(math.radians(latitude)))
    return (longitude + 180) / 360 * count, (1 - down / math.pi) / 2 * count


def test_who_sees_one_district_sees_no_other_on_the_map(api: Api, console: Console) -> None:
    api.write(batch(changes=[raised(subject="gas-1")]))
    api.write(batch(changes=[raised(rule="water.leak", subject="water-1", grid="02")], grid="02"))
    page = console("operator", path="/map", districts=["A"], name="only-a")
    expect(page.locator(".map-incidents button")).to_have_count(1)
    page.goto("/console/cameras")
    expect(page.get_by_text("尚未配置摄像头")).to_be_visible()


def test_only_the_tiles_in_view_are_asked_for(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("operator", path="/cameras")
    first = page.locator('.live-picture[data-camera="cam-01"]')
    expect(first.locator("time")).to_be_visible()
    red, green, blue, _ = colour_at(page, '.live-picture[data-camera="cam-01"] canvas', 0.5, 0.5)
    assert green > 120
    assert max(red, blue) < 90
    until(lambda: len(live.watched()) >= 3)
    seen = live.watched()
    assert "cam-01" in seen
    assert len(seen) <= 12, "a wall of 24 shows no more than this at once"
    assert page.locator(".tile").count() < len(CAMERAS)
    page.locator(".wall").evaluate("wall => wall.scrollTo(0, wall.scrollHeight)")
    expect(page.locator('.live-picture[data-camera="cam-24"] time')).to_be_visible()
    until(lambda: "cam-01" not in live.watched())
    assert {wish.fps for wish in live.wished["cam-24"]} == {2.0}
    page.goto("/console/board")
    until(lambda: live.watched() == set())


def test_a_tile_without_new_pictures_says_so_and_comes_back(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("operator", "en", path="/cameras")
    tile = page.locator('.live-picture[data-camera="cam-01"]')
    expect(tile.locator("time")).to_be_visible()
    live.silent.set()
    expect(tile).to_contain_text("No new picture for", timeout=20_000)
    expect(tile).to_have_class(re.compile("stale"))
    live.silent.clear()
    expect(tile).not_to_have_class(re.compile("stale"))


def test_a_socket_that_is_cut_is_made_again(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("operator", "en", path="/board")
    sockets: list[WebSocketRoute] = []
    said: list[str] = []

    def between(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        socket.on_message(lambda message: (said.append(str(message)), server.send(message)))
        server.on_message(lambda message: socket.send(message))

    page.route_web_socket("**/cameras/live", between)
    page.goto("/console/cameras")
    picture = page.locator('.live-picture[data-camera="cam-01"]')
    expect(picture.locator("time")).to_be_visible()
    for cut in range(1, 4):
        live.wished["cam-01"].clear()
        before, orders = said[-1], len(said)
        sockets[-1].close(code=1012, reason="the hub restarts")
        expect(page.locator(".cameras-link")).to_contain_text("cut")
        expect(page.locator(".cameras-link")).to_have_text("Live")
        assert len(sockets) == cut + 1
        until(lambda: bool(live.wished["cam-01"]))
        assert len(said) > orders
        assert said[-1] == before, "the new socket is told what is watched as the old one was"
    expect(picture).not_to_have_class(re.compile("stale"))


def test_the_broker_is_away_and_the_wall_says_so(
    api: Api, live: LiveCameras, console: Console, embedded_broker: Broker
) -> None:
    page = console("operator", "en", path="/cameras")
    expect(page.locator('.live-picture[data-camera="cam-01"] time')).to_be_visible()
    embedded_broker.kill()
    expect(page.locator(".cameras-link")).to_contain_text("The broker is away")
    embedded_broker.start()
    expect(page.locator(".cameras-link")).to_have_text("Live")


def test_the_full_picture_shows_where_an_alert_stands_open(api: Api, live: LiveCameras, console: Console) -> None:
    page = console("operator", "en", path="/cameras/cam-01")
    expect(page.locator(".live-picture time")).to_be_visible()
    page.get_by_role("button", name="Zones").click()
    page.get_by_role("button", name="Boxes").click()
    change = raised(rule="parking.illegal", subject="zone-1@0.3,0.4", grid="02", severity=Severity.CRITICAL)
    box = Box("car", 0.9, 1, 0.1, 0.3, 0.35, 0.9)
    seen = replace(change, alert=replace(change.alert, camera_id="cam-01", box=box))
    api.write(batch(changes=[seen], grid="02"))
    expect(page.locator(".open-here li")).to_have_count(1)

    def reddest() -> int:
        """Return how red it is where the box's left edge must be; the street of the test is green."""
        return max(colour_at(page, ".live-picture canvas", 0.1 + shift / 320, 0.6)[0] for shift in (-1, 0, 1))

    until(lambda: reddest() > 180)
    api.write(batch(changes=[followed(seen.alert, Phase.CLEARED, second=60)], grid="02"))
    until(lambda: reddest() < 120)


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


def test_streetlights_are_told_by_circuit_and_lamp(api: Api, console: Console) -> None:
    api.write(
        batch(
            readings=[
                *(reading(0, device=f"lamp-{n}", value=88.0) for n in (1, 2, 3)),
                reading(0, device="lamp-4", value=0.3),
                reading(0, device="lamp-4", quantity=Quantity.LAMP_ON, value=1.0),
            ],
            changes=[raised(rule="streetlight.lamp_out", subject="lamp-4", severity=Severity.MINOR)],
        )
    )
    page = console("operator", "en", path="/streetlights")
    row = page.locator(".lights-row")
    expect(row).to_contain_text("石桥路")
    expect(row).to_contain_text("Burning 3 · Dark 1")
    expect(row).to_contain_text("should burn")
    expect(row).to_contain_text("Minor")
    row.click()
    lamps = page.locator(".lights-lamps li")
    expect(lamps).to_have_count(4)
    expect(lamps.nth(3)).to_contain_text("第4盏")
    expect(lamps.nth(3).get_by_role("link")).to_have_attribute("href", re.compile("/console/alerts/"))
    page.get_by_role("button", name="Only trouble").click()
    expect(row).to_have_count(1)


@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", LAPTOP), ("dark", PHONE)])
def test_nothing_serious_is_found_by_axe(
    api: Api, live: LiveCameras, console: Console, theme: str, size: tuple[int, int]
) -> None:
    api.write(
        batch(
            readings=[reading(0, device="lamp-1", value=88.0)],
            changes=[
                raised(subject="gas-1", severity=Severity.CRITICAL),
                raised(subject="lamp-4", rule="streetlight.lamp_out"),
            ],
        )
    )
    page = console("engineer", path="/map?at=gas-1", size=size, theme=theme)
    for path, there in (
        ("/map?at=gas-1", ".map-card"),
        ("/cameras", ".live-picture time"),
        ("/cameras/cam-01", ".live-picture time"),
        ("/cameras/cam-01?edit", ".zone-corner"),
        ("/streetlights?circuit=c-1", ".lights-lamps li"),
    ):
        page.goto(f"/console{path}")
        expect(page.locator(there).first).to_be_visible()
        assert findings(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is wider than the window"
