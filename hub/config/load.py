"""Takes the two configuration files, gives City, Thresholds and the version that names them together."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from detectors.overrides import doubts
from detectors.profile import NO_PROFILES, Profiles
from detectors.thresholds import Thresholds
from hub.config.city_file import city_from
from hub.config.profiles_file import read_profiles
from hub.config.yaml_source import ConfigError, Source, names_in, read
from hub.config.zones_file import read_city
from ingest.city import City

_CITY = TypeAdapter(City)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration as a whole; `version` is a hash of its content, the same for the same meaning.

    `profiles` are what was learnt to be usual; none is as good as there being none.
    """

    city: City
    thresholds: Thresholds
    version: str
    profiles: Profiles = NO_PROFILES


def load_city(path: Path, *, drawn: Path | None = None) -> City:
    """Return the city of `path` with the zones drawn in the console; raise ConfigError with file and line.

    `drawn` stands in for the file of drawn zones beside it.
    """
    return city_from(read_city(path, drawn))


def load_thresholds(path: Path | None) -> Thresholds:
    """Return the thresholds of `path`, shipped defaults where it is silent or None; raise ConfigError."""
    return Thresholds() if path is None else thresholds_from(read(path))


def thresholds_from(source: Source) -> Thresholds:
    """Return the thresholds of a parsed detectors file; raise ConfigError."""
    try:
        return Thresholds.model_validate(source.data or {})
    except ValidationError as error:
        raise source.refuse(error, names_in(Thresholds.model_json_schema())) from None


def load(city_path: Path, detectors_path: Path | None, *, drawn: Path | None = None) -> Configuration:
    """Return the configuration of both files; raise ConfigError with the problems of both. `drawn` as in load_city.

    Profiles learnt for the city lie beside its file and are part of it.

    Where no detectors file is named, the one beside the city file counts if it is there (`detectors_beside`).
    """
    problems: list[str] = []
    city: City | None = None
    thresholds: Thresholds | None = None
    source: Source | None = None
    profiles = NO_PROFILES
    try:
        city = load_city(city_path, drawn=drawn)
        profiles = read_profiles(city_path, city)
    except ConfigError as error:
        problems += error.problems
    try:
        path = detectors_path or detectors_beside(city_path)
        if detectors_path is not None or path.exists():
            source = read(path)
        thresholds = Thresholds() if source is None else thresholds_from(source)
    except ConfigError as error:
        problems += error.problems
    if city is None or thresholds is None or problems:
        raise ConfigError(problems)
    if source is not None:
        require_fit(city, thresholds, source)
    return Configuration(city, thresholds, config_version(city, thresholds, profiles), profiles)


def require_fit(city: City, thresholds: Thresholds, source: Source) -> None:
    """Raise ConfigError where the overrides in the detectors file do not fit the city."""
    found = doubts(thresholds, city)
    if found:
        raise ConfigError([source.problem(place, why) for place, why in found])


def detectors_beside(city_path: Path) -> Path:
    """Return the detectors file that counts where none is named: `city.detectors.yaml` beside `city.yaml`."""
    return city_path.with_name(f"{city_path.stem}.detectors{city_path.suffix or '.yaml'}")


def detectors_file(city_path: Path, detectors_path: Path | None) -> Path:
    """Return the detectors file that counts, whether it is there or not: everybody who watches for changes watches it.

    What is applied in the console or on the command line is written there.
    """
    return detectors_path or detectors_beside(city_path)


def city_document(city: City) -> dict[str, Any]:
    """Return the city as JSON-ready data, without the cameras' addresses: those may hold credentials."""
    document: dict[str, Any] = _CITY.dump_python(city, mode="json")
    for camera in document["cameras"].values():
        camera["url"] = urlsplit(camera["url"]).scheme + "://…"
    return document


def config_version(city: City, thresholds: Thresholds, profiles: Profiles = NO_PROFILES) -> str:
    """Return 12 hexadecimal digits of the SHA-256 of the configuration's meaning (addresses of cameras left out)."""
    document = {"city": _sorted(city_document(city)), "detectors": thresholds_document(thresholds)}
    if profiles.version:  # where none was learnt the version is as it was before there were any
        document["profiles"] = profiles.version
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def thresholds_document(thresholds: Thresholds) -> dict[str, Any]:
    """Return the thresholds as JSON-ready data, the same for the same meaning; no overrides leave no trace in it."""
    document: dict[str, Any] = _sorted(thresholds.model_dump(mode="json", exclude={"overrides"}))
    if thresholds.overrides:
        document["overrides"] = [one.model_dump(mode="json", exclude_defaults=True) for one in thresholds.overrides]
    return document


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
