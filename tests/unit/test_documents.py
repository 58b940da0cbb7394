"""The documents are complete: every rule, threshold, setting and command stands in them, drawn from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from hub.cli.app import app
from hub.config import reference
from hub.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("file", sorted(reference.GENERATED))
def test_what_is_drawn_from_the_code_is_up_to_date(file: str) -> None:
    text = (DOCS / file).read_text(encoding="utf-8")
    parts = {name: make() for name, make in reference.GENERATED[file].items()}
    assert reference.refreshed(text, parts) == text, "run: python -m hub.config.reference"


def test_every_setting_is_documented_with_its_default() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    for name, (default, _) in VARIABLES.items():
        shown = f"`{default}`" if default else ""
        assert f"| `{name}` | {shown} |".replace("|  |", "| |") in text, name


def commands(command: Any, path: str = "lianqin") -> list[str]:
    children = getattr(command, "commands", None)
    if children is None:
        return [path]
    return [found for name, child in children.items() for found in commands(child, f"{path} {name}")]


def test_every_command_is_documented() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    found = commands(typer.main.get_command(app))
    assert len(found) > 10
    assert [name for name in found if f"| `{name}` |" not in text] == []


def test_the_repository_speaks_of_the_project_alone() -> None:
    banned = ("/work" + "/", "pypi" + ".org", "deb.debian" + ".org", "registry.npmjs" + ".org")
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "deploy").rglob("*")]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert [word for word in banned if word in text] == [], path
