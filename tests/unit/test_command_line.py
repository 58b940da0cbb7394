"""What a user can mend is one line on stderr and exit status 2, never a traceback and never a secret."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli.app import main
from tests.support.town import write_city


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good city, and neither a database nor a broker."""
    for name, value in {
        "LIANQIN_CITY": str(write_city(tmp_path)),
        "LIANQIN_DATA": str(tmp_path),
        "LIANQIN_DATABASE_URL": "postgresql://hub:geheim@127.0.0.1:1/lianqin",
        "LIANQIN_MQTT_URL": "mqtt://hub:geheim@127.0.0.1:1",
        "LIANQIN_HTTP_PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Return exit status, stdout and stderr of `lianqin WORDS`."""
    monkeypatch.setattr(sys, "argv", ["lianqin", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert "geheim" not in out + err
    assert "Traceback" not in err
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("migrate",), "the database cannot be reached"),
        (("token", "list"), "the database does not answer"),
        (("token", "create", "--role", "dispatch", "--name", "x"), "the database does not answer"),
        (("quarantine", "list"), "the database does not answer"),
        (("quarantine", "replay"), "say which"),
        (("quarantine", "replay", "--all"), "the database does not answer"),
        (("evidence", "verify"), "the database does not answer"),
        (("replay", "--from", "2026-11-22"), "the database does not answer"),
        (("replay", "--from", "yesterday"), "no ISO 8601 time"),
        (("replay", "--from", "2026-11-22", "--set", "parking.illegal.dwell_s"), "write it as PATH=VALUE"),
        (("replay", "--from", "2026-11-22", "--set", "parking.illegal.dwel_s=9"), "is parking.illegal.dwell_s meant?"),
        (("replay", "--from", "0001-01-01"), "outside of all recorded time"),
        (("replay", "--from", "2026-11-22", "--to", "2026-11-21"), "must lie before"),
        (("replay", "--from", "2026-11-22", "--rules", "water.brust"), "is water.burst meant?"),
        (("replay", "--from", "2026-11-22", "--subjects", "water-l"), "is water-1 meant?"),
        (("replay", "--from", "2026-11-22", "--grids", "77"), "the city has no grid 77"),
        (("config", "check", "--city", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    surroundings: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    status, out, err = said(monkeypatch, capsys, *words)
    assert (status, out) == (2, "")
    assert says in err
    assert err.startswith("lianqin: ")
    assert err.count("\n") == 1


def test_a_bad_address_of_the_broker_is_one_line(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANQIN_MQTT_URL", "http://hub:geheim@broker")
    status, _, err = said(monkeypatch, capsys, "quarantine", "replay", "--all")
    assert status == 2
    assert err.startswith("lianqin: the broker's address begins with http")
    assert err.count("\n") == 1


def role_says(*words: str, **settings: str) -> str:
    """Return the one line with which a role, a process of its own since it takes signals and logs, ends."""
    ended = subprocess.run(
        [sys.executable, "-m", "hub.cli", *words],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "geheim" not in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def test_a_role_that_cannot_start_says_why_in_one_line(surroundings: Path) -> None:
    assert "there is no grid 99" in role_says("ingest", "--grids", "99")
    assert "the city has no camera cam-9; it has cam-1" in role_says("vision", "--cameras", "cam-9")
    assert "begins with http" in role_says("ingest", LIANQIN_MQTT_URL="http://hub:geheim@broker")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"--metrics-port {port} cannot be used" in role_says("ingest", "--metrics-port", port)
        assert "cannot listen on 127.0.0.1" in role_says("api", LIANQIN_HTTP_PORT=port)
    assert "LIANQIN_SECRET_KEY must have at least 32" in role_says("deliver", LIANQIN_SECRET_KEY="geheim")


@pytest.mark.parametrize(("model", "good"), [("", True), ("/nowhere/best.pt", False)])
def test_the_doctor_of_a_vision_machine_looks_for_its_models(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], model: str, good: bool
) -> None:
    monkeypatch.setenv("LIANQIN_MODEL", model)
    monkeypatch.setenv("LIANQIN_MQTT_URL", "http://hub:geheim@broker")
    _, out, _ = said(monkeypatch, capsys, "doctor", "--json", "--role", "vision")
    (found,) = [check for check in map(json.loads, out.splitlines()) if check["name"] == "models"]
    assert found["ok"] is good
    assert ("street_openvino_model" if good else "LIANQIN_MODEL: there is no model at") in found["detail"]


def test_the_doctor_names_everything_that_is_away(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANQIN_MQTT_URL", "http://hub:geheim@broker")
    status, out, err = said(monkeypatch, capsys, "doctor", "--json")
    found = {check["name"]: check["ok"] for check in map(json.loads, out.splitlines())}
    assert status == 1
    assert found == {
        "configuration": True,
        "broker": False,
        "database": False,
        "ingest": False,
        "cameras": False,
        "dispatch plan": True,
        "deliveries": False,
        "tuning": False,
        "api": False,
    }
    assert err == ""


def test_a_new_view_is_accepted_by_forgetting_the_old_one(
    surroundings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = surroundings / "views" / "cam-1.view"
    kept.parent.mkdir()
    kept.write_bytes(b"as it looked")
    status, out, err = said(monkeypatch, capsys, "vision", "--learn-view", "cam-1")
    assert (status, err) == (0, "")
    assert out.startswith("cam-1: its view is learned anew within a minute")
    assert not kept.exists()
    status, out, _ = said(monkeypatch, capsys, "vision", "--learn-view", "cam-1")
    assert (status, out) == (
        0,
        "cam-1: no view of it is known in this machine's data folder; nothing was to be forgotten\n",
    )
    status, _, err = said(monkeypatch, capsys, "vision", "--learn-view", "cam-9")
    assert status == 2
    assert "the city has no camera cam-9" in err
