"""Live pictures through the API: a camera at a real broker, viewers on real sockets."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hub.clock import now
from ingest import topics
from ingest.live_picture import Header, pack, unpack, unpack_wish
from ingest.mqtt import Publisher, parse_url
from tests.support.api import Api, serving, token_for, until
from tests.support.brokers import Broker
from tests.support.databases import Database

JPEG = b"\xff\xd8 a picture \xff\xd9"


class FakeCamera:
    """Stands for the vision role: sends a numbered picture for every wish, and remembers the wishes."""

    def __init__(self, broker: Broker) -> None:
        self.wishes: list[tuple[float, int]] = []
        self.wire = Publisher(parse_url(broker.url), client_id="vision")
        self.wire.subscribe(topics.picture_request("02", "cam-1"), self._wished)
        self.sends = True

    def _wished(self, _: str, payload: bytes) -> None:
        wish = unpack_wish(payload)
        self.wishes.append((wish.fps, wish.width))
        if self.sends:
            self.send(len(self.wishes))

    def send(self, number: int, camera: str = "cam-1", names: str = "cam-1") -> None:
        header = Header(camera=names, at=now(), width=number, height=360)
        self.wire.publish(topics.picture("02", camera), pack(header, JPEG), qos=0)


@pytest.fixture
def camera(broker: Broker) -> Iterator[FakeCamera]:
    made = FakeCamera(broker)
    made.wire.start()
    assert made.wire.wait_connected(30)
    yield made
    made.wire.stop()


@pytest.fixture
def api(plain_database: Database, broker: Broker, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, mqtt_url=broker.url) as running:
        yield running


@contextmanager
def socket(api: Api, role: str | None = "operator") -> Iterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {api.tokens[role]}"} if role else {}
    address = api.address.replace("http", "ws") + "/api/v1/cameras/live"
    with connect(address, additional_headers=headers, proxy=None) as made:
        yield made


def watch(viewer: ClientConnection, **wanted: Any) -> None:
    viewer.send(json.dumps({"watch": [{"camera": "cam-1", **wanted}]}))


def told(viewer: ClientConnection, holds: Callable[[Any], bool]) -> Any:
    """Return the first message that `holds`: a text as its document, a picture as its header."""
    while True:
        message = viewer.recv(timeout=30)
        found = unpack(message)[0] if isinstance(message, bytes) else json.loads(message)
        if holds(found):
            return found


def is_picture(message: object) -> bool:
    return isinstance(message, Header)


def test_a_viewer_is_sent_pictures_of_what_it_watches_and_the_camera_hears_how_many(
    api: Api, camera: FakeCamera
) -> None:
    with socket(api) as viewer:
        watch(viewer, fps=5, width=320)
        answer = told(viewer, lambda message: isinstance(message, dict) and message["type"] == "watching")
        assert answer == {"type": "watching", "cameras": ["cam-1"], "refused": []}
        assert told(viewer, is_picture).camera == "cam-1"
    assert set(camera.wishes) == {(5.0, 320)}


def test_a_camera_that_the_city_does_not_have_is_refused_by_name(api: Api, camera: FakeCamera) -> None:
    with socket(api) as viewer:
        viewer.send(json.dumps({"watch": [{"camera": "cam-9"}, {"camera": "cam-1"}]}))
        answer = told(viewer, lambda message: isinstance(message, dict) and message["type"] == "watching")
        assert answer["refused"] == [{"camera": "cam-9", "why": "unknown"}]
        assert told(viewer, is_picture).camera == "cam-1"


def test_who_sees_one_district_is_shown_no_camera_of_another(api: Api, camera: FakeCamera) -> None:
    with psycopg.connect(api.dsn) as connection:
        api.tokens["elsewhere"] = token_for(connection, "operator", districts=["Elsewhere"])
    with socket(api, "elsewhere") as viewer:
        watch(viewer)
        answer = told(viewer, lambda message: isinstance(message, dict) and message["type"] == "watching")
        assert answer == {"type": "watching", "cameras": [], "refused": [{"camera": "cam-1", "why": "unknown"}]}
    for path in ("/api/v1/cameras/cam-1/snapshot", "/api/v1/cameras/cam-1/zones"):
        assert api.client("elsewhere").get(path).status_code == 404
    assert camera.wishes == []


def test_a_picture_that_names_another_camera_than_its_topic_reaches_nobody(api: Api, camera: FakeCamera) -> None:
    camera.sends = False
    with socket(api) as viewer:
        watch(viewer, fps=5)
        until(lambda: bool(camera.wishes))
        camera.send(1, names="cam-2")
        camera.wire.publish(topics.picture("02", "cam-1"), b"no picture", qos=0)
        camera.wire.publish(topics.picture("07", "cam-1"), pack(Header("cam-1", now(), 1, 1), JPEG), qos=0)
        camera.send(2)
        assert told(viewer, is_picture).width == 2


def test_a_viewer_that_does_not_read_gets_the_newest_when_it_does(api: Api, camera: FakeCamera) -> None:
    camera.sends = False
    with socket(api) as viewer:
        watch(viewer, fps=0.5)  # a picture every other second at most
        until(lambda: bool(camera.wishes))
        for number in range(1, 40):
            camera.send(number)
        assert camera.wire.flush(30)
        first = told(viewer, is_picture).width
        camera.send(99)
        second = told(viewer, is_picture).width
    assert first < second == 99


def test_wishes_end_when_the_viewer_turns_away(api: Api, camera: FakeCamera) -> None:
    with socket(api) as viewer:
        watch(viewer)
        told(viewer, is_picture)
        viewer.send('{"watch": []}')
        told(viewer, lambda message: isinstance(message, dict) and message.get("cameras") == [])
        until(lambda: not [tile for one in api.hub.live._viewers for tile in one.tiles])
    until(lambda: api.hub.live.viewers == 0)


def test_whoever_may_not_see_people_is_kept_out(api: Api) -> None:
    for role in (None, "reports"):
        if role is not None and role not in api.tokens:
            continue
        with pytest.raises(InvalidStatus) as refused, socket(api, role):
            pass
        assert refused.value.response.status_code == (401 if role is None else 403)
        assert refused.value.response.headers["content-type"] == "application/problem+json"


def test_a_token_that_is_revoked_ends_the_socket(api: Api, camera: FakeCamera) -> None:
    seconds = [0.0]
    api.hub.monotonic = lambda: seconds[0]
    with socket(api) as viewer:
        watch(viewer)
        told(viewer, is_picture)
        api.rows("UPDATE tokens SET revoked_at = now() RETURNING 1")
        seconds[0] = 60.0
        with pytest.raises(ConnectionClosed) as ended:
            told(viewer, lambda _: False)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 4401


@pytest.mark.parametrize("message", ["no JSON", '{"watch": [{"camera": "cam-1", "fps": 500}]}', '{"look": []}'])
def test_a_message_that_cannot_be_read_ends_the_socket_with_words(api: Api, message: str) -> None:
    with socket(api) as viewer:
        viewer.send(message)
        with pytest.raises(ConnectionClosed) as ended:
            told(viewer, lambda _: False)
    assert ended.value.rcvd is not None
    assert (ended.value.rcvd.code, bool(ended.value.rcvd.reason)) == (4400, True)


def test_the_broker_goes_and_comes_and_the_viewer_is_told(api: Api, camera: FakeCamera, broker: Broker) -> None:
    with socket(api) as viewer:
        watch(viewer, fps=5)
        told(viewer, is_picture)
        broker.kill()
        told(viewer, lambda message: message == {"type": "broker", "connected": False})
        broker.start()
        told(viewer, lambda message: message == {"type": "broker", "connected": True})
        told(viewer, is_picture)


def test_a_snapshot_is_one_fresh_picture(api: Api, camera: FakeCamera) -> None:
    answer = api.client("operator").get("/api/v1/cameras/cam-1/snapshot", params={"width": 800})
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/jpeg", JPEG)
    assert answer.headers["x-picture-at"].endswith("Z")
    assert camera.wishes[-1] == (5.0, 800)
    assert api.client("operator").get("/api/v1/cameras/cam-9/snapshot").status_code == 404


def test_a_snapshot_of_a_camera_that_sends_none_says_why(api: Api, camera: FakeCamera) -> None:
    camera.sends = False
    answer = api.client("operator").get("/api/v1/cameras/cam-1/snapshot")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["live"])
    assert "sent no picture" in answer.json()["detail"]


def test_many_viewers_share_one_wish_for_the_fastest_and_widest(api: Api, camera: FakeCamera) -> None:
    with ExitStack() as ends:
        viewers = [ends.enter_context(socket(api)) for _ in range(8)]
        for number, viewer in enumerate(viewers):
            watch(viewer, fps=1 + number % 3, width=320 + number)
        until(lambda: bool(camera.wishes) and camera.wishes[-1] == (3.0, 327))
        threads = [threading.Thread(target=told, args=(viewer, is_picture)) for viewer in viewers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
