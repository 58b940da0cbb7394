"""The wall of cameras in a browser over a real hub; and axe over map, cameras and streetlights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from detectors.finding import Number, Phase, Severity
from ingest.observation import Box
from tests.browser.axe import serious
from tests.browser.conftest import LAPTOP, PHONE, WIDE, Console, comes_true
from tests.support.api import Api, serving, until
from tests.support.brokers import Broker
from tests.support.databases import Database
from tests.support.live_camera import LiveCameras
from tests.support.stored import batch, followed, raised, reading, status
from tests.support.wall_town import CAMERAS, city_text


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


def colour_at(page: Page, selector: str, across: float, down: float) -> tuple[int, int, int, int]:
    """Return the colour of a canvas's pixel at a share of its width and height."""
    red, green, blue, alpha = page.locator(selector).first.evaluate(
        """(canvas, [x, y]) => [...canvas.getContext("2d").getImageData(
             Math.round(canvas.width * x), Math.round(canvas.height * y), 1, 1).data]""",
        [across, down],
    )
    return red, green, blue, alpha


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


def test_a_lost_camera_says_why_on_its_page_and_in_its_alert(api: Api, console: Console) -> None:
    told = status(-10, device="cam-02", online=False, outage="unauthorised")
    numbers: dict[str, Number] = {"silent_s": 12.0, "limit_s": 30.0, "offline": True, "outage": "unauthorised"}
    lost = raised(rule="camera.lost", subject="cam-02", grid="02", numbers=numbers)
    api.write(batch(statuses=[told], changes=[lost], grid="02"))
    page = console("operator", path="/cameras/cam-02")
    expect(page.locator(".cameras-tools")).to_contain_text("失联：用户名或密码被拒")
    page.goto(f"/console/alerts/{lost.alert.alert_id}")
    expect(page.locator(".alert-why")).to_contain_text("没有画面：用户名或密码被拒")
    expect(page.locator(".numbers")).to_contain_text("原因用户名或密码被拒")
    page = console("operator", "en", path="/cameras")
    expect(page.get_by_title("user name or password refused")).to_have_text("lost")


# A link is made again in less than a second: what the page says meanwhile is written down by the page itself.
NOTE_THE_LINK = """() => {
    window.told = [];
    const note = () => {
        const bad = document.querySelector(".cameras-link.bad") ? "cut" : "live";
        if (window.told.at(-1) !== bad) window.told.push(bad);
    };
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true, attributes: true });
}"""


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
    page.evaluate(NOTE_THE_LINK)
    for cut in range(1, 4):
        live.wished["cam-01"].clear()
        before, orders = said[-1], len(said)
        sockets[-1].close(code=1012, reason="the hub restarts")
        comes_true(page, lambda orders=orders: len(said) > orders)
        assert len(sockets) == cut + 1
        assert said[-1] == before, "the new socket is told what is watched as the old one was"
        expect(page.locator(".cameras-link")).to_have_text("Live")
        assert page.evaluate("window.told").count("cut") == cut
        comes_true(page, lambda: bool(live.wished["cam-01"]))
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
        assert serious(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is wider than the window"
