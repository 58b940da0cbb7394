"""What the documentation gives a pipeline of a centre: from another folder, with no database, it judges a branch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "ci"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The example as somebody has copied it."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "ours"))


def checked(repository: Path) -> subprocess.CompletedProcess[str]:
    """Run its script as a build server does: nothing of our environment, and no database anywhere."""
    bin_ = repository.parent / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "lianqin").write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m hub.cli "$@"\n')
    (bin_ / "lianqin").chmod(0o755)
    environment = {
        "PATH": f"{bin_}{os.pathsep}/usr/bin:/bin",
        "HOME": str(repository),
        "LIANQIN_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere",
    }
    return subprocess.run(
        [repository / "check.sh"], env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_branch_is_judged_by_stories_and_by_labelled_days_without_a_database(repository: Path) -> None:
    good = checked(repository)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "2 passed, 0 failed" in good.stdout
    assert "12 vanished" in good.stdout
    # A threshold that would also lose the real ones is stopped by a story and by the recording.
    (repository / "detectors.yaml").write_text("water: {burst: {raise_after_s: 900}}\n")
    bad = checked(repository)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "1 passed, 1 failed" in bad.stdout
    assert "FAILED   fails if recall < 0.9: recall = 0" in bad.stdout
    for name, failures in (("stories.xml", "1"), ("backtest.xml", "2")):
        (suite,) = ElementTree.parse(repository / "reports" / name).getroot()
        assert suite.get("failures") == failures, name
    assert (repository / "reports" / "backtest.md").read_text(encoding="utf-8").startswith("# Backtest: failed")


def test_the_workflow_is_yaml_and_runs_the_script() -> None:
    workflow = yaml.safe_load((EXAMPLE / "github-workflow.yaml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["judge"]["steps"]
    assert "./check.sh reports" in [step.get("run") for step in steps]
