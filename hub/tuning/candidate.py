"""A configuration and changed thresholds go in, the candidate configuration comes out; or what is wrong with them.

A path is that of `detectors.yaml` (`parking.illegal.dwell_s`), or names a zone's own dwell (`zone:z1.dwell_s`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from detectors.overrides import doubts
from detectors.thresholds import Thresholds, described
from hub.config.load import Configuration, config_version
from hub.config.yaml_source import ConfigError
from ingest.city import City, Zone

ZONE = "zone:"
DWELL = ".dwell_s"
OVERRIDE = "overrides["


def with_thresholds(configuration: Configuration, changes: Mapping[str, Any]) -> Configuration:
    """Return `configuration` with each path of `changes` set to its value, under a version of its own.

    Raises ConfigError, one line for each path that is wrong, with what would be right.
    """
    if not changes:
        return configuration
    problems: list[str] = []
    city, document = configuration.city, configuration.thresholds.model_dump(mode="json")
    for path, value in changes.items():
        try:
            if path.startswith(ZONE):
                city = _with_dwell(city, path, value)
            else:
                _set(document, path, value)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    try:
        thresholds = Thresholds.model_validate(document)
    except ValidationError as error:
        raise ConfigError([_said(problem) for problem in error.errors(include_url=False)]) from None
    if found := doubts(thresholds, city):
        raise ConfigError([f"{'.'.join(map(str, place))}: {why}" for place, why in found])
    version = config_version(city, thresholds, configuration.profiles)
    return Configuration(city, thresholds, version, configuration.profiles)


def value_at(configuration: Configuration, path: str) -> Any:
    """Return what stands at `path`; a zone without a dwell of its own gives None. Raises ConfigError."""
    if path.startswith(ZONE):
        return _zone(configuration.city, path).dwell_s
    place, last = _place(configuration.thresholds.model_dump(mode="json"), path)
    if last not in place:
        raise ConfigError([f"{path}: nothing is set here"])
    return place[last]


def _set(document: dict[str, Any], path: str, value: Any) -> None:
    place, last = _place(document, path)
    place[last] = value


def _place(document: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """Return the mapping that holds the last part of `path`, and that part."""
    if path.startswith(OVERRIDE):
        return _override(document, path)
    parts = path.split(".")
    at: Any = document
    for part in parts[:-1]:
        at = at.get(part) if isinstance(at, dict) else None
    if not isinstance(at, dict) or parts[-1] not in at or isinstance(at[parts[-1]], dict):
        raise ConfigError([_unknown(path)])
    return at, parts[-1]


def _override(document: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """Return what the override named in `overrides[NAME].PATH` sets, and that path."""
    name, bracket, inner = path.removeprefix(OVERRIDE).partition("].")
    entries = document.get("overrides") or []
    for entry in entries:
        if bracket and entry.get("name") == name:
            probe = Thresholds().model_dump(mode="json")
            _place(probe, inner)  # refuses what is no threshold
            sets: dict[str, Any] = entry["set"]
            return sets, inner
    known = ", ".join(str(entry.get("name")) for entry in entries)
    raise ConfigError([f"{path}: there is no such override; " + (f"there are: {known}" if known else "there is none")])


def _unknown(path: str) -> str:
    known = [threshold.path for threshold in described()]
    inside = [one for one in known if one.startswith(f"{path}.")]
    if inside:
        return f"{path}: is a section; set one of {', '.join(inside[:6])}{' …' if len(inside) > 6 else ''}"
    near = get_close_matches(path, known, n=1, cutoff=0.6)
    return f"{path}: there is no such threshold" + (f"; is {near[0]} meant?" if near else "")


def _with_dwell(city: City, path: str, value: Any) -> City:
    zone = _zone(city, path)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400):
        raise ConfigError(
            [f"{path}: must be seconds above 0, at most 86400, or null for the rule's own (it is {value!r})"]
        )
    camera = city.cameras[zone.camera_id]
    changed = replace(zone, dwell_s=None if value is None else float(value))
    zones = tuple(changed if one.zone_id == zone.zone_id else one for one in camera.zones)
    return replace(city, cameras={**city.cameras, camera.camera_id: replace(camera, zones=zones)})


def _zone(city: City, path: str) -> Zone:
    zones = {zone.zone_id: zone for camera in city.cameras.values() for zone in camera.zones}
    name = path.removeprefix(ZONE).removesuffix(DWELL)
    if not path.endswith(DWELL):
        raise ConfigError([f"{path}: of a zone only its dwell can be tried; write {ZONE}{name.split('.')[0]}{DWELL}"])
    if name not in zones:
        near = get_close_matches(name, zones, n=1)
        raise ConfigError([f"{path}: there is no such zone" + (f"; is {near[0]} meant?" if near else "")])
    return zones[name]


def _said(problem: Any) -> str:
    """Return one of pydantic's complaints without its jargon."""
    message = str(problem["msg"])
    for formal, plain in (("Value error, ", ""), ("Input should be", "must be"), ("String should", "must")):
        message = message.replace(formal, plain)
    where = ".".join(str(part) for part in problem["loc"])
    given = problem.get("input")
    shown = f" (it is {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{where}: {message}{shown}"
