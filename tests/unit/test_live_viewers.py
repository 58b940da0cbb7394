"""Who watches live pictures, without a broker: one place for each camera, and never faster than was asked for."""

import asyncio
import time

import pytest

from hub.api.live_pictures import GRACE_S, MOST_VIEWERS, LivePictures, Tile, TooManyViewers, Viewer

NOWHERE = "mqtt://127.0.0.1:9"


def tile(fps: float = 2.0) -> Tile:
    return Tile(grid="01", fps=fps, width_px=480)


def test_a_viewer_has_one_place_for_each_camera_and_gets_the_newest() -> None:
    viewer = Viewer(tiles={"a": tile(), "b": tile()})
    for number in range(5):
        viewer.put("a", b"a%d" % number)
    viewer.put("b", b"b0")
    viewer.put("nobody watches it", b"x")
    assert sorted(viewer.take(10.0)) == [b"a4", b"b0"]
    assert viewer.take(20.0) == []


def test_no_picture_comes_faster_than_was_asked_for_and_whoever_waited_longest_comes_first() -> None:
    viewer = Viewer(tiles={"slow": tile(fps=1), "fast": tile(fps=5)})
    sent: list[tuple[float, bytes]] = []
    for step in range(100):
        now_s = step / 20
        viewer.put("slow", b"slow")
        viewer.put("fast", b"fast")
        sent += [(now_s, picture) for picture in viewer.take(now_s)]
    counted = {name: sum(picture == name for _, picture in sent) for name in (b"slow", b"fast")}
    assert 5 <= counted[b"slow"] <= 7
    assert 20 <= counted[b"fast"] <= 34


def test_what_is_watched_on_goes_on_where_it_was() -> None:
    async def story() -> None:
        live = LivePictures(NOWHERE, ca=None, monotonic=time.monotonic)
        viewer = live.join()
        live.watch(viewer, {"a": tile(), "b": tile()})
        viewer.put("a", b"a")
        viewer.take(5.0)
        viewer.put("a", b"newer")
        live.watch(viewer, {"a": tile(fps=5)})
        assert set(viewer.tiles) == {"a"}
        assert viewer.tiles["a"].sent_s == 5.0
        assert viewer.take(6.0) == [b"newer"]
        live.leave(viewer)
        await live.stop()
        assert live.viewers == 0

    asyncio.run(story())


def test_a_broker_that_does_not_answer_is_told_after_a_moment_and_not_before() -> None:
    async def story() -> None:
        live = LivePictures(NOWHERE, ca=None, monotonic=time.monotonic)
        viewer = live.join()
        assert (viewer.connected, viewer.changed) == (None, False)
        began = time.monotonic()
        while not viewer.changed:
            await viewer.wait(1.0)
            assert time.monotonic() - began < 30
        assert viewer.connected is False
        assert time.monotonic() - began >= GRACE_S - 0.1
        await live.stop()

    asyncio.run(story())


def test_an_address_that_is_none_is_a_broker_that_is_away() -> None:
    async def story() -> None:
        live = LivePictures("http://wrong", ca=None, monotonic=time.monotonic)
        viewer = live.join()
        while not viewer.changed:
            await viewer.wait(1.0)
        assert viewer.connected is False
        assert live.problem is not None
        assert "mqtt://" in live.problem
        await live.stop()

    asyncio.run(story())


def test_there_is_an_end_to_how_many_may_watch() -> None:
    async def story() -> None:
        live = LivePictures(NOWHERE, ca=None, monotonic=time.monotonic)
        viewers = [live.join() for _ in range(MOST_VIEWERS)]
        with pytest.raises(TooManyViewers):
            live.join()
        live.leave(viewers[0])
        live.leave(viewers[0])
        live.join()
        await live.stop()

    asyncio.run(story())
