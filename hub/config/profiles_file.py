"""The file of learnt profiles: read beside the city file as part of the configuration, written whole or not at all.

`city.profiles.jsonl` lies beside `city.yaml`. Its first line says what it is and whose timezone its hours are of; each
further line is one profile. It is JSON and not YAML because a city's profiles are hundreds of thousands of numbers.
Profiles of subjects that the city does not have are passed over: one file may serve several machines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from detectors.profile import NO_PROFILES, Profile, Profiles, document_of, profile_from, profiles_of
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import NotWritable, profiles_path
from ingest.city import City

FORMAT = "lianqin profiles 1"
# The lines that were read last, by file: a city's profiles take seconds to read, and are read again with every change
# of the configuration, mostly as they were.
_READ: dict[Path, dict[str, Profile]] = {}


def read_profiles(city_file: Path, city: City) -> Profiles:
    """Return the profiles beside the city file, none where there is no file; raise ConfigError with file and line."""
    path = profiles_path(city_file)
    if not path.exists():
        return NO_PROFILES
    known = {*city.devices, *city.circuits}
    found = [profile for profile in read_all(path, city.timezone) if profile.subject in known]
    return profiles_of(found) if found else NO_PROFILES


def read_all(path: Path, timezone: str) -> list[Profile]:
    """Return every profile of the file; raise ConfigError where it is no good or of another timezone."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError([f"{path}: cannot be read: {why}"]) from None
    problems: list[str] = []
    found: dict[tuple[str, str], tuple[int, Profile]] = {}
    before, now = _READ.get(path, {}), dict[str, Profile]()
    for number, line in enumerate(lines, start=1):
        try:
            known = before.get(line)
            document = {} if known is not None else json.loads(line)
            if not isinstance(document, dict):
                raise ValueError("must be a JSON object")
            if number == 1:
                _check_head(document, timezone)
                continue
            profile = now[line] = known if known is not None else profile_from(document)
        except ValueError as error:
            why = "is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            problems.append(f"{path}:{number}: {why}")
            if number == 1:
                break
            continue
        key = (profile.subject, profile.quantity.value)
        if key in found:
            problems.append(f"{path}:{number}: {' '.join(key)} stands in line {found[key][0]} already")
        found[key] = number, profile
    if not lines:
        problems.append(f"{path}:1: is empty: its first line must say what it is; delete it if nothing was learnt")
    if problems:
        raise ConfigError(problems)
    _READ[path] = now
    return [profile for _, profile in found.values()]


def text_of(profiles: Iterable[Profile], timezone: str) -> str:
    """Return the file's text; the same profiles give the same text."""
    head: dict[str, object] = {"format": FORMAT, "timezone": timezone}
    ordered = sorted(profiles, key=lambda one: (one.subject, one.quantity))
    return "".join(f"{_line(document)}\n" for document in [head, *map(document_of, ordered)])


def write_profiles(city_file: Path, profiles: Sequence[Profile], timezone: str) -> Path:
    """Write `profiles` in place of what the file holds and return where; raise NotWritable. Hold `locked`."""
    path = profiles_path(city_file).absolute()
    trial = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with trial.open("w", encoding="utf-8") as out:
            out.write(text_of(profiles, timezone))
            out.flush()
            os.fsync(out.fileno())
        if path.exists():
            os.chmod(trial, path.stat().st_mode & 0o777)
        os.replace(trial, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise NotWritable(
            f"{path.name} cannot be written: {error.strerror}. Let this process write to the folder of the city file"
        ) from None
    finally:
        trial.unlink(missing_ok=True)
    return path


def _check_head(head: dict[str, object], timezone: str) -> None:
    if head.get("format") != FORMAT:
        raise ValueError(f'the first line must be {{"format": "{FORMAT}", "timezone": "{timezone}"}}')
    if head.get("timezone") != timezone:
        raise ValueError(
            f"these hours of the week are of {head.get('timezone')}, the city is in {timezone}: learn them again"
        )


def _line(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
