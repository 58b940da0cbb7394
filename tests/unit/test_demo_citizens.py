"""The demo's citizens report what the hub can take: services of its plan, places in its grids, one by address alone."""

import threading
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.areas import area_of
from hub.config.load import load
from hub.config.load_dispatch import load_dispatch
from hub.demo.camera_stories import CAMERAS
from hub.demo.citizens import PHOTO_OF, FrontEnd, calls_of
from hub.demo.city_plan import city_document, write_files
from hub.demo.incidents import ROUND_S
from hub.demo.snapshot import snapshot
from hub.photos import cleaned
from hub.reports.geocode import place
from hub.reports.report import Placing
from ingest.city import City

PORTS = {camera.camera_id: 9000 for camera in CAMERAS}


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> City:
    return load(*write_files(tmp_path_factory.mktemp("demo"), PORTS)).city


@pytest.mark.parametrize("number", [0, 1, 7])
def test_every_call_can_be_taken_and_all_but_one_say_where(city, number):
    plan = load_dispatch(None, city).plan
    areas = {grid_id: area_of(grid.boundary) for grid_id, grid in city.grids.items()}
    calls = calls_of(city_document(PORTS), number)
    assert [call.at_s for call in calls] == sorted(call.at_s for call in calls)
    assert all(number * ROUND_S <= call.at_s < (number + 1) * ROUND_S for call in calls)
    placings = []
    for call in calls:
        assert plan.categories[call.fields["service_code"]].reportable
        spot = (float(call.fields["long"]), float(call.fields["lat"])) if "lat" in call.fields else None
        placings.append(place(areas, spot).placing)
        assert spot is not None or call.fields["address_string"]
    assert placings.count(Placing.UNKNOWN) == 1
    assert Placing.OUTSIDE not in placings


def test_the_photo_is_one_that_the_hub_takes():
    noon = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    photo = cleaned(snapshot(PHOTO_OF, noon, 100.0))
    assert photo.media_type == "image/jpeg"
    assert photo.width_px >= 320


def test_a_front_end_that_is_stopped_ends_at_once():
    stop = threading.Event()
    front_end = FrontEnd("http://127.0.0.1:9", "lq_none", city_document(PORTS), lambda _: b"", stop)
    thread = threading.Thread(target=front_end.run, args=(3600.0,))
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
