"""The configuration files: good ones are read, bad ones are refused with file, line and what would be right."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from detectors.thresholds import Thresholds
from hub.config.load import config_version, load, load_city, load_thresholds
from hub.config.schema import SHIPPED, commented_defaults, schema_of
from hub.config.yaml_source import ConfigError, names_in
from ingest.city import DeviceKind, ZoneKind

GOOD = """\
name: Testcity
timezone: Asia/Shanghai
latitude: 30.2
longitude: 120.1
grids:
  - {id: "01", name: One}
  - {id: "02", name: Two}
gateways:
  - {id: gw-1, grid: "01", interval_s: 10}
circuits:
  - {id: c-1, grid: "01", gateway: gw-1, lit: ["18:00-06:00"]}
devices:
  - {id: lamp-1, kind: streetlight, grid: "01", gateway: gw-1, circuit: c-1, rated_power_w: 90}
  - {id: w-1, kind: water, grid: "02"}
cameras:
  - id: cam-1
    grid: "01"
    url: rtsp://viewer:secret@10.0.0.9/1
    zones:
      - id: z-1
        kind: permitted_stall
        polygon: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]
        permits: [{season: 03-01/11-30, hours: 06:00-22:00, holidays: never}]
calendar:
  holidays: [2026-10-01]
  years: [2026]
"""


def write(tmp_path: Path, text: str, name: str = "city.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_city_is_read_whole(tmp_path: Path) -> None:
    city = load_city(write(tmp_path, GOOD))
    assert set(city.devices) == {"gw-1", "lamp-1", "w-1"}
    assert city.circuits["c-1"].lamps == ("lamp-1",)
    assert city.circuits["c-1"].lit is not None
    zone = city.cameras["cam-1"].zones[0]
    assert zone.permits[0].season == ((3, 1), (11, 30))
    assert zone.permits[0].on_holidays is False
    assert [day.isoformat() for day in city.calendar.holidays] == ["2026-10-01"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("timezone: Asia/Shanghai", "timezone: Mars/Olympus", 2, "IANA"),
        ("latitude: 30.2", "latitude: 130.2", 3, "less than or equal to 90"),
        ('id: w-1, kind: water, grid: "02"', 'id: w-1, kind: water, grid: "07"', 14, "there is no grid 07"),
        ("id: w-1,", "id: lamp-1,", 14, "lamp-1 is given twice"),
        ("circuit: c-1, rated", "rated", 13, "needs a circuit"),
        ("gateway: gw-1, circuit", "gateway: gw-9, circuit", 13, "there is no gateway gw-9"),
        ("kind: water", "kind: whale", 14, "'streetlight'"),
        ("hours: 06:00-22:00", "hours: 6-22", 23, "06:00-22:00"),
        ("season: 03-01/11-30", "season: 02-30/11-30", 23, "03-01/11-30"),
        ("[0.9, 0.1]", "[1.9, 0.1]", 22, "less than or equal to 1"),
        ("kind: permitted_stall", "kind: no_parking", 23, "permits belong to"),
        ("latitude: 30.2", "latitude: 30.2\nlatitud: 3", 4, "no such setting here; is latitude meant?"),
        ("latitude: 30.2", "latitude: 30.2\nname: Again", 4, "'name' is given twice"),
        ("latitude: 30.2", "latitude: [", 5, "is not YAML"),
        ("rtsp://viewer", "viewer", 18, "rtsp"),
    ],
)
def test_a_bad_city_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as refused:
        load_city(path)
    assert any(problem.startswith(f"{path}:{line}:") and says in problem for problem in refused.value.problems), (
        refused.value.problems
    )


def test_a_bad_address_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_city(write(tmp_path, GOOD.replace("rtsp://viewer:secret@", "gopher://viewer:secret@")))
    assert "secret" not in str(refused.value)


def test_thresholds_keep_their_defaults_where_the_file_is_silent(tmp_path: Path) -> None:
    path = write(tmp_path, "gas:\n  leak:\n    enabled: false\n", "detectors.yaml")
    thresholds = load_thresholds(path)
    assert not thresholds.is_enabled("gas.leak")
    assert thresholds.water == Thresholds().water


def test_a_threshold_out_of_range_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "parking:\n  illegal:\n    dwell_s: -4\n", "detectors.yaml")
    with pytest.raises(ConfigError, match=r"detectors.yaml:3: parking.illegal.dwell_s: .*-4"):
        load_thresholds(path)


def test_problems_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    city = write(tmp_path, GOOD.replace("latitude: 30.2", "latitude: 200"))
    detectors = write(tmp_path, "gas: 7\n", "detectors.yaml")
    with pytest.raises(ConfigError) as refused:
        load(city, detectors)
    assert {problem.split(":")[0].rsplit("/", 1)[1] for problem in refused.value.problems} == {
        "city.yaml",
        "detectors.yaml",
    }


def test_a_grid_that_looks_like_a_number_keeps_its_zero(tmp_path: Path) -> None:
    text = GOOD.replace('"02"', "08")
    assert "08" in load_city(write(tmp_path, text)).grids


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read"):
        load_city(tmp_path / "nowhere.yaml")


def test_the_version_names_the_meaning_not_the_text_nor_the_secrets(tmp_path: Path) -> None:
    thresholds = Thresholds()
    one = config_version(load_city(write(tmp_path, GOOD)), thresholds)
    same = config_version(load_city(write(tmp_path, "# a comment\n" + GOOD.replace("secret", "other"))), thresholds)
    moved = config_version(load_city(write(tmp_path, GOOD.replace("0.5, 0.9", "0.5, 0.8"))), thresholds)
    assert one == same != moved


def test_the_commented_defaults_are_the_defaults(tmp_path: Path) -> None:
    assert load_thresholds(write(tmp_path, commented_defaults(), "detectors.yaml")) == Thresholds()


def test_the_example_is_a_good_city_and_shows_every_setting() -> None:
    example = Path(__file__).resolve().parents[2] / "deploy" / "city.example.yaml"
    city = load_city(example)
    assert {zone.kind for zone in city.cameras["cam-01"].zones} == set(ZoneKind)
    assert city.cameras["cam-01"].preset == 3
    assert {device.kind for device in city.devices.values()} == set(DeviceKind) - {DeviceKind.CAMERA}
    text = example.read_text(encoding="utf-8")
    assert [name for name in names_in(schema_of("city")) if f"{name}:" not in text] == []


@pytest.mark.parametrize("file", ["city", "detectors"])
def test_the_shipped_schema_is_that_of_the_code(file: str) -> None:
    shipped = json.loads((SHIPPED / f"{file}.schema.json").read_text(encoding="utf-8"))
    assert shipped == json.loads(json.dumps(schema_of(file))), "run: python -m hub.config.schema"


def test_the_schema_accepts_the_good_city() -> None:
    validator = jsonschema_rs.validator_for(schema_of("city"))
    good = json.loads(json.dumps(yaml.safe_load(GOOD), default=str))
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "latitude": 200})
