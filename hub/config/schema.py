"""The configuration files described for machines (JSON Schema) and for people (a detectors.yaml with every default)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from detectors.thresholds import Described, Thresholds, described
from hub.config.city_file import CityFile
from hub.config.dispatch_file import DispatchFile

SHIPPED = Path(__file__).with_name("schemas")


def schema_of(file: str) -> dict[str, Any]:
    """Return the JSON Schema of the "city", the "detectors" or the "dispatch" file."""
    models: dict[str, type[BaseModel]] = {"city": CityFile, "detectors": Thresholds, "dispatch": DispatchFile}
    schema = models[file].model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"lianqin {file}.yaml"
    return schema


def write_shipped(folder: Path = SHIPPED) -> None:
    """Write the schemas to `folder`; run by hand after a change: `python -m hub.config.schema`."""
    folder.mkdir(exist_ok=True)
    for file in ("city", "detectors", "dispatch"):
        text = json.dumps(schema_of(file), indent=2, ensure_ascii=False, sort_keys=True)
        (folder / f"{file}.schema.json").write_text(text + "\n", encoding="utf-8")


def commented_defaults() -> str:
    """Return a detectors.yaml that names every threshold at its default, each with meaning, unit, range and source."""
    lines = ["# Every threshold at its shipped default. Keep only the lines that you change."]
    open_sections: list[str] = []
    for entry in described():
        *sections, name = entry.path.split(".")
        shared = 0
        while shared < min(len(sections), len(open_sections)) and sections[shared] == open_sections[shared]:
            shared += 1
        for depth in range(shared, len(sections)):
            lines.append(f"{'  ' * depth}{sections[depth]}:")
        open_sections = sections
        indent = "  " * len(sections)
        lines.append(f"{indent}# {_comment(entry)}")
        lines.append(f"{indent}{name}: {json.dumps(_plain(entry.default), ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(part) for part in value]
    return getattr(value, "value", value)


def _comment(entry: Described) -> str:
    limits = f"; {entry.low:g} to {entry.high:g}" if entry.low is not None and entry.high is not None else ""
    return f"{entry.meaning} [{entry.unit}{limits}; {entry.source}]"


if __name__ == "__main__":
    write_shipped()
