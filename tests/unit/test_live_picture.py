"""Live pictures on the wire, and whose turn it is to be shown."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.audience import Audience
from ingest import topics
from ingest.live_picture import (
    Header,
    LivePictureError,
    Wish,
    pack,
    pack_wish,
    shown_boxes,
    unpack,
    unpack_wish,
)
from ingest.observation import Box

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)


def wish(fps: float = 2.0, width: int = 640, for_s: float = 6.0) -> bytes:
    return pack_wish(Wish(fps=fps, width=width, for_s=for_s))


def asked(audience: Audience, begin_s: float, end_s: float, live_fps: float = 20.0) -> list[tuple[float, str]]:
    """Let time pass in steps of 10 ms; every camera answers within 50 ms."""
    found: list[tuple[float, str]] = []
    for step in range(int(begin_s * 100), int(end_s * 100)):
        now_s = step / 100
        for at_s, camera in found:
            if now_s - at_s == pytest.approx(0.05):
                audience.came(camera)
        audience.hear(now_s)
        found += [(now_s, camera) for camera in audience.next(now_s, live_fps)]
    return found


def test_a_picture_comes_back_as_it_was_sent() -> None:
    header = Header(
        camera="cam-01",
        at=AT,
        width=640,
        height=360,
        boxes_at=AT,
        boxes=shown_boxes([Box("car", 0.91234, 7, 0.1, 0.2, 0.3, 0.4)]),
    )
    assert unpack(pack(header, b"\xff\xd8jpeg")) == (header, b"\xff\xd8jpeg")
    assert header.boxes[0].confidence == 0.912


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_picture_or_is_refused(data: bytes) -> None:
    for candidate in (data, b"LQP1" + data, b"LQP1\0\0\0\2{}" + data):
        with pytest.raises(LivePictureError):
            unpack(candidate)


@given(st.binary(max_size=200))
def test_whatever_comes_as_a_wish_is_one_or_is_refused(data: bytes) -> None:
    try:
        found = unpack_wish(data)
    except LivePictureError:
        return
    assert 0.1 <= found.fps <= 5
    assert 160 <= found.width <= 1920
    assert 0 < found.for_s <= 30


@pytest.mark.parametrize(
    "payload",
    [b'{"fps": 50, "width": 640, "for_s": 6}', b'{"fps": 1, "width": 9, "for_s": 6}', b'{"fps": 1, "width": 640}'],
)
def test_a_wish_for_too_much_is_no_wish(payload: bytes) -> None:
    with pytest.raises(LivePictureError):
        unpack_wish(payload)


def test_the_topic_names_the_camera_and_no_other_topic_does() -> None:
    assert topics.camera_of_picture(topics.picture("03", "cam-7")) == ("03", "cam-7")
    for other in (
        topics.picture_request("03", "cam-7"),
        topics.detections("03", "cam-7"),
        "live/03/camera/cam 7/picture",
        "live",
    ):
        assert topics.camera_of_picture(other) is None
    assert not topics.picture("03", "cam-7").startswith(f"{topics.ROOT}/"), (
        "ingest workers subscribe to all of the city"
    )


def test_nobody_watches_and_nothing_is_asked_for() -> None:
    assert asked(Audience(), 0, 2) == []


def test_a_wish_is_served_at_its_rate_and_ends_by_itself() -> None:
    audience = Audience()
    audience.put("cam-1", wish(fps=2, for_s=6))
    found = asked(audience, 0, 10)
    assert 11 <= len(found) <= 13
    assert found[-1][0] < 6


def test_several_who_watch_are_served_at_the_fastest_rate_and_no_faster() -> None:
    audience = Audience()
    for fps in (1, 5, 2):
        audience.put("cam-1", wish(fps=fps))
    assert 24 <= len(asked(audience, 0, 5)) <= 26


def test_all_cameras_together_get_no_more_than_the_process_may_give_and_all_alike() -> None:
    audience = Audience()
    for number in range(10):
        audience.put(f"cam-{number}", wish(fps=5, for_s=20))
    found = asked(audience, 0, 10, live_fps=10)
    assert 100 <= len(found) <= 112
    each = [sum(camera == f"cam-{number}" for _, camera in found) for number in range(10)]
    assert max(each) - min(each) <= 2


def test_a_camera_that_sends_nothing_has_one_picture_under_way_and_does_not_hold_up_the_others() -> None:
    audience = Audience()
    for camera in ("mute", "well"):
        audience.put(camera, wish(fps=5, for_s=30))
    found: list[str] = []
    for step in range(400):
        now_s = step / 100
        audience.hear(now_s)
        for camera in audience.next(now_s, 20.0):
            found.append(camera)
            if camera == "well":
                audience.came("well")
    assert found.count("mute") == 3
    assert found.count("well") >= 19


def test_where_none_may_be_sent_none_is_asked_for() -> None:
    audience = Audience()
    audience.put("cam-1", wish())
    assert asked(audience, 0, 2, live_fps=0) == []
    assert audience.wait_s(0.0, 0.2) <= 0.2


def test_a_wish_that_cannot_be_read_is_passed_over() -> None:
    audience = Audience()
    audience.put("cam-1", b"{")
    audience.put("cam-1", wish())
    assert asked(audience, 0, 1)
