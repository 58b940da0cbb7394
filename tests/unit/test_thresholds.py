"""Every threshold is documented and inside its own range; nonsense is refused with a word on what would be right."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from detectors.finding import Severity
from detectors.rules import RULES
from detectors.threshold import OURS, Rule, Section
from detectors.thresholds import Thresholds, described
from detectors.thresholds_telemetry import GAS_LEVELS
from ingest.observation import Quantity

RULE_NAMES = {
    "streetlight.lamp_out", "streetlight.circuit_out", "streetlight.day_burning", "streetlight.voltage",
    "streetlight.unusual", "water.unusual",
    "water.burst", "water.leak", "water.pressure", "water.quality", "drainage.level", "gas.leak", "gas.pressure",
    "device.silent", "sensor.fault", "camera.lost", "camera.moved", "parking.illegal", "stall.unlicensed",
}  # fmt: skip


def rules_in(section: Section, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Rule):
            found.add(prefix + name)
        elif isinstance(value, Section):
            found |= rules_in(value, f"{prefix}{name}.")
    return found


def test_the_catalogue_and_the_thresholds_name_the_same_rules():
    assert set(RULES) == RULE_NAMES == rules_in(Thresholds())


def test_every_rule_says_what_it_means_and_what_to_do():
    for name, card in RULES.items():
        assert card.name == name
        assert card.domain == name.split(".")[0]
        assert card.title_zh
        assert card.title_en
        assert card.meaning.endswith(".")
        assert card.action.endswith(".")
        assert card.severity is Thresholds().of_rule(name).severity


@pytest.mark.parametrize("one", list(described()), ids=lambda one: one.path)
def test_every_threshold_has_unit_meaning_source_and_a_range_its_default_lies_in(one):
    assert one.unit
    assert one.meaning
    assert one.source
    if isinstance(one.default, int | float) and not isinstance(one.default, bool) and ".ranges." not in one.path:
        assert one.low is not None
        assert one.low <= one.default <= one.high


def test_durations_say_so_in_their_names():
    for one in described():
        timed = one.path.startswith("lateness_s.") or (one.path.endswith("_s") and not one.path.endswith("_l_s"))
        assert (one.unit == "s") == timed, one.path


def test_the_figures_that_come_from_a_standard_say_from_which():
    source = {one.path: one.source for one in described()}
    default = {one.path: one.default for one in described()}
    assert source["gas.leak.low_pct_lel"] == source["gas.leak.high_pct_lel"] == GAS_LEVELS
    assert "petrochemical" in GAS_LEVELS
    assert (default["gas.leak.low_pct_lel"], default["gas.leak.high_pct_lel"]) == (25, 50)
    assert "GB/T 12325-2008" in source["streetlight.voltage.low_v"]
    assert default["streetlight.voltage.low_v"] == pytest.approx(220 * 0.90)
    assert default["streetlight.voltage.high_v"] == pytest.approx(220 * 1.07)
    assert "GB 5749-2022" in source["water.quality.turbidity_ntu"]
    assert "GB 5749-2022" in source["water.quality.chlorine_low_mg_l"]
    assert source["water.burst.fall_kpa"] == OURS


def test_a_rule_is_found_by_its_name_alone():
    shipped = Thresholds()
    assert shipped.of_rule("water.burst") is shipped.water.burst
    assert shipped.is_enabled("water.burst")
    for name in ("water", "water.nothing", "streetlight.burning", "water.burst.fall_kpa", "", "lateness_s.gas"):
        assert not shipped.is_enabled(name)
        with pytest.raises(KeyError):
            shipped.of_rule(name)


def test_a_file_changes_only_what_it_names():
    changed = Thresholds.model_validate({"water": {"burst": {"fall_kpa": 40, "severity": "major"}}})
    assert changed.water.burst.fall_kpa == 40
    assert changed.water.burst.severity is Severity.MAJOR
    assert changed.water.burst.window_s == Thresholds().water.burst.window_s
    assert changed.gas == Thresholds().gas


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"water": {"burst": {"fal_kpa": 40}}}, "Extra inputs are not permitted"),
        ({"gas": {"leak": {"low_pct_lel": 30}}}, "less than or equal to 25"),
        ({"gas": {"leak": {"low_pct_lel": "high"}}}, "valid number"),
        ({"gas": {"leak": {"clear_pct_lel": 25.0}}}, "clear_pct_lel < low_pct_lel < high_pct_lel"),
        ({"water": {"pressure": {"low_kpa": 700}}}, "room for hysteresis_kpa"),
        ({"water": {"leak": {"from_hour": 5}}}, "from_hour must be before to_hour"),
        ({"water": {"leak": {"min_nights": 9}}}, "min_nights must not be more than nights"),
        ({"water": {"quality": {"turbidity_clear_ntu": 2}}}, "turbidity_clear_ntu must not be above"),
        ({"drainage": {"level": {"clear_m": 2}}}, "clear_m must not be above high_m"),
        ({"streetlight": {"lamp_out": {"raise_after_s": 60}}}, "a dark circuit would raise an alert for each"),
        ({"streetlight": {"circuit_out": {"clear_share": 0.9}}}, "clear_share must not be above share"),
        ({"streetlight": {"voltage": {"low_v": 300}}}, "dead_v < low_v < high_v"),
        ({"streetlight": {"lamp_out": {"severity": "awful"}}}, "critical"),
        ({"parking": {"illegal": {"box_floor": 0.9}}}, "box_floor must not be above confidence"),
        ({"sensor": {"fault": {"ranges": {"level_m": {"low": 9, "high": 1}}}}}, "low must be below high"),
        ({"sensor": {"fault": {"frozen_after_s": float("nan")}}}, "finite number"),
    ],
)
def test_nonsense_is_refused_and_says_why(given, says):
    with pytest.raises(ValidationError, match=says):
        Thresholds.model_validate(given)


def test_thresholds_are_values():
    assert Thresholds() == Thresholds.model_validate(json.loads(Thresholds().model_dump_json()))
    with pytest.raises(ValidationError, match="frozen"):
        Thresholds().water.burst.fall_kpa = 1


def test_the_schema_carries_unit_and_source():
    schema = Thresholds.model_json_schema()
    field = schema["$defs"]["Burst"]["properties"]["fall_kpa"]
    assert (field["unit"], field["minimum"], field["maximum"]) == ("kPa", 1, 1000)
    assert field["source"] == OURS


def test_every_quantity_with_a_physical_range_has_one_that_holds_its_usual_values():
    ranges = Thresholds().sensor.fault.ranges
    assert ranges.of(Quantity.PRESSURE_KPA).high == 4000
    assert ranges.of(Quantity.INFERENCE_MS) is None
    assert {Quantity(name) for name in type(ranges).model_fields} < set(Quantity)
