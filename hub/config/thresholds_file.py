"""The detectors file as text and meaning: YAML in, thresholds and their version out; and the other way round.

A *version* is named by what the file sets: 12 hexadecimal digits of the SHA-256 of every threshold that differs from
the shipped default, and of the overrides. Comments, order and a default written out say nothing, so they do not change
it; nor does a newer program that knows further thresholds.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from detectors.override import SELECTORS, leaves, value_at
from detectors.thresholds import Described, Thresholds, described
from hub.config.load import thresholds_from
from hub.config.yaml_source import Source, parsed
from hub.config.zones_file import NotWritable

NAME = Path("detectors.yaml")
HEAD = (
    "# Written by the hub as a whole when a configuration was applied. It may be changed by hand: the hub notices\n"
    "# and keeps what stands here as another version. Only what differs from the shipped defaults is given.\n"
)
_MARK = "# lianqin configuration "


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One threshold that differs between two versions; `override` names the override that sets it, if one does."""

    path: str
    before: Any
    after: Any
    unit: str
    meaning: str
    override: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What an exported file says of itself: who made it when, from which version, and why."""

    version: str
    author: str
    note: str
    parent: str | None
    made_at: datetime | None


def read_text(text: str, name: Path = NAME) -> tuple[Thresholds, Source]:
    """Return the thresholds of a detectors file's text, with the lines of its values; raise ConfigError."""
    source = parsed(name, text)
    return thresholds_from(source), source


def sparse(thresholds: Thresholds) -> dict[str, Any]:
    """Return what a file must set to mean these thresholds, as nested JSON-ready data in the order of the file."""
    shipped = Thresholds()
    document: dict[str, Any] = {}
    for path in leaves(Thresholds):
        value = value_at(thresholds, path)
        if value != value_at(shipped, path):
            *sections, name = path.split(".")
            place = document
            for section in sections:
                place = place.setdefault(section, {})
            place[name] = value
    if thresholds.overrides:
        document["overrides"] = [one.model_dump(mode="json", exclude_defaults=True) for one in thresholds.overrides]
    return document


def thresholds_version(thresholds: Thresholds) -> str:
    """Return the version of these thresholds."""
    text = json.dumps(sparse(thresholds), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def text_of(thresholds: Thresholds) -> str:
    """Return a detectors file that means these thresholds, each with its meaning and unit; always the same text."""
    known = {entry.path: entry for entry in described()}
    document = sparse(thresholds)
    overrides = document.pop("overrides", [])
    lines = [HEAD.rstrip("\n"), *_section_lines(document, known, "", 0)]
    if overrides:
        lines.append("overrides:")
        for one in overrides:
            lines += _override_lines(one, known)
    return "\n".join(lines) + "\n"


def changes_between(before: Thresholds, after: Thresholds) -> list[Change]:
    """Return what differs, in the order of the file, overrides last; of an override also whom it is for."""
    known = {entry.path: entry for entry in described()}
    found = [
        Change(path=path, before=one, after=other, unit=known[path].unit, meaning=known[path].meaning)
        for path in leaves(Thresholds)
        if (one := value_at(before, path)) != (other := value_at(after, path))
    ]
    old = {one.name: one for one in before.overrides}
    new = {one.name: one for one in after.overrides}
    for name in [*old, *(name for name in new if name not in old)]:
        for selector in SELECTORS:
            one, other = (list(getattr(each.get(name), selector, ())) for each in (old, new))
            if one != other:
                meaning = f"the {selector} that the override is for"
                path = f"overrides[{name}].{selector}"
                found.append(Change(path=path, before=one, after=other, unit="names", meaning=meaning, override=name))
        sets = [each[name].set if name in each else {} for each in (old, new)]
        for path in sorted({*sets[0], *sets[1]}):
            one, other = (each.get(path) for each in sets)
            if one != other:
                unit, meaning = (known[path].unit, known[path].meaning) if path in known else ("", "")
                path = f"overrides[{name}].{path}"
                found.append(Change(path=path, before=one, after=other, unit=unit, meaning=meaning, override=name))
    stays = [name for name in old if name in new], [name for name in new if name in old]
    if stays[0] != stays[1]:
        text = "the order of the overrides: the later one holds"
        found.append(Change(path="overrides", before=stays[0], after=stays[1], unit="names", meaning=text))
    return found


def with_heading(text: str, heading: Heading) -> str:
    """Return `text` with who made it before it, as comments: what a repository keeps, and an import reads back."""
    about = {"author": heading.author, "note": heading.note, "parent": heading.parent}
    made = {"made_at": heading.made_at.isoformat()} if heading.made_at is not None else {}
    return f"{_MARK}{heading.version} {_line({**about, **made}, _escaped)}\n{text}"


def without_heading(text: str) -> tuple[str, Heading | None]:
    """Return `text` without its heading, and the heading if there is one that can be read."""
    first, newline, rest = text.partition("\n")
    if not first.startswith(_MARK):
        return text, None
    version, _, about = first.removeprefix(_MARK).partition(" ")
    try:
        given = json.loads(about)
        made_at = datetime.fromisoformat(given["made_at"]) if given.get("made_at") else None
        heading = Heading(
            version=version,
            author=str(given.get("author") or ""),
            note=str(given.get("note") or ""),
            parent=str(given["parent"]) if given.get("parent") else None,
            made_at=made_at if made_at is None or made_at.tzinfo else None,
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        return text, None
    return rest if newline else "", heading


@contextmanager
def replaced(path: Path, text: str) -> Iterator[Path]:
    """Write `text` beside `path` and yield where; it takes its place when the block ends well, else it is gone.

    Raises NotWritable.
    """
    path = path.absolute()
    trial = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with _said(path):
            with trial.open("w", encoding="utf-8", newline="") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            if path.exists():
                os.chmod(trial, path.stat().st_mode & 0o777)
        yield trial
        with _said(path):
            os.replace(trial, path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    finally:
        trial.unlink(missing_ok=True)


def why_not_writable(path: Path) -> str | None:
    """Return why configurations cannot be applied on this machine, or None where they can."""
    if not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        return f"the folder of {path.name} is read-only for the process that serves this page"
    return None


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritable(
            f"{path.name} cannot be written: {error.strerror}. Let the API's process write to its folder, or export "
            "the version and put it in place by hand: the hub notices"
        ) from None


def _section_lines(document: dict[str, Any], known: dict[str, Described], prefix: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, value in document.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _section_lines(value, known, f"{path}.", depth + 1)
        else:
            yield f"{indent}{name}: {_scalar(value)}{_comment(known.get(path))}"


def _override_lines(one: dict[str, Any], known: dict[str, Described]) -> Iterator[str]:
    yield f"  - name: {_scalar(one['name'])}"
    for selector in SELECTORS:
        if one.get(selector):
            yield f"    {selector}: {_scalar(one[selector])}"
    yield "    set:"
    for path, value in one["set"].items():
        yield f"      {path}: {_scalar(value)}{_comment(known.get(path))}"


def _scalar(value: Any) -> str:
    """Return `value` as YAML on one line; JSON is YAML, and quotes whatever would read as something else."""
    if isinstance(value, str) and yaml.safe_load(json.dumps(value)) == value and value.isidentifier():
        return value if value.lower() not in _SPOKEN_FOR else json.dumps(value)
    return _line(value, lambda one: f"\\U{ord(one):08X}")


def _line(value: Any, escape: Callable[[str], str]) -> str:
    """Return `value` as JSON on one line: readable, but for what YAML does not take or breaks a line at."""
    return "".join(one if one.isprintable() else escape(one) for one in json.dumps(value, ensure_ascii=False))


def _escaped(one: str) -> str:
    return json.dumps(one)[1:-1]


_SPOKEN_FOR = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


def _comment(entry: Described | None) -> str:
    if entry is None:
        return ""
    return f"  # {entry.unit}; {entry.meaning}".replace("\n", " ")
