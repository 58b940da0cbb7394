"""The map and the streetlights, in a browser over a real hub."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from detectors.finding import Phase, Severity
from hub.api.map_view import MapView
from hub.config.load import load
from ingest.observation import Quantity
from tests.browser.conftest import Console, comes_true
from tests.support.api import Api, serving
from tests.support.brokers import Broker
from tests.support.databases import Database
from tests.support.stored import batch, followed, raised, reading
from tests.support.wall_town import city_text

# One grey pixel.
TILE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")


@pytest.fixture
def api(plain_database: Database, embedded_broker: Broker, tmp_path: Path) -> Iterator[Api]:
    files = (tmp_path / "city.yaml", None)
    with serving(
        plain_database.dsn, tmp_path, city_text=city_text(), mqtt_url=embedded_broker.url, files=files
    ) as running:
        yield running


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
    comes_true(page, lambda: wanted in asked)
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
