"""The demo city's files are valid, large enough, and say what they shorten."""

import json
from collections import Counter
from itertools import pairwise

import pytest
import yaml

from detectors.thresholds import Thresholds
from hub.areas import area_of, overlaps
from hub.config.geography import warnings
from hub.config.load import load, load_city
from hub.config.thresholds_file import text_of
from hub.config.yaml_source import read
from hub.demo.camera_stories import CAMERAS
from hub.demo.city_plan import city_document, detectors_document, write_base_map, write_files
from ingest.city import DeviceKind, ZoneKind

PORTS = {camera.camera_id: 9000 + number for number, camera in enumerate(CAMERAS)}


def test_the_written_files_are_a_configuration_the_hub_accepts(tmp_path):
    configuration = load(*write_files(tmp_path, PORTS))
    city = configuration.city
    kinds = [device.kind for device in city.devices.values()]
    counted = {kind: kinds.count(kind) for kind in set(kinds)}
    assert len(city.grids) == 12
    assert counted == {
        DeviceKind.GATEWAY: 12,
        DeviceKind.STREETLIGHT: 496,
        DeviceKind.WATER: 60,
        DeviceKind.DRAINAGE: 30,
        DeviceKind.GAS: 60,
    }
    assert min(len(circuit.lamps) for circuit in city.circuits.values()) >= 20
    assert all(circuit.gateway_id in city.devices for circuit in city.circuits.values())
    assert [camera.url for camera in city.cameras.values()] == [f"tcp://127.0.0.1:{port}" for port in PORTS.values()]


def test_some_circuits_burn_all_day_and_some_never(tmp_path):
    circuits = load(*write_files(tmp_path, PORTS)).city.circuits.values()
    by_schedule = {circuit.lit for circuit in circuits if circuit.lit is not None}
    assert len([circuit for circuit in circuits if circuit.lit is None]) == 12
    assert () in by_schedule
    assert len(by_schedule) == 2


def test_a_permitted_stall_is_permitted_at_every_hour_and_no_other_zone_has_a_permit(tmp_path):
    city = load(*write_files(tmp_path, PORTS)).city
    zones = [zone for camera in city.cameras.values() for zone in camera.zones]
    permitted = [zone for zone in zones if zone.kind is ZoneKind.PERMITTED_STALL]
    assert permitted
    for zone in zones:
        windows = [(w.season, w.hours[0] == w.hours[1], len(w.weekdays), w.on_holidays) for w in zone.permits]
        assert windows == ([(None, True, 7, None)] if zone in permitted else [])


def test_every_threshold_of_the_demo_is_marked_with_what_is_shipped_and_all_times_are_shorter(tmp_path):
    _, path = write_files(tmp_path, PORTS)
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == detectors_document()
    values = [line for line in text.splitlines() if not line.startswith("#") and not line.endswith(":")]
    assert values
    for line in values:
        value, _, shipped = line.partition(":")[2].partition("  # demo: shipped default is ")
        assert float(value) < float(shipped) if "_s:" in line else float(value) > float(shipped)


def test_no_rule_is_switched_off_for_the_demo():
    thresholds = Thresholds.model_validate(detectors_document())
    assert thresholds.streetlight.lamp_out.raise_after_s > thresholds.streetlight.circuit_out.raise_after_s
    assert "enabled" not in str(detectors_document())


def test_the_grids_cover_the_city_without_gap_or_overlap_and_everything_lies_in_its_own(tmp_path):
    path, _ = write_files(tmp_path, PORTS)
    city = load_city(path)
    assert warnings(read(path), city) == []
    areas = {grid_id: area_of(grid.boundary) for grid_id, grid in city.grids.items()}
    assert len(areas) == 12
    assert overlaps(areas, from_m2=0.01) == []
    borders = Counter(frozenset(pair) for grid in city.grids.values() for pair in pairwise(grid.boundary[0]))
    assert set(borders.values()) == {1, 2}, "each piece of a border parts two grids, or the city from the country"
    for thing in (*city.devices.values(), *city.cameras.values()):
        assert areas[thing.grid].covers((thing.longitude, thing.latitude)), thing
    places = Counter((thing.longitude, thing.latitude) for thing in city.devices.values())
    assert max(places.values()) == 1, "no two devices hide each other on the map"


def test_the_base_map_is_geojson_with_the_streets_that_the_lamps_name(tmp_path):
    path, _ = write_files(tmp_path, PORTS)
    document = json.loads(write_base_map(tmp_path).read_text(encoding="utf-8"))
    kinds = Counter(feature["properties"]["kind"] for feature in document["features"])
    assert kinds.keys() >= {"land", "water", "park", "block", "lane", "road", "street", "rail", "tunnel", "bridge"}
    named = {feature["properties"].get("name") for feature in document["features"]}
    circuits = {
        circuit.name.removesuffix("照明回路").removesuffix("路灯回路") for circuit in load_city(path).circuits.values()
    }
    assert circuits <= named
    area_of([document["features"][0]["geometry"]["coordinates"][0]])
    for feature in document["features"]:
        assert ("name" in feature["properties"]) == ("name_en" in feature["properties"])


def test_a_camera_without_a_port_is_named():
    with pytest.raises(ValueError, match=CAMERAS[0].camera_id):
        city_document({})


def test_thresholds_that_were_applied_stay_over_a_restart_and_others_are_written_anew(tmp_path):
    _, path = write_files(tmp_path, PORTS)
    own = path.read_text("utf-8")
    path.write_text(text_of(Thresholds.model_validate({"water": {"pressure": {"low_kpa": 150}}})), "utf-8")
    assert load(*write_files(tmp_path, PORTS)).thresholds.water.pressure.low_kpa == 150
    path.write_text("# by hand\nwater: {}\n", "utf-8")
    write_files(tmp_path, PORTS)
    assert path.read_text("utf-8") == own
