"""Takes the two configuration files, gives City, Thresholds and the version that names them together."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from detectors.thresholds import Thresholds
from hub.config.city_file import city_from
from hub.config.yaml_source import ConfigError, names_in, read
from hub.config.zones_file import read_city
from ingest.city import City

_CITY = TypeAdapter(City)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration as a whole; `version` is a hash of its content, the same for the same meaning."""

    city: City
    thresholds: Thresholds
    version: str


def load_city(path: Path, *, drawn: Path | None = None) -> City:
    """Return the city of `path` with the zones drawn in the console; raise ConfigError with file and line.

    `drawn` stands in for the file of drawn zones beside it.
    """
    return city_from(read_city(path, drawn))


def load_thresholds(path: Path | None) -> Thresholds:
    """Return the thresholds of `path`, shipped defaults where it is silent or None; raise ConfigError."""
    if path is None:
        return Thresholds()
    source = read(path)
    try:
        return Thresholds.model_validate(source.data or {})
    except ValidationError as error:
        raise source.refuse(error, names_in(Thresholds.model_json_schema())) from None


def load(city_path: Path, detectors_path: Path | None, *, drawn: Path | None = None) -> Configuration:
    """Return the configuration of both files; raise ConfigError with the problems of both. `drawn` as in load_city."""
    problems: list[str] = []
    city: City | None = None
    thresholds: Thresholds | None = None
    try:
        city = load_city(city_path, drawn=drawn)
    except ConfigError as error:
        problems += error.problems
    try:
        thresholds = load_thresholds(detectors_path)
    except ConfigError as error:
        problems += error.problems
    if city is None or thresholds is None:
        raise ConfigError(problems)
    return Configuration(city, thresholds, config_version(city, thresholds))


def city_document(city: City) -> dict[str, Any]:
    """Return the city as JSON-ready data, without the cameras' addresses: those may hold credentials."""
    document: dict[str, Any] = _CITY.dump_python(city, mode="json")
    for camera in document["cameras"].values():
        camera["url"] = urlsplit(camera["url"]).scheme + "://…"
    return document


def config_version(city: City, thresholds: Thresholds) -> str:
    """Return 12 hexadecimal digits of the SHA-256 of the configuration's meaning (addresses of cameras left out)."""
    document = {"city": _sorted(city_document(city)), "detectors": _sorted(thresholds.model_dump(mode="json"))}
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _sorted(value: Any) -> Any:
    """Return `value` with lists of plain scalars sorted where they came from sets, so that the hash is stable."""
    if isinstance(value, dict):
        return {
            key: sorted(child) if key in ("weekdays", "holidays", "workdays", "years") else _sorted(child)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [_sorted(child) for child in value]
    return value
