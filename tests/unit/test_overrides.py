"""Overrides: what may be set for whom, what is refused and with which words, and where a value comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectors.overrides import Overridden, notes, resolved
from detectors.thresholds import Thresholds
from hub.config.load import Configuration, config_version, load, load_city
from hub.config.yaml_source import ConfigError
from tests.support.town import write_city


def loaded(folder: Path, text: str) -> Configuration:
    detectors = folder / "detectors.yaml"
    detectors.write_text(text, encoding="utf-8")
    return load(write_city(folder), detectors)


def one(**entry: Any) -> dict[str, Any]:
    return {"overrides": [{"name": "test", **entry}]}


def test_without_overrides_the_version_is_that_of_a_file_that_knows_none(tmp_path: Path) -> None:
    plain = loaded(tmp_path, "water: {pressure: {low_kpa: 150}}\n")
    empty = loaded(tmp_path, "water: {pressure: {low_kpa: 150}}\noverrides: []\n")
    assert plain.version == empty.version
    other = loaded(tmp_path, "overrides:\n  - {name: a, devices: [water-1], set: {water.pressure.low_kpa: 150}}\n")
    assert other.version != plain.version


def test_what_means_the_same_has_the_same_version(tmp_path: Path) -> None:
    texts = (
        "overrides:\n  - {name: a, grids: ['02', '01'], set: {water.pressure.low_kpa: 150, gas.leak.enabled: false}}\n",
        "overrides:\n- name: a\n  grids: ['01', '02', '01']\n"
        "  set: {gas.leak.enabled: no, water.pressure.low_kpa: 150.0}\n",
    )
    assert len({loaded(tmp_path, text).version for text in texts}) == 1


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        ("{name: a, devices: [watr-1], set: {water.pressure.low_kpa: 150}}", 2, "no device watr-1; is water-1 meant?"),
        ("{name: a, devices: [cam-1], set: {camera.lost.after_s: 60}}", 2, "no device cam-1; it is one of the cameras"),
        ("{name: a, zones: [zone-2], set: {parking.illegal.dwell_s: 60}}", 2, "no zone zone-2; is zone-1 meant?"),
        ("{name: a, devices: [gas-1], set: {water.pressure.low_kpa: 150}}", 2, "gas-1 is not judged by water.pressure"),
        ("{name: a, devices: [lamp-1], set: {streetlight.voltage.low_v: 190}}", 2, "name the circuit c-1 instead"),
        ("{name: a, zones: [zone-1], set: {stall.unlicensed.dwell_s: 60}}", 2, "what judges it is parking"),
        (
            "{name: a, devices: [gas-1], set: {gas.leak.low_pct_lel: 20, gas.leak.clear_pct_lel: 15, "
            "water.pressure.low_kpa: 150}}",
            2,
            "water.pressure.low_kpa judges nothing that 'a' names",
        ),
        ("{name: a, devices: [gas-1], set: {gas.leak.low: 20}}", 2, "there is no threshold gas.leak.low; is gas.leak"),
        ("{name: a, devices: [gas-1], set: {gas.leak: 20}}", 2, "is a part of the file, not one threshold"),
        ("{name: a, grids: ['01'], set: {lateness_s.gas: 2}}", 2, "cannot be set for some alone: it orders"),
        ("{name: a, grids: ['01'], set: {sensor.fault.ranges.level_m.low: 2}}", 2, "cannot be set for some alone"),
        ("{name: a, grids: ['01'], set: {gas.leak.low_pct_lel: 90}}", 2, "less than or equal to 25 (it is 90)"),
        ("{name: a, grids: ['01'], set: {water.pressure.low_kpa: 700}}", 2, "low_kpa must be below high_kpa"),
        ("{name: a, set: {water.pressure.low_kpa: 150}}", 2, "it names nothing that it is for"),
        ("{name: a, grids: ['01'], set: {}}", 2, "at least 1 item"),
        ("{name: a, grid: ['01'], set: {water.pressure.low_kpa: 150}}", 2, "no such setting here; is grids meant?"),
        (
            "{name: a, grids: ['01'], set: {gas.leak.enabled: no}}\n"
            "- {name: a, grids: ['02'], set: {gas.leak.enabled: no}}",
            3,
            "another override has this name",
        ),
        (
            "{name: low, grids: ['02'], set: {water.pressure.low_kpa: 500}}\n"
            "- {name: high, devices: [water-1], set: {water.pressure.high_kpa: 520}}",
            3,
            "together for water-1, 'low' and 'high' do not fit: low_kpa must be below high_kpa",
        ),
    ],
)
def test_what_cannot_hold_is_refused_with_its_line_and_what_would_be_right(
    tmp_path: Path, entry: str, line: int, says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, f"overrides:\n- {entry}\n")
    (problem,) = refused.value.problems
    assert says in problem
    assert f"detectors.yaml:{line}: overrides." in problem


def test_later_overrides_win_and_every_step_is_told(tmp_path: Path) -> None:
    text = """\
water: {pressure: {low_kpa: 150}}
overrides:
  - {name: district, grids: ["02"], set: {water.pressure.low_kpa: 180, parking.illegal.dwell_s: 240}}
  - {name: hill, devices: [water-1], set: {water.pressure.low_kpa: 100}}
"""
    configuration = loaded(tmp_path, text)
    thresholds, found = resolved(configuration.thresholds, configuration.city, "water-1")
    told = {each.path: each for each in found}
    low = told["water.pressure.low_kpa"]
    assert thresholds.water.pressure.low_kpa == low.value == 100
    assert [(step.source, step.name, step.value) for step in low.steps] == [
        ("default", "", 140.0), ("file", "", 150.0), ("override", "district", 180.0), ("override", "hill", 100.0),
    ]  # fmt: skip
    assert low.source == "override 'hill'"
    assert told["water.pressure.high_kpa"].source == "default"
    assert not thresholds.overrides
    assert {path.partition(".")[0] for path in told} == {"water", "device", "sensor"}
    _, zone = resolved(configuration.thresholds, configuration.city, "zone-1")
    assert {each.path: each.source for each in zone}["parking.illegal.dwell_s"] == "override 'district'"
    with pytest.raises(KeyError):
        resolved(configuration.thresholds, configuration.city, "nobody")


def test_a_zones_own_dwell_stands_above_every_override_and_the_check_says_so(tmp_path: Path) -> None:
    path = write_city(tmp_path)
    text = path.read_text(encoding="utf-8").replace("kind: no_parking,", "kind: no_parking, dwell_s: 45,")
    path.write_text(text, encoding="utf-8")
    city = load_city(path)
    thresholds = Thresholds.model_validate(one(zones=["zone-1"], set={"parking.illegal.dwell_s": 90}))
    laid, found = resolved(thresholds, city, "zone-1")
    dwell = next(each for each in found if each.path == "parking.illegal.dwell_s")
    assert (dwell.value, dwell.source, laid.parking.illegal.dwell_s) == (45.0, "zone 'zone-1'", 45.0)
    (note,) = notes(thresholds, city)
    assert "zone-1, which has a dwell of its own (45 s in the city)" in note


def test_a_lamp_has_its_circuits_thresholds_but_its_own_of_silence(tmp_path: Path) -> None:
    text = """\
overrides:
  - {name: dim, circuits: [c-1], set: {streetlight.burning.off_power_w: 2, device.silent.intervals: 8}}
  - {name: slow, devices: [lamp-2], set: {device.silent.intervals: 20}}
"""
    configuration = loaded(tmp_path, text)
    held = Overridden(configuration.thresholds, configuration.city)
    for lamp, intervals in (("lamp-1", 8), ("lamp-2", 20), ("gas-1", 4)):
        assert held.of("device.silent", lamp).device.silent.intervals == intervals
    for subject in ("lamp-1", "lamp-2", "c-1"):
        assert held.of("streetlight.lamp_out", subject).streetlight.burning.off_power_w == 2
    assert held.is_enabled("water.leak", "water-1")


def test_the_version_names_the_values_and_not_how_they_were_written(tmp_path: Path) -> None:
    city = load_city(write_city(tmp_path))
    dumped = Thresholds.model_validate(one(grids=["01"], set={"gas.leak.severity": "minor"}))
    again = Thresholds.model_validate(dumped.model_dump(mode="json"))
    assert config_version(city, dumped) == config_version(city, again)
