"""Takes a YAML file, gives plain data and the line of every value, so that an error can point at it."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

Place = tuple[str | int, ...]


class ConfigError(ValueError):
    """A configuration file cannot be used; `problems` holds one `file:line: where: what is wrong` each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What stands `at` a place is from another file: from the place there, with that file's lines."""

    at: Place
    path: Path
    place: Place
    lines: dict[Place, int]


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: its plain data, and where each value begins (1-based lines); parts may be from other files."""

    path: Path
    data: Any
    lines: dict[Place, int]
    overlays: tuple[Overlay, ...] = ()

    def line_of(self, place: Place) -> int:
        """Return the line of `place`, or of the nearest value around it that stands in the file."""
        return _line_of(self.lines, place)

    def problem(self, place: Place, message: str) -> str:
        """Return one line that says where and what."""
        path, line = self.path, self.line_of(place)
        for overlay in self.overlays:
            if place[: len(overlay.at)] == overlay.at:
                path, place = overlay.path, overlay.place + place[len(overlay.at) :]
                line = _line_of(overlay.lines, place)
                break
        where = ".".join(str(part) for part in place)
        return f"{path}:{line}: {where + ': ' if where else ''}{message}"

    def refuse(self, error: ValidationError, names: Collection[str]) -> ConfigError:
        """Return pydantic's complaints with lines and without its jargon; `names` are all that a setting may have."""
        problems = []
        for item in error.errors(include_url=False):
            place = tuple(item["loc"])
            given = item.get("input")
            # An address may hold credentials, so what was given is not repeated.
            open_to_see = isinstance(given, str | int | float | bool) and place[-1:] != ("url",)
            shown = f" (it is {given!r})" if open_to_see else ""
            if place[-1:] == ("[key]",):  # the name itself is wrong, not what stands under it
                place, message = place[:-1], _no_name(place[-2], item)
                problems.append(self.problem(place, message))
                continue
            problems.append(self.problem(place, _said(item["type"], item["msg"], place, names) + shown))
        return ConfigError(problems)


def _line_of(lines: dict[Place, int], place: Place) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def names_in(schema: Any) -> set[str]:
    """Return the names of all settings that a JSON Schema knows, at whatever depth."""
    if isinstance(schema, list):
        return {name for part in schema for name in names_in(part)}
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties", {})
    return set(properties) | {name for part in schema.values() for name in names_in(part)}


def _no_name(name: object, item: Any) -> str:
    if item["type"] == "string_type":
        return "a name must be a string: put it in quotes"
    known = re.findall(r"'([^']+)'", str(item.get("ctx", {}).get("expected", "")))
    near = get_close_matches(str(name), known, n=1)
    if near:
        return f"there is no such name here; is {near[0]} meant?"
    return "there is no such name here" + (f"; there are {', '.join(known)}" if known else "")


def _said(kind: str, message: str, place: Place, names: Collection[str]) -> str:
    """Return what is wrong in words that need no knowledge of how it was checked."""
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        near = get_close_matches(str(place[-1]), names, n=1, cutoff=0.8)
        return "there is no such setting here" + (f"; is {near[0]} meant?" if near else "")
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be settings, each with its name"
    if kind == "timezone_aware":
        return "must say its timezone, such as 2026-11-22T12:00:00+08:00"
    if kind == "string_type":
        return "must be a string: a number, or yes and no, in quotes"
    for formal, plain in (("Value error, ", ""), ("Input should be", "must be"), ("String should", "must")):
        message = message.replace(formal, plain)
    return message


class _Loader(yaml.SafeLoader):
    """YAML without the surprises that 22:00 is the number 1320 and 08 is 8: numbers as in JSON, dates, and text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag not in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_WHOLE = r"(?:0|[1-9][0-9]*)"  # 08 is a name, not a number
_EXPONENT = r"[eE][-+]?[0-9]+"
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:int", rf"^[-+]?{_WHOLE}$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        rf"^[-+]?(?:{_WHOLE}\.[0-9]*(?:{_EXPONENT})?|\.[0-9]+|{_WHOLE}{_EXPONENT})$",
        "-+0123456789.",
    ),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def read(path: Path) -> Source:
    """Return the parsed file; raise ConfigError when it is missing, not UTF-8, not YAML or repeats a key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 (byte {error.start})"]) from None
    return parsed(path, text)


def parsed(path: Path, text: str) -> Source:
    """Return the parsed `text` of the file `path`; raise ConfigError when it is not YAML or repeats a key."""
    try:
        loader = _Loader(text)
    except yaml.YAMLError as error:  # a character that YAML does not have
        raise ConfigError([f"{path}: is not YAML: {error}"]) from None
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        repeated: list[str] = []
        if node is not None:
            _walk(node, (), lines, repeated, path)
        if repeated:
            raise ConfigError(repeated)
        data = loader.construct_document(node) if node is not None else None
    except ConfigError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError([f"{path}:{line}: is not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError([f"{path}: is not YAML: {error}"]) from None
    finally:
        loader.dispose()
    return Source(path, data, lines)


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int], repeated: list[str], path: Path) -> None:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key_node, value_node in node.value:
            key = key_node.value
            if key in seen:
                repeated.append(f"{path}:{key_node.start_mark.line + 1}: {key!r} is given twice")
            seen.add(key)
            _walk(value_node, (*place, key), lines, repeated, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _walk(child, (*place, index), lines, repeated, path)
