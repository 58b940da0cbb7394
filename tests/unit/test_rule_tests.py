"""Tests of rules as data: the notation, the examples, what a failing test says, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hub.cli.app import app
from hub.cli.failure import CommandError
from hub.config.yaml_source import ConfigError
from hub.tuning.rule_tests import notation
from hub.tuning.rule_tests.compare import shown
from hub.tuning.rule_tests.document import schema
from hub.tuning.rule_tests.notation import BadNotation
from hub.tuning.rule_tests.run import run_file

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "rule-tests"
WATER = EXAMPLES / "water.yaml"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_hold(path):
    outcomes = list(run_file(path))
    assert len(outcomes) >= 5
    assert [(one.name, one.differences) for one in outcomes if not one.passed] == []
    jsonschema_rs.Draft202012Validator(schema()).validate(
        json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("250", [250.0]),
        ("250x3 _ 180", [250.0, 250.0, 250.0, None, 180.0]),
        ("250x1m", [250.0] * 6),
        ("0..10x3", [0.0, 5.0, 10.0]),
        ("on off", [1.0, 0.0]),
        ("-1.5", [-1.5]),
        (250, [250.0]),
        ("_x2", [None, None]),
    ],
)
def test_values_are_written_compactly(text, found):
    assert notation.values(text, 10.0) == found


@pytest.mark.parametrize("text", ["250x", "250x0", "1..2", "_..3x2", "x30", "2 5 0kPa", "1x5m3", "nan", "1x999999999"])
def test_values_that_cannot_be_read_are_refused(text):
    with pytest.raises(BadNotation):
        notation.values(text, 10.0)


def test_frames_are_written_compactly():
    found = notation.frames("-x2 car@0.50,0.70+stall@0.2,0.9,0.2,0.1:0.6 _ box1@0.5,0.5x3s", 1.0)
    assert found[:2] == [(), ()]
    car, stall = found[2]
    assert (car.label, car.confidence, round(car.x1, 6), car.y2) == ("car", 0.8, 0.45, 0.7)
    assert (stall.confidence, round(stall.x2 - stall.x1, 6)) == (0.6, 0.2)
    assert found[3] is None
    assert [boxes[0].label for boxes in found[4:]] == ["box1"] * 3


@pytest.mark.parametrize("text", ["car", "car@0.5", "car@1.5,0.5", "car@0.5,0.5:2", "car@0.5,0.5,0,0.1", "-x0"])
def test_frames_that_cannot_be_read_are_refused(text):
    with pytest.raises(BadNotation):
        notation.frames(text, 1.0)


@given(st.integers(-100_000, 1_000_000))
def test_a_time_that_is_shown_is_read_as_the_same(milliseconds):
    at_s = milliseconds / 1000
    assert notation.seconds(shown(at_s)) == pytest.approx(at_s, abs=1e-6)


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = WATER.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "changed.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_failing_test_says_what_was_expected_and_what_was_got(tmp_path):
    path = changed(tmp_path, ("raised: 5m20s", "raised: 6m..7m"), ("severity: critical", "severity: minor"))
    first = next(iter(run_file(path)))
    assert first.differences[0].startswith("- water.burst w-1 since 5m raised 6m..7m")
    assert first.differences[1].startswith("+ water.burst w-1 raised 5m20s cleared 17m critical: Pressure fell")
    assert [line.strip() for line in first.differences[2:]] == [
        "raised: expected 6m..7m, got 5m20s",
        "severity: expected minor, got critical",
    ]


def test_what_is_raised_and_not_expected_fails_and_so_does_what_is_not_raised(tmp_path):
    path = changed(
        tmp_path,
        ("{water.burst.fall_kpa: 40}", "{water.burst.fall_kpa: 400}"),
        ("open: [{rule: water.burst, subject: w-1}]}", "open: []}"),
    )
    outcomes = {one.name: one for one in run_file(path)}
    missing = next(one for name, one in outcomes.items() if "weak burst" in name)
    assert missing.differences[1].strip() == "no such alert was raised"
    more = next(one for name, one in outcomes.items() if "mended" in name)
    assert more.differences[0] == "@ 10m"
    assert more.differences[1].startswith("+ water.burst")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rule: water.burst\n", "rule: water.brust\n", r"changed.yaml:19: .*is water.burst meant"),
        ("330x5m 220x10m", "330x5k 220x10m", r"'330x5k'"),
        ("device: w-1", "device: w-9", "the city has no device w-9; it has w-1"),
        ("water.burst.fall_kpa: 40", "water.burst.fal_kpa: 40", "is water.burst.fall_kpa meant"),
        (
            "pressure_kpa: 330x5m 220x10m",
            "presure_kpa: 330x5m 220x10m",
            r"changed.yaml:16: tests.0.series.0.values.presure_kpa: there is no such name here; is pressure_kpa meant",
        ),
        ("kind: water", "kind: watr", r"changed.yaml:9: devices.0.kind: must be .*\(it is 'watr'\)$"),
        ("12:00:00+08:00", "12:00:00", "start: must say its timezone, such as"),
        ("pressure_kpa: 330x5m 280x5m\n          flow_l_s: 12x5m 30x5m", "level_m: 1x5m", "w-1 is a water device: its"),
        ("A pump that starts takes the pressure down for a moment, and that is no burst",
         "The demand of a morning comes slowly", r"changed.yaml:39: tests.2.name: another test is named"),
        ("    until: 10m\n", "    until: 10m\n    open: [{at: 11m, open: []}]\n", "11m lies after the test's end, 10m"),
        ("until: 10m", "until: 1m", "lies before the last observation"),
        ("grid: \"01\", interval", "grid: \"02\", interval", r"changed.yaml:9: .*there is no grid 02"),
        ("    alerts: []\n", "", "says nothing that must come of it"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_its_line(tmp_path, old, new, said):
    with pytest.raises(ConfigError) as refused:
        list(run_file(changed(tmp_path, (old, new))))
    assert re.search(said, str(refused.value)), str(refused.value)
    assert "changed.yaml:" in str(refused.value)


def test_all_that_is_wrong_is_told_at_once_and_keeps_no_other_file_from_being_run(tmp_path):
    bad = changed(
        tmp_path, ("330x5m 220x10m", "330x5k 220x10m"), ("water.burst.fall_kpa: 40", "water.burst.fal_kpa: 40")
    )
    junit = tmp_path / "all.xml"
    with pytest.raises(ConfigError) as refused:
        list(run_file(bad))
    assert len(refused.value.problems) == 2
    done = CliRunner().invoke(app, ["rules", "test", str(bad), str(WATER), "--junit", str(junit)])
    assert "5 passed, 0 failed" in done.output
    assert isinstance(done.exception, CommandError)  # exit status 2
    assert str(done.exception) == str(refused.value)
    suite = ElementTree.parse(junit).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "0", "1")


def test_the_command_tells_by_its_exit_status_in_json_and_in_junit(tmp_path):
    good = CliRunner().invoke(app, ["rules", "test", str(EXAMPLES), "--junit", str(tmp_path / "good.xml")])
    assert good.exit_code == 0, good.output
    assert "0 failed" in good.output
    bad = changed(tmp_path, ("raised: 5m20s", "raised: 9m"))
    failed = CliRunner().invoke(app, ["rules", "test", str(bad), "--json", "--junit", str(tmp_path / "bad.xml")])
    assert failed.exit_code == 1
    told = [json.loads(line) for line in failed.output.splitlines()]
    assert [one["passed"] for one in told] == [False, True, True, True, True]
    suite = ElementTree.parse(tmp_path / "bad.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("5", "1")
    chosen = CliRunner().invoke(app, ["rules", "test", str(bad), "--run", "pump|demand"])
    assert (chosen.exit_code, "2 passed" in chosen.output) == (0, True)
    assert CliRunner().invoke(app, ["rules", "schema"]).output.startswith("{")
