"""What people call a subject: by its id, or by the zone or camera that a place lies in."""

from dataclasses import replace

from hub.api.named import name_of
from ingest.city import Zone, ZoneKind
from tests.support.decoding import city

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def test_a_place_is_called_by_its_zone_else_by_its_camera():
    town = city()
    (first, *_) = town.cameras.values()
    zones = (
        Zone(zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=SQUARE, name="西门禁停车道"),
        Zone(zone_id="path", camera_id="cam-1", kind=ZoneKind.NO_STALL, polygon=SQUARE, name=""),
    )
    town = replace(town, cameras={first.camera_id: replace(first, name="西门", zones=zones)})
    assert name_of(town, "kerb@0.10,0.20") == "西门禁停车道"
    assert name_of(town, "kerb") == "西门禁停车道"
    assert name_of(town, "path@0.10,0.20") == "西门"
    assert name_of(town, first.camera_id) == "西门"
    assert name_of(town, "gone@0.10,0.20") is None
    assert name_of(town, "gone") is None
