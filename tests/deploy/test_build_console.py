"""The command that builds the console: knows what is built, and says in words why it cannot."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "build_console.py", tmp_path / "deploy")
    leave = shutil.ignore_patterns("node_modules", "dist", "__pycache__")
    shutil.copytree(ROOT / "hub" / "console", tmp_path / "hub" / "console", ignore=leave)
    return tmp_path


def _run(project: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(project / "deploy" / "build_console.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, timeout=200)


def test_a_registry_that_cannot_be_reached_is_named_and_leaves_nothing_half_done(project: Path) -> None:
    # Port 9 discards; nothing listens there.
    away = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    failed = _run(project, npm_config_cache=str(project / "cache"), **away)
    if "installing one into the environment" in failed.stdout:
        pytest.skip("this machine has no Node")
    assert failed.returncode == 1
    assert "the npm registry cannot be reached" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (project / "hub" / "console" / "node_modules").exists()
    assert _run(project, "--check").returncode == 1


def test_it_is_built_anew_when_a_source_changes_and_only_then(project: Path) -> None:
    tools = ROOT / "hub" / "console" / "node_modules"
    if not tools.exists():
        pytest.skip("what the build needs is not installed: make install")
    console = project / "hub" / "console"
    (console / "node_modules").symlink_to(tools)
    first = _run(project)
    assert first.returncode == 0, first.stderr
    assert (console / "dist" / "index.html").exists()
    assert _run(project, "--check").returncode == 0
    assert _run(project).stdout == ""
    page = console / "src" / "main.tsx"
    page.write_text(page.read_text(encoding="utf-8") + "\n// changed\n", encoding="utf-8")
    assert _run(project, "--check").returncode == 1
    (console / "tests" / "words.test.ts").unlink()
    assert _run(project).returncode == 0
    page.write_text("this is no TypeScript (", encoding="utf-8")
    broken = _run(project)
    assert broken.returncode == 1
    assert "its build failed" in broken.stderr
