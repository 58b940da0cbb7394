"""The documents are complete: every rule, threshold, setting and command stands in them, drawn from the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from hub.cli.app import app
from hub.config import reference
from hub.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def tracked(pattern: str) -> list[Path]:
    """The project's own files: those outside hidden folders and what npm installs and builds."""

    def ours(part: str) -> bool:
        return not part.startswith(".") and part not in ("node_modules", "dist")

    return [path for path in ROOT.rglob(pattern) if all(map(ours, path.relative_to(ROOT).parts))]


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


@pytest.mark.parametrize("path", sorted(path.relative_to(ROOT) for path in tracked("*.md")), ids=str)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", (ROOT / path).read_text(encoding="utf-8"))
    targets += re.findall(r'src="([^"]+)"', (ROOT / path).read_text(encoding="utf-8"))
    broken = [name for name in targets if "://" not in name and not (ROOT / path.parent / name).exists()]
    assert broken == []


def test_every_test_that_the_guarantees_name_exists() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", (DOCS / "guarantees.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    assert [name for name in named if f"def {name}(" not in written] == []


def test_the_repository_speaks_of_the_project_alone() -> None:
    banned = ("/work" + "/", "pypi" + ".org", "deb.debian" + ".org", "registry.npmjs" + ".org")
    for path in [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "deploy").rglob("*")]:
        if path.is_file() and path.suffix != ".pyc":
            text = path.read_text(encoding="utf-8")
            assert [word for word in banned if word in text] == [], path
