"""Writes what the documents say of rules, thresholds and states from the code itself, between markers in docs/.

Run `python -m hub.config.reference` after a change; a test compares.
"""

from __future__ import annotations

from pathlib import Path

from detectors.rules import RULES
from detectors.thresholds import Described, described
from detectors.vision.settings import described_settings
from hub.alerts.lifecycle import diagram
from hub.cases import lifecycle as cases
from hub.config import dispatch_reference

DOCS = Path(__file__).resolve().parents[2] / "docs"


def rules_table() -> str:
    """Return every rule, what it means and what to do, as a Markdown table."""
    lines = ["| rule | 名称 | severity | what it means | what to do |", "|---|---|---|---|---|"]
    lines += [
        f"| `{rule.name}` | {rule.title_zh} | {rule.severity} | {rule.meaning} | {rule.action} |"
        for rule in RULES.values()
    ]
    return "\n".join(lines)


def thresholds_table() -> str:
    """Return every threshold with unit, default, range, meaning and source, as a Markdown table."""
    lines = ["| threshold | default | unit | range | meaning | source |", "|---|---|---|---|---|---|"]
    lines += [
        f"| `{entry.path}` | {_default(entry)} | {entry.unit} | {_range(entry)} | {_cell(entry.meaning)} "
        f"| {_cell(entry.source)} |"
        for entry in described()
    ]
    return "\n".join(lines)


def vision_table() -> str:
    """Return every setting of `vision:` in city.yaml with unit, default, range and meaning, as a Markdown table."""
    lines = ["| setting | default | unit | range | meaning |", "|---|---|---|---|---|"]
    for entry in described_settings():
        switch = isinstance(entry.default, bool)
        default = ("yes" if entry.default else "no") if switch else f"{entry.default:,}"
        limits = "" if switch else f"{entry.least:,} – {entry.most:,}"
        meaning = entry.meaning if entry.camera else f"{entry.meaning}; the same for all cameras"
        lines.append(f"| `{entry.name}` | {default} | {entry.unit} | {limits} | {_cell(meaning)} |")
    return "\n".join(lines)


def state_diagram() -> str:
    """Return the alert's state machine as a Mermaid block."""
    return f"```mermaid\n{diagram()}\n```"


def stage_diagram() -> str:
    """Return the case's state machine as a Mermaid block."""
    return f"```mermaid\n{cases.diagram()}\n```"


GENERATED = {
    "architecture.md": {"states": state_diagram},
    "cases.md": {"stages": stage_diagram},
    "dispatch.md": dict(dispatch_reference.parts()),
    "detectors.md": {"rules": rules_table, "thresholds": thresholds_table},
    "operations.md": {"vision": vision_table},
}


def refreshed(text: str, parts: dict[str, str]) -> str:
    """Return `text` with each part between `<!-- name:begin -->` and `<!-- name:end -->` replaced."""
    for name, body in parts.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"the document lacks the markers {begin} … {end}")
        text = f"{head}{begin}\n{body}\n{end}{tail}"
    return text


def main() -> None:
    """Refresh the documents in docs/."""
    for file, parts in GENERATED.items():
        path = DOCS / file
        text = path.read_text(encoding="utf-8")
        path.write_text(refreshed(text, {name: make() for name, make in parts.items()}), encoding="utf-8")


def _default(entry: Described) -> str:
    value = entry.default
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(str(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(entry: Described) -> str:
    return "" if entry.low is None or entry.high is None else f"{entry.low:g} – {entry.high:g}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
