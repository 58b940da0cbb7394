"""Changed thresholds: the candidate they make, and what is said of those that make none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.config.load import Configuration, config_version, load
from hub.config.yaml_source import ConfigError
from hub.tuning.candidate import value_at, with_thresholds
from tests.support.town import write_city


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    folder: Path = tmp_path_factory.mktemp("candidate")
    return load(write_city(folder), None)


def test_a_candidate_has_the_changed_threshold_and_a_version_of_its_own(town: Configuration) -> None:
    candidate = with_thresholds(town, {"parking.illegal.dwell_s": 90, "water.pressure.low_kpa": 120.5})
    assert candidate.thresholds.parking.illegal.dwell_s == 90.0
    assert candidate.thresholds.water.pressure.low_kpa == 120.5
    assert value_at(candidate, "parking.illegal.dwell_s") == 90.0
    assert candidate.version == config_version(candidate.city, candidate.thresholds) != town.version
    assert with_thresholds(town, {}) is town


def test_a_change_to_what_stands_there_is_the_same_configuration(town: Configuration) -> None:
    same = with_thresholds(town, {"parking.illegal.dwell_s": value_at(town, "parking.illegal.dwell_s")})
    assert same == town


def test_a_zone_has_a_dwell_of_its_own(town: Configuration) -> None:
    zone = next(zone for camera in town.city.cameras.values() for zone in camera.zones)
    path = f"zone:{zone.zone_id}.dwell_s"
    candidate = with_thresholds(town, {path: 33})
    assert value_at(candidate, path) == 33.0
    assert candidate.version != town.version
    assert value_at(with_thresholds(candidate, {path: None}), path) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parking.illegal.dwel_s": 9}, "is parking.illegal.dwell_s meant?"),
        ({"parking.illegal": 9}, "parking.illegal: is a section; set one of parking.illegal.enabled"),
        ({"parking.illegal.dwell_s": 0}, "parking.illegal.dwell_s: must be greater than or equal to 1 (it is 0)"),
        ({"parking.illegal.confidence": 0.05}, "box_floor must not be above confidence"),
        ({"zone:nowhere.dwell_s": 9}, "there is no such zone"),
        ({"zone:z.name": 9}, "only its dwell"),
        ({"overrides[x].water.pressure.low_kpa": 9}, "there is no such override"),
        ({"": 9}, "there is no such threshold"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(
    town: Configuration, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        with_thresholds(town, changes)
    assert any(said in problem for problem in refused.value.problems), refused.value.problems


def test_an_override_that_fits_the_city_alone_but_not_with_another_is_refused(tmp_path: Path) -> None:
    detectors = tmp_path / "detectors.yaml"
    detectors.write_text(
        "overrides:\n"
        "- {name: low, grids: ['02'], set: {water.pressure.low_kpa: 300}}\n"
        "- {name: high, devices: [water-1], set: {water.pressure.high_kpa: 520}}\n",
        encoding="utf-8",
    )
    configuration = load(write_city(tmp_path), detectors)
    with pytest.raises(ConfigError, match="together for water-1, 'low' and 'high' do not fit"):
        with_thresholds(configuration, {"overrides[low].water.pressure.low_kpa": 500})
