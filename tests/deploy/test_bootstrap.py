"""The command that makes `.venv`: a tiny project of its own to install, so that nothing is downloaded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "lianqin"
version = "{version}"
optional-dependencies = {{ vision = [], demo = [], dev = [] }}
"""

# The least that pip takes for an editable install: a wheel with no more than its own description.
BACKEND = """
import re, zipfile
from pathlib import Path

def build_editable(folder, config_settings=None, metadata_directory=None):
    version = re.search(r'version = "(.*)"', Path("pyproject.toml").read_text()).group(1)
    about = f"lianqin-{version}.dist-info"
    files = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\\nName: lianqin\\nVersion: {version}\\n"
        "Provides-Extra: vision\\nProvides-Extra: demo\\nProvides-Extra: dev\\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{about}/RECORD": "",
    }
    name = f"lianqin-{version}-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy").mkdir()
    for name in ("bootstrap.py", "build_console.py"):
        shutil.copy(ROOT / "deploy" / name, tmp_path / "deploy")
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(version="1.0"))
    (tmp_path / "constraints.txt").write_text("")
    (tmp_path / "backend.py").write_text(BACKEND)
    return tmp_path


def _bootstrap(project: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    # No index: what a stranger's pip configuration names must not be asked.
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, str(project / "deploy" / "bootstrap.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=280)


def _version(project: Path) -> str:
    code = "from importlib.metadata import version; print(version('lianqin'))"
    found = subprocess.run([project / ".venv" / "bin" / "python", "-I", "-c", code], capture_output=True, text=True)
    return found.stdout.strip()


def test_it_installs_once_and_again_only_when_something_changed(project: Path) -> None:
    assert _bootstrap(project, "--check").returncode == 1
    first = _bootstrap(project)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "to download" in first.stdout.partition("Obtaining")[0], "it says beforehand how much it will download"
    assert _version(project) == "1.0"
    assert _bootstrap(project, "--check").returncode == 0
    assert _bootstrap(project).stdout == ""
    assert _bootstrap(project, "--dev", "--check").returncode == 1

    (project / "pyproject.toml").write_text(PROJECT.format(version="2.0"))
    assert _bootstrap(project, "--check").returncode == 1
    again = _bootstrap(project, "--dev")
    assert again.returncode == 0, again.stdout + again.stderr
    assert _version(project) == "2.0"
    assert _bootstrap(project).stdout == "", "the tests' environment serves the demo as well"

    # The Python beneath is gone, as after an upgrade of the system.
    (project / ".venv" / "bin" / "python").unlink()
    (project / ".venv" / "bin" / "python").symlink_to("/nonexistent/python3")
    mended = _bootstrap(project)
    assert "making it again" in mended.stdout
    assert _version(project) == "2.0"


def test_a_failed_install_leaves_no_stamp_and_says_what_to_do(project: Path) -> None:
    (project / "backend.py").write_text("raise RuntimeError('no such backend')\n")
    failed = _bootstrap(project)
    assert failed.returncode == 1
    assert "pip could not install" in failed.stderr
    assert "Traceback" not in failed.stderr.rpartition("Cannot set up Lianqin")[2]
    assert _bootstrap(project, "--check").returncode == 1


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_names_what_is_missing_where_no_python_is_new_enough(target: str, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    make, shell = shutil.which("make"), shutil.which("sh")
    if make is None or shell is None:
        pytest.skip("make is not installed")
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in (make, shell):
        (tools / Path(name).name).symlink_to(name)
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = subprocess.run(["make", target], cwd=tmp_path, capture_output=True, text=True, env={"PATH": str(tools)})
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert f"make {target} PYTHON=" in done.stderr
