"""Boundaries of grids in city.yaml: read whole, refused with file and line, and looked at by `config check`."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from hub.cli.app import app
from hub.config.geography import warnings
from hub.config.load import city_document, load_city
from hub.config.yaml_source import ConfigError, read

WEST = [[120.0, 30.0], [120.01, 30.0], [120.01, 30.01], [120.0, 30.01], [120.0, 30.0]]
EAST = [[x + 0.01, y] for x, y in WEST]


def written(folder: Path, **changes) -> Path:
    document = {
        "name": "Testcity",
        "timezone": "Asia/Shanghai",
        "latitude": 30.0,
        "longitude": 120.0,
        "grids": [{"id": "01", "name": "West", "boundary": [WEST]}, {"id": "02", "name": "East", "boundary": [EAST]}],
        "devices": [
            {"id": "gas-1", "kind": "gas", "grid": "01", "longitude": 120.005, "latitude": 30.005},
            {"id": "gas-2", "kind": "gas", "grid": "02"},
        ],
        **changes,
    }
    path = folder / "city.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def found(path: Path) -> list[str]:
    return [line.removeprefix("warning: ") for line in warnings(read(path), load_city(path))]


def test_a_boundary_is_read_as_it_stands(tmp_path):
    city = load_city(written(tmp_path))
    assert city.grids["01"].boundary == (tuple(map(tuple, WEST)),)
    assert city_document(city)["grids"]["01"]["boundary"] == [WEST]
    assert found(tmp_path / "city.yaml") == []


def test_a_city_without_boundaries_is_no_reason_for_a_warning(tmp_path):
    path = written(tmp_path, grids=[{"id": "01", "name": "West"}, {"id": "02", "name": "East"}])
    assert load_city(path).grids["01"].boundary == ()
    assert found(path) == []


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (WEST[:-1], "grids.1.boundary.0: the ring is not closed"),
        ([WEST[0], WEST[1], WEST[3], WEST[2], WEST[0]], "grids.1.boundary.0: the ring crosses or touches itself near"),
        ([WEST[0], WEST[1], WEST[0]], "at least three corners"),
        ([[y, x] for x, y in WEST], r"grids.1.boundary.0.0.1: must be less than or equal to 90 \(it is 120.0\)"),
    ],
)
def test_a_ring_that_is_none_is_refused_with_its_line(tmp_path, ring, said):
    grids = [{"id": "01", "name": "West", "boundary": [WEST]}, {"id": "02", "name": "East", "boundary": [ring]}]
    with pytest.raises(ConfigError, match=said) as refused:
        load_city(written(tmp_path, grids=grids))
    line = int(refused.value.problems[0].split(":")[1])
    assert line > (tmp_path / "city.yaml").read_text().splitlines().index("  name: East")


def test_overlaps_gaps_and_what_lies_outside_are_warnings_with_their_lines(tmp_path):
    overlapping = [[x - 0.002, y] for x, y in EAST]
    path = written(
        tmp_path,
        grids=[
            {"id": "01", "name": "West", "boundary": [WEST]},
            {"id": "02", "name": "East", "boundary": [overlapping]},
            {"id": "03", "name": "Nowhere"},
        ],
        devices=[
            {"id": "gas-1", "kind": "gas", "grid": "01", "longitude": 119.99, "latitude": 30.005},
            {"id": "gas-2", "kind": "gas", "grid": "03", "longitude": 119.99, "latitude": 30.005},
        ],
        cameras=[{"id": "cam-1", "grid": "02", "url": "tcp://10.0.0.9:1", "longitude": 120.03, "latitude": 30.005}],
    )
    unplaced, overlap, device, camera = found(path)
    assert "grid 03 has no boundary while other grids have" in unplaced
    assert "grid 01 overlaps grid 02 by 214," in overlap
    assert "gas-1 lies 963 m outside its grid 01" in device
    assert "cam-1 lies 1,156 m outside its grid 02" in camera
    lines = path.read_text().splitlines()
    assert lines[int(device.split(":")[1]) - 1] == "- id: gas-1"
    assert lines[int(camera.split(":")[1]) - 1] == "- id: cam-1"


def test_a_hundred_devices_outside_are_not_a_hundred_lines(tmp_path):
    devices = [
        {"id": f"gas-{n}", "kind": "gas", "grid": "01", "longitude": 119.9, "latitude": 30.005} for n in range(100)
    ]
    *named, rest = found(written(tmp_path, devices=devices))
    assert len(named) == 5
    assert rest.endswith("devices: 95 more lie outside their grids")


def test_config_check_prints_the_warnings_and_still_is_good(tmp_path):
    devices = [{"id": "gas-1", "kind": "gas", "grid": "01", "longitude": 119.9, "latitude": 30.005}]
    path = written(tmp_path, devices=devices)
    result = CliRunner().invoke(app, ["config", "check", "--city", str(path), "--no-weights"])
    assert result.exit_code == 0, result.output
    assert "gas-1 lies" in result.output
    assert "warning: " in result.output
