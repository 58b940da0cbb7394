"""`lianqin config …` against a real database: the engineer's day with git and a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.cli.app import main
from tests.support.databases import Database
from tests.support.town import write_city

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lianqin(
    plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Said:
    """Return what runs `lianqin config WORDS` and gives exit status, stdout and stderr."""
    detectors = tmp_path / "detectors.yaml"
    detectors.write_text("# ours\nwater: {pressure: {low_kpa: 120}}\n", encoding="utf-8")
    monkeypatch.setenv("LIANQIN_CITY", str(write_city(tmp_path)))
    monkeypatch.setenv("LIANQIN_DETECTORS", str(detectors))
    monkeypatch.setenv("LIANQIN_DATABASE_URL", plain_database.dsn)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lianqin", "config", *words])
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


def test_a_file_from_git_is_imported_compared_applied_and_rolled_back(lianqin: Said, tmp_path: Path) -> None:
    assert "no version is kept yet" in done(lianqin("list"))
    tried = tmp_path / "tried.yaml"
    tried.write_text("# from a branch\nwater: {pressure: {low_kpa: 150}}\n", encoding="utf-8")
    version = done(lianqin("import", str(tried), "--author", "wang", "--note", "hills")).strip()
    differs = done(lianqin("diff", str(tmp_path / "detectors.yaml"), version))
    assert "water.pressure.low_kpa: 120 → 150 [kPa] too low below this" in differs
    assert "+# from a branch" in differs
    assert done(lianqin("apply", version, "--note", "agreed")).strip() == f"{version} is in force"
    assert (tmp_path / "detectors.yaml").read_text(encoding="utf-8") == tried.read_text(encoding="utf-8")
    listed = [json.loads(line) for line in done(lianqin("list", "--json")).splitlines()]
    assert {one["version"]: (one["author"], one["note"]) for one in listed}[version] == ("wang", "hills")
    assert "wang" in done(lianqin("list"))
    shown = done(lianqin("show"))
    assert shown.startswith(f"# version {version}, by wang at ")
    assert "# hills\n# from a branch\n" in shown
    exported = done(lianqin("export", version))
    (tmp_path / "kept.yaml").write_text(exported, encoding="utf-8")
    assert done(lianqin("import", str(tmp_path / "kept.yaml"))).strip() == version
    assert "they mean the same" in done(lianqin("diff", version))
    assert done(lianqin("diff", version, "current")) == done(lianqin("diff", version))
    assert "is in force again" in done(lianqin("rollback"))
    assert (tmp_path / "detectors.yaml").read_text(encoding="utf-8").startswith("# ours\n")
    status, _, err = lianqin("rollback")
    assert (status, "nothing to roll back to" in err) == (2, True)
    status, _, err = lianqin("import", str(tmp_path / "nothing.yaml"))
    assert (status, err) == (2, f"lianqin: {tmp_path / 'nothing.yaml'} cannot be read: No such file or directory\n")


def test_a_plan_is_made_seen_and_withdrawn(lianqin: Said, tmp_path: Path) -> None:
    tried = tmp_path / "tried.yaml"
    tried.write_text("water: {pressure: {low_kpa: 150}}\n", encoding="utf-8")
    version = done(lianqin("import", str(tried))).strip()
    told = done(lianqin("schedule", version, "2099-01-01T22:00", "--note", "tonight"))
    assert told.strip().endswith("is to be applied at 2099-01-01 22:00:00, number 1")  # the city's time, as it was said
    assert f"planned: {version} at 2099-01-01 22:00:00" in done(lianqin("list"))
    assert "is not applied" in done(lianqin("unschedule", "1"))
    assert "planned" not in done(lianqin("list"))
    status, _, err = lianqin("schedule", version, "2001-01-01T22:00")
    assert (status, "is over" in err) == (2, True)


def test_who_is_judged_by_what_is_told_without_a_database(
    lianqin: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANQIN_DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    (tmp_path / "detectors.yaml").write_text(
        "water: {pressure: {low_kpa: 120}}\n"
        "overrides:\n- {name: hill, devices: [water-1], set: {water.pressure.low_kpa: 90}}\n",
        encoding="utf-8",
    )
    told = done(lianqin("show", "--subject", "water-1"))
    assert "water.pressure.low_kpa: 90 [kPa] override 'hill' ← 120 (file) ← 140 (default)\n" in told
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in done(lianqin("show", "--subject", "zone-1", "--json")).splitlines()
    ]
    assert {one["path"].rpartition(".")[0] for one in lines} == {"parking.illegal"}
    status, _, err = lianqin("show", "--subject", "nobody")
    assert (status, "the city has no device" in err) == (2, True)
    status, _, err = lianqin("list")
    assert (status, "the database does not answer" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("apply", "0123456789ab"), "no version 0123456789ab"),
        (("show",), "nothing is on record yet"),
        (("unschedule", "7"), "nothing of this number waits"),
        (("import", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("schedule", "0123456789ab", "tonight"), "no ISO 8601 time"),
    ],
)
def test_what_cannot_be_done_is_one_line(lianqin: Said, words: tuple[str, ...], says: str) -> None:
    status, _, err = lianqin(*words)
    assert status == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_a_bad_file_is_refused_with_its_line(lianqin: Said, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("overrides:\n- {name: a, zones: [zone-9], set: {parking.illegal.dwell_s: 9}}\n", encoding="utf-8")
    status, _, err = lianqin("import", str(bad))
    assert status == 2
    assert "bad.yaml:2: overrides.0.zones: the city has no zone zone-9; is zone-1 meant?" in err
