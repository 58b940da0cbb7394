"""Labels, addresses, pauses and settings of the vision role."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.vision.address import AddressError, Kind, kind_of, shown
from detectors.vision.labels import LabelError, group, labelled, ours, unserved
from detectors.vision.merging import merged
from detectors.vision.retry import wait_s
from detectors.vision.settings import VisionSettings
from ingest.city import Camera, Zone, ZoneKind
from ingest.observation import Box

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
    (zone,) = unserved({"car", "truck", "bus"}, [camera])
    assert zone.sentence("nothing gives it") == (
        "zone z-no_stall of camera cam-01 is a no_stall zone and needs stall, but nothing gives it"
    )


def test_a_mapping_says_what_names_do_not() -> None:
    names = {0: "Car", 1: "street_vendor", 2: "person", 3: "dog", 4: "vending cart"}
    assert labelled(names, {}) == {0: "car", 2: "person"}
    mapping = {"Street Vendor": "stall", "vending_cart": "stall", "person": None}
    assert labelled(names, mapping) == {0: "car", 1: "stall", 4: "stall"}


def test_a_mapping_of_a_class_that_the_model_lacks_is_refused_with_what_is_meant() -> None:
    with pytest.raises(LabelError, match=r"no class 'street_vendr'.*it has car, street_vendor.*is street_vendor meant"):
        labelled({0: "car", 1: "street_vendor"}, {"street_vendr": "stall"})


def box(label: str, confidence: float, x1: float, x2: float) -> Box:
    return Box(label, confidence, None, x1, 0.2, x2, 0.6)


def test_what_two_models_see_counts_once_and_what_one_sees_twice_stays() -> None:
    vehicles = [box("car", 0.9, 0.1, 0.3), box("truck", 0.6, 0.11, 0.3), box("person", 0.5, 0.7, 0.75)]
    stalls = [box("stall", 0.8, 0.1, 0.3), box("person", 0.7, 0.7, 0.75), box("bus", 0.3, 0.1, 0.31)]
    assert merged([vehicles]) == vehicles
    assert [(found.label, found.confidence) for found in merged([vehicles, stalls])] == [
        ("car", 0.9), ("stall", 0.8), ("person", 0.7), ("truck", 0.6),
    ]  # fmt: skip


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
