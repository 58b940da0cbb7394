"""Labels, addresses, pauses and settings of the vision role."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.address import AddressError, Kind, kind_of, shown
from detectors.vision.labels import group, ours, unserved
from detectors.vision.retry import wait_s
from detectors.vision.settings import VisionSettings
from ingest.city import Camera, Zone, ZoneKind

POLYGON = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def test_names_of_other_models_become_our_labels() -> None:
    assert [ours(name) for name in ("car", "Lorry", "motorbike", "train", "bicycle", "street_stall")] == [
        "car", "truck", "motorcycle", None, None, "stall",
    ]  # fmt: skip


def test_a_lorry_and_a_car_are_both_vehicles_and_a_stall_is_none() -> None:
    assert group("truck") == group("car") != group("stall")


def test_a_zone_that_the_model_cannot_serve_is_named() -> None:
    zones = tuple(
        Zone(zone_id=f"z-{kind}", camera_id="cam-01", kind=kind, polygon=POLYGON)
        for kind in (ZoneKind.NO_PARKING, ZoneKind.NO_STALL, ZoneKind.IGNORED)
    )
    camera = Camera(camera_id="cam-01", grid="01", url="x", zones=zones)
    assert unserved({"car", "person", "stall"}, [camera]) == []
    (sentence,) = unserved({"car", "truck", "bus"}, [camera])
    assert "z-no_stall" in sentence
    assert "stall" in sentence
    assert "bus, car, truck" in sentence


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("rtsp://u:p@10.0.0.1/stream", Kind.RTSP),
        ("https://host/live.m3u8", Kind.HTTP),
        ("tcp://127.0.0.1:9000", Kind.TCP),
        ("/videos/a.mp4", Kind.FILE),
        ("file:///videos/a.mp4", Kind.FILE),
    ],
)
def test_an_address_says_how_it_is_opened(url: str, kind: Kind) -> None:
    assert kind_of(url) is kind


@pytest.mark.parametrize("url", ["ftp://h/x", "rtsp://", "tcp://host", "tcp://host:notaport", "rtsp://u:p@h:99999/"])
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(AddressError) as error:
        kind_of(url)
    assert "u:p" not in str(error.value)


@given(st.text("abcXYZ019$!*", min_size=4), st.text("abcXYZ019$!*", min_size=4))
def test_no_password_is_ever_shown(user: str, password: str) -> None:
    text = shown(f"rtsp://{user}:{password}@10.1.2.3:554/path?user={user}&pwd={password}")
    assert text == "rtsp://10.1.2.3:554"


@given(st.integers(0, 1000), st.floats(0, 1))
def test_pauses_grow_and_stay_bounded(failures: int, chance: float) -> None:
    pause_s = wait_s(failures, 0.5, 10, chance)
    assert 0.25 <= pause_s <= 10
    assert pause_s <= wait_s(failures + 1, 0.5, 10, chance)


def test_settings_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="process_fps is 0"):
        VisionSettings(process_fps=0)
    with pytest.raises(ValueError, match="hung_after_s"):
        VisionSettings(hung_after_s=10)
    with pytest.raises(ValueError, match=r"lost_after_s is .* it must exceed heartbeat_s"):
        VisionSettings(heartbeat_s=5)
