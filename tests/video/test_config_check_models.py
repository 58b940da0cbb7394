"""`lianqin config check` and `lianqin vision` say with file and line what is wrong with the cameras' models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli.app import main
from hub.vision_settings import SHIPPED_MODEL

CITY = """\
name: Testcity
timezone: Asia/Shanghai
latitude: 30.2
longitude: 120.1
grids: [{{id: "01", name: One}}]
vision:
  model: {model}
cameras:
  - id: cam-1
    grid: "01"
    url: rtsp://viewer:geheim@10.0.0.9/1
    zones:
      - {{id: kerb, kind: no_parking, polygon: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}}
      - {{id: pavement, kind: no_stall, polygon: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}}
  - id: cam-2
    grid: "01"
    url: rtsp://viewer:geheim@10.0.0.9/2
    vision: {{model: {own}}}
calendar: {{years: [2026, 2027, 2028, 2029, 2030]}}
"""
SHIPPED = str(SHIPPED_MODEL)


class Checked:
    """Runs `lianqin config check` on a city with the given models."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.city = folder / "city.yaml"
        self._monkeypatch, self._capsys = monkeypatch, capsys
        for name, value in {"LIANQIN_CITY": str(self.city), "LIANQIN_DATA": str(folder), "LIANQIN_MODEL": ""}.items():
            monkeypatch.setenv(name, value)

    def __call__(self, *words: str, model: str = SHIPPED, own: str = SHIPPED) -> tuple[int, str, str]:
        self.city.write_text(CITY.format(model=model, own=own), encoding="utf-8")
        self._monkeypatch.setattr(sys, "argv", ["lianqin", "config", "check", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        assert "geheim" not in out + err
        assert "Traceback" not in err
        return int(ended.value.code or 0), out, err


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Checked:
    return Checked(tmp_path, monkeypatch, capsys)


def test_good_models_are_named_with_what_they_give(check: Checked) -> None:
    status, out, err = check()
    assert (status, err) == (0, "")
    assert "model: street_openvino_model gives bus, car, motorcycle, person, stall, truck at 448×256" in out
    assert "for cam-1, cam-2" in out


def test_a_zone_that_no_model_serves_is_an_error_at_its_line(check: Checked) -> None:
    status, out, err = check(model=f"{{weights: {SHIPPED}, labels: {{stall: null}}}}")
    assert (status, out) == (2, "")
    assert err == (
        f"lianqin: {check.city}:14: cameras.0.zones.1: zone pavement of camera cam-1 is a no_stall zone and needs "
        "stall, but street_openvino_model gives only bus, car, motorcycle, person, truck\n"
    )


def test_a_model_for_vehicles_and_one_for_stalls_serve_a_camera_together(check: Checked) -> None:
    both = f"[{{weights: {SHIPPED}, labels: {{stall: null}}}}, {{weights: {SHIPPED}, labels: {{car: stall}}}}]"
    status, out, _ = check(model=both)
    assert status == 0
    assert out.count("model: street_openvino_model gives") == 3, "one for all cameras, its two readings for cam-1"


def test_a_mapping_of_a_class_that_is_not_there_is_an_error_at_its_line(check: Checked) -> None:
    status, _, err = check(own=f"{{weights: {SHIPPED}, labels: {{stal: stall}}}}")
    assert status == 2
    assert err.startswith(f"lianqin: {check.city}:18: cameras.1.vision.model.0: ")
    assert "has no class 'stal' to be mapped" in err
    assert "is stall meant?" in err


def test_weights_on_another_machine_are_a_warning_unless_they_must_be_here(check: Checked) -> None:
    status, out, err = check(own="weights/best.pt")
    assert (status, err) == (0, "")
    where = f"{check.city}:18: cameras.1.vision.model.0: there is no model at {check.city.parent}/weights/best.pt"
    assert f"warning: {where} on this machine" in out
    status, _, err = check("--weights", own="weights/best.pt")
    assert status == 2
    assert where in err
    status, _, err = check("--weights", "--cameras", "cam-1", own="weights/best.pt")
    assert (status, err) == (0, "")
    status, out, _ = check("--no-weights", own="weights/best.pt")
    assert (status, "model" in out) == (0, False)


def test_the_environment_is_named_where_the_weights_come_from_it(
    check: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANQIN_MODEL", "/nowhere/best.pt")
    status, _, err = check("--weights")
    assert status == 2
    assert err.startswith("lianqin: LIANQIN_MODEL: there is no model at /nowhere/best.pt: give the path of .pt")


def test_the_role_refuses_to_start_with_the_same_words(check: Checked, tmp_path: Path) -> None:
    _, _, said = check("--weights", own="best.pt")
    environment = os.environ | {"LIANQIN_MQTT_URL": "mqtt://127.0.0.1:1"}
    command = [sys.executable, "-m", "hub.cli", "vision"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[-1] + "\n") == (2, said)
