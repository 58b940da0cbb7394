"""`lianqin shadow …` against a real database and a real detectors file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.cli.app import main
from tests.support.databases import Database
from tests.support.town import write_city

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lianqin(
    plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """Return what runs `lianqin WORDS` and gives exit status, stdout and stderr."""
    (tmp_path / "detectors.yaml").write_text("# ours\n", encoding="utf-8")
    monkeypatch.setenv("LIANQIN_CITY", str(write_city(tmp_path)))
    monkeypatch.setenv("LIANQIN_DETECTORS", str(tmp_path / "detectors.yaml"))
    monkeypatch.setenv("LIANQIN_DATABASE_URL", plain_database.dsn)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lianqin", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(ended.value.code or 0), out, err

    return run


def done(said: tuple[int, str, str]) -> str:
    status, out, err = said
    assert status == 0, err
    return out


def refused(said: tuple[int, str, str]) -> str:
    status, _, err = said
    assert status == 2
    return err


def test_a_candidate_is_shadowed_tried_rolled_back_and_promoted_from_a_terminal(lianqin: Said, tmp_path: Path) -> None:
    detectors = tmp_path / "detectors.yaml"
    assert "no shadow runs" in done(lianqin("shadow", "list"))
    tried = tmp_path / "tried.yaml"
    tried.write_text("gas: {leak: {rise_pct_lel: 40}}\n", encoding="utf-8")
    version = done(lianqin("config", "import", str(tried), "--author", "wang")).strip()
    assert "no version 000000000000" in refused(lianqin("shadow", "start", "0" * 12))
    assert "there are: 01, 02" in refused(lianqin("shadow", "start", version, "--grids", "01,77"))
    assert "give a later time" in refused(lianqin("shadow", "start", version, "--until", "2020-01-01"))
    begun = json.loads(done(lianqin("shadow", "start", version, "--note", "dusk", "--json")))
    assert (begun["state"], begun["grids"], begun["note"], begun["diff"]) == ("running", ["01", "02"], "dusk", None)
    shadow = begun["id"]
    assert "nothing is judged yet" in done(lianqin("shadow", "show", shadow))
    assert shadow in done(lianqin("shadow", "list"))
    assert "needs a limit" in refused(lianqin("shadow", "canary", shadow, "--grids", "02"))
    assert "in force in grid 02" in done(lianqin("shadow", "canary", shadow, "--grids", "02", "--factor", "3"))
    assert "rise_pct_lel: 40" in detectors.read_text(encoding="utf-8")
    assert "roll it back or promote it" in refused(lianqin("shadow", "end", shadow))
    assert done(lianqin("shadow", "rollback", shadow, "--note", "too loud")).strip() == "rolled back"
    assert detectors.read_text(encoding="utf-8") == "# ours\n"
    begun_at = datetime.fromisoformat(begun["started_at"]).astimezone(ZoneInfo("Asia/Shanghai"))
    shown = done(lianqin("shadow", "show", shadow))  # as the city's clocks show it
    assert f"{begun_at:%Y-%m-%d %H:%M:%S}  started by command line: dusk" in shown
    assert "rolled back by command line: too loud" in shown
    assert "no canary" in refused(lianqin("shadow", "rollback", shadow))
    listed = [json.loads(line) for line in done(lianqin("shadow", "list", "--all", "--json")).splitlines()]
    assert [(one["id"], one["state"], one["why"]) for one in listed] == [(shadow, "rolled_back", "too loud")]
    again = json.loads(done(lianqin("shadow", "start", version, "--grids", "01", "--json")))["id"]
    assert done(lianqin("shadow", "promote", again, "--note", "good")).strip() == f"{version} is in force everywhere"
    assert detectors.read_text(encoding="utf-8") == tried.read_text(encoding="utf-8")
    third = json.loads(done(lianqin("shadow", "start", version, "--json")))["id"]
    assert done(lianqin("shadow", "end", third)).strip() == "ended"
    assert "the shadow is over" in refused(lianqin("shadow", "end", third))
    assert "there is no shadow" in refused(lianqin("shadow", "show", "00000000-0000-0000-0000-000000000000"))
